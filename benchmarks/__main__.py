"""`make bench`: simulate a city, build its library, and say how long each step takes in units that travel."""

from __future__ import annotations

import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.febrl import SETS, Quality, measure_febrl
from benchmarks.measure import Step, measure
from benchmarks.works import (
    ASK,
    BARE_COPY,
    BY_HAND,
    CLUSTERED,
    NEXT_DAY,
    READ_FLOOR,
    SAVED,
    SERVE,
    SIMULATE,
    SPLINK_ALONE,
    ask_saved_queries,
    build_library,
    build_next_day,
    identity_step,
    link_by_splink,
    raw_zone_steps,
    read_landing,
    serve_library,
    simulate_city,
    staging_step,
)
from sources.city.papers import Profile
from sources.errors import SijikuError
from sources.workdir import Workdir

BUILD = "建库合计 Build, all steps"
RAW_ZONE = "原始区合计 Raw zone, all datasets"
DAY = f"{NEXT_DAY}{BUILD}"
DEAREST = 10
OUTSIDE = (SIMULATE, READ_FLOOR, SPLINK_ALONE, ASK, SERVE, BARE_COPY)


@dataclass(frozen=True)
class Line:
    """A line of the result: medians over the runs.

    `to_read_floor` is seconds over those of the read floor; `to_splink_alone` is given for identity only;
    `share_of_build` for what a build consists of, 0 to 1; `part_of` for tables: the step that makes them.
    """

    name: str
    seconds: float
    peak_bytes: int
    to_read_floor: float
    to_splink_alone: float | None
    share_of_build: float | None
    part_of: str | None


@dataclass(frozen=True)
class Demand:
    """Something that is asked of the whole: `value` in units of `unit`, and what it may be at most."""

    name: str
    value: float
    at_most: float
    unit: str


def run_once(
    out: Path,
    scale: float,
    seed: int,
    profile: Profile,
    console: Console,
    to_mentions: bool = False,
    day: bool = True,
    serve: bool = True,
    keep: bool = False,
) -> list[Step]:
    """Measure everything once, on a city and a workdir made for it, and remove them again.

    Args:
        to_mentions: build no further than the mentions of people, and leave out what comes after.
        day: build the day after too.
        serve: publish to PostgreSQL too.
        keep: do not remove them.
    """
    folder = out / f"run-{os.getpid()}"
    city, workdir = folder / "city", Workdir(folder / "library")
    landing = city / "landing"
    works: list[tuple[Callable[..., None], *tuple[object, ...]]] = [
        (simulate_city, city, scale, seed, profile, 1 if day and not to_mentions else 0),
        (read_landing, landing),
        (build_library, landing, workdir, "intake" if to_mentions else "build"),
    ]
    if not to_mentions:
        works += [(link_by_splink, workdir), (ask_saved_queries, workdir)]
        works += [(serve_library, workdir)] if serve else []
        works += [(build_next_day, city, workdir)] if day else []
    steps: list[Step] = []
    try:
        for work, *arguments in works:
            with console.status(f"{work.__name__.replace('_', ' ')} …"):
                measured = measure(work, *arguments)
            if work in (build_library, build_next_day):
                before = NEXT_DAY if work is build_next_day else ""
                measured = _with_raw_zone(measured, before)
                measured.append(_together(f"{before}{BUILD}", _whole(measured)))
            steps += measured
            for step in _whole(measured):
                console.print(f"[green]✔[/green] {step.name}  [dim]{step.seconds:.2f} s[/dim]", highlight=False)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return steps


def _link_sets(out: Path, console: Console) -> list[Quality]:
    with tempfile.TemporaryDirectory(prefix="febrl-", dir=out) as folder, console.status("link febrl …"):
        return [measure_febrl(febrl, Path(folder)) for febrl in SETS]


def _whole(steps: Sequence[Step]) -> list[Step]:
    """The steps that are no part of another."""
    return [step for step in steps if step.part_of is None]


