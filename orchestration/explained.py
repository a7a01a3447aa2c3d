"""What `sijiku explain` prints: how records came to a person, and why two are one or are not."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from identity.explain import FIELDS, Mention, Pair, Person, Score, shown
from identity.explain_page import AGREEMENTS, COMPARISONS, LEVELS, METHODS
from sources.evidence import words_of

# More rows than this are for the page.
_ROWS = 60


def print_person(console: Console, person: Person, names: Mapping[str, str], *, is_revealed: bool) -> None:
    """A person's records with what brought each, what Splink weighed, and what happened to the number."""
    console.print(f"[bold]人员 Person[/bold] {person.person_id}", highlight=False)
    fields = [shown(item, is_revealed=is_revealed) for item in person.mentions[:1]]
    for values in fields:
        said = "  ".join(values[column] for column in ("name", "sex", "birth_date", "id_number", "phone"))
        console.print(f"  {escape(said)}", highlight=False)
    table = _table(
        "记录 Records",
        "写法\nlooks",
        "数据集 dataset\n身份 role",
        "文件 file\n行 row",
        "方法 method\n证据 evidence",
        "可信度\nconfidence",
    )
    for item in person.mentions[:_ROWS]:
        table.add_row(
            f"#{item.looks}",
            escape(f"{_dataset(item, names)}\n{item.role}"),
            escape(f"{item.file or ''}\n{item.row or ''}"),
            escape(f"{METHODS[item.method]}\n{words_of(item.evidence)}\n{item.evidence or ''}".strip()),
            f"{item.confidence:.4f}",
        )
    console.print(table)
    if len(person.mentions) > _ROWS:
        console.print(f"  … 另有 {len(person.mentions) - _ROWS} 条 more: --html FILE", style="dim", highlight=False)
    by_id = {item.mention_id: item for item in person.mentions}
    for score in person.scores:
        print_score(console, score, f"打分 Score #{by_id[score.mention_id].looks}")
    events = _table("编号的变化 Events", "建库 build", "事件 event", "编号 number", "另一编号 other", "原因 reason")
    for event in person.events:
        events.add_row(event.build_id, event.kind, event.person_id, event.other_person_id or "", escape(event.reason))
    console.print(events)


def print_pair(console: Console, pair: Pair, names: Mapping[str, str], *, is_revealed: bool) -> None:
    """Two mentions side by side, the rules they satisfy, what speaks against, the score and the verdict."""
    one, other = (shown(item, is_revealed=is_revealed) for item in (pair.one, pair.other))
    table = _table("逐项对照 Field by field", "", _head(pair.one, names), _head(pair.other, names), "")
    colours = {"same": "green", "similar": "green", "differs": "red", "absent": "dim"}
    for column, words, _ in FIELDS:
        if one[column] or other[column]:
            agreement = pair.fields[column]
            table.add_row(
                words,
                escape(one[column]),
                escape(other[column]),
                f"[{colours[agreement]}]{AGREEMENTS[agreement]}[/{colours[agreement]}]",
            )
    console.print(table)
    rules = _table(
        "符合的规则 Rules satisfied", "规则 evidence", "可信度 confidence", "有此键的人\npeople with the key"
    )
    for rule in pair.rules:
        rules.add_row(f"{words_of(rule.evidence)}\n{rule.evidence}", f"{rule.confidence:.3f}", str(rule.people or ""))
    console.print(rules if pair.rules else "没有规则相符 No rule is satisfied.")
    for zh, en in pair.against:
        console.print(f"  [red]✘[/red] {zh} · {en}", highlight=False, soft_wrap=True)
    if pair.score:
        print_score(console, pair.score, "打分 Score")
    by_id = {item.mention_id: item for item in pair.mentions}
    for link in pair.chain:
        console.print(
            f"  {escape(_head(by_id[link.one], names, ' '))} ── {words_of(link.evidence)} {link.confidence:.4f} ── "
            f"{escape(_head(by_id[link.other], names, ' '))}",
            highlight=False,
            soft_wrap=True,
        )
    mark = "[green]✔[/green]" if pair.is_one else "[yellow]≠[/yellow]"
    console.print(f"{mark} [bold]{pair.verdict[0]}[/bold]\n  {pair.verdict[1]}", highlight=False, soft_wrap=True)


def print_score(console: Console, score: Score, title: str) -> None:
    """What each comparison adds, in bits."""
    table = _table(title, "比较 comparison", "程度 level", "位 bits")
    table.add_row("起点 before anything", "", f"{score.start:+.1f}")
    for step in score.steps:
        if step.level != "null":
            table.add_row(
                COMPARISONS.get(step.comparison, step.comparison),
                LEVELS.get(step.level, step.level),
                f"{step.bits:+.1f}",
            )
    table.add_section()
    table.add_row(
        f"合计 together: 概率 probability {score.probability:.6f}, 候选 candidates {score.candidates}",
        "",
        f"{score.weight:+.1f}",
    )
    console.print(table)


def _head(item: Mention, names: Mapping[str, str], between: str = "\n") -> str:
    return f"{_dataset(item, names)} {item.role}{between}{item.file or ''} {item.row or ''}"


def _dataset(item: Mention, names: Mapping[str, str]) -> str:
    return names.get(item.dataset, item.dataset)


def _table(title: str, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="dim", box=box.SIMPLE_HEAD)
    table.pad_edge = False
    table.collapse_padding = True
    for header in headers:
        is_number = header.split("\n")[0].split(" ")[0] in ("可信度", "位", "有此键的人")
        # Codes are searched for and copied: they stay whole, and the rest gives way.
        is_code = "evidence" in header or is_number
        table.add_column(header, overflow="fold", justify="right" if is_number else "left", no_wrap=is_code)
    return table
