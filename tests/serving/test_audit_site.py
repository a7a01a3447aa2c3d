"""The site's data: findings lie apart by who may see them, totals tell nobody, the same build gives the same files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serving import audit_findings
from serving.audit_findings import PAGE, Lists, write_findings
from serving.audit_site import copy_for, write_site
from serving.disclosure import CENTRE, PROTECTED
from sources.errors import UsageError
from sources.surrogate import SURROGATE
from sources.warehouse import open_warehouse
from tests.conftest import BuiltCity

# A rule of records, one that rests on evidence the police get totals of, and one that is for health alone.
RULES = """
DELETE FROM quality.finding; DELETE FROM quality.rule; DELETE FROM quality.case;
INSERT INTO quality.rule BY NAME SELECT * FROM (VALUES
  ('id_missing', 1, '无身份号码', 'No ID number', 'error', NULL, 'bureau and area centre'),
  ('name_conflict', 1, '姓名不一致', 'Names differ', 'warn', NULL, 'bureau of the record; police in totals only where'),
  ('birth_unregistered', 1, '出生未登记', 'Birth not registered', 'info', 'psb',
   'health and area centre; police in totals only'),
  ('permit_of_pupil', 1, '学生无居住证', 'A pupil without permit', 'info', 'psb', 'bureau and area centre'))
  AS t (rule_id, version, name_zh, name_en, severity, owner_bureau, disclose_to);
INSERT INTO quality.finding BY NAME
  SELECT *, '不对' AS detail_zh, 'wrong: sex' AS detail_en, 'b1' AS last_build FROM (VALUES
  ('aa01', 'id_missing', 'psb.temporary_residence', 'psb', 'q1', '150202001001', 'a.csv', 4, 'open', 'b1'),
  ('aa02', 'id_missing', 'hfpc.health_record', 'hfpc', 'q1', '150203000000', 'b.csv', 7, 'open', 'b0'),
  ('aa03', 'name_conflict', 'psb.temporary_residence', 'psb', 'q2', NULL, 'a.csv', 5, 'waived', 'b1'),
  ('aa04', 'name_conflict', 'grid.household_visit', 'grid', 'q2', NULL, 'c.csv', 1, 'open', 'b1'),
  ('aa05', 'birth_unregistered', 'hfpc.birth_certificate', 'hfpc', 'q3', NULL, 'd.csv', 2, 'open', 'b1'),
  ('aa06', 'permit_of_pupil', 'edu.student_enrollment', 'edu', 'q4', NULL, 'e.csv', 2, 'open', 'b1'))
  AS t (finding_id, rule_id, dataset, bureau, person_ref, division_code, file, row, state, first_build);
INSERT INTO quality.case BY NAME
  SELECT 'e1' AS case_event_id, 'aa03' AS finding_id, TIMESTAMP '2014-11-02 09:00:00' AS at,
  'waived' AS kind, 'waived' AS state, '公安局' AS "by", '原件核对无误' AS reason, DATE '2015-01-31' AS until_on;
"""
HELD = """
CREATE TABLE identity.person_ref AS FROM (VALUES ('P1', 'q1'), ('P2', 'q2')) AS t (person_id, person_ref);
DROP TABLE library.fct_collection;
CREATE TABLE library.fct_collection AS FROM (VALUES
  ('P1', 'psb.temporary_residence', 'psb', 1, true, true, false, CAST(NULL AS BOOLEAN)),
  ('P1', 'hfpc.health_record', 'hfpc', 2, true, false, true, NULL),
  ('P1', 'hfpc.immunization', 'hfpc', 3, true, true, false, NULL))
  AS t (person_id, dataset, bureau, n_records, has_sex, sex_agrees, has_phone, phone_agrees);