def _with_raw_zone(steps: Sequence[Step], before: str) -> list[Step]:
    """A build's steps, those that take in deliveries as parts of one. `before`: what their names begin with."""
    whole, names = f"{before}{RAW_ZONE}", {f"{before}{name}" for name in raw_zone_steps()}
    intake = [step for step in steps if step.name in names]
    rest = [step for step in steps if step.name not in names]
    return [*(replace(step, part_of=whole) for step in intake), _together(whole, intake), *rest]


def _together(name: str, steps: Sequence[Step]) -> Step:
    """Several steps as one: seconds added up, the highest of the peaks."""
    return Step(name, sum(step.seconds for step in steps), max(step.peak_bytes for step in steps))


def summarise(runs: Sequence[Sequence[Step]], identity: str) -> list[Line]:
    """Medians of each step over the runs, and their ratios to the units.

    Args:
        runs: the same steps in each.
        identity: name of the step that is compared with Splink alone.
    """
    seconds = {
        step.name: statistics.median(s.seconds for run in runs for s in run if s.name == step.name) for step in runs[0]
    }
    peaks = {step.name: max(s.peak_bytes for run in runs for s in run if s.name == step.name) for step in runs[0]}
    return [
        Line(
            step.name,
            seconds[step.name],
            peaks[step.name],
            seconds[step.name] / seconds[READ_FLOOR],
            seconds[step.name] / seconds[SPLINK_ALONE]
            if SPLINK_ALONE in seconds and step.name in (identity, SPLINK_ALONE)
            else None,
            seconds[step.name] / seconds[BUILD]
            if BUILD in seconds and not {step.name, step.part_of} & set(OUTSIDE) and not step.name.startswith(NEXT_DAY)
            else None,
            step.part_of,
        )
        for step in runs[0]
    ]


def held_to(lines: Sequence[Line]) -> list[Demand]:
    """What was measured, beside what is asked of a whole city."""
    by_name = {line.name: line for line in lines}
    if SPLINK_ALONE not in by_name:
        return []
    identity, floor, splink = by_name[identity_step()], by_name[READ_FLOOR], by_name[SPLINK_ALONE]
    parts = [line for line in lines if line.part_of is not None]
    said = [line.name for line in parts if line.part_of == identity.name]
    linking = [by_name[name] for name in said[: said.index(CLUSTERED)]]

    def of_schemas(*schemas: str) -> list[Line]:
        return [line for line in parts if line.name.partition("/")[0] in schemas]

    def seconds(some: Sequence[Line]) -> float:
        return sum(line.seconds for line in some)

    def gigabytes(some: Sequence[Line]) -> float:
        return max(line.peak_bytes for line in some) / 1e9

    marts, rules = of_schemas("library", "marts"), of_schemas("quality")
    demands = [
        Demand("由人员记录到人 From mentions to clusters", seconds(linking) / splink.seconds, 0.8, "× Splink alone"),
        Demand("其内存 Its memory", gigabytes(linking) * 1e9 / splink.peak_bytes, 0.5, "× Splink alone"),
        Demand("含编号与自评 With registry and self-report", identity.seconds / splink.seconds, 1.5, "× Splink alone"),
        Demand("由人员记录到末张集市表 Library and marts", seconds(marts) / floor.seconds, 6, "× read floor"),
        Demand("其内存 Their memory", gigabytes(marts), 8, "GB"),
        Demand("全部规则 All rules", seconds(rules) / floor.seconds, 4, "× read floor"),
        Demand("其内存 Their memory", gigabytes(rules), 6, "GB"),
    ]
    asked = {name.removeprefix(SAVED): line for name, line in by_name.items() if name.startswith(SAVED)}
    if asked:
        slower = {name: line.seconds / by_name[BY_HAND + name].seconds for name, line in asked.items()}
        worst = max(slower, key=lambda name: slower[name])
        demands.append(Demand(f"最慢的常用查询 Slowest saved query: {worst}", slower[worst], 2, "× by hand"))
    if SERVE in by_name:
        copied = by_name[SERVE].seconds / by_name[BARE_COPY].seconds
        demands.append(Demand("发布到 PostgreSQL Publishing to PostgreSQL", copied, 4, "× bare COPY"))
    if DAY in by_name:
        early = [staging_step(), identity.name]
        today = seconds([by_name[NEXT_DAY + name] for name in early])
        cold = seconds([by_name[name] for name in early])
        demands += [
            Demand("次日规整与识别 A day: staging and identity", today / cold, 0.1, "× cold"),
            Demand(
                "次日合计 A day, publishing included", by_name[DAY].seconds / by_name[BUILD].seconds, 1 / 3, "× cold"
            ),
        ]
    return demands


