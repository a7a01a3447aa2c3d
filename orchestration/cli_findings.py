"""`sijiku findings`: what a bureau has to put right goes out as a workbook, and comes back with what was done."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_parts import WorkdirOption, say, tell_refused
from sources.errors import UsageError
from sources.workdir import Workdir

app = typer.Typer(
    name="findings",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""问题数据交部门整改。Findings go to the bureau that owns the records, as a workbook, and come back answered.

    **例 Example**

    ```
    sijiku findings export --bureau hfpc --out hfpc.xlsx --workdir var/library
    sijiku findings import hfpc.xlsx --workdir var/library
    sijiku build --landing var/city/landing --workdir var/library
    ```""",
)


class FindingState(StrEnum):
    """What has been done about a finding; verified: it is gone."""

    open = "open"
    acknowledged = "acknowledged"
    fixed = "fixed"
    waived = "waived"
    verified = "verified"


class FileForm(StrEnum):
    """How a file of findings is written."""

    xlsx = "xlsx"
    csv = "csv"
    json = "json"
    parquet = "parquet"


@app.command("export")
def export_findings(
    workdir: WorkdirOption,
    out: Annotated[Path, typer.Option(help="写到 The file to write.", show_default=False, dir_okay=False)],
    bureau: Annotated[
        str | None, typer.Option(help="部门 psb, hfpc, edu, hrss, housing, civil, grid, finance.", show_default=False)
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="全部部门，供审计 All bureaus' findings in every state, for an auditor.")
    ] = False,
    form: Annotated[
        FileForm | None, typer.Option("--format", help="格式 How it is written; else by the file's name.")
    ] = None,
    rule: Annotated[
        list[str] | None, typer.Option(help="只要哪条规则，可重复 Findings of this rule only; may be repeated.")
    ] = None,
    state: Annotated[
        list[FindingState] | None, typer.Option(help="只要哪种状态，可重复 In this state only; may be repeated.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=1_000_000, help="工作簿每表最多几行 At most so many on a sheet to fill in.")
    ] = 5_000,
) -> None:
    """导出问题数据。Write a bureau's findings into a workbook to be filled in, or findings as they are, for programs.

    With --bureau and .xlsx: contents, then a sheet a rule. Each row names source file and row, what is wrong and what
    it is held to, and has a drop-down for the answer: put right, in hand, to be left as it is until a day, or open
    again. With another format: the same findings, without a limit.

    With --all: every finding that the library knows, those that are gone too, for an auditor; in .xlsx what does not
    fit on a sheet goes on on the next.

    No file holds a name, number, phone or address: the bureau opens its own file at the row. Of findings that rest on
    what health, education, marriage and assistance know, the police get totals only. Files are their owner's only.

    **例 Examples**

    ```
    sijiku findings export --bureau hfpc --out hfpc.xlsx --workdir var/library
    sijiku findings export --bureau psb --rule id_checksum --rule id_missing --out psb.xlsx --workdir var/library
    sijiku findings export --all --format parquet --out findings.parquet --workdir var/library
    ```
    """
    from serving.export import STATES, form_of
    from serving.export import export_findings as write_all
    from serving.findings import OPEN, export
    from serving.library import open_published

    if everything == (bureau is not None):
        raise UsageError(
            "请用 --bureau 或 --all 之一。Say either --bureau or --all.",
            "--bureau hfpc for what one bureau may see; --all for an auditor.",
        )
    wanted = form_of(out, form.value if form else None)
    states = [one.value for one in state] if state else list(STATES if everything else OPEN[:3])
    if bureau is not None and wanted == "xlsx":
        if "verified" in states:
            raise UsageError(
                "已核实消除的问题无须答复。What is verified is gone: there is nothing to answer.",
                "Leave --state verified out, or take another format.",
            )
        with open_published(Workdir(workdir), "analysis") as library:
            done = export(library, bureau, out, rules=rule or (), states=states, limit=limit)
        withheld = f"；仅给总数 totals only: {done.withheld:,}" if done.withheld else ""
        left = f"；超出每表上限未列 beyond the limit: {done.left:,}" if done.left else ""
        say(f"已写出 written: {done.written:,}，{done.sheets} 条规则 rules{left}{withheld}。{out}")
        return
    found = write_all(Workdir(workdir), out, wanted, bureau=bureau, states=states, rules=rule or ())
    withheld = f"；仅给总数 totals only: {found.withheld:,}" if found.withheld else ""
    sheets = f"，{found.sheets} 张工作表 sheets" if found.sheets > 1 else ""
    say(f"已写出 written: {found.rows:,}{sheets}{withheld}。{out}")


@app.command("import")
def import_answers(
    workdir: WorkdirOption,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.xlsx", help="填好的工作簿 The workbook, filled in.", show_default=False)
    ],
    by: Annotated[
        str, typer.Option(help="由谁（行内未写时） Who answers, where a row does not say.", show_default=False)
    ] = "",
) -> None:
    """导入部门的答复。Enter the answers of a workbook of findings; the next build goes by them.

    Each line is entered, or refused with its sheet, row and reason; then the command exits with 1 and the other lines
    are entered. The same workbook again enters nothing. Nothing is ever overwritten: all that was said stays in
    quality.case, and the last word counts.

    **例 Examples**

    ```
    sijiku findings import hfpc.xlsx --workdir var/library
    sijiku findings import hfpc.xlsx --by 卫生信息中心 --workdir var/library
    ```
    """
    from serving.findings import take_back

    done, empty = take_back(Workdir(workdir), file, by)
    say(
        f"已登记 entered: {done.entered:,}；已有 entered before: {done.repeated:,}；"
        f"未填 left empty: {empty:,}；拒绝 refused: {len(done.refused):,}。"
        "下次建库生效 In effect from the next sijiku build on."
    )
    tell_refused([f"{refusal.line.place}: {refusal.why}" for refusal in done.refused])
