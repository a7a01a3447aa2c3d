"""The `sijiku` command. What takes long to import is imported by the sub-command that needs it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime
from enum import StrEnum
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.cli_audit import app as audit
from orchestration.cli_bi import app as bi
from orchestration.cli_erase import register as add_erasures
from orchestration.cli_findings import app as findings
from orchestration.cli_key import app as key
from orchestration.cli_parts import DONE, REFUSED, WRONG_USAGE, WorkdirOption, say
from orchestration.cli_publish import app as publish
from orchestration.cli_review import app as review
from orchestration.cli_rules import app as rules
from sources.errors import SijikuError, UsageError
from sources.workdir import Workdir

if TYPE_CHECKING:
    from serving.library import Rows

app = typer.Typer(
    name="sijiku",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="""四级库：把各部门的报送数据建成一座四级流动人口综合信息库。

    One library of a city's people from the extracts of its bureaus, at four levels.

    **从这里开始 Start here**

    ```
    sijiku simulate --out var/city
    sijiku build    --landing var/city/landing --workdir var/library
    sijiku status   --workdir var/library
    sijiku metric   people,floating --by district --workdir var/library
    ```

    退出状态 Exit status: 0 完成 done; 1 有报送批次被拒收或阻断性检查未通过 a delivery was refused or a blocking check
    failed (what could be published is); 2 用法错误 wrong usage.""",
)

app.add_typer(review)
app.add_typer(findings)
app.add_typer(publish)
app.add_typer(bi)
app.add_typer(audit)
app.add_typer(rules)
app.add_typer(key)


class Profile(StrEnum):
    """How dirty a simulated city's extracts are."""

    clean = "clean"
    normal = "normal"
    hard = "hard"