def show_demands(demands: Sequence[Demand], console: Console) -> None:
    """Print them as a table; what is not reached in red."""
    table = Table(title="要求 What is asked, at scale 1", title_justify="left")
    for heading in ("", "实测\nmeasured", "至多\nat most"):
        table.add_column(heading, justify="right" if heading else "left")
    table.add_column("")
    for demand in demands:
        style = None if demand.value <= demand.at_most else "red"
        table.add_row(demand.name, f"{demand.value:.2f}", f"{demand.at_most:.2f}", demand.unit, style=style)
    console.print(table)


def show(lines: Sequence[Line], console: Console, title: str) -> None:
    """Print the steps as a table, and the dearest of what dbt's tables and identity's lines take as another."""
    table = Table(title=title, title_justify="left")
    table.add_column("步骤 Step")
    for heading in ("秒 s", "占建库\nof build", "× 读取下限\nread floor", "× Splink\nalone", "内存峰值\npeak MB"):
        table.add_column(heading, justify="right")
    for line in lines:
        if line.part_of is None:
            table.add_row(
                line.name,
                f"{line.seconds:.2f}",
                _percent(line.share_of_build),
                f"{line.to_read_floor:.1f}",
                "" if line.to_splink_alone is None else f"{line.to_splink_alone:.2f}",
                f"{line.peak_bytes / 1e6:.0f}",
                style="bold" if line.name in (READ_FLOOR, SPLINK_ALONE, RAW_ZONE, BUILD) else None,
            )
    console.print(table)
    tables = Table(title=f"最费时的{DEAREST}处 The {DEAREST} dearest parts", title_justify="left")
    tables.add_column("表或环节 Table or part", overflow="fold")
    for heading in ("秒 s", "占建库\nof build", "× 读取下限\nread floor"):
        tables.add_column(heading, justify="right")
    parts = sorted((line for line in lines if line.part_of is not None), key=lambda line: (-line.seconds, line.name))
    for line in parts[:DEAREST]:
        tables.add_row(
            line.name,
            f"{line.seconds:.2f}",
            _percent(line.share_of_build),
            f"{line.to_read_floor:.1f}",
        )
    console.print(tables)


def show_linkage(qualities: Sequence[Quality], console: Console) -> None:
    """Print how well each set of records was linked, beside what is asked for."""
    table = Table(title="匹配质量 Linking by the models shipped", title_justify="left")
    table.add_column("数据集 Set")
    for heading in (
        "阈值\nthreshold",
        "精确率\nprecision",
        "召回率\nrecall",
        "F1",
        "要求\nat least",
        "秒 s",
        "内存峰值\npeak MB",
    ):
        table.add_column(heading, justify="right")
    for quality in qualities:
        table.add_row(
            quality.name,
            f"{quality.threshold:g}",
            f"{quality.precision:.5f}",
            f"{quality.recall:.5f}",
            f"{quality.f1:.5f}",
            f"{quality.least_f1:g}",
            f"{quality.seconds:.2f}",
            f"{quality.peak_bytes / 1e6:.0f}",
            style=None if quality.f1 >= quality.least_f1 else "red",
        )
    console.print(table)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"


