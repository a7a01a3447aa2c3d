"""What rules are judged by changes by word alone: nothing runs again, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from serving.judging import Values, Wanted, change, changes, judge, judge_under, propose, rules
from serving.library import open_published
from serving.publish import Published
from sources.errors import UsageError
from sources.state import State
from sources.workdir import Workdir
from tests.conftest import BuiltCity

Publish = Callable[..., Published]

# A rule that fails in grid and passes in psb, one of two violations in grid waived; by division one of two fails.
RESULTS = """
ALTER TABLE quality.rule ADD COLUMN catalogue_severity VARCHAR;
ALTER TABLE quality.rule ADD COLUMN catalogue_threshold_rate DOUBLE;
ALTER TABLE quality.rule ADD COLUMN catalogue_threshold_count BIGINT;
ALTER TABLE quality.result ADD COLUMN waived BIGINT;
UPDATE quality.rule SET severity = 'warn', threshold_rate = 0.1, catalogue_severity = 'warn',
  catalogue_threshold_rate = 0.1;
INSERT INTO quality.result BY NAME
  SELECT 'b1' AS build_id, 'id_missing' AS rule_id, unnest(['grid.visit', 'grid.visit', 'psb.register']) AS dataset,
         unnest(['1', '2', '1']) AS division_code, unnest([2, 0, 0]) AS violated, unnest([6, 4, 9]) AS denominator,
         unnest(['fail', 'pass', 'pass']) AS status, unnest([1, 0, 0]) AS waived;