"""

Site = Callable[..., Path]


def read(site: Path, name: str) -> Any:
    """The data of a file of the site."""
    text = (site / "data" / f"{name}.js").read_text(encoding="utf-8")
    start = f'sijiku.take("{name}",'
    assert text.startswith(start)
    return json.loads(text.removeprefix(start).rstrip().removesuffix(")"))


def findings_in(site: Path, shelf: str) -> set[str]:
    rules = [head.parent for head in sorted((site / "data" / "findings" / shelf).glob("*/head.js"))]
    pages = [page for rule in rules for page in sorted(rule.glob("[0-9]*.js")) if page.stem.isdigit()]
    names = [str(page.relative_to(site / "data").with_suffix("")) for page in pages]
    return {row[0] for name in names for row in read(site, name)}


@pytest.fixture
def write(build: Any, tmp_path: Path) -> Site:
    """Write the site of a warehouse that a change was made to."""

    def run(change: str = "", name: str = "site") -> Path:
        workdir = build("b1", RULES + change)
        with open_warehouse(workdir, read_only=True) as connection:
            write_site(connection, "b1", tmp_path / name)
        return tmp_path / name

    return run


def test_a_finding_lies_in_the_set_of_the_bureau_that_has_to_act(write: Site) -> None:
    site = write()
    assert findings_in(site, "hfpc") == {"aa02"}
    assert findings_in(site, "grid") == {"aa04"}
    assert findings_in(site, "psb") == {"aa01"}


def test_what_rests_on_protected_evidence_goes_to_no_police_one_by_one(write: Site) -> None:
    site = write()
    # a rule that says so, a rule for health alone whose owner is another, and another bureau's protected record
    assert findings_in(site, CENTRE) == {"aa03", "aa05", "aa06"}


def test_a_bureaus_copy_has_its_own_findings_and_everybodys_totals(write: Site, tmp_path: Path) -> None:
    site, copy = write(HELD), tmp_path / "copy"
    copy_for(site, "psb", copy)
    assert read(copy, "shelves") == ["psb"]
    assert [path.name for path in (copy / "data" / "findings").iterdir()] == ["psb"]
    assert read(copy, "cube") == read(site, "cube")
    texts = "".join(path.read_text(encoding="utf-8") for path in copy.rglob("*") if path.suffix in (".js", ".html"))
    for other in ("aa02", "aa03", "aa04", "aa05", "aa06", "q2", "q3"):
        assert f'"{other}"' not in texts, other
    with pytest.raises(UsageError):
        copy_for(site, "psb", copy)
    with pytest.raises(UsageError):
        copy_for(site, "nobody", tmp_path / "other")


def test_what_bureaus_hold_is_told_as_agreeing_or_not_and_to_the_centre_alone(write: Site) -> None:
    site = write(HELD)
    assert read(site, "findings/centre/fields") == {"fields": ["sex", "phone"], "people": 1, "starts": ["q"]}
    held, findings = read(site, "findings/centre/people/q")["q1"]
    # one of three records of health differs; nobody's phone could be compared
    assert held == [["hfpc", 5, "0?"], ["psb", 1, "1-"]]
    assert findings == [["aa01", "psb/id_missing/0"], ["aa02", "hfpc/id_missing/0"]]


def test_files_of_people_are_as_few_as_their_number_asks_for(write: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand people, fifty to a file: one character of a surrogate tells them apart; two would make 1,296 files."""
    monkeypatch.setattr(audit_findings, "_IN_A_FILE", 50)
    site = write(
        HELD + "INSERT INTO quality.finding BY NAME SELECT 'many' || i AS finding_id, 'id_missing' AS rule_id, "
        "'psb.household_register' AS dataset, 'psb' AS bureau, 'b1' AS first_build, 'b1' AS last_build, "
        f"'open' AS state, {SURROGATE} AS person_ref FROM range(1000) AS t (i);"
    )
    assert read(site, "findings/centre/fields")["people"] == 1
    assert len(list((site / "data" / "findings" / "centre" / "people").iterdir())) <= 36


def test_the_life_of_a_finding_stands_beside_its_page(write: Site) -> None:
    site = write()
    assert read(site, "findings/centre/name_conflict/0-life") == {
        "aa03": [["2014-11-02 09:00", "waived", "waived", "公安局", "原件核对无误", "2015-01-31"]]
    }
    told = {page[0]: page[-1] for page in read(site, "findings/centre/index")["pages"]}
    rules = read(site, "build")["lists"]["rules"]
    assert {rules[rule]: has for rule, has in told.items()} == {
        "birth_unregistered": 0,
        "name_conflict": 1,
        "permit_of_pupil": 0,
    }


