"""`sijiku rules`: what rules are judged by, who changed it and why, and the verdicts under the old and the new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from orchestration.cli_parts import WorkdirOption, say
from sources.workdir import Workdir

if TYPE_CHECKING:
    from serving.judging import Verdict

app = typer.Typer(
    name="rules",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""规则的严重程度与阈值。What rules are judged by: each change is kept for good, with who and why.

    **例 Example**

    ```
    sijiku rules list --workdir var/library
    sijiku rules set id_missing --threshold-rate 0.05 --by 数据管理科 --reason 新住户登记期 --workdir var/library
    sijiku rules judge --workdir var/library
    ```""",
)


class RowFormat(StrEnum):
    """How rows are written."""

    table = "table"
    csv = "csv"
    json = "json"


RowFormatOption = Annotated[RowFormat, typer.Option("--format", help="输出格式 How rows are written.")]
RuleArgument = Annotated[str, typer.Argument(metavar="RULE", help="规则 rule_id.", show_default=False)]

# What verdicts are called where people read them: a column of four has no room for more.
_CALLED = {
    "pass": "通过 pass",
    "pass_with_violations": "有问题 flawed",
    "fail": "不通过 fail",
    "error": "出错 error",
    "not_applicable": "无 none",
}
_VERDICT_COLUMNS = (
    "规则 rule",
    "数据集 dataset",
    "违反 violated",
    "分母 of",
    "豁免 waived",
    "目录 catalogue",
    "已发布 published",
    "现行 in force",
    "不计豁免 without waived",
    "区划变更 divisions changed",
)


@app.command("list")
def list_rules(
    workdir: WorkdirOption,
    changed: Annotated[
        bool, typer.Option("--changed", help="只列改过的 Those only that differ from the catalogue.")
    ] = False,
    form: RowFormatOption = RowFormat.table,
) -> None:
    """列出规则及其现行取值。List the rules with severity and thresholds in force.

    **例 Examples**

    ```
    sijiku rules list --workdir var/library
    sijiku rules list --changed --format csv --workdir var/library
    ```
    """
    from orchestration.report import print_rows
    from serving.judging import as_text, rules

    listed = [rule for rule in rules(Workdir(workdir)) if not changed or rule.now != rule.own]
    print_rows(
        ("规则 rule", "名称 name", "严重程度 severity", "比例 rate", "数量 count", "目录原值 catalogue"),
        [
            (
                rule.rule_id,
                rule.name_zh,
                *as_text(rule.now),
                "" if rule.now == rule.own else " / ".join(as_text(rule.own)),
            )
            for rule in listed
        ],
        form.value,
    )


@app.command("show")
def show_rule(workdir: WorkdirOption, rule: RuleArgument) -> None:
    """一条规则的取值、更改和结论。Show what a rule is judged by, every change ever made, and its verdicts by dataset.

    **例 Example**

    ```
    sijiku rules show id_missing --workdir var/library
    ```
    """
    from orchestration.report import print_rows
    from serving.judging import FIELDS, as_text, changes, judge, rules

    home = Workdir(workdir)
    (known,) = rules(home, rule)
    console = Console()
    console.print(f"{known.rule_id} v{known.version}  {known.name_zh}  {known.name_en}", markup=False, soft_wrap=True)
    values = zip(FIELDS, as_text(known.own), as_text(known.published), as_text(known.now), strict=True)
    print_rows(
        ("取值 value", "目录 catalogue", "已发布 published", "现行 in force"), [tuple(row) for row in values], "table"
    )
    said = changes(home, rule)
    print_rows(
        ("时间 at (UTC)", "取值 value", "原 old", "新 new", "由谁 by", "理由 reason", "至 until", "现行 in force"),
        [
            (
                item.at,
                item.field,
                item.old or "none",
                f"{item.new or 'none'}{' ← catalogue' if item.kind == 'back' else ''}",
                item.by,
                item.reason,
                item.until_on or "",
                "是 yes" if item.is_in_force else "",
            )
            for item in said
        ],
        "table",
    )
    print_rows(_VERDICT_COLUMNS[1:], [row[1:] for row in _rows(judge(home, rule), _CALLED)], "table")