class Format(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


class MetricFormat(StrEnum):
    """How a metric's answer is written."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"
    chart = "chart"


class FileFormat(StrEnum):
    """How a file of rows is written."""

    csv = "csv"
    parquet = "parquet"


FormatOption = Annotated[Format, typer.Option("--format", help="输出格式 How rows are written.")]


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"sijiku {installed_version('sijiku')}")
        raise typer.Exit(DONE)


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", help="版本 Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def simulate(
    out: Annotated[Path, typer.Option(help="写到哪里 Folder to write landing/ and truth/ into.", show_default=False)],
    scale: Annotated[float, typer.Option(min=0.0005, max=2, help="规模 1 is a city of 2.6 million people.")] = 0.01,
    seed: Annotated[int, typer.Option(help="随机种子 The same seed gives the same city.")] = 1,
    profile: Annotated[Profile, typer.Option(help="脏乱程度 How dirty the extracts are.")] = Profile.normal,
    on: Annotated[
        datetime,
        typer.Option(
            "--date", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="截止日期 Date of the newest delivery."
        ),
    ] = datetime(2014, 10, 31),
    days: Annotated[int, typer.Option(min=0, max=60, help="续报天数 How many days of deliveries follow.")] = 0,
    change: Annotated[
        float | None,
        typer.Option(
            help="日变动率 Share of records that a day changes, on average; else what is usual.", show_default="0.002"
        ),
    ] = None,
) -> None:
    """模拟一座城市的报送数据与真相。Write the extracts of a simulated city, and the truth behind them.

    No person in it is real. Bureaus' files go to OUT/landing as interface/extracts.yml describes them, who is who to
    OUT/truth.

    With --days the city goes on: people move, come, leave, marry, are born and die, bureaus hear of it sooner or later,
    and put wrong numbers and names right. What arrives on a day lies in OUT/arrivals/DAY, deltas mostly, some late,
    some sent twice, some put right by a second delivery; the truth at its end in OUT/truth/DAY. Lay a day's folder over
    landing, and build:

    ```
    cp -r var/city/arrivals/2014-11-01/. var/city/landing/
    ```

    **例 Examples**

    ```
    sijiku simulate --out var/city
    sijiku simulate --out var/city --days 10
    sijiku simulate --out /tmp/hard --scale 0.05 --profile hard --seed 7
    ```
    """
    from sources.city.simulate import simulate as simulate_city

    console = Console()
    with _reported_to(console):
        simulate_city(out, scale=scale, seed=seed, profile=profile.value, date=on.date(), days=days, change=change)
    console.print(f"[green]✔[/green] 报送数据 extracts in {out / 'landing'}, 真相 truth in {out / 'truth'}")
    if days:
        console.print(f"[green]✔[/green] {days} 天的到达批次 days of deliveries in {out / 'arrivals'}")


@app.command()
def build(
    landing: Annotated[
        Path, typer.Option(help="报送目录 Folder that bureaus deliver into.", show_default=False, file_okay=False)
    ],
    workdir: WorkdirOption,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="建库日期 Build for this date; else that of the newest delivery.",
        ),
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="全量重建 Make everything anew, not on top of the build before.")
    ] = False,
) -> None:
    """建库并发布。Take in the deliveries, build the library and publish it.

    A delivery that breaks its contract is refused whole: its dataset's earlier view stays, the rest is published, and
    the command exits with 1. Findings never stop a build. Where nothing has changed, nothing is built. Readers of the
    earlier library are never disturbed.

    A build takes in what is new since the one before and changes what that touches (增量); where the code has changed,
    the build before did not end, or --full says so, it makes everything anew (全量). What comes out is the same.

    直接读库 A dataset with a connection.yml in its landing folder is read from that PostgreSQL database.

    **例 Examples**

    ```
    sijiku build --landing var/city/landing --workdir var/library
    sijiku build --landing /data/landing --workdir /data/library --as-of 2014-09-30
    sijiku build --landing /data/landing --workdir /data/library --full
    ```
    """
    from orchestration.progress import Progress
    from orchestration.report import print_build
    from orchestration.run import run_build
    from serving.library import status as library_status
    from serving.library import summary as library_summary

    if not landing.is_dir():
        raise UsageError(
            f"没有报送目录 {landing}。There is no landing folder {landing}.",
            "Name the folder that holds <bureau>/<dataset>/<date>/manifest.json.",
        )
    console = Console(file=sys.stdout)
    home = Workdir(workdir)
    with _reported_to(console), Progress(console) as progress:
        outcome = run_build(home, landing, _day(as_of), progress, is_full=full)
    standing = library_status(home)
    print_build(console, home, outcome, library_summary(home), standing)
    is_refused = any(delivery.state == "refused" for delivery in standing.deliveries)
    raise typer.Exit(REFUSED if is_refused else DONE)


@app.command()
def status(workdir: WorkdirOption) -> None:
    """库的现状。Deliveries, builds, ledger, findings and what is published.

    **例 Example**

    ```
    sijiku status --workdir var/library
    ```
    """
    from orchestration.report import print_status
    from serving.library import status as library_status

    home = _existing(workdir)
    print_status(Console(), home, library_status(home))


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="一条查询 One SELECT in DuckDB's SQL.", show_default=False)],
    workdir: WorkdirOption,
    format_: FormatOption = Format.table,
) -> None:
    """查询已发布的库（只读）。Read-only SQL on the published library.

    It opens what your file permissions let you open: with persons for the library's owner, without for others.

    **例 Examples**

    ```
    sijiku query --workdir var/library "SELECT table_schema, table_name FROM information_schema.tables"
    sijiku query --workdir var/library "SELECT * FROM quality.ledger" --format csv
    ```
    """
    from orchestration.report import print_rows
    from serving.library import query as query_library

    answer = query_library(Workdir(workdir), sql)
    print_rows(answer.columns, answer.rows, format_.value)


@app.command()
def metric(
    workdir: WorkdirOption,
    names: Annotated[
        str, typer.Argument(metavar="NAME[,NAME]", help="指标 Metrics, comma-separated.", show_default=False)
    ] = "",
    by: Annotated[
        str, typer.Option(metavar="DIM[,DIM]", help="维度 Dimensions, comma-separated.", show_default=False)
    ] = "",
    where: Annotated[
        list[str] | None,
        typer.Option(metavar="DIM=VALUE[,VALUE]", help="筛选 Keep these values alone.", show_default=False),
    ] = None,
    start: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="自 From this day on."),
    ] = None,
    end: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="至 Up to this day.")
    ] = None,
    saved: Annotated[
        str,
        typer.Option(
            "--query", metavar="NAME", help="常用查询 A saved query, as the build answered it.", show_default=False
        ),
    ] = "",
    is_list: Annotated[bool, typer.Option("--list", help="列出指标 List metrics: label, unit, owner, type.")] = False,
    is_saved: Annotated[
        bool, typer.Option("--saved", help="列出常用查询 List saved queries by the question that each answers.")
    ] = False,
    explained: Annotated[
        str,
        typer.Option(
            "--explain",
            metavar="NAME",
            help="口径 What a metric or a saved query means, its SQL, and where it comes from.",
            show_default=False,
        ),
    ] = "",
    format_: Annotated[MetricFormat, typer.Option("--format", help="输出格式 How the answer is written.")] = (
        MetricFormat.table
    ),
    out: Annotated[
        Path | None,
        typer.Option(
            help="写入文件 Write this file; a chart is .svg, .png or .html.", show_default=False, dir_okay=False
        ),
    ] = None,
) -> None:
    """指标：同一口径，任意维度。Metrics that mean the same whoever asks, by the dimensions you name.

    Without a time, stocks such as people are those of the newest month-end. Rates come with their numerator and
    denominator beside them. Charts take the form that fits: lines by time, bars by one dimension, dumbbells or groups
    by two; what has one value in the answer is told, not drawn. They want no network, and PNG wants a Chinese font
    (Debian's fonts-noto-cjk).

    **常用查询 Saved queries** are what is asked again and again. Each build answers them, so that --query only reads:
    it is as fast as a table, wants no right to see persons, and gives every period that is kept. --where, --from and
    --to choose among its rows; for other dimensions, name metrics and --by.

    **例 Examples**

    ```
    sijiku metric --list --workdir var/library
    sijiku metric --explain floating_share --workdir var/library
    sijiku metric people,floating --by district --workdir var/library
    sijiku metric floating --by metric_time__month,stay_band --workdir var/library --format csv
    sijiku metric coverage_rate --by service,population_group --workdir var/library --format chart --out coverage.svg
    sijiku metric floating --by township --where district=150203000000 --workdir var/library --format csv --out f.csv
    ```

    ```
    sijiku metric --saved --workdir var/library
    sijiku metric --query coverage_by_service --where district=150203000000 --workdir var/library
    sijiku metric --query population_by_township --from 2014-10-01 --workdir var/library --format csv --out p.csv
    sijiku metric --query repeat_collection_by_field --where bureau=psb --workdir var/library --format chart --out r.svg
    ```
    """
    asked = {"NAME": names, "--query": saved, "--list": is_list, "--saved": is_saved, "--explain": explained}
    _one_thing_at_a_time([option for option, is_given in asked.items() if is_given], by)
    if format_ in (MetricFormat.parquet, MetricFormat.chart) and out is None:
        raise UsageError(
            f"{format_.value} 须写入文件。{format_.value} is not for a terminal.",
            f"Name a file: --out {'chart.svg' if format_ is MetricFormat.chart else 'metric.parquet'}",
        )
    if out is not None and format_ is MetricFormat.table:
        raise UsageError("表格只显示在终端。A table is for the terminal.", "Add --format csv, json, parquet or chart.")
    home = Workdir(workdir)
    if explained:
        _explain(home, explained)
        return
    if is_list or is_saved:
        if format_ is MetricFormat.chart:
            raise UsageError("清单画不成图。A list is no chart.", "Take --format table, csv, json or parquet.")
        show_list = _list_metrics if is_list else _list_saved_queries
        show_list(home, format_, out)
        return
    conditions = _filters(where or [])
    if saved:
        from serving.saved_queries import answer_saved_query, explain_saved_query

        query_ = explain_saved_query(home, saved)
        found = answer_saved_query(home, saved, where=conditions, start=_day(start), end=_day(end))
        _show_answer(home, found, list(query_.dimensions), list(query_.metrics), format_, out)
        return
    from serving.metrics import query_metric, with_parts

    metrics, dimensions = _comma_separated(names), _comma_separated(by)
    found = query_metric(
        home, with_parts(home, metrics), dimensions, where=conditions, start=_day(start), end=_day(end)
    )
    _show_answer(home, found, dimensions, metrics, format_, out)


def _one_thing_at_a_time(asked: list[str], by: str) -> None:
    """Metrics, a saved query, one of the lists or an explanation."""
    if not asked:
        raise UsageError(
            "没有指明指标。No metric was named.",
            "See them with: sijiku metric --list --workdir DIR; the saved queries with --saved",
        )
    if "--query" in asked and ("NAME" in asked or by):
        raise UsageError(
            "常用查询自带指标与维度。A saved query has its own metrics and dimensions.",
            "Leave out metrics and --by, and narrow it with --where, --from, --to; or leave out --query and ask anew.",
        )
    if len(asked) > 1:
        raise UsageError(
            f"不能同时用 {'、'.join(asked)}。{' and '.join(asked)} do not go together.", "Ask for one at a time."
        )


def _explain(home: Workdir, name: str) -> None:
    from orchestration import measured
    from serving.metrics import explain_metric, plan_metric, plan_saved_query
    from serving.saved_queries import list_saved_queries

    console = Console()
    saved = {query.name: query for query in list_saved_queries(home)}
    if name in saved:
        metrics = [explain_metric(home, metric) for metric in saved[name].metrics]
        measured.print_saved_query(console, saved[name], metrics, plan_saved_query(home, name))
        return
    told = explain_metric(home, name)
    time = ("metric_time__month",) if told.type == "cumulative" else ()
    measured.print_metric(console, told, plan_metric(home, [told.name], time), measured.lineage_of(home, told))


def _list_metrics(home: Workdir, format_: MetricFormat, out: Path | None) -> None:
    from orchestration import measured
    from serving.metrics import list_metrics

    metrics = list_metrics(home)
    if format_ is MetricFormat.table:
        measured.print_list(Console(), metrics)
    else:
        _write_answer(measured.listed(metrics), format_, out)


def _list_saved_queries(home: Workdir, format_: MetricFormat, out: Path | None) -> None:
    from orchestration import measured
    from serving.saved_queries import list_saved_queries

    queries = list_saved_queries(home)
    if format_ is MetricFormat.table:
        measured.print_saved_queries(Console(), queries)
    else:
        _write_answer(measured.listed_saved_queries(queries), format_, out)


def _show_answer(
    home: Workdir, found: Rows, dimensions: list[str], metrics: list[str], format_: MetricFormat, out: Path | None
) -> None:
    """An answer in the form that was asked for, whether it was worked out now or by the build."""
    from orchestration import measured

    if format_ is MetricFormat.chart:
        assert out is not None
        _draw_metric(home, found, dimensions, metrics, out)
        return
    if format_ is MetricFormat.table:
        found = measured.named(found, dimensions, _division_names(home))
    _write_answer(found, format_, out)


def _write_answer(answer: Rows, format_: MetricFormat, out: Path | None) -> None:
    from orchestration import measured
    from orchestration.report import print_rows

    if out is None:
        print_rows(*answer, format_.value)
    else:
        measured.write_rows(*answer, format_.value, out)
        _say_written(out, len(answer.rows))


def _draw_metric(home: Workdir, found: Rows, dimensions: list[str], asked: list[str], out: Path) -> None:
    from serving.library import published_folder
    from serving.metric_charts import draw, known_suffix, write
    from serving.metrics import explain_metric

    known_suffix(out)
    metrics = [explain_metric(home, name) for name in dict.fromkeys(asked)]
    of_whom = "；".join(dict.fromkeys(f"分母：{item.denominator_zh}" for item in metrics if item.denominator))
    told = " · ".join(text for text in (of_whom, published_folder(home).name) if text)
    write(draw(found, dimensions, metrics, _division_names(home), told), out)
    _say_written(out, len(found.rows))


def _division_names(home: Workdir) -> dict[str, str]:
    from serving.labels import division_names
    from serving.library import open_published

    with open_published(home, "analysis") as connection:
        return division_names(connection)


def _say_written(out: Path, rows: int) -> None:
    Console(stderr=True).print(f"[green]✔[/green] {out}: {rows:,} 行 rows", highlight=False, soft_wrap=True)


def _comma_separated(text: str) -> list[str]:
    return [name.strip() for name in text.replace("，", ",").split(",") if name.strip()]


def _filters(conditions: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for condition in conditions:
        name, _, listed = condition.partition("=")
        values = _comma_separated(listed)
        if not name.strip() or not values:
            raise UsageError(
                f"筛选写法不对：{condition}。This is no condition: {condition}.",
                "Write it as DIM=VALUE or DIM=VALUE,VALUE, as in --where sex=2",
            )
        found.setdefault(name.strip(), []).extend(values)
    return found


class CaseKind(StrEnum):
    """What is done about a finding."""

    acknowledged = "acknowledged"
    fixed = "fixed"
    waived = "waived"
    reopened = "reopened"


@app.command("case")
def enter_case(
    workdir: WorkdirOption,
    findings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FINDING_ID]...", help="问题编号 finding_id as quality.finding has it.", show_default=False
        ),
    ] = None,
    kind: Annotated[CaseKind | None, typer.Option(help="处理 What is done.", show_default=False)] = None,
    by: Annotated[str, typer.Option(help="由谁 An account or an office, no person's name.", show_default=False)] = "",
    reason: Annotated[str, typer.Option(help="理由 Why; no personal information.", show_default=False)] = "",
    until: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="豁免到哪天 Last day of a waiver.", show_default=False)
    ] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file", help="CSV: finding_id,kind,by,reason,until_on", show_default=False, dir_okay=False, exists=True
        ),
    ] = None,
) -> None:
    """登记整改事项。Say what is done about findings: acknowledged, fixed, waived until a day, or reopened.

    - `acknowledged` 已受理: somebody has it in hand.
    - `fixed` 已整改: put right at the source. The next delivery shows: the finding is then `verified`, or open again.
    - `waived` 豁免: agreed to be left as it is until a day (`--until`), with a reason; after that it opens again.
    - `reopened` 重新打开: what was said before no longer holds.

    Findings are named on the command line, all alike, or in a CSV file, each for itself. All lines are good and all are
    entered, or none is. Nothing is ever overwritten: the last word counts, from the next `sijiku build` on. A finding
    that is gone is set to `verified` by the build, and to `open` again if it returns.

    **例 Examples**

    ```
    sijiku query --workdir var/library "SELECT finding_id, detail_zh FROM quality.finding WHERE state = 'open' LIMIT 5"
    sijiku case 5f0c… 9ab1… --kind acknowledged --by 户政科 --workdir var/library
    sijiku case 5f0c… --kind waived --until 2015-06-30 --by 信息中心 --reason 原始档案已焚毁 --workdir var/library
    sijiku case --file cases.csv --workdir var/library
    sijiku build --landing var/city/landing --workdir var/library
    ```
    """
    from serving.cases import CaseLine, enter, read_lines

    if file is not None:
        if findings or kind or by or reason or until:
            raise UsageError("CSV 与单项不能同时给。Give either --file or findings with options.", "Leave one out.")
        lines = read_lines(file)
    else:
        if not findings or kind is None:
            raise UsageError(
                "没有指明问题或处理。No finding or no --kind was given.", "See examples with: sijiku case --help"
            )
        lines = [
            CaseLine(number, finding, kind.value, by, reason, until) for number, finding in enumerate(findings, start=1)
        ]
    written = enter(Workdir(workdir), lines)
    say(f"已登记 entered: {written}；下次建库生效 in effect from the next sijiku build on.")


@app.command()
def persons(
    workdir: WorkdirOption,
    since: Annotated[
        str,
        typer.Option(
            "--changed-since", metavar="BUILD", help="自哪次建库 The build your numbers are of.", show_default=False
        ),
    ],
    is_net: Annotated[
        bool, typer.Option("--net", help="净变化：旧编号 → 现编号 Old number to the number now, merges followed.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="写入文件 Write this file; else CSV to stdout.", show_default=False, dir_okay=False),
    ] = None,
    format_: Annotated[FileFormat, typer.Option("--format", help="文件格式 How the file is written.")] = FileFormat.csv,
) -> None:
    """人员编号的变化。What became of person numbers since a build, for whoever holds them.

    Every event of the builds after BUILD, in the order in which they happened: `created` 新建, `merged` 合并 (into
    other_person_id), `split` 拆分 (from it), `retired` 停用, `revived` 恢复. Numbers are never given to another person.

    With --net, what that comes to: of every number that ended, the number now (null where none of its records is
    there any more); of every number that is new, the one that it was split from. Whoever carries these over holds
    what the library holds. Numbers are random; the lists hold nothing else of anybody.

    **例 Examples**

    ```
    sijiku persons --changed-since 20141031-3f2a… --workdir var/library
    sijiku persons --changed-since 20141031-3f2a… --net --workdir var/library --out numbers.parquet --format parquet
    ```
    """
    from identity.changes import changed_since, write
    from serving.library import open_published, published_builds

    if format_ is FileFormat.parquet and out is None:
        raise UsageError("Parquet 不能写到终端。Parquet is not for a terminal.", "Name a file: --out numbers.parquet")
    home = _existing(workdir)
    with open_published(home, "restricted") as connection:
        builds = published_builds(connection)
    change = changed_since(home, builds, since, is_net=is_net)
    if out is None:
        sys.stdout.write(change.table.write_csv())
    else:
        write(change.table, out, format_.value)
    _say_change(since, change.counts, len(change.builds), out)


def _say_change(since: str, counts: dict[str, int], builds: int, out: Path | None) -> None:
    words = {"created": "新建", "merged": "合并", "split": "拆分", "retired": "停用", "revived": "恢复"}
    told = ", ".join(f"{words[kind]} {kind} {count:,}" for kind, count in counts.items()) or "无变化 nothing"
    place = f" → {out}" if out else ""
    Console(stderr=True).print(
        f"[green]✔[/green] {since} 之后 {builds} 次建库 builds since: {told}{place}", highlight=False, soft_wrap=True
    )


@app.command()
def explain(
    workdir: WorkdirOption,
    person: Annotated[
        str,
        typer.Option(metavar="ID", help="人员编号 A person_id, or the person_ref of a finding.", show_default=False),
    ] = "",
    pair: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="A B", help="两条人员记录 Two mentions, each record_ref or record_ref:role.", show_default=False
        ),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(
            help="另写网页 Also write one page with charts, for you alone.", show_default=False, dir_okay=False
        ),
    ] = None,
    is_revealed: Annotated[bool, typer.Option("--reveal", help="不掩码 Show names and numbers as they are.")] = False,
) -> None:
    """解释：为什么是（不是）同一人。Why records are one person, or are not.

    - `--person ID`: how each of a person's records came to her: method, evidence, file and row, and what each field
      weighed.
    - `--pair A B`: two records side by side: what agrees, which rules they satisfy, what speaks against, the score,
      and the links that lead from one to the other. `DATASET|RECORD_KEY`, with `:role` where needed, names one too.

    Names and numbers are masked (张\\*) unless --reveal is given. The page works offline, its owner alone can read it.

    **例 Examples**

    ```
    sijiku explain --person 5f0c… --workdir var/library
    sijiku explain --person 5f0c… --html person.html --workdir var/library
    sijiku explain --pair 9ab1…:resident 77e0…:child --workdir var/library
    ```
    """
    from identity.explain import explain_pair, explain_person
    from identity.explain_page import pair_page, person_page, write_page
    from orchestration.explained import print_pair, print_person
    from serving.library import open_published
    from sources.contract import load_contracts

    if bool(person) == bool(pair):
        raise UsageError(
            "请指明一个人或两条记录。Name either a person or two mentions.", "See examples with: sijiku explain --help"
        )
    names = {contract.dataset: contract.name_zh for contract in load_contracts().values()}
    with open_published(_existing(workdir), "restricted") as connection:
        if pair:
            two = explain_pair(connection, *pair)
            print_pair(Console(), two, names, is_revealed=is_revealed)
            page = pair_page(two, names, is_revealed=is_revealed)
        else:
            one = explain_person(connection, person)
            print_person(Console(), one, names, is_revealed=is_revealed)
            page = person_page(one, names, is_revealed=is_revealed)
    if html is not None:
        write_page(page, html)
        Console().print(f"[green]✔[/green] 网页 page: {html}", highlight=False, soft_wrap=True)


@app.command()
def evaluate(
    workdir: WorkdirOption,
    truth: Annotated[
        Path, typer.Option(help="真相目录 The truth/ that sijiku simulate wrote.", show_default=False, file_okay=False)
    ],
    out: Annotated[
        Path | None, typer.Option(help="另存为 Also write the figures to this JSON file.", show_default=False)
    ] = None,
    chart: Annotated[
        Path | None, typer.Option(help="另画图 Also draw them, as .svg or .png.", show_default=False)
    ] = None,
) -> None:
    """评估识别与问题发现的质量。Hold who-is-who and findings to the truth of a simulated city.

    Who is who, overall, by dataset and by group: precision and recall count pairs of mentions; people counted too many
    or few and people linked exactly stand beside them. Findings, by rule: how many of the planted defects were found,
    and how many findings are of no planted one. The library is left as it is.

    **例 Example**

    ```
    sijiku evaluate --workdir var/library --truth var/city/truth --out var/identity.json --chart var/identity.svg
    ```
    """
    from identity.evaluation import evaluate as evaluate_identity
    from identity.evaluation import write_chart
    from orchestration.report import print_evaluation, print_rule_scores
    from serving.evaluation import evaluate_findings

    home = Workdir(workdir)
    with home.lock() if workdir.is_dir() else nullcontext():
        result = evaluate_identity(home, truth)
        rules = evaluate_findings(home, truth) if home.current.exists() else []
    print_evaluation(Console(), result)
    if rules:
        print_rule_scores(Console(), rules)
    if out is not None:
        out.write_text(result.as_json(), encoding="utf-8")
    if chart is not None:
        write_chart(result, chart)


@app.command()
def train(
    workdir: WorkdirOption,
    out: Annotated[
        Path | None,
        typer.Option(help="另存为 Write them here, not where builds read them.", show_default=False, dir_okay=False),
    ] = None,
    people: Annotated[int, typer.Option(min=1000, help="抽取人数 At most so many people are drawn.")] = 100_000,
    seed: Annotated[int, typer.Option(help="随机种子 The same seed draws the same people.")] = 1,
) -> None:
    """重新训练匹配权重。Learn anew what agreement and disagreement of each field are worth in telling people apart.

    From a library built before: people with a valid number are known without doubt, and a record of each, its number
    taken away, is compared with the rest of them. No truth is needed. The weights are a file of the project
    (identity/weights.json) that every build reads; builds never train. Review the change like any other and commit it.

    **例 Example**

    ```
    sijiku train --workdir var/library --out /tmp/weights.json
    ```
    """
    from identity.scoring import WEIGHTS
    from identity.training import train as train_weights
    from orchestration.report import print_weights

    home, console = Workdir(workdir), Console()
    with home.lock() if workdir.is_dir() else nullcontext(), _reported_to(Console(stderr=True)):
        levels = train_weights(home, out or WEIGHTS, people=people, seed=seed)
    print_weights(console, levels)
    console.print(f"权重 Weights: {out or WEIGHTS}", highlight=False, soft_wrap=True)


@app.command("link")
def link_tables(
    model: Annotated[
        str, typer.Option(help="模型文件，或自带模型之名 Model file, or the name of one shipped.", show_default=False)
    ] = "",
    inputs: Annotated[
        list[Path] | None,
        typer.Option(
            "--input", metavar="FILE...", help="CSV、Parquet、XLSX 文件，可多个 One or more.", show_default=False
        ),
    ] = None,
    more: Annotated[list[Path] | None, typer.Argument(metavar="[FILE]...", hidden=True)] = None,
    out: Annotated[
        Path | None, typer.Option(help="结果 Parquet: every row, with its cluster.", show_default=False, dir_okay=False)
    ] = None,
    pairs: Annotated[
        Path | None,
        typer.Option(help="另存成对结果 Also the pairs, those for review too.", show_default=False, dir_okay=False),
    ] = None,
    is_list: Annotated[bool, typer.Option("--list", help="列出自带模型 List the models shipped.")] = False,
    weights: Annotated[bool, typer.Option("--weights", help="显示权重 Show what agreement is worth.")] = False,
) -> None:
    """按模型匹配任何表。Say which rows of any tables are one thing, by a model that is a file.

    The model names fields and where they come from, how each is compared, which rows are looked at together, what must
    stay apart, and from which probability on two rows are one. Weights are learned from the rows themselves, without
    any truth, or stand in the model. The same files give the same clusters.

    Every row of every input is in OUT, with the columns `_input`, `_row`, `_cluster` (equal for rows that are one),
    `_probability` and `_evidence` of its strongest link, and `_review` where somebody should look. --pairs writes the
    pairs beside, with the decision of each: link, cut (a constraint keeps them apart) or review.

    **模型 A model** (docs/linkage.md says it all)

    ```yaml
    model: patients
    fields:
      name:  {from: 姓名, clean: squash}
      birth: {from: 出生日期, clean: date}
      phone: {from: 电话, clean: digits}
    comparisons:
      - {field: name,  levels: [exact, edits: 1], term_frequency: true}
      - {field: birth, levels: [exact, day_month_swapped, date_parts: 2]}
      - {field: phone, levels: [exact, edits: 1]}
    blocking: [[name, birth], phone]
    prior: {same: [[name, birth, phone]], recall: 0.5}
    training: {same: [[name, birth], phone]}
    thresholds: {link: 0.9, review: 0.5}
    ```

    **例 Examples**

    ```
    sijiku link --list
    sijiku link --model patients.yml --input clinic.csv --out linked.parquet
    sijiku link --model febrl4 --input a.csv b.csv --out linked.parquet --pairs pairs.parquet
    ```
    """
    from identity.model import load_model, shipped_models
    from orchestration.report import print_link, print_rows

    if is_list:
        shipped = [(name, load_model(Path(name)).description, str(path)) for name, path in shipped_models().items()]
        print_rows(("model", "description", "file"), shipped, "table")
        return
    files = [*(inputs or ()), *(more or ())]
    if not model or not files or out is None:
        raise UsageError(
            "要给出 --model、--input 与 --out。--model, --input and --out are needed.",
            "See an example with: sijiku link --help",
        )
    from identity.linkage import link

    with _reported_to(Console(stderr=True)):
        report = link(load_model(Path(model)), files, out, pairs)
    print_link(Console(), report, out, pairs, with_weights=weights)


@app.command()
def dictionary(
    workdir: WorkdirOption,
    out: Annotated[Path, typer.Option(help="工作簿 .xlsx The workbook to write.", show_default=False)],
) -> None:
    """数据字典，中英文。The data dictionary of the published library, in Chinese and English, as a workbook.

    Every published table and column: type, meaning, class (additive, ratio, estimate), unit, codes, the parts of the
    library that hold it, who answers for it. It tells of no person.

    **例 Example**

    ```
    sijiku dictionary --workdir var/library --out dictionary.xlsx
    ```
    """
    from serving.dictionary import save_dictionary

    save_dictionary(_existing(workdir), out)
    say(f"已写入 written: {out}")


@app.command()
def gc(
    workdir: WorkdirOption,
    keep: Annotated[int, typer.Option(min=1, help="保留几次发布 Published builds to keep, the current one too.")] = 3,
    quarantine_days: Annotated[
        int, typer.Option(min=1, help="隔离行内容保留天数 Days to keep the content of quarantined rows.")
    ] = 180,
    log_days: Annotated[int, typer.Option(min=1, help="日志保留天数 Days to keep logs.")] = 90,
    is_dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只列出，不删除 Say what would go, and no more.")
    ] = False,
) -> None:
    """清理工作目录。Make room: older published builds, scratch, old logs, what was never accepted.

    The current build, the accepted deliveries of the raw zone and state always stay: the library is a function of
    them. Whoever has a file of an older build open keeps it until it is closed.

    **例 Examples**

    ```
    sijiku gc --workdir var/library --dry-run
    sijiku gc --workdir var/library --keep 2 --log-days 30
    ```
    """
    from orchestration.report import print_freed
    from serving.housekeeping import Policy, remove, superfluous

    home = _existing(workdir)
    with home.lock():
        items = superfluous(home, Policy(keep, quarantine_days, log_days), datetime.now(UTC).replace(tzinfo=None))
        if not is_dry_run:
            remove(items)
    print_freed(Console(), home, items, is_dry_run=is_dry_run)


@app.command()
def backup(
    workdir: WorkdirOption,
    out: Annotated[
        Path,
        typer.Option(
            help="目录（增量），或 .tar、.tar.zst 文件 A folder (incremental), or an archive.", show_default=False
        ),
    ],
) -> None:
    """备份原始区、状态与隔离行。Back up what cannot be rebuilt: raw zone, state, quarantine.

    No build runs meanwhile. Every file stands in a manifest with its SHA-256. The backup is personal: it is readable by
    its owner only. Files that are encrypted in the library are encrypted in it, by the same key, which is not in it:
    keep that elsewhere, for as long as the backup. What is not encrypted wants an encrypted disk.

    **例 Examples**

    ```
    sijiku backup --workdir var/library --out /backup/library
    sijiku backup --workdir var/library --out /backup/library-20141031.tar.zst
    ```
    """
    from orchestration.report import print_backup
    from sources.backup import back_up

    home = _existing(workdir)
    with home.lock():
        summary = back_up(home, out)
    print_backup(Console(), "已备份 Backed up", out, summary)


@app.command()
def restore(
    source: Annotated[Path, typer.Option("--from", help="备份 What sijiku backup wrote.", show_default=False)],
    workdir: WorkdirOption,
) -> None:
    """从备份恢复。Restore a backup into an empty workdir; every file is checked against its hash.

    The library itself is then made again by the next `sijiku build`: the same tables, the same person numbers. An
    encrypted backup wants the key that it was made under (SIJIKU_KEY_FILE): without it nothing is restored.

    **例 Example**

    ```
    sijiku restore --from /backup/library --workdir var/restored
    sijiku build   --landing var/city/landing --workdir var/restored
    ```
    """
    from orchestration.report import print_backup
    from sources.backup import restore as restore_backup

    home = Workdir(workdir)
    with home.lock():
        summary = restore_backup(source, home)
    print_backup(Console(), "已恢复 Restored", workdir, summary)


add_erasures(app)  # last of what stands in the list of commands for itself


def _existing(workdir: Path) -> Workdir:
    if not workdir.is_dir():
        raise UsageError(
            f"没有库 {workdir}。There is no library in {workdir}.", "Run sijiku build first, or name another."
        )
    return Workdir(workdir)


def main() -> None:
    """Run the command; people's errors are shown as what is wrong and what to do, on stderr."""
    try:
        app()
    except Exception as raised:
        from sources.trouble import trouble_behind

        error = raised if isinstance(raised, SijikuError) else trouble_behind(raised)
        if error is None:
            raise
        console = Console(stderr=True)
        console.print(f"[bold red]✘[/bold red] {_escaped(error.problem)}", highlight=False, soft_wrap=True)
        console.print(f"  → {_escaped(error.remedy)}", highlight=False, soft_wrap=True)
        sys.exit(WRONG_USAGE if isinstance(error, UsageError) else REFUSED)


@contextmanager
def _reported_to(console: Console) -> Iterator[None]:
    """Show the project's own log lines on a console."""
    from orchestration.progress import ConsoleHandler

    logger = logging.getLogger("sijiku")
    handler = ConsoleHandler(console)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
