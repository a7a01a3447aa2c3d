"""What people do about findings (整改事项): held to what the library knows, and appended to state."""

from __future__ import annotations

import csv
import re
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb

from serving.library import open_published, published_folder
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

COLUMNS = ("finding_id", "kind", "by", "reason", "until_on")
# What is done, and the state of the finding from then on.
STATES = {"acknowledged": "acknowledged", "fixed": "fixed", "waived": "waived", "reopened": "open"}
SHOWN = 20

# A run of digits as long as a phone number is nobody's business here.
_NUMBER = re.compile(r"[0-9]{7,}")
# An account has a letter or digit; an office ends as offices do. What has neither is taken for a person's name.
_OFFICE = re.compile(r"[0-9A-Za-z]|(局|委|委员会|办|办公室|中心|科|处|股|室|所|站|组|队|厅|部|院)$")


@dataclass(frozen=True)
class CaseLine:
    """One thing done about one finding, as it was written; `line` says where (1 is the first line of a file), of a
    workbook with `sheet`."""

    line: int
    finding_id: str
    kind: str
    by: str
    reason: str = ""
    until_on: str = ""
    sheet: str = ""

    @property
    def place_zh(self) -> str:
        """Where it was written."""
        return f"“{self.sheet}”第{self.line}行" if self.sheet else f"第{self.line}行"

    @property
    def place_en(self) -> str:
        """Where it was written."""
        return f"sheet {self.sheet}, row {self.line}" if self.sheet else f"line {self.line}"

    @property
    def place(self) -> str:
        """Where it was written, for people."""
        return f"{self.place_zh} {self.place_en}"


@dataclass(frozen=True)
class Refusal:
    """A line that was not entered, and all that is wrong with it, Chinese first, with the remedy."""

    line: CaseLine
    why: str


@dataclass
class Entered:
    """What became of lines: how many were entered, had been said before in the same words, and were refused."""

    entered: int = 0
    repeated: int = 0
    refused: list[Refusal] = field(default_factory=list)


def is_office(by: str) -> bool:
    """Whether who did something is an account or an office, as far as the text tells: no person's name."""
    return bool(_OFFICE.search(by))


def tells_of_somebody(text: str) -> bool:
    """Whether a remark has an ID or phone number in it."""
    return bool(_NUMBER.search(text))