"""
WHO = ("数据管理科", "新住户登记期")


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    """A published library as of 2014-10-31 with the rule id_missing and what it counted."""
    publish_build("b1", RESULTS)
    return workdir


def verdicts(library: Workdir) -> dict[str, tuple[str, str, str, str]]:
    return {item.dataset: (item.own, item.published, item.now, item.without_waived) for item in judge(library)}


def test_a_threshold_is_judged_by_at_once_and_the_verdict_under_the_old_one_stays(library: Workdir) -> None:
    assert verdicts(library)["grid.visit"] == ("fail", "fail", "fail", "pass_with_violations")
    (said,) = change(library, "id_missing", Wanted(threshold_rate="0.25"), *WHO)
    assert (said.field, said.old, said.new) == ("threshold_rate", "0.1", "0.25")
    assert verdicts(library) == {
        "grid.visit": ("fail", "fail", "pass_with_violations", "pass_with_violations"),
        "psb.register": ("pass", "pass", "pass", "pass"),
    }
    (grid, _) = judge(library)
    # two of six in a division is more than a quarter still
    assert (grid.divisions, grid.divisions_changed) == (2, 0)
    (rule,) = rules(library)
    assert (rule.now, rule.own) == (Values("warn", 0.25, None), Values("warn", 0.1, None))


def test_results_and_findings_of_the_published_build_do_not_change(library: Workdir) -> None:
    def published() -> list[object]:
        with open_published(library, "analysis") as connection:
            return [
                connection.execute(f"FROM quality.{table} ORDER BY ALL").fetchall() for table in ("result", "finding")
            ]

    before = published()
    change(library, "id_missing", Wanted(threshold_rate="1", severity="info"), *WHO)
    assert published() == before


def test_every_word_is_kept_and_the_last_one_that_has_not_ended_holds(library: Workdir) -> None:
    change(library, "id_missing", Wanted(threshold_count="3"), *WHO)
    change(library, "id_missing", Wanted(threshold_count="5"), "psb-01", "试行", "2014-10-31")
    assert [(item.old, item.new, item.by, item.until_on, item.is_in_force) for item in changes(library)] == [
        (None, "3", "数据管理科", None, False),
        ("3", "5", "psb-01", date(2014, 10, 31), True),
    ]
    change(library, "id_missing", Wanted(is_back=True), "psb-01", "试行结束")
    assert len(changes(library, "id_missing")) == 3
    (rule,) = rules(library, "id_missing")
    assert rule.now == rule.own


def test_the_same_value_for_longer_is_a_change(library: Workdir) -> None:
    change(library, "id_missing", Wanted(threshold_count="3"), *WHO, "2014-12-31")
    change(library, "id_missing", Wanted(threshold_count="3"), *WHO, "2015-12-31")
    assert [item.until_on for item in changes(library)] == [date(2014, 12, 31), date(2015, 12, 31)]


def test_a_change_is_a_reason_to_build_again(library: Workdir) -> None:
    before = State(library.state).authored_hash()
    change(library, "id_missing", Wanted(severity="error"), *WHO)
    assert State(library.state).authored_hash() != before


def test_what_a_change_would_do_is_seen_without_saying_it(library: Workdir) -> None:
    proposed = propose(library, "id_missing", Wanted(threshold_rate="0.5"), *WHO)
    (grid, _) = judge_under(library, proposed)
    assert (grid.now, grid.divisions_changed) == ("pass_with_violations", 1)
    assert changes(library) == []


WRONG = {
    "There is no rule 'other'": ("other", Wanted(severity="info"), *WHO),
    "--severity is one of error, warn, info": ("id_missing", Wanted(severity="grave"), *WHO),
    "--threshold-rate is a fraction of 1": ("id_missing", Wanted(threshold_rate="5"), *WHO),
    "--threshold-rate is a fraction": ("id_missing", Wanted(threshold_rate="nan"), *WHO),
    "--threshold-count is a whole number": ("id_missing", Wanted(threshold_count="-1"), *WHO),
    "Both thresholds cannot go": ("id_missing", Wanted(threshold_rate="none"), *WHO),
    "Contradiction: with count 0": ("id_missing", Wanted(threshold_count="0"), *WHO),
    "leave the others out": ("id_missing", Wanted(severity="info", is_back=True), *WHO),
    "leave --until out": ("id_missing", Wanted(is_back=True), *WHO, "2015-01-01"),
    "Nothing would change": ("id_missing", Wanted(severity="warn"), *WHO),
    "Nothing would change: these": ("id_missing", Wanted(is_back=True), *WHO),
    "Say --severity": ("id_missing", Wanted(), *WHO),
    "--by is empty": ("id_missing", Wanted(severity="info"), "", "试行"),
    "no person's name": ("id_missing", Wanted(severity="info"), "密甲", "试行"),
    "A change needs a reason": ("id_missing", Wanted(severity="info"), "psb-01", " "),
    "No names, ID or phone numbers": ("id_missing", Wanted(severity="info"), "psb-01", "电话13900002222"),
    "lies before the library's date 2014-10-31": ("id_missing", Wanted(severity="info"), *WHO, "2014-10-30"),
}


def test_what_is_wrong_is_named_and_nothing_is_kept(library: Workdir) -> None:
    for problem, arguments in WRONG.items():
        with pytest.raises(UsageError) as caught:
            change(library, *arguments)  # type: ignore[arg-type]
        assert problem in caught.value.problem
    assert changes(library) == []


def test_a_library_of_an_earlier_version_is_built_once_more_first(workdir: Workdir, publish_build: Publish) -> None:
    publish_build("b1")
    with pytest.raises(UsageError, match="earlier version"):
        rules(workdir)


@pytest.mark.city
def test_the_command_judges_as_the_models_do(built_city: BuiltCity) -> None:
    with open_published(built_city.workdir, "analysis") as connection:
        published = connection.execute(
            "SELECT rule_id, dataset, violated, denominator, waived, catalogue_status, status, status_without_waived "
            "FROM quality.verdict ORDER BY rule_id, dataset"
        ).fetchall()
        assert connection.execute("SELECT count(*) FROM quality.rule_change").fetchone() == (0,)
    judged = judge(built_city.workdir)
    assert published == [
        (v.rule_id, v.dataset, v.violated, v.denominator, v.waived, v.own, v.now, v.without_waived) for v in judged
    ]
    assert {v.divisions_changed for v in judged} == {0}
