"""What rules are judged by: changes of severity and thresholds, and verdicts under them without any rule run again.

Builds keep what rules counted apart from the verdict on it (`quality.result`). A change is appended to state's log
`rule_change`, who and why with it, and is in every verdict from the next build on; what it does to the verdicts of the
published build is worked out here, by the very SQL of the models (dbt_project/macros/judging.sql).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import jinja2

from serving.cases import date_of, is_office, names_among, tells_of_somebody
from serving.library import open_published, published_folder
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

MACROS = Path(__file__).resolve().parents[1] / "dbt_project" / "macros" / "judging.sql"
FIELDS = ("severity", "threshold_rate", "threshold_count")
SEVERITIES = ("error", "warn", "info")
# How the absence of a threshold is written.
NONE = "none"

_CHANGE = (
    "change_id VARCHAR, rule_id VARCHAR, rule_version BIGINT, field VARCHAR, kind VARCHAR, old_value VARCHAR, "
    'new_value VARCHAR, "by" VARCHAR, reason VARCHAR, "at" TIMESTAMP, until_on DATE'
)


@dataclass(frozen=True)
class Values:
    """What a rule is judged by. Rates are fractions of 1; None for no such threshold."""

    severity: str
    threshold_rate: float | None
    threshold_count: int | None


@dataclass(frozen=True)
class Rule:
    """A rule of the published library: `now` holds by all that was said, `published` in the build that is current,
    `own` by the catalogue itself."""

    rule_id: str
    version: int
    name_zh: str
    name_en: str
    now: Values
    published: Values
    own: Values


@dataclass(frozen=True)
class Change:
    """One change of one value, as it was said; `at` is UTC. `old` and `new` are text, None for no threshold."""

    change_id: str
    rule_id: str
    field: str
    kind: str
    old: str | None
    new: str | None
    by: str
    reason: str
    at: datetime
    until_on: date | None
    is_in_force: bool


@dataclass(frozen=True)
class Verdict:
    """The verdict on a dataset: `own` under the catalogue's values, `published` under those of the build, `now` under
    those in force, `without_waived` under these were what is waived not there. `divisions_changed` of `divisions`: rows
    of quality.result whose verdict is another one now than in the build."""

    rule_id: str
    dataset: str
    violated: int
    denominator: int
    waived: int
    own: str
    published: str
    now: str
    without_waived: str
    divisions: int
    divisions_changed: int


@dataclass(frozen=True)
class Wanted:
    """What somebody wants a rule to be judged by. Text as it was written; `none` takes a threshold away, and None
    leaves a value as it is. `is_back`: to the catalogue's own values."""

    severity: str | None = None
    threshold_rate: str | None = None
    threshold_count: str | None = None
    is_back: bool = False


def rules(workdir: Workdir, only: str | None = None) -> list[Rule]:
    """The rules of the published library, or one of them, with what they are judged by.

    Raises:
        UsageError: nothing is published, by this version, or there is no such rule.
    """
    with _open(workdir) as desk:
        return _rules(desk, only)


def changes(workdir: Workdir, rule: str | None = None) -> list[Change]:
    """All changes that were ever said, or those of one rule, in their order.

    Raises:
        UsageError: nothing is published, by this version.
    """
    with _open(workdir) as desk:
        rows = desk.execute(
            "SELECT said.change_id, said.rule_id, said.field, said.kind, said.old_value, said.new_value, said.by, "
            "said.reason, said.at, said.until_on, in_force.change_id IS NOT NULL "
            "FROM changes AS said LEFT JOIN in_force USING (change_id) "
            "WHERE said.rule_id = coalesce(?, said.rule_id) ORDER BY said._segment, said.rule_id, said.field",
            [rule],
        ).fetchall()
    return [Change(*row) for row in rows]


def judge(workdir: Workdir, rule: str | None = None) -> list[Verdict]:
    """The verdicts on the published build's results, by rule and dataset, under the values of every kind.

    Raises:
        UsageError: nothing is published, by this version.
    """
    with _open(workdir) as desk:
        return _judge(desk, rule)


