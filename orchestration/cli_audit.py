"""`sijiku audit`: nobody has to trust the library. Hashes are read and findings derived again, rules held to paper."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli_parts import WorkdirOption, say, tell_refused
from sources.workdir import Workdir

app = typer.Typer(
    name="audit",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""核查：不必相信我们。Check the library without trusting it: hashes, findings again, rules held to paper.

    **例 Example**

    ```
    sijiku audit verify --workdir var/library
    sijiku audit export --out var/audit --format csv --workdir var/library
    sijiku audit sample --rule id_borrowed --size 100 --seed 1 --out sheet.xlsx --workdir var/library
    sijiku audit results sheet.xlsx --workdir var/library
    ```""",
)


@app.command("verify")
def verify_builds(
    workdir: WorkdirOption,
    rederive: Annotated[
        bool, typer.Option("--rederive", help="由原始区重算全部问题 Work out all findings again from the raw zone.")
    ] = False,
    finding: Annotated[
        list[str] | None,
        typer.Option(help="只问这些问题，可重复 Answer for this finding; may be repeated. With --rederive."),
    ] = None,
    near: Annotated[
        Path | None,
        typer.Option(help="重算用的临时目录 Where the copy for --rederive may lie.", file_okay=False, exists=True),
    ] = None,
) -> None:
    """核对哈希链。Read every published build, the raw zone and state, and hold each byte to manifests and chain.

    Each build's manifest has the hash of every delivery and word of state that it was made of, of every table, finding
    and page that it published, and of the manifest before it. What was changed, is missing or was added is named, and
    the command exits with 1. Write the end of the chain down elsewhere: with it you can tell later that nothing before
    it was written anew.

    With `--rederive` the current library is built once more, in full, beside the workdir, from what its manifest names,
    and each finding is held to the published one. It takes as long as a full build. Findings of deliveries that were
    refused are left out: these never came into the raw zone.

    **例 Examples**

    ```
    sijiku audit verify --workdir var/library
    sijiku audit verify --rederive --finding 5f0c… --workdir var/library
    ```
    """
    from serving.proof import verify

    console = Console(file=sys.stdout)
    home = Workdir(workdir)
    with home.lock(), console.status("…") as shown:
        done = verify(home, lambda name: shown.update(f"核对 Verifying {name}"))
    mark = "[red]✘[/red]" if done.problems else "[green]✔[/green]"
    console.print(
        f"{mark} 已核对 verified: {done.builds} 次建库 builds, {done.files:,} 个文件 files, "
        f"{done.bytes / 1e6:,.1f} MB；链长 chain: {done.chain}；不符 wrong: {len(done.problems)}",
        highlight=False,
        soft_wrap=True,
    )
    if done.rewritten:
        console.print(
            f"  抹除或换密钥所改写 rewritten by erasures or new keys: {len(done.rewritten)} 个文件 files",
            highlight=False,
        )
    console.print(f"  链尾 end of the chain: {done.end}", highlight=False, soft_wrap=True)
    wrong = [f"{problem.build_id}: {problem.path}: {problem.what}" for problem in done.problems]
    if rederive or finding:
        wrong += _rederive(console, home, finding or [], near)
    tell_refused(wrong)


def _rederive(console: Console, home: Workdir, findings: list[str], near: Path | None) -> list[str]:
    """Derive all findings again; which of them came out otherwise."""
    from orchestration.progress import Progress
    from orchestration.rederive import rederive

    with Progress(console) as progress:
        done = rederive(home, progress, findings, near)
    mark = "[green]✔[/green]" if done.is_same else "[red]✘[/red]"
    console.print(
        f"{mark} 重算 derived again: {done.findings:,} 个问题 findings；未得出 missing: {len(done.missing):,}；"
        f"多出 added: {len(done.added):,}",
        highlight=False,
        soft_wrap=True,
    )
    for finding, is_there in done.named.items():
        console.print(f"  {finding}: {'相同 the same' if is_there else '不同 another'}", highlight=False)
    return [
        f"{words}: {finding}"
        for words, listed in (("未得出 missing", done.missing), ("多出 added", done.added))
        for finding in listed
    ]


class TableForm(StrEnum):
    """How tables are written."""

    csv = "csv"
    xlsx = "xlsx"
    json = "json"
    parquet = "parquet"