def read_lines(file: Path) -> list[CaseLine]:
    """The lines of a CSV file with the columns finding_id, kind, by, reason, until_on; empty lines are left out.

    Raises:
        UsageError: it cannot be read as UTF-8 text, or a column is missing or unknown.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle, restkey="", restval="", strict=True)
            header = [name.strip() for name in reader.fieldnames or []]
            if sorted(header) != sorted(COLUMNS):
                raise UsageError(
                    f"{file} 的列不对。The columns of {file} are {', '.join(header) or 'none'}.",
                    f"Give these, in any order: {','.join(COLUMNS)}",
                )
            reader.fieldnames = header
            return [
                CaseLine(reader.line_num, **{name: str(row[name]).strip() for name in COLUMNS})
                for row in reader
                if any(str(value).strip() for value in row.values())
            ]
    except OSError as error:
        raise UsageError(f"无法读取 {file}。{file} cannot be read.", f"{error.strerror}: name a CSV file.") from None
    except (UnicodeDecodeError, csv.Error):
        raise UsageError(
            f"{file} 不是 UTF-8 的 CSV 文件。{file} is no CSV file in UTF-8.", "Save it as CSV UTF-8 and try again."
        ) from None


def enter(workdir: Workdir, lines: Sequence[CaseLine]) -> int:
    """Append what was done to state's log of cases, and say how many events that were.

    All lines are good and all are written, or nothing is. They take effect with the next build.

    Args:
        workdir: its library must be published: findings are known from there.
        lines: each about another finding.

    Raises:
        UsageError: nothing is published, there are no lines, or some are wrong; each is named with its remedy.
        SijikuError: a build is running.
    """
    if not lines:
        raise UsageError(
            "没有要登记的事项。There is nothing to enter.", "Name a finding, or a CSV file with lines in it."
        )
    published_folder(workdir)
    with workdir.lock():
        with open_published(workdir) as library:
            problems = _problems(library, lines)
        if problems:
            rest = len(problems) - SHOWN
            shown = [f"{refusal.line.place}: {refusal.why}" for refusal in problems[:SHOWN]]
            if rest > 0:
                shown.append(f"另有 {rest} 处 and {rest} more.")
            raise UsageError(
                "未登记，有误：\nNothing was entered; these lines are wrong:\n" + "\n".join(shown),
                "Put them right and enter all again. See open findings with: "
                "sijiku query --workdir DIR \"SELECT finding_id, detail_zh FROM quality.finding WHERE state = 'open'\"",
            )
        with open_engine(workdir) as engine:
            return _append(engine, workdir, lines)


def enter_each(workdir: Workdir, lines: Sequence[CaseLine]) -> Entered:
    """Append what was done to state's log of cases, each line for itself: what is refused is not, the rest is.

    A line that says of a finding what was last said of it, in the same words, is no event again.

    Args:
        workdir: its library must be published: findings are known from there.
        lines: each about another finding.

    Raises:
        UsageError: nothing is published.
        SijikuError: a build is running.
    """
    published_folder(workdir)
    with workdir.lock():
        with open_published(workdir) as library:
            refused = _problems(library, lines)
        wrong = {refusal.line for refusal in refused}
        with open_engine(workdir) as engine:
            said = _last_said(engine, workdir)
            new = [
                line
                for line in lines
                if line not in wrong and said.get(line.finding_id) != (line.kind, line.by, line.reason, line.until_on)
            ]
            entered = _append(engine, workdir, new) if new else 0
    return Entered(entered, len(lines) - len(wrong) - len(new), refused)


def _last_said(engine: duckdb.DuckDBPyConnection, workdir: Workdir) -> dict[str, tuple[str, str, str, str]]:
    rows = engine.execute(
        "SELECT finding_id, arg_max(struct_pack(kind, \"by\", reason := coalesce(reason, ''), "
        "until_on := coalesce(CAST(until_on AS VARCHAR), '')), (_segment, \"at\", case_event_id)) "
        f"FROM ({State(workdir.state).select('case')}) GROUP BY finding_id"
    ).fetchall()
    return {finding: (said["kind"], said["by"], said["reason"], said["until_on"]) for finding, said in rows}


def _problems(library: duckdb.DuckDBPyConnection, lines: Sequence[CaseLine]) -> list[Refusal]:
    """The lines that are wrong, in their order."""
    states = _states(library, {line.finding_id for line in lines})
    names = names_among(library, {text for line in lines for text in (line.by, line.reason) if text})
    as_of = date_of(library)
    first: dict[str, CaseLine] = {}
    refused = []
    for line in lines:
        earlier = first.setdefault(line.finding_id, line)
        problems = list(_problems_of(line, states, names, as_of, earlier))
        if problems:
            refused.append(Refusal(line, "".join(problems)))
    return refused


def _problems_of(
    line: CaseLine, states: dict[str, str], names: set[str], as_of: date, earlier: CaseLine
) -> Iterator[str]:
    if line.finding_id not in states:
        yield f"没有编号为 {line.finding_id!r} 的问题。No such finding: copy its finding_id from quality.finding."
    elif states[line.finding_id] == "verified":
        yield "该问题已核实消除。The finding is gone already (verified): leave this line out."
    if earlier is not line:
        yield f"与{earlier.place_zh}是同一问题。The same finding as {earlier.place_en}: keep one."
    if line.kind not in STATES:
        yield f"不认识的处理 {line.kind!r}。Unknown kind: give one of {', '.join(STATES)}."
    if not line.by:
        yield "没有写由谁处理。by is empty: give an account or an office."
    elif line.by in names or not is_office(line.by):
        yield "by 应为账号或部门，不写人名。Give an account or an office (psb-01, 户政科) in by, no person's name."
    if line.kind == "waived" and not line.reason:
        yield "豁免须写明理由。A waiver needs a reason."
    if line.reason in names or tells_of_somebody(line.reason) or tells_of_somebody(line.by):
        yield "理由中不得有个人信息。No names, ID or phone numbers in by or reason: the record itself shows them."
    yield from _problems_of_date(line, as_of)


def _problems_of_date(line: CaseLine, as_of: date) -> Iterator[str]:
    if line.kind != "waived":
        if line.until_on:
            yield "只有豁免才有期限。Only a waiver has until_on: leave it empty."
        return
    try:
        until_on = date.fromisoformat(line.until_on)
    except ValueError:
        yield f"期限 {line.until_on!r} 不是日期。A waiver needs its last day in until_on, as 2015-06-30."
        return
    if until_on < as_of:
        yield f"期限已过。until_on lies before the library's date {as_of}: give a later day."


def _states(library: duckdb.DuckDBPyConnection, findings: Iterable[str]) -> dict[str, str]:
    rows = library.execute(
        "SELECT finding_id, state FROM quality.finding WHERE finding_id IN (SELECT unnest(?))", [sorted(findings)]
    ).fetchall()
    return dict(rows)


def names_among(library: duckdb.DuckDBPyConnection, texts: Iterable[str]) -> set[str]:
    """Which of these texts are somebody's name, as far as the part that is open shows names."""
    known = library.execute(
        "SELECT 1 FROM information_schema.tables WHERE table_catalog = current_database() "
        "AND table_schema = 'library' AND table_name = 'dim_person'"
    ).fetchone()
    if known is None:
        return set()
    rows = library.execute(
        "SELECT DISTINCT name FROM library.dim_person WHERE name IN (SELECT unnest(?))", [sorted(texts)]
    )
    return {name for (name,) in rows.fetchall()}


def date_of(library: duckdb.DuckDBPyConnection) -> date:
    """The date that a published library speaks of."""
    row = library.execute("SELECT max(as_of) FROM meta.build").fetchone()
    assert row is not None
    return row[0]  # type: ignore[no-any-return]


def _append(engine: duckdb.DuckDBPyConnection, workdir: Workdir, lines: Sequence[CaseLine]) -> int:
    """One segment; its rows are told apart by random ids, and carry the time at which they were entered."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    engine.execute(
        'CREATE TEMP TABLE entered (case_event_id VARCHAR, finding_id VARCHAR, "at" TIMESTAMP, kind VARCHAR, '
        'state VARCHAR, "by" VARCHAR, reason VARCHAR, until_on DATE)'
    )
    engine.executemany(
        "INSERT INTO entered VALUES (?, ?, ?, ?, ?, ?, nullif(?, ''), CAST(nullif(?, '') AS DATE))",
        [
            (uuid.uuid4().hex, line.finding_id, now, line.kind, STATES[line.kind], line.by, line.reason, line.until_on)
            for line in lines
        ],
    )
    return State(workdir.state).append(engine, "case", "SELECT * FROM entered", key=uuid.uuid4().hex)