def change(workdir: Workdir, rule: str, wanted: Wanted, by: str, reason: str, until: str = "") -> list[Change]:
    """Append what a rule is to be judged by to state, and give the changes: one for each value that is another now.

    Results and findings stay what they are. Nothing that was said before is overwritten.

    Raises:
        UsageError: the rule is unknown, a value is wrong, contradicts another or changes nothing, or who or why is
            missing or names a person; all that is wrong is named.
        SijikuError: a build is running.
    """
    published_folder(workdir)
    with workdir.lock():
        found = propose(workdir, rule, wanted, by, reason, until)
        (known,) = rules(workdir, rule)
        with open_engine(workdir) as engine:
            engine.execute(f"CREATE TEMP TABLE entered ({_CHANGE})")
            marks = ", ".join("?" for _ in _CHANGE.split(", "))
            engine.executemany(
                f"INSERT INTO entered VALUES ({marks})", [_row(item, version=known.version) for item in found]
            )
            State(workdir.state).append(engine, "rule_change", "SELECT * FROM entered", key=uuid.uuid4().hex)
    return found


def propose(workdir: Workdir, rule: str, wanted: Wanted, by: str, reason: str, until: str = "") -> list[Change]:
    """What `change` would append, and nothing appended.

    Raises:
        UsageError: as `change` has it.
    """
    with _open(workdir) as desk:
        (known,) = _rules(desk, rule)
        standing = dict(
            desk.execute(
                "SELECT field, until_on FROM in_force JOIN changes USING (change_id, rule_id, field) "
                "WHERE rule_id = ? AND in_force.kind = 'set'",
                [rule],
            ).fetchall()
        )
    problems = list(_problems(wanted, until))
    with open_published(workdir) as library:
        problems += list(_problems_of_words(library, by, reason, until))
    if problems:
        raise _refused(rule, problems)
    now, own = vars(known.now), vars(known.own)
    until_on = date.fromisoformat(until) if until else None
    if wanted.is_back:
        new = own
        changed = [field for field in FIELDS if field in standing]
    else:
        given = {field: value for field in FIELDS if (value := _value(wanted, field)) is not _LEAVE}
        new = now | given
        # the same value for longer, or for good, is a change too
        changed = [field for field in given if new[field] != now[field] or standing.get(field, until_on) != until_on]
    if (new["threshold_rate"], new["threshold_count"]) == (None, None):
        problems.append(
            "两个阈值不能都取消：否则一条即不通过。Both thresholds cannot go: say how many is too many; if any is, "
            "--threshold-count 0."
        )
    if new["threshold_count"] == 0 and new["threshold_rate"]:
        problems.append(
            f"阈值矛盾：数量为0时一条即不通过，比例 {new['threshold_rate']} 不起作用。Contradiction: with count 0 the "
            f"first one fails, so a rate of {new['threshold_rate']} says nothing: add --threshold-rate none."
        )
    if not problems and not changed:
        problems.append(
            "没有任何改变。Nothing would change: these are the values in force. See sijiku rules show RULE."
        )
    if problems:
        raise _refused(rule, problems)
    at = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    kind = "back" if wanted.is_back else "set"
    return [
        Change(
            uuid.uuid4().hex, rule, field, kind, _text(now[field]), _text(new[field]), by, reason, at, until_on, True
        )
        for field in changed
    ]


def judge_under(workdir: Workdir, proposed: Sequence[Change]) -> list[Verdict]:
    """The verdicts on the published build's results, were these changes said too: of the rules that they are about."""
    with _open(workdir, proposed) as desk:
        return [verdict for rule in sorted({item.rule_id for item in proposed}) for verdict in _judge(desk, rule)]


_LEAVE = object()


def _value(wanted: Wanted, field: str) -> Any:
    """The value that is wanted, in its type; `_LEAVE` where none is."""
    written = getattr(wanted, field)
    if written is None:
        return _LEAVE
    if written == NONE:
        return None
    if field == "severity":
        return written
    return float(written) if field == "threshold_rate" else int(written)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _refused(rule: str, problems: Sequence[str]) -> UsageError:
    return UsageError(
        f"未更改规则 {rule}：\nRule {rule} was not changed:\n" + "\n".join(problems),
        "Put right what is named. See values and history with: sijiku rules show RULE --workdir DIR",
    )