def main(
    scale: Annotated[float, typer.Option(min=0.0005, max=3, help="规模 1 is a city of 2.6 million people.")] = 0.1,
    seed: Annotated[int, typer.Option(help="随机种子 The same seed gives the same city.")] = 1,
    profile: Annotated[str, typer.Option(help="脏乱程度 clean, normal or hard.")] = "normal",
    repeat: Annotated[int, typer.Option(min=1, help="次数，取中位数 Runs; medians are taken, peaks are maxima.")] = 1,
    to_mentions: Annotated[
        bool, typer.Option("--to-mentions", help="只到人员记录 Build no further than the mentions of people.")
    ] = False,
    day: Annotated[bool, typer.Option(help="也测次日增量 Take in the day after too, with 1 % of rows changed.")] = True,
    serve: Annotated[bool, typer.Option(help="也测发布到 PostgreSQL Publish to a PostgreSQL of its own too.")] = True,
    keep: Annotated[bool, typer.Option("--keep", help="留下城市和库 Leave the city and its library there.")] = False,
    febrl: Annotated[
        bool, typer.Option(help="也测 FEBRL 3、4 的匹配质量 Link FEBRL 3 and 4 too, and give their F1.")
    ] = True,
    out: Annotated[Path, typer.Option(help="结果写到哪里 Folder for the result and, while it runs, the city.")] = Path(
        "var/bench"
    ),
) -> None:
    """性能：每一步用时与基准之比。How long each step takes, as ratios to units measured in the same run.

    Seconds say more about the machine than about the code, so each step is also given as a multiple of the

    **read floor 读取下限**: reading every delivered file once into memory and doing nothing with it. 3 means that the
    step costs three readings. It is the same work on every machine, so ratios can be compared between machines.

    **Splink alone 单用 Splink**: Splink 5 as its documentation advises over the same mentions, training included.
    Identity is compared with it: below 1 is faster.

    **bare COPY 裸装载**: PostgreSQL loading the rows that are served from files, without keys or guards.

    **by hand 手写 SQL**: the question of a saved query as benchmarks/by_hand has it, asked of the marts of the same
    library. The saved query's answer is a table that the build stored: it is read, not worked out again. Both are held
    to the same figures.

    **FEBRL 3 and 4** are linked as well, by the models of `sijiku link --list`, at the thresholds that stand there.

    Compare figures of one scale: in a small city most of dbt's time is starting up, and most of Splink's is training,
    both of which take seconds whatever the scale.

    **例 Examples**

    ```
    make bench
    .venv/bin/python -m benchmarks --scale 0.02 --repeat 3
    .venv/bin/python -m benchmarks --scale 1 --to-mentions
    SIJIKU_THREADS=1 .venv/bin/python -m benchmarks
    ```
    """
    # Names are long: what is written to a file or a pipe is not cut to a terminal's usual 80 columns.
    console = Console(width=None if sys.stdout.isatty() else 120)
    out.mkdir(parents=True, exist_ok=True)
    try:
        runs = [run_once(out, scale, seed, profile, console, to_mentions, day, serve, keep) for _ in range(repeat)]
        linkage = _link_sets(out, console) if febrl else []
    except SijikuError as error:
        console.print(f"[red]✘[/red] {error.problem} {error.remedy}", highlight=False)
        raise typer.Exit(1) from None
    lines = summarise(runs, identity_step())
    show(lines, console, f"scale {scale}, seed {seed}, profile {profile}, {repeat} × on {os.cpu_count()} cores")
    demands = held_to(lines)
    if demands:
        show_demands(demands, console)
    if linkage:
        show_linkage(linkage, console)
    result = out / f"scale-{scale}-seed-{seed}-{profile}.json"
    about = {
        "scale": scale,
        "seed": seed,
        "profile": profile,
        "repeat": repeat,
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "versions": {name: version(name) for name in ("duckdb", "dbt-core", "splink", "polars", "dagster")},
    }
    figures = {
        "lines": [asdict(line) for line in lines],
        "asked": [asdict(demand) for demand in demands],
        "linkage": [asdict(quality) for quality in linkage],
    }
    result.write_text(json.dumps(about | figures, ensure_ascii=False, indent=2))
    console.print(f"结果 Result: {result}", highlight=False)


if __name__ == "__main__":
    app = typer.Typer(rich_markup_mode="markdown", add_completion=False, pretty_exceptions_enable=False)
    app.command()(main)
    app(prog_name="python -m benchmarks")
