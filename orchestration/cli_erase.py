"""`sijiku erase` and `sijiku retain`: people and records out of every layer, and they do not come back."""

from __future__ import annotations

import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from orchestration.cli_parts import WorkdirOption, say
from sources.errors import UsageError
from sources.workdir import Workdir

if TYPE_CHECKING:
    from serving.erasure import Erased

_LAYERS = {
    "raw": "原始区 raw zone",
    "quarantine": "隔离行 quarantine",
    "state": "状态记录 state",
    "published": "已发布的库 published",
}

ByOption = Annotated[str, typer.Option(help="何人办理 Who does it.", show_default=False)]
ReasonOption = Annotated[
    str, typer.Option(help="事由，勿写个人信息 Why; it is kept, so no personal values.", show_default=False)
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="只列出，不抹除 Say what would go, and no more.")]
YesOption = Annotated[bool, typer.Option("--yes", help="确认抹除，不可撤回 Do it. It cannot be taken back.")]


def erase(
    workdir: WorkdirOption,
    person: Annotated[
        str | None, typer.Option(metavar="ID", help="人员编号 A person number, present or former.", show_default=False)
    ] = None,
    record: Annotated[
        tuple[str, str] | None,
        typer.Option(metavar="DATASET KEY", help="一条记录 One record, by dataset and key.", show_default=False),
    ] = None,
    by: ByOption = "",
    reason: ReasonOption = "",
    is_dry_run: DryRunOption = False,
    is_sure: YesOption = False,
    lifted: Annotated[
        str | None,
        typer.Option(
            "--lift",
            metavar="ERASURE",
            help="撤销名单，准其再次收入 Let what it took come in again.",
            show_default=False,
        ),
    ] = None,
    continues: Annotated[
        bool, typer.Option("--continue", help="完成中断的抹除 Finish an erasure that was cut off.")
    ] = False,
) -> None:
    """抹除一人或一条记录，今后报送也不再收入。Erase a person or a record from every layer, and keep it out.

    What a person's records hold goes from the raw zone, quarantine, state, the working warehouse and every published
    build; where a record is about somebody else too, what it says of this person goes. A suppression list of keyed
    hashes keeps later deliveries from bringing it back. Who, why and how much stays in state, and every rewritten file
    with its hash before and after. The next build is a full one.

    What cannot be reached: backups and exports outside the workdir, and the bureaus' own files (docs/erasure.md).

    **例 Examples**

    ```
    sijiku erase --workdir var/library --person 0880b1ca… --by 张三 --reason "本人申请 2014-7" --dry-run
    sijiku erase --workdir var/library --person 0880b1ca… --by 张三 --reason "本人申请 2014-7" --yes
    sijiku erase --workdir var/library --record hrss.training 15020012 --by 张三 --reason "误报" --yes
    sijiku erase --workdir var/library --continue
    ```
    """
    from serving.erasure import Order, go_on, is_unfinished, lift, plan_person, plan_records

    home = _existing(workdir)
    console = Console()
    with home.lock(may_be_erasing=True), console.status("…"):
        if is_unfinished(home):
            _tell(console, go_on(home), "已完成中断的抹除 An erasure that was cut off is done now")
        elif continues:
            go_on(home)  # tells that there is none
        if continues:
            return
        if lifted is not None:
            lift(home, Order("lift", by, reason), lifted)
            say(f"已从名单撤下 lifted: {lifted}。以后的报送可再收入 Later deliveries may bring it in again")
            return
        if (person is None) == (record is None):
            raise UsageError(
                "要指定 --person 或 --record 之一。Either --person or --record is needed.", "See: sijiku erase --help"
            )
        if person is not None:
            order = Order("person", by, reason)
            is_counted = is_dry_run or not is_sure
            found = plan_person(home, order, person, is_dry_run=is_counted)
        else:
            assert record is not None
            order = Order("record", by, reason)
            is_counted = is_dry_run or not is_sure
            planned = plan_records(home, order, [record], is_dry_run=is_counted)
            assert planned is not None, "a record that is not known raises"
            found = planned
        _tell(console, found, "将抹除 Would go" if is_counted else "抹除 Goes")
        if not is_counted:
            go_on(home)
    _end(found, is_dry_run=is_dry_run, is_sure=is_sure)