def _problems(wanted: Wanted, until: str) -> Iterator[str]:
    """What is wrong with the values themselves, each named by its option."""
    given = [field for field in FIELDS if getattr(wanted, field) is not None]
    if wanted.is_back and given:
        yield "--back 与新值矛盾。--back goes to the catalogue's own values: leave the others out."
    if wanted.is_back and until:
        yield "--back 没有期限。--back has no last day: leave --until out."
    if not wanted.is_back and not given:
        yield "没有指明改什么。Say --severity, --threshold-rate, --threshold-count or --back."
    if wanted.severity is not None and wanted.severity not in SEVERITIES:
        yield f"--severity {wanted.severity!r} 不对。--severity is one of {', '.join(SEVERITIES)}."
    if wanted.threshold_rate not in (None, NONE) and not _is_rate(wanted.threshold_rate):
        yield (
            f"--threshold-rate {wanted.threshold_rate!r} 应为0至1之间的数。--threshold-rate is a fraction of 1 "
            "(0.005 is 0.5 %), or none."
        )
    if wanted.threshold_count not in (None, NONE) and not _is_count(wanted.threshold_count):
        yield (
            f"--threshold-count {wanted.threshold_count!r} 应为不小于0的整数。--threshold-count is a whole number from "
            "0 on, or none."
        )


def _is_rate(text: str | None) -> bool:
    try:
        return 0 <= float(text or "") <= 1
    except ValueError:
        return False