def test_findings_are_paged_in_order_of_division_and_found_by_id(build: Any, tmp_path: Path) -> None:
    many = f"""
        INSERT INTO quality.finding BY NAME SELECT md5(CAST(n AS VARCHAR)) AS finding_id, 'id_missing' AS rule_id,
          'psb.temporary_residence' AS dataset, 'psb' AS bureau, '15020' || (9 - n % 8) || '001001' AS division_code,
          'a.csv' AS file, n AS row, 'x' AS detail_zh, 'open' AS state, 'b1' AS first_build, 'b1' AS last_build
        FROM range({2 * PAGE + 1}) AS t (n);
    """
    workdir = build("b1", RULES + many)
    data = tmp_path / "site" / "data"
    with open_warehouse(workdir, read_only=True) as connection:
        write_findings(connection, data, Lists(connection))
    site = data.parent
    index = read(site, "findings/psb/index")
    pages = [page for page in index["pages"] if page[2] == PAGE]
    assert len(pages) == 2
    assert pages[0][4] <= pages[1][3], "pages overlap by more than the division in which one ends"
    rows = read(site, "findings/psb/id_missing/1")
    assert [row[4] for row in rows] == sorted(row[4] for row in rows)
    last = rows[-1][0]
    assert last[: index["ids"]] in index["starts"]
    assert read(site, f"findings/psb/ids/{last[: index['ids']]}")[last[:16]] == "id_missing/1"


def test_below_the_district_nothing_is_told_of_rules_that_may_rest_on_protected_evidence(write: Site) -> None:
    site = write("""
        INSERT INTO library.bridge_division_ancestor BY NAME SELECT * FROM (VALUES
          ('150202001001', '150202001001', 'community'), ('150202001001', '150202001000', 'township'),
          ('150202001001', '150202000000', 'district')) AS t (division_code, ancestor_code, ancestor_level);
        INSERT INTO quality.result BY NAME SELECT 'b1' AS build_id, unnest(['id_missing', 'name_conflict']) AS rule_id,
          'psb.temporary_residence' AS dataset, 'psb' AS bureau, '150202001001' AS division_code, 1 AS violated,
          9 AS denominator, 'fail' AS status;
    """)
    areas = read(site, "area/150202")
    assert areas["150202000000"] == [["id_missing", 1, 9], ["name_conflict", 1, 9]]
    assert areas["150202001000"] == areas["150202001001"] == [["id_missing", 1, 9]]
    assert read(site, "rule/id_missing")["townships"] == [["150202001000", 1, 9]]
    assert read(site, "rule/name_conflict")["townships"] == []


def test_what_is_new_gone_and_back_is_told_against_the_build_before(write: Site) -> None:
    site = write("""
        UPDATE meta.build SET previous_build_id = 'b0';
        UPDATE quality.finding SET state = 'verified', last_build = 'b0' WHERE finding_id = 'aa02';
        INSERT INTO quality.case BY NAME SELECT 'e2' AS case_event_id, 'aa04' AS finding_id,
          TIMESTAMP '2014-10-31' AS at, 'reopened' AS kind, 'open' AS state, 'build b1' AS "by";
    """)
    changes = read(site, "changes")
    assert changes["previous"] == "b0"
    # new, gone, back
    assert {rule: counts for rule, *counts in changes["rules"]} == {
        "id_missing": [1, 1, 0],
        "name_conflict": [1, 0, 1],
        "birth_unregistered": [1, 0, 0],
        "permit_of_pupil": [1, 0, 0],
    }


def test_changes_of_a_rule_stand_with_it_where_they_are_kept(write: Site) -> None:
    site = write("""
        CREATE TABLE quality.rule_change AS
          SELECT 'id_missing' AS rule_id, 'threshold_rate' AS field, '0.1' AS old_value,
          '0.2' AS new_value, '信息中心' AS "by", '人手不足' AS reason;
    """)
    assert read(site, "rule/id_missing")["changes"][0]["new_value"] == "0.2"
    assert "changes" not in read(site, "rule/name_conflict")