@app.command("set")
def set_rule(
    workdir: WorkdirOption,
    rule: RuleArgument,
    by: Annotated[str, typer.Option(help="由谁 Who: an account or an office.", show_default=False)],
    reason: Annotated[str, typer.Option(help="为何 Why.", show_default=False)],
    severity: Annotated[str | None, typer.Option(help="严重程度 error, warn or info.")] = None,
    threshold_rate: Annotated[
        str | None, typer.Option(help="比例阈值 Share above which it fails, fraction of 1; or none.")
    ] = None,
    threshold_count: Annotated[str | None, typer.Option(help="数量阈值 Number above which it fails; or none.")] = None,
    back: Annotated[bool, typer.Option("--back", help="恢复目录原值 To the catalogue's own values.")] = False,
    until: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="到哪天 Last day on which it holds; else for good."
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只看后果 Show what it would do, and keep nothing.")
    ] = False,
) -> None:
    """更改规则的严重程度或阈值。Change a rule's severity or thresholds, and see the verdicts under the old and the new.

    No rule runs again: the verdicts are worked out from what the published build counted. The change is appended to
    state, never overwritten, with who and why; results and findings stay as they are. `sijiku rules judge` shows the
    verdicts under it from now on; the next build publishes them, with the change and what it did in
    `quality.rule_change`. What contradicts itself or changes nothing is refused.

    **例 Examples**

    ```
    sijiku rules set id_missing --threshold-rate 0.05 --by 数据管理科 --reason 新住户登记期 --workdir var/library
    sijiku rules set phone_shared --severity info --by 信息中心 --reason 工地统一号码 --dry-run --workdir var/library
    sijiku rules set id_missing --back --by 数据管理科 --reason 登记期已结束 --workdir var/library
    ```
    """
    from orchestration.report import print_rows
    from serving.judging import Wanted, change, judge, judge_under, propose

    home = Workdir(workdir)
    wanted = Wanted(severity, threshold_rate, threshold_count, back)
    words = by, reason, f"{until:%Y-%m-%d}" if until else ""
    before = {(item.rule_id, item.dataset): item for item in judge(home, rule)}
    if dry_run:
        said = propose(home, rule, wanted, *words)
        verdicts = judge_under(home, said)
    else:
        said = change(home, rule, wanted, *words)
        verdicts = judge(home, rule)
    for item in said:
        what = f"{rule} {item.field}: {item.old or 'none'} → {item.new or 'none'}"
        say(f"{what}{'（未登记 not entered）' if dry_run else ''}")
    moved = [item for item in verdicts if item.now != before[item.rule_id, item.dataset].now]
    print_rows(
        ("数据集 dataset", "违反 violated", "分母 of", "原结论 before", "新结论 after"),
        [
            (
                item.dataset,
                item.violated,
                item.denominator,
                *(_CALLED[verdict] for verdict in (before[item.rule_id, item.dataset].now, item.now)),
            )
            for item in moved
        ],
        "table",
    )
    say(f"结论改变的数据集 datasets whose verdict is another one: {len(moved)} / {len(verdicts)}")


@app.command("judge")
def judge_results(
    workdir: WorkdirOption,
    rule: Annotated[str | None, typer.Option(help="只看一条规则 Of this rule only.")] = None,
    every: Annotated[
        bool, typer.Option("--all", help="全部结论 Every verdict, not only those that were changed.")
    ] = False,
    form: RowFormatOption = RowFormat.table,
) -> None:
    """不重跑规则，按现行取值重新评判。Judge the published results anew under the values in force; no rule runs again.

    Beside each verdict stand those under the catalogue's own values and under those that the build was published with,
    and the one without what is waived. Without --all only verdicts that differ are shown.

    **例 Examples**

    ```
    sijiku rules judge --workdir var/library
    sijiku rules judge --all --format csv --workdir var/library
    ```
    """
    from orchestration.report import print_rows
    from serving.judging import changed, judge, rules

    home = Workdir(workdir)
    if rule is not None:
        rules(home, rule)
    verdicts = judge(home, rule)
    called = _CALLED if form == RowFormat.table else {}
    print_rows(_VERDICT_COLUMNS, _rows(verdicts if every else changed(verdicts), called), form.value)


def _rows(verdicts: Sequence[Verdict], called: Mapping[str, str]) -> list[tuple[object, ...]]:
    """Verdicts in the columns of a table, each verdict as it is called there."""
    return [
        (
            item.rule_id,
            item.dataset,
            item.violated,
            item.denominator,
            item.waived,
            *(called.get(verdict, verdict) for verdict in (item.own, item.published, item.now, item.without_waived)),
            f"{item.divisions_changed:,} / {item.divisions:,}",
        )
        for item in verdicts
    ]
