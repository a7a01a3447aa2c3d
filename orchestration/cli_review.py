"""`sijiku review`: the queue of doubtful links goes out as a workbook, and comes back with decisions."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_parts import WorkdirOption, say, tell_refused
from sources.workdir import Workdir

app = typer.Typer(
    name="review",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""复核拿不准的同一人匹配。Review doubtful links: what people decide holds in every later build.

    **例 Example**

    ```
    sijiku review export --workdir var/library --out review.xlsx
    sijiku review import --workdir var/library review.xlsx
    sijiku build --landing var/city/landing --workdir var/library
    ```""",
)


class Kind(StrEnum):
    """Why a pair is in the queue."""

    below_threshold = "below_threshold"
    weak_link = "weak_link"
    cut = "cut"
    corrected_number = "corrected_number"


@app.command("export")
def export_queue(
    workdir: WorkdirOption,
    out: Annotated[Path, typer.Option(help="写到 The workbook to write, .xlsx.", show_default=False, dir_okay=False)],
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="最多几对 At most so many pairs.")] = 500,
    only: Annotated[
        list[Kind] | None, typer.Option(help="只要哪类，可重复 Pairs of this kind only; may be repeated.")
    ] = None,
) -> None:
    """导出待复核的记录对。Write the pairs that are most worth a look into an Excel workbook.

    Side by side, with differences coloured and the evidence in words; the most useful first. Choose a decision in each
    row, say who decides, and import the workbook. Pairs that were decided are left out. The workbook is personal: it is
    readable by its owner only.

    - `below_threshold`: more likely one person than not, but not surely enough to link.
    - `weak_link`: linked, with little to spare.
    - `cut`: what would have made two bearers of numbers one person.
    - `corrected_number`: the same name, numbers a slip apart.

    **例 Examples**

    ```
    sijiku review export --workdir var/library --out review.xlsx
    sijiku review export --workdir var/library --out review.xlsx --only weak_link --limit 100
    ```
    """
    from identity.review import standing
    from identity.workbook import export
    from serving.library import open_published

    home = Workdir(workdir)
    with open_published(home, "restricted") as library:
        decided = [(*one, *other) for one, other in standing(home)]
        done = export(library, decided, out, limit=limit, kinds=[kind.value for kind in only or ()])
    say(
        f"已写出 {done.written} 对，另有 {done.left} 对未写 pairs written: {done.written}, "
        f"left for later: {done.left}. {out}"
    )


@app.command("import")
def import_decisions(
    workdir: WorkdirOption,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.xlsx", help="填好的工作簿 The workbook, filled in.", show_default=False)
    ],
    by: Annotated[
        str, typer.Option(help="由谁（行内未写时） Who decided, where a row does not say.", show_default=False)
    ] = "",
) -> None:
    """导入复核决定。Enter the decisions of a review workbook; the next build goes by them.

    Each line is entered, or refused with its reason: an unknown word, nobody who decided, no such record, or a
    contradiction to what was decided before or in other lines. Then the command exits with 1; the other lines are
    entered. A later decision about the same pair replaces the earlier one; both are kept, with who and when. The same
    workbook again enters nothing.

    **例 Examples**

    ```
    sijiku review import --workdir var/library review.xlsx
    sijiku review import --workdir var/library review.xlsx --by 信息中心
    ```
    """
    from identity.review import enter
    from serving.library import open_published, published_folder

    home = Workdir(workdir)
    published_folder(home)
    with home.lock(), open_published(home, "restricted") as library:
        done = enter(library, home, file, by)
    say(
        f"已登记 entered: {done.entered}；已有 entered before: {done.repeated}；"
        f"未填 left empty: {done.empty}；拒绝 refused: {len(done.refused)}。"
        "下次建库生效 In effect from the next sijiku build on."
    )
    tell_refused([f"第{refusal.row}行 row {refusal.row}: {refusal.why}" for refusal in done.refused])


@app.command("status")
def show_status(workdir: WorkdirOption) -> None:
    """复核进度。How many pairs wait, by kind, and what was decided by whom.

    **例 Example**

    ```
    sijiku review status --workdir var/library
    ```
    """
    from identity.review import standing, waiting
    from orchestration.report import print_rows
    from serving.library import open_published

    home = Workdir(workdir)
    decided = standing(home)
    with open_published(home, "restricted") as library:
        queue = waiting(library, decided)
    print_rows(("待复核 waiting", "对 pairs"), sorted(queue.items()), "table")
    told = Counter((said.by, said.decision) for said in decided.values())
    print_rows(
        ("由谁 who", "决定 decision", "对 pairs"), [(*key, count) for key, count in sorted(told.items())], "table"
    )
