"""What is published can be read, and through here nothing else can be done to it or to anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from serving.library import Area, open_published, query, readable_part, status, summary
from serving.publish import Published
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

Publish = Callable[..., Published]


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    publish_build()
    return workdir


def test_a_query_answers_with_columns_and_rows(library: Workdir) -> None:
    answer = query(library, "SELECT level, sum(people) AS people FROM marts.mart_population GROUP BY ALL ORDER BY 1")
    assert answer.columns == ("level", "people")
    assert answer.rows == [("city", 3), ("district", 2)]


@pytest.mark.parametrize(
    "sql",
    ["DESCRIBE marts.mart_population", "SUMMARIZE marts.mart_population", "SHOW ALL TABLES", "EXPLAIN SELECT 1"],
)
def test_looking_around_is_reading(library: Workdir, sql: str) -> None:
    assert query(library, sql).rows


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO marts.mart_population SELECT * FROM marts.mart_population",
        "UPDATE quality.finding SET state = 'fixed'",
        "DELETE FROM quality.finding",
        "DROP TABLE quality.finding",
        "CREATE TABLE marts.more AS SELECT 1",
        "CREATE TEMP TABLE more AS SELECT 1",
        "ATTACH ':memory:' AS other",
        "COPY quality.finding TO 'finding.csv'",
        "EXPORT DATABASE 'everything'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '100GB'",
        "PRAGMA database_size; SELECT 1",
        "SELECT 1; SELECT 2",
        "",
    ],
)
def test_only_one_reading_statement_is_taken(library: Workdir, sql: str) -> None:
    with pytest.raises(UsageError, match="Only one reading statement"):
        query(library, sql)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{secret}')",
        "SELECT * FROM read_text('{secret}')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM '{secret}'",
        "EXPLAIN ANALYZE COPY quality.finding TO '{folder}/finding.csv'",
    ],
)
def test_a_query_reaches_no_other_file(library: Workdir, tmp_path: Path, sql: str) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match="cannot reach other files"):
        query(library, sql.format(secret=secret, folder=tmp_path))
    assert not (tmp_path / "finding.csv").exists()


def test_a_query_does_not_see_the_variables_of_this_process(library: Workdir) -> None:
    secret = duckdb.sql("SELECT 42 AS answer")
    with pytest.raises(UsageError, match="secret does not exist"):
        query(library, "SELECT * FROM secret")
    assert secret.fetchone() == (42,)


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE marts.more AS SELECT 1",
        "DELETE FROM quality.finding",
        "ATTACH '{folder}/other.duckdb' AS other",
        "COPY quality.finding TO '{folder}/finding.csv'",
        "SET enable_external_access = true",
        "SET lock_configuration = false",
        "INSTALL httpfs",
    ],
)
def test_an_open_library_can_do_no_more_than_read(library: Workdir, tmp_path: Path, statement: str) -> None:
    with open_published(library) as connection:
        with pytest.raises(duckdb.Error):
            connection.execute(statement.format(folder=tmp_path))
        assert connection.execute("SELECT count(*) FROM quality.finding").fetchone() == (2,)


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELEC 1", "SELEC"),
        ("SELECT nothing_such FROM meta.build", "nothing_such"),
        ("SELECT * FROM marts.mart_populatoin", "mart_populatoin"),
    ],
)
def test_a_mistake_in_sql_is_told_in_its_own_words(library: Workdir, sql: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        query(library, sql)


def test_an_error_about_values_does_not_show_them(library: Workdir) -> None:
    with pytest.raises(UsageError, match="ConversionException") as caught:
        query(library, "SELECT name::INTEGER FROM library.dim_person")
    assert "密" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_fullest_part_that_is_readable_is_opened(library: Workdir, publish_build: Publish) -> None:
    assert readable_part(library) == "restricted"
    (library.current / "restricted" / "sijiku.duckdb").unlink()
    assert readable_part(library) == "analysis"
    assert query(library, "SELECT count(*) FROM meta.build").rows == [(1,)]
    with pytest.raises(UsageError, match="dim_person"):
        query(library, "SELECT * FROM library.dim_person")
    with pytest.raises(UsageError, match="You may not read"), open_published(library, "restricted"):
        pass


def test_a_part_can_be_named(library: Workdir) -> None:
    assert query(library, "SELECT people FROM release.release_population", "release").rows == [(20,)]


def test_where_nothing_is_published_it_says_so(workdir: Workdir) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        query(workdir, "SELECT 1")
    with pytest.raises(UsageError, match="Nothing is published"):
        summary(workdir)


def test_reading_leaves_no_trace(library: Workdir, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    query(library, "SELECT * FROM library.dim_person ORDER BY person_id")
    assert sorted(tmp_path.rglob("*")) == before


def test_status_tells_deliveries_builds_ledger_findings_and_sizes(library: Workdir) -> None:
    found = status(library)
    assert found.build_id == "b1"
    assert [(item.dataset, item.state, item.reason) for item in found.deliveries] == [
        ("civil.marriage", "refused", "文件哈希不符"),
        ("psb.temporary_residence", "accepted", None),
    ]
    assert [(item.build_id, item.deliveries, item.refused) for item in found.builds] == [("b1", 1, 1)]
    (line,) = found.ledger
    assert (line.dataset, line.deliveries, line.declared, line.linked, line.balance) == (
        "psb.temporary_residence",
        1,
        3,
        3,
        0,
    )
    (finding,) = found.findings
    assert (finding.rule_id, finding.name_zh, finding.open, finding.verified) == ("id_missing", "无身份号码", 1, 1)
    assert [part.path.name for part in found.published] == ["analysis", "docs", "release", "restricted", "site"]
    assert all(part.bytes > 0 for part in found.published)


def test_status_of_a_library_without_publication_tells_what_was_accepted(workdir: Workdir) -> None:
    with open_engine(workdir) as connection:
        State(workdir.state).append(
            connection,
            "delivery",
            "SELECT 'd1' AS delivery, 'civil.marriage' AS dataset, 'civil' AS bureau, "
            "DATE '2014-10-31' AS extract_date, 'full' AS mode, '1.0' AS contract_version, "
            "1 AS files, 7 AS rows_declared, 7 AS rows_read, "
            "0 AS rows_quarantined, TIMESTAMP '2014-11-01 08:00:00' AS accepted_at, 0 AS rows_erased",
            key="d1",
        )
    found = status(workdir)
    assert (found.build_id, found.builds, found.published, found.findings) == (None, [], [], [])
    assert [(item.dataset, item.rows, item.state) for item in found.deliveries] == [("civil.marriage", 7, "accepted")]


def test_status_of_an_empty_folder_is_empty(tmp_path: Path) -> None:
    assert status(Workdir(tmp_path)).deliveries == []


def test_a_folder_that_is_not_there_is_no_library(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no folder"):
        status(Workdir(tmp_path / "typo"))


def test_the_summary_tells_the_newest_month_of_the_city_and_its_districts(library: Workdir) -> None:
    found = summary(library)
    assert str(found.period) == "2014-10-31"
    assert found.areas == [
        Area("150200000000", "包头市", "city", 2, 1, 9, 2),
        Area("150202000000", "东河区", "district", 1, 1, 4, 1),
        Area("150203000000", "昆都仑区", "district", 1, 0, 5, 1),
    ]
    assert found.is_balanced
    assert found.build.build_id == "b1"


def test_an_area_has_the_name_of_its_time(workdir: Workdir, publish_build: Publish) -> None:
    publish_build(
        change="UPDATE library.dim_division SET valid_to = DATE '1999-01-01', name = '郊区' "
        "WHERE division_code = '150203000000'; INSERT INTO library.dim_division BY NAME "
        "SELECT '150203000000' AS division_code, '九原区' AS name, 'district' AS level, DATE '1999-01-01' AS valid_from"
    )
    assert [area.name for area in summary(workdir).areas] == ["包头市", "东河区", "九原区"]


def test_an_area_whose_name_is_of_unknown_age_has_it_too(workdir: Workdir, publish_build: Publish) -> None:
    publish_build(change="UPDATE library.dim_division SET valid_from = NULL WHERE division_code = '150202000000'")
    assert [area.name for area in summary(workdir).areas] == ["包头市", "东河区", "昆都仑区"]
