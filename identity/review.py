"""Entering what people decided in a review workbook: each line is accepted, or refused with its reason.

Decisions are held to what stands already and to each other. Being one person carries on from pair to pair, so two of
whom others together say that they are one cannot be different people. All lines of the workbook in such a chain are
refused, since any of them may be the wrong one; earlier decisions stay and are named.
"""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from identity.decisions import LOG, told
from identity.workbook import CHOICES, DECISION, KEY_A, KEY_B, NOTE, WHO, no_queue
from sources.state import State
from sources.warehouse import open_engine
from sources.workbook import read_answers
from sources.workdir import Workdir

# (record_ref, role).
Mention = tuple[str, str]
Pair = tuple[Mention, Mention]

_COLUMNS = (DECISION, WHO, NOTE, KEY_A, KEY_B)
_WORDS = {word: name for name, label in CHOICES.items() for word in (*label.split(), label)}
_WORD_ZH = {name: label.split()[0] for name, label in CHOICES.items()}


@dataclass(frozen=True)
class Line:
    """What a row of the workbook says; `row` is the sheet's, from 1."""

    row: int
    key_a: str
    key_b: str
    decision: str
    by: str
    note: str


@dataclass(frozen=True)
class Standing:
    """A decision about a pair: which it is, and who made it when. `row`: of the workbook that is read, if it is new."""

    decision: str
    by: str
    at: datetime | None = None
    row: int | None = None
    note: str = ""

    @property
    def source(self) -> str:
        """Where it was made, for people."""
        if self.row is not None:
            return f"第{self.row}行 row {self.row}（{_WORD_ZH[self.decision]} {self.decision}）"
        return f"{self.at:%Y-%m-%d} {self.by}（{_WORD_ZH[self.decision]} {self.decision}）"


@dataclass(frozen=True)
class Refusal:
    """A line that was not entered, and why, Chinese first, with the remedy."""

    row: int
    why: str


@dataclass
class Imported:
    """What became of a workbook: lines entered, entered before, left empty, refused."""

    entered: int = 0
    repeated: int = 0
    empty: int = 0
    refused: list[Refusal] = field(default_factory=list)


def standing(workdir: Workdir) -> dict[Pair, Standing]:
    """The decisions that stand, by pair: of each the newest."""
    with open_engine(workdir) as engine:
        rows = engine.execute(
            'SELECT record_ref_l, role_l, record_ref_r, role_r, decision, "by", "at", note '
            f"FROM ({told(State(workdir.state))}) WHERE is_standing"
        ).fetchall()
    return {
        ((ref_l, role_l), (ref_r, role_r)): Standing(decision, by or "", at, note=note or "")
        for ref_l, role_l, ref_r, role_r, decision, by, at, note in rows
    }


def waiting(library: duckdb.DuckDBPyConnection, decided: Collection[Pair]) -> dict[str, int]:
    """How many pairs of the published queue wait, by kind, without those that were decided since.

    Raises:
        UsageError: the library was built by an earlier version of the code.
    """
    try:
        rows = library.execute(
            "SELECT kind, record_ref_l, role_l, record_ref_r, role_r FROM identity.review_pair"
        ).fetchall()
    except duckdb.CatalogException:
        raise no_queue() from None
    return Counter(kind for kind, *pair in rows if ((pair[0], pair[1]), (pair[2], pair[3])) not in decided)


def read_lines(file: Path, by: str = "") -> list[Line]:
    """The rows of a review workbook.

    Args:
        file: as `identity.workbook.export` wrote it and somebody filled it in.
        by: who decided, where a row does not say.

    Raises:
        UsageError: it is no workbook, or a column is missing.
    """
    lines = []
    for answer in read_answers(file, _COLUMNS, "sijiku review export"):
        decision, who, note, key_a, key_b = answer.cells
        lines.append(Line(answer.row, key_a, key_b, decision, who or (by if decision else ""), note))
    return lines