@app.command("export")
def export_all(
    workdir: WorkdirOption,
    out: Annotated[
        Path, typer.Option(help="写到哪个目录 The folder to write into.", show_default=False, file_okay=False)
    ],
    form: Annotated[TableForm, typer.Option("--format", help="格式 How tables are written.")] = TableForm.csv,
) -> None:
    """导出全部审计表。Write every table that an auditor reads: a file each, or one workbook; contents.json lists them.

    Scorecards, ledger, rules, their changes, results and verdicts, missing records and fields, repeat collection,
    population, estimates, services, funding, survey, quality of linkage. The same build gives the same files. Figures
    are exact, so the folder and its files are their owner's only; findings one by one are `sijiku findings export`.

    **例 Examples**

    ```
    sijiku audit export --out var/audit --workdir var/library
    sijiku audit export --out var/audit --format xlsx --workdir var/library
    ```
    """
    from serving.export import export_tables

    written, absent = export_tables(Workdir(workdir), out, form.value)
    parted = [f"{item.table} {item.sheets}" for item in written if item.sheets > 1]
    sheets = f"；分为多张工作表 on several sheets: {', '.join(parted)}" if parted else ""
    missing = f"；此部分没有 not in this part: {', '.join(absent)}" if absent else ""
    rows = sum(item.rows for item in written)
    say(f"已写出 written: {len(written)} 张表 tables, {rows:,} 行 rows{sheets}{missing}。{out}")


@app.command("sample")
def draw_sample(
    workdir: WorkdirOption,
    rule: Annotated[str, typer.Option(help="规则 Which rule, rule_id.", show_default=False)],
    out: Annotated[Path, typer.Option(help="写到 The sheet to write, .xlsx.", show_default=False, dir_okay=False)],
    size: Annotated[int, typer.Option(min=1, max=100_000, help="几个 How many findings.")] = 100,
    seed: Annotated[int, typer.Option(help="随机种子 The same library and seed give the same sample.")] = 1,
) -> None:
    """抽样核对。Draw a random sample of a rule's open findings, to be held against paper files.

    Fill in for each whether it is true, false, or cannot be told, and give the sheet to `sijiku audit results`.

    **例 Example**

    ```
    sijiku audit sample --rule id_borrowed --size 100 --seed 1 --out sheet.xlsx --workdir var/library
    ```
    """
    from serving.library import open_published
    from serving.samples import draw

    with open_published(Workdir(workdir), "analysis") as library:
        done = draw(library, rule, size, seed, out)
    say(f"样本 sample {done.sample_id}: {done.size:,} / {done.findings:,} 个问题 findings。{out}")


@app.command("results")
def enter_results(
    workdir: WorkdirOption,
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE.xlsx]", help="填好的核对表 The sheet, filled in.", show_default=False),
    ] = None,
    by: Annotated[
        str, typer.Option(help="由谁（行内未写时） Who checked, where a row does not say.", show_default=False)
    ] = "",
) -> None:
    """登记核对结果，给出误报率。Take the results of a sheet back; say how often each rule was wrong, with an interval.

    Each line is entered or refused with its reason; then the command exits with 1. Without a file the rates alone are
    shown. The interval is Wilson's at 95 %; findings that could not be checked are left out of it.

    **例 Examples**

    ```
    sijiku audit results sheet.xlsx --by 审计局 --workdir var/library
    sijiku audit results --workdir var/library
    ```
    """
    from orchestration.report import print_rows
    from serving.samples import rates, take_back

    home = Workdir(workdir)
    refused: list[tuple[int, str]] = []
    if file is not None:
        entered, refused = take_back(home, file, by)
        say(f"已登记 entered: {entered:,}；拒绝 refused: {len(refused):,}。")
    columns = (
        "规则 rule",
        "问题 findings",
        "已核对 checked",
        "不属实 false",
        "误报率 rate",
        "95 %",
        "无法核对 unclear",
    )
    lines = []
    for rate in rates(home):
        share, interval = "", ""
        if rate.rate is not None:
            share, interval = f"{rate.rate:.1%}", f"{rate.low:.1%} – {rate.high:.1%}"
        lines.append((rate.rule_id, rate.findings, rate.checked, rate.wrong, share, interval, rate.unclear))
    print_rows(columns, lines, "table")
    tell_refused([f"第{row}行 row {row}: {why}" for row, why in refused])