def test_of_fewer_than_ten_people_nothing_is_told(write: Site) -> None:
    site = write("""
        INSERT INTO marts.mart_repeat_collection BY NAME SELECT '150200000000' AS division_code, 'city' AS level,
          DATE '2014-10-31' AS period, unnest(['sex', 'name']) AS field, 'hfpc' AS bureau, 'psb' AS other_bureau,
          unnest([9, 40]) AS people, unnest([18, 80]) AS collections, unnest([9, 40]) AS repeats,
          unnest([1.5, 8.25]) AS cost_yuan;
        INSERT INTO marts.mart_survey_indicator BY NAME SELECT '150200000000' AS division_code, 'city' AS level,
          DATE '2014-10-31' AS "round", unnest(['renting', 'working']) AS indicator, 'all' AS population_group,
          unnest([9, 10]) AS respondents, 0.5 AS estimate, 0.4 AS low, 0.6 AS high;
    """)
    assert [row[4:] for row in read(site, "repeat")] == [[40, 80, 40, 8.25], [-1, 18, -1, None]]
    assert [row[2] for row in read(site, "survey")] == ["working"]


def test_the_same_build_gives_the_same_files(write: Site) -> None:
    one, other = write(HELD, "one"), write(HELD, "other")
    names = sorted(path.relative_to(one) for path in one.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(other) for path in other.rglob("*") if path.is_file())
    assert [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()] == []


def test_no_personal_value_stands_in_any_file_of_a_citys_site(built_city: BuiltCity) -> None:
    site = built_city.workdir.current / "site"
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(site.rglob("*")) if path.is_file())
    words = set(re.findall(r"[\u3400-\u9fff·]{2,}", text))
    numbers = set(re.findall(r"(?<![0-9A-Za-z])[0-9]{6,17}[0-9Xx](?![0-9A-Za-z])", text))
    with open_warehouse(built_city.workdir, read_only=True) as connection:

        def values(query: str) -> set[str]:
            return {value for (value,) in connection.execute(query).fetchall()}

        people = values("SELECT DISTINCT name FROM library.dim_person WHERE length(name) > 1")
        held = values("SELECT id_number FROM library.dim_person UNION SELECT phone FROM library.dim_person")
        ids = values("SELECT person_id FROM library.dim_person")
        places = values("SELECT DISTINCT name FROM library.dim_division")
    assert numbers & held == set()
    assert words & (people - places) == set()
    assert set(re.findall(r"[0-9A-Za-z]+", text)) & ids == set()


def test_a_citys_police_set_holds_none_of_others_protected_records(built_city: BuiltCity) -> None:
    site = built_city.workdir.current / "site"
    datasets = read(site, "build")["lists"]["datasets"]
    rules = {rule["rule_id"]: rule for rule in read(site, "rules")}
    for folder in sorted((site / "data" / "findings" / "psb").glob("*/head.js")):
        rule = folder.parent.name
        assert "police in totals only" not in rules[rule]["disclose_to"], rule
        for page in (file for file in folder.parent.glob("[0-9]*.js") if file.stem.isdigit()):
            rows = read(site, str(page.relative_to(site / "data").with_suffix("")))
            assert {datasets[row[1]].split(".")[0] for row in rows} & set(PROTECTED) == set(), page


def test_every_finding_of_a_city_is_in_exactly_one_set(built_city: BuiltCity) -> None:
    site = built_city.workdir.current / "site"
    sets = [findings_in(site, shelf) for shelf in read(site, "shelves")]
    with open_warehouse(built_city.workdir, read_only=True) as connection:
        found = {value for (value,) in connection.execute("SELECT finding_id FROM quality.finding").fetchall()}
    assert set.union(*sets) == found
    assert sum(map(len, sets)) == len(found)
    assert sum(count for *_, count in read(site, "cube")) == len(found)
