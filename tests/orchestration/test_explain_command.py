"""`sijiku explain` and `sijiku persons` on a whole library, as its owner runs them."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb

from tests.conftest import BuiltCity, run_sijiku


def rows(city: BuiltCity, query: str) -> list[tuple[str, ...]]:
    file = city.workdir.current / "restricted" / "sijiku.duckdb"
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_person_is_explained_masked_in_the_terminal_and_on_a_page(built_city: BuiltCity, tmp_path: Path) -> None:
    # Of those with a handful of records, who is known by the longest codes: a narrow terminal must not break them.
    ((person_id, name, number, codes),) = rows(
        built_city,
        "SELECT person_id, any_value(name), any_value(id_number), list(DISTINCT evidence) "
        "FROM library.dim_person JOIN identity.person_xref USING (person_id) "
        "WHERE id_number IS NOT NULL AND length(name) > 1 GROUP BY person_id "
        "HAVING count(*) BETWEEN 5 AND 50 AND bool_or(evidence = 'name+phone') AND count(*) = count(evidence) "
        "ORDER BY max(length(evidence)) DESC, person_id LIMIT 1",
    )
    page = tmp_path / "person.html"
    shown = run_sijiku("explain", "--workdir", built_city.workdir.path, "--person", person_id, "--html", page)
    assert shown.returncode == 0, shown.stderr
    assert "name+phone" in codes
    assert [code for code in codes if code not in shown.stdout] == []
    assert f"{number[:4]}************{number[-2:]}" in shown.stdout
    for text in (shown.stdout, page.read_text(encoding="utf-8")):
        assert name not in text
        assert number not in text
    assert page.stat().st_mode & 0o777 == 0o600
    revealed = run_sijiku("explain", "--workdir", built_city.workdir.path, "--person", person_id, "--reveal")
    assert number in revealed.stdout


def test_every_score_of_splink_comes_to_the_confidence_that_the_library_has(built_city: BuiltCity) -> None:
    found = rows(
        built_city,
        "SELECT DISTINCT person_id, printf('%.6f', confidence) FROM identity.person_xref "
        "WHERE evidence = 'name+sex+place' AND method = 'probable' ORDER BY ALL LIMIT 2",
    )
    for person_id, confidence in found:
        shown = run_sijiku("explain", "--workdir", built_city.workdir.path, "--person", person_id)
        assert shown.returncode == 0, shown.stderr
        assert f"probability {confidence}" in shown.stdout


def test_two_records_are_held_against_each_other(built_city: BuiltCity) -> None:
    ((one, other),) = rows(
        built_city,
        "SELECT a.record_ref || ':' || a.role, b.record_ref || ':' || b.role FROM identity.person_xref AS a "
        "JOIN identity.person_xref AS b USING (person_id) "
        "WHERE a.evidence = 'name+phone' AND b.evidence = 'number+name' ORDER BY ALL LIMIT 1",
    )
    shown = run_sijiku("explain", "--workdir", built_city.workdir.path, "--pair", one, other)
    assert shown.returncode == 0, shown.stderr
    assert "同一人" in shown.stdout
    wrong = run_sijiku("explain", "--workdir", built_city.workdir.path, "--pair", one, "nothing")
    assert wrong.returncode == 2
    assert "There is no such mention" in wrong.stderr


def test_linking_reports_on_itself_in_every_build(built_city: BuiltCity) -> None:
    ((mentions, links, persons),) = rows(
        built_city,
        "SELECT (SELECT count(*) FROM identity.person_xref), (SELECT sum(mentions) FROM quality.linkage_link), "
        "(SELECT sum(persons) FROM quality.linkage_component) = (SELECT count(*) FROM library.dim_person)",
    )
    assert mentions == links
    assert persons
    assert (built_city.workdir.current / "site" / "linkage.html").is_file()
    assert rows(built_city, "SELECT DISTINCT source FROM quality.linkage_quality") == [("model",)]


def test_since_the_newest_build_nothing_happened_to_numbers(built_city: BuiltCity) -> None:
    build = built_city.workdir.current.resolve().name
    shown = run_sijiku("persons", "--workdir", built_city.workdir.path, "--changed-since", build)
    assert shown.returncode == 0, shown.stderr
    assert re.fullmatch(r"place,build_id,kind,person_id,other_person_id,reason\n", shown.stdout)
    unknown = run_sijiku("persons", "--workdir", built_city.workdir.path, "--changed-since", "never")
    assert unknown.returncode == 2
    assert build in unknown.stderr