def enter(library: duckdb.DuckDBPyConnection, workdir: Workdir, file: Path, by: str = "") -> Imported:
    """Append what a workbook decides to state; what is refused is not, the rest is.

    Args:
        library: on the restricted part of the published library: which mentions there are is known from it.
        workdir: whose state; the caller holds its lock.
        file: the workbook.
        by: who decided, where a row does not say.

    Raises:
        UsageError: see `read_lines` and `waiting`.
    """
    waiting(library, ())
    lines = read_lines(file, by)
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    stands = standing(workdir)
    imported = Imported(empty=sum(not line.decision for line in lines))
    good, imported.refused = _held_to_library(library, [line for line in lines if line.decision])
    before = _entered_from(workdir, sha256)
    new: dict[Pair, Standing] = {}
    for pair, said in good.items():
        stood = stands.get(pair)
        is_same_again = stood and (stood.decision, stood.by, stood.note) == (said.decision, said.by, said.note)
        if pair in before or is_same_again:
            imported.repeated += 1
        else:
            new[pair] = said
    refused = contradictions(stands, new)
    imported.refused += refused
    wrong = {refusal.row for refusal in refused}
    accepted = {pair: said for pair, said in new.items() if said.row not in wrong}
    imported.refused.sort(key=lambda refusal: refusal.row)
    if accepted:
        imported.entered = _append(library, workdir, accepted, sha256)
    return imported


def _held_to_library(
    library: duckdb.DuckDBPyConnection, lines: Sequence[Line]
) -> tuple[dict[Pair, Standing], list[Refusal]]:
    """What the lines say by pair, and the lines that say nothing that can be understood."""
    keys = {key for line in lines for key in (line.key_a, line.key_b)}
    known = {
        key
        for (key,) in library.execute(
            "SELECT record_ref || '|' || role FROM identity.person_xref "
            "WHERE record_ref || '|' || role IN (SELECT unnest(?))",
            [sorted(keys)],
        ).fetchall()
    }
    good: dict[Pair, Standing] = {}
    refused: list[Refusal] = []
    rows_of: dict[Pair, list[Line]] = {}
    for line in lines:
        problems = list(_problems(line, known))
        if problems:
            refused += [Refusal(line.row, problem) for problem in problems]
            continue
        rows_of.setdefault(_pair(line), []).append(line)
    for pair, told_lines in rows_of.items():
        first, *others = told_lines
        if any(_WORDS[line.decision] != _WORDS[first.decision] for line in others):
            listed = "、".join(str(line.row) for line in told_lines)
            refused += [
                Refusal(
                    line.row,
                    f"同一对记录在第 {listed} 行决定不一。One pair, decided differently in rows {listed}: keep one.",
                )
                for line in told_lines
            ]
            continue
        good[pair] = Standing(_WORDS[first.decision], first.by, row=first.row, note=first.note)
    return good, refused


def _problems(line: Line, known: set[str]) -> Iterable[str]:
    if line.decision not in _WORDS:
        yield f"决定列：不认识的词。Column decision: unknown word. Choose one of: {', '.join(CHOICES.values())}."
    if not line.by:
        yield "由谁列：没有写。Column who is empty: say who decided, there or with --by."
    for column, key in ((KEY_A, line.key_a), (KEY_B, line.key_b)):
        if key not in known:
            yield (
                f"{column} 列：库中没有这条记录。No such record in the library: leave the hidden columns as they were, "
                "or export the queue again."
            )
    if line.key_a == line.key_b:
        yield "甲乙是同一条记录。A and B are one record: export the queue again."


def _pair(line: Line) -> Pair:
    def mention(key: str) -> Mention:
        record_ref, _, role = key.partition("|")
        return record_ref, role

    one, other = sorted((mention(line.key_a), mention(line.key_b)))
    return one, other