def retain(
    workdir: WorkdirOption,
    policy: Annotated[
        Path,
        typer.Option(help="保存期限表 Retention policy, .yml.", show_default=False, exists=True, dir_okay=False),
    ],
    by: ByOption,
    on: Annotated[
        datetime | None,
        typer.Option(
            "--on", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="以哪天计 As of; else the library's date."
        ),
    ] = None,
    is_dry_run: DryRunOption = False,
    is_sure: YesOption = False,
) -> None:
    """按保存期限抹除到期记录。Erase the records that are kept no longer, by a policy with legal grounds.

    The policy says for each dataset how many years a record is kept after it ended, or after its person died or left.
    What is past its time goes as `sijiku erase` does it, records alone: who registers again comes in again.

    **例 Examples**

    ```
    sijiku retain --workdir var/library --policy docs/retention.yml --by 档案科 --dry-run
    sijiku retain --workdir var/library --policy docs/retention.yml --by 档案科 --yes
    ```
    """
    from serving.erasure import Order, go_on, is_unfinished, plan_records
    from serving.retention import load_policy, write_expired

    home = _existing(workdir)
    console = Console()
    chosen = load_policy(policy)
    with home.lock(may_be_erasing=True), console.status("…"):
        if is_unfinished(home):
            _tell(console, go_on(home), "已完成中断的抹除 An erasure that was cut off is done now")
        with tempfile.TemporaryDirectory(dir=home.scratch if home.scratch.is_dir() else None) as folder:
            expired = Path(folder) / "expired.parquet"
            counts = write_expired(home, chosen, on.date() if on else None, expired)
            _tell_expired(console, counts)
            found = None
            if counts.records:
                order = Order("retention", by, f"{chosen.name}, {counts.on}", chosen.sha256)
                found = plan_records(home, order, expired, is_dry_run=is_dry_run or not is_sure)
        if found is None:
            say("没有到期的记录 nothing is past its time")
            return
        _tell(console, found, "将抹除 Would go" if is_dry_run or not is_sure else "抹除 Goes")
        if is_sure and not is_dry_run:
            go_on(home)
    _end(found, is_dry_run=is_dry_run, is_sure=is_sure)


def _end(found: Erased, *, is_dry_run: bool, is_sure: bool) -> None:
    if is_dry_run:
        return
    if not is_sure:
        raise UsageError(
            "抹除不可撤回，尚未执行。Nothing was erased: it cannot be taken back.",
            "确认请加 --yes。Add --yes to do it.",
        )
    say(
        f"已抹除 erased: {found.persons} 人 people, {found.records} 条记录 records；编号 under {found.erasure_id}。"
        "请重新建库，并更新备份。Build again, and make a new backup; older ones still hold it."
    )


def _tell(console: Console, found: Erased, title: str) -> None:
    """Rows by layer and by dataset, log, or build and part."""
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=box.SIMPLE_HEAD)
    for header in ("层 layer", "何处 where", "行 rows", "部分 in part"):
        table.add_column(header, justify="right" if header[0] in "行部" else "left", overflow="fold")
    removed: Counter[tuple[str, str]] = Counter()
    blanked: Counter[tuple[str, str]] = Counter()
    for change in found.changes:
        where = change.what.split(":")[0]  # of a published build, its part
        removed[change.layer, where] += change.removed
        blanked[change.layer, where] += change.blanked
    for layer, where in removed:
        table.add_row(_LAYERS[layer], where, f"{removed[layer, where]:,}", f"{blanked[layer, where]:,}")
    console.print(table)
    console.print(
        f"  {found.persons} 人 people, {found.records} 条记录 records；工作库整体删除 the working warehouse goes whole",
        highlight=False,
    )


def _tell_expired(console: Console, counts: object) -> None:
    from serving.retention import Expired

    assert isinstance(counts, Expired)
    table = Table(
        title=f"到期的记录 Past their time on {counts.on}",
        title_justify="left",
        title_style="bold",
        header_style="dim",
        box=box.SIMPLE_HEAD,
    )
    for header in ("数据集 dataset", "年 years", "条 records", "依据 ground"):
        table.add_column(header, overflow="fold")
    for line in counts.lines:
        table.add_row(line.dataset, str(line.years), f"{line.records:,}", line.ground)
    console.print(table)


def _existing(workdir: Path) -> Workdir:
    if not workdir.is_dir():
        raise UsageError(
            f"没有库 {workdir}。There is no library in {workdir}.", "Run sijiku build first, or name another."
        )
    return Workdir(workdir)


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("erase")(erase)
    app.command("retain")(retain)
