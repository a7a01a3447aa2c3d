"""Days built one upon the other, each held against a library made from nothing.

    python -m tests.campaigns.days --days 10 --seed 1

A city is simulated with days of deliveries and built once. Then each day's deliveries arrive and a build takes in what
is new; a second workdir, made of copies of raw zone and state alone, is built from nothing; and the two libraries are
compared table by table, what is published and what the working warehouse holds.

What became of each day is kept in `--work` as JSON lines, so that a campaign that is stopped goes on where it was.
`--write` puts the summary into docs/reliability.md, between its markers. A campaign runs one code: do not change files
while it lasts.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.run import published_build
from serving.proof import LOG as CHAIN
from sources.city.days.arrivals import ARRIVALS, deliver
from sources.code_version import code_version
from sources.state import LOGS, State
from sources.workdir import Workdir
from tests.campaigns.command import copy, done_before, folders, keep, run, succeed, write_page
from tests.comparison import compared_tables, differences

_MANNER = re.compile(r"(增量|全量)：")
_NEW = re.compile(r"新批次 (\d+) 个")


@dataclass(frozen=True)
class Day:
    """What became of a day.

    Attributes:
        day: of which the deliveries are.
        arrived: deliveries that arrived on it.
        taken: those of them that the build had not taken in before.
        is_full: whether the build made everything anew.
        seconds, rebuilt_seconds: how long the build took, and that from nothing.
        is_published: whether both builds published, under one build id.
        is_same_state: whether the build from nothing added nothing to state.
        tables: how many tables were compared.
        differences: those in which the libraries differ.
    """

    day: str
    arrived: int
    taken: int
    is_full: bool
    seconds: float
    rebuilt_seconds: float
    is_published: bool
    is_same_state: bool
    tables: int
    differences: list[str]

    @property
    def is_good(self) -> bool:
        """Whether the day's library is the one that a build from nothing makes."""
        return self.is_published and self.is_same_state and not self.differences


def prepare(work: Path, days: int, scale: float, seed: int, change: float) -> list[date]:
    """Simulate the city and build its library, unless that is there; its days."""
    city, landing, library = work / "city", work / "landing", work / "library"
    if not (work / "ready").exists():
        for folder in (city, landing, library):
            shutil.rmtree(folder, ignore_errors=True)
        told = ["--scale", str(scale), "--seed", str(seed), "--days", str(days), "--change", str(change)]
        succeed(["simulate", "--out", str(city), *told])
        shutil.copytree(city / "landing", landing)
        succeed(["build", *folders(landing, library)])
        (work / "ready").touch()
    return sorted(date.fromisoformat(folder.name) for folder in (city / ARRIVALS).iterdir())


def follow(work: Path, day: date) -> Day:
    """Let a day's deliveries arrive, build, build from nothing, and compare."""
    landing, library, rebuilt = work / "landing", Workdir(work / "library"), Workdir(work / "rebuilt")
    arrived = deliver(work / "city", day, landing)
    began = time.monotonic()
    built = run(["build", *folders(landing, library.path)])
    ended = time.monotonic()
    shutil.rmtree(rebuilt.path, ignore_errors=True)
    copy(library.raw, rebuilt.raw)
    copy(library.state, rebuilt.state)
    rebuilding = time.monotonic()
    again = run(["build", *folders(landing, rebuilt.path)])
    rebuilt_seconds = time.monotonic() - rebuilding
    # A refused delivery is said so with 1; the library is published all the same.
    ended_well = built.returncode in (0, 1) and again.returncode in (0, 1)
    published = ended_well and published_build(library) == published_build(rebuilt)
    manner, new = _MANNER.search(built.stdout), _NEW.search(built.stdout)
    return Day(
        day=day.isoformat(),
        arrived=arrived,
        taken=int(new[1]) if new else 0,
        is_full=manner is not None and manner[1] == "全量",
        seconds=round(ended - began, 1),
        rebuilt_seconds=round(rebuilt_seconds, 1),
        is_published=published,
        is_same_state=_segments(library) == _segments(rebuilt),
        tables=compared_tables(library),
        differences=[str(each) for each in differences(library, rebuilt)] if published else ["not published"],
    )


def _segments(workdir: Workdir) -> list[tuple[str, str]]:
    """Of every log but that of manifests: a published folder is its own, in bytes and so in its manifest's hash."""
    return [(log, path.name) for log in LOGS if log != CHAIN for path in State(workdir.state).segments(log)]


def summary(days: Sequence[Day], seed: int, scale: float, change: float, code: str) -> str:
    """The campaign's table for docs/reliability.md."""
    same = sum(day.is_good for day in days)
    lines = [
        f"{len(days)} 天，{same} 天逐表相同；随机种子 {seed}，规模 {scale}，日变动率 {change}，程序版本 {code}。",
        f"{len(days)} days, {same} of them the same in every table; seed {seed}, scale {scale}, change {change} a day, "
        f"code {code}.",
        "",
        "| 日期 day | 到达批次 arrived | 新批次 taken in | 方式 manner | 当日 the day's build, s "
        "| 重建 from nothing, s | 比较的表 tables compared | 不同的表 differing | 状态 state |",
        "|---|---:|---:|---|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {day.day} | {day.arrived} | {day.taken} | {'全量 full' if day.is_full else '增量 incremental'} "
        f"| {day.seconds} | {day.rebuilt_seconds} | {day.tables} | {len(day.differences)} "
        f"| {'相同 same' if day.is_same_state else '不同 differs'} |"
        for day in days
    ]
    bad = [day for day in days if not day.is_good]
    if bad:
        lines += ["", *(f"- {day.day}: {'; '.join(day.differences[:5])}" for day in bad)]
    return "\n".join(lines)


def main() -> int:
    """Run the campaign, or what is left of it; 1 where a day's library is not what a build from nothing makes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.002)
    parser.add_argument("--change", type=float, default=0.01)
    parser.add_argument("--work", type=Path, default=Path("var/days"), help="where it works, and remembers")
    parser.add_argument("--write", action="store_true", help="put the summary into docs/reliability.md")
    options = parser.parse_args()
    code = code_version()
    work = options.work.resolve() / f"{code}-{options.seed}-{options.scale}-{options.change}-{options.days}"
    work.mkdir(parents=True, exist_ok=True)
    every_day = prepare(work, options.days, options.scale, options.seed, options.change)
    record = work / "days.jsonl"
    days = done_before(record, Day)
    for day in every_day[len(days) :]:
        result = follow(work, day)
        days.append(result)
        keep(record, result)
        verdict = "same" if result.is_good else "DIFFERS: " + "; ".join(result.differences)
        print(f"{day} {result.seconds} s, from nothing {result.rebuilt_seconds} s, {verdict}", flush=True)
    text = summary(days, options.seed, options.scale, options.change, code)
    print(text)
    if options.write:
        write_page("day", text)
    return 0 if all(day.is_good for day in days) else 1


if __name__ == "__main__":
    sys.exit(main())