def _is_count(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdigit() and int(text) < 1 << 53


def _problems_of_words(library: duckdb.DuckDBPyConnection, by: str, reason: str, until: str) -> Iterator[str]:
    """What is wrong with who, why and until when."""
    names = names_among(library, [text for text in (by, reason) if text])
    if not by:
        yield "没有写由谁更改。--by is empty: give an account or an office."
    elif by in names or not is_office(by):
        yield "--by 应为账号或部门，不写人名。Give an account or an office (psb-01, 数据管理科), no person's name."
    if not reason.strip():
        yield "没有写理由。A change needs a reason: say --reason."
    if reason in names or tells_of_somebody(reason) or tells_of_somebody(by):
        yield "理由中不得有个人信息。No names, ID or phone numbers in --by or --reason."
    if not until:
        return
    try:
        until_on = date.fromisoformat(until)
    except ValueError:
        yield f"期限 {until!r} 不是日期。--until is the last day on which the change holds, as 2015-06-30."
        return
    if until_on < (as_of := date_of(library)):
        yield f"期限已过。--until lies before the library's date {as_of}: give a later day."


@cache
def _macros() -> Any:
    return jinja2.Environment(autoescape=False).from_string(MACROS.read_text(encoding="utf-8")).module


@contextmanager
def _open(workdir: Workdir, proposed: Sequence[Change] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine of its own, with the published rules and results beside what state says, and what is proposed after
    it: the views `results`, `catalogue`, `changes`, `in_force` and `rule_values`."""
    folder = published_folder(workdir)
    with open_engine(workdir) as desk:
        for view, path in {"results": "quality/result", "catalogue": "quality/rule", "build": "meta/build"}.items():
            file = str((folder / "analysis" / "parquet" / f"{path}.parquet").resolve()).replace("'", "''")
            desk.execute(f"CREATE TEMP VIEW {view} AS FROM read_parquet('{file}')")
        columns = {str(row[0]) for row in desk.execute("DESCRIBE catalogue").fetchall()}
        if not columns >= {f"catalogue_{field}" for field in FIELDS}:
            raise UsageError(
                "当前库由旧版本建成，没有规则目录的取值。The library was published by an earlier version.",
                "Build it once more with sijiku build, then try again.",
            )
        desk.execute(f"CREATE TEMP TABLE said ({_CHANGE}, _segment BIGINT)")
        desk.execute(f"INSERT INTO said BY NAME {State(workdir.state).select('rule_change')}")
        if proposed:
            (last,) = desk.execute("SELECT coalesce(max(_segment), 0) FROM said").fetchone() or (0,)
            marks = ", ".join("?" for _ in _CHANGE.split(", "))
            desk.executemany(
                f"INSERT INTO said VALUES ({marks}, {last + 1})", [_row(item, version=None) for item in proposed]
            )
        macros = _macros()
        desk.execute(
            "CREATE TEMP VIEW changes AS SELECT said.*, build.as_of FROM said "
            f"CROSS JOIN (SELECT as_of FROM build WHERE build_id = '{folder.name}') AS build"
        )
        desk.execute(f"CREATE TEMP VIEW in_force AS {macros.rule_changes_in_force('changes')}")
        desk.execute(f"CREATE TEMP VIEW rule_values AS {macros.rule_values('catalogue', 'in_force')}")
        yield desk


def _row(item: Change, *, version: int | None) -> tuple[Any, ...]:
    """A change in the columns of the log."""
    return (
        item.change_id,
        item.rule_id,
        version,
        item.field,
        item.kind,
        item.old,
        item.new,
        item.by,
        item.reason,
        item.at,
        item.until_on,
    )


def _rules(desk: duckdb.DuckDBPyConnection, only: str | None) -> list[Rule]:
    rows = desk.execute(
        f"SELECT {_listed('catalogue', 'rule_id, version, name_zh, name_en')}, "
        "rule_values.severity, rule_values.threshold_rate, rule_values.threshold_count, "
        "catalogue.severity, catalogue.threshold_rate, catalogue.threshold_count, catalogue.catalogue_severity, "
        "catalogue.catalogue_threshold_rate, catalogue.catalogue_threshold_count "
        "FROM catalogue JOIN rule_values USING (rule_id) WHERE rule_id = coalesce(?, rule_id) ORDER BY rule_id",
        [only],
    ).fetchall()
    if only is not None and not rows:
        raise UsageError(
            f"没有规则 {only}。There is no rule {only!r}.", "See them with: sijiku rules list --workdir DIR"
        )
    return [
        Rule(rule_id, version, zh, en, Values(*values[:3]), Values(*values[3:6]), Values(*values[6:]))
        for rule_id, version, zh, en, *values in rows
    ]


def _listed(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def _judge(desk: duckdb.DuckDBPyConnection, rule: str | None) -> list[Verdict]:
    status = _macros().verdict_status
    counted = ("violated", "denominator")
    own = status(*counted, "catalogue_threshold_rate", "catalogue_threshold_count")
    now = status(*counted, "threshold_rate", "threshold_count")
    without = status("(violated - waived)", "denominator", "threshold_rate", "threshold_count")
    published = status(*counted, "published_rate", "published_count")
    rows = desk.execute(
        f"""
        WITH judged_by AS (
            SELECT rule_values.*, catalogue.threshold_rate AS published_rate,
                   catalogue.threshold_count AS published_count
            FROM rule_values JOIN catalogue USING (rule_id) WHERE rule_id = coalesce(?, rule_id)
        ), divisions AS (
            SELECT rule_id, dataset, count(*) AS divisions, count(*) FILTER (status <> {now}) AS divisions_changed
            FROM results JOIN judged_by USING (rule_id) GROUP BY ALL
        ), datasets AS (
            SELECT rule_id, dataset, sum(violated)::BIGINT AS violated, sum(denominator)::BIGINT AS denominator,
                   sum(waived)::BIGINT AS waived
            FROM results SEMI JOIN judged_by USING (rule_id) GROUP BY ALL
        )
        SELECT rule_id, dataset, violated, denominator, waived, {own}, {published}, {now}, {without},
               divisions, divisions_changed
        FROM datasets JOIN judged_by USING (rule_id) JOIN divisions USING (rule_id, dataset)
        ORDER BY rule_id, dataset
        """,
        [rule],
    ).fetchall()
    return [Verdict(*row) for row in rows]


def as_text(values: Values) -> tuple[str, str, str]:
    """Severity and thresholds for people; `none` where there is no threshold."""
    severity, rate, count = (NONE if value is None else str(value) for value in vars(values).values())
    return severity, rate, count


def changed(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Those verdicts that are not the same under the values in force, the build's and the catalogue's own."""
    return [item for item in verdicts if len({item.own, item.published, item.now}) > 1 or item.divisions_changed]