def contradictions(stands: dict[Pair, Standing], new: dict[Pair, Standing]) -> list[Refusal]:
    """The new decisions that contradict what stands or each other, each with the chain that does.

    A chain in which several new ones are refuses them all. What is left contradicts nothing.

    Args:
        stands: free of contradictions, as far as it was entered by this function's leave.
        new: each replaces what stands about its pair.
    """
    chains: dict[int, str] = {}
    while found := _first_contradiction(stands, {pair: said for pair, said in new.items() if said.row not in chains}):
        text = "；".join(said.source for said in found)
        rows = [said.row for said in found if said.row is not None]
        if not rows:
            break
        chains |= dict.fromkeys(
            rows,
            f"与其他决定矛盾。It contradicts other decisions, taken together: {text}。"
            "请改正其中一项再导入。Put one of them right and import again.",
        )
    return [Refusal(row, text) for row, text in chains.items()]


def _first_contradiction(stands: dict[Pair, Standing], new: dict[Pair, Standing]) -> list[Standing]:
    """The decisions of a chain of same ones and the different one that it contradicts; one in which a new one is."""
    said = {**stands, **new}
    beside: dict[Mention, dict[Mention, Standing]] = {}
    for (one, other), decision in said.items():
        if decision.decision == "same":
            beside.setdefault(one, {})[other] = decision
            beside.setdefault(other, {})[one] = decision
    for (one, other), decision in said.items():
        if decision.decision == "different":
            chain = _path(beside, one, other)
            if chain and any(link.row is not None for link in (*chain, decision)):
                return [*chain, decision]
    return []


def _path(beside: dict[Mention, dict[Mention, Standing]], start: Mention, end: Mention) -> list[Standing]:
    """The fewest decisions that make two mentions one person; none if they are not."""
    came_from: dict[Mention, Mention] = {start: start}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        if at == end:
            path = []
            while at != start:
                path.append(beside[at][came_from[at]])
                at = came_from[at]
            return path[::-1]
        for further in beside.get(at, {}):
            if further not in came_from:
                came_from[further] = at
                waiting.append(further)
    return []


def _entered_from(workdir: Workdir, sha256: str) -> set[Pair]:
    """The pairs that this very workbook has decided before."""
    with open_engine(workdir) as engine:
        rows = engine.execute(
            "SELECT record_ref_l, role_l, record_ref_r, role_r "
            f"FROM ({State(workdir.state).select(LOG)}) WHERE file_sha256 = ?",
            [sha256],
        ).fetchall()
    return {((ref_l, role_l), (ref_r, role_r)) for ref_l, role_l, ref_r, role_r in rows}


def _append(library: duckdb.DuckDBPyConnection, workdir: Workdir, accepted: dict[Pair, Standing], sha256: str) -> int:
    probability = {
        ((ref_l, role_l), (ref_r, role_r)): value
        for ref_l, role_l, ref_r, role_r, value in library.execute(
            "SELECT record_ref_l, role_l, record_ref_r, role_r, probability FROM identity.review_pair"
        ).fetchall()
    }
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    with open_engine(workdir) as engine:
        engine.execute(
            'CREATE TEMP TABLE entered (decision_id VARCHAR, "at" TIMESTAMP, "by" VARCHAR, record_ref_l VARCHAR, '
            "role_l VARCHAR, record_ref_r VARCHAR, role_r VARCHAR, decision VARCHAR, note VARCHAR, "
            "probability DOUBLE, file_sha256 VARCHAR)"
        )
        engine.executemany(
            "INSERT INTO entered VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, ''), ?, ?)",
            [
                [
                    uuid.uuid4().hex,
                    now,
                    said.by,
                    *one,
                    *other,
                    said.decision,
                    said.note,
                    probability.get((one, other)),
                    sha256,
                ]
                for (one, other), said in accepted.items()
            ],
        )
        return State(workdir.state).append(engine, LOG, "SELECT * FROM entered", key=uuid.uuid4().hex)
