"""The library in PostgreSQL: who sees which rows, on every table there is, and what readers notice of a new build."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from expectations.grains import GRAINS
from orchestration.cli import app
from serving import postgres as serving
from serving import postgres_access as access
from serving.postgres import Served, connection_string, publish_postgres
from sources.errors import SijikuError, UsageError
from sources.interface import public_tables
from sources.workdir import Workdir
from tests.postgres import PASSWORD, Database, free_port
from tests.privacy import People, scan, texts_of_server

Publish = Callable[..., Any]
Serve = Callable[..., Served]

KEYS = {name: (grain.columns, grain.may_be_null) for name, grain in GRAINS.items()}
PUBLISHER, SECRET = "publisher", "geheim"
CITY, DISTRICT, OTHER, TOWNSHIP, COMMUNITY = (
    "150200000000",
    "150202000000",
    "150203000000",
    "150202001000",
    "150202001012",
)
ABOVE = {
    CITY: [CITY],
    DISTRICT: [CITY, DISTRICT],
    OTHER: [CITY, OTHER],
    TOWNSHIP: [CITY, DISTRICT, TOWNSHIP],
    COMMUNITY: [CITY, DISTRICT, TOWNSHIP, COMMUNITY],
}
BENEATH = {code: {below for below, above in ABOVE.items() if code in above} for code in ABOVE}
BUREAUS = ("psb", "hfpc")
# Login to its lines in access.member: role, division, bureau.
LOGINS: dict[str, list[tuple[str, str | None, str | None]]] = {
    "l_city": [("city", None, None)],
    "l_auditor": [("auditor", None, None)],
    "l_planner": [("planner", None, None)],
    "l_steward": [("steward", None, None)],
    "l_district": [("district", DISTRICT, None)],
    "l_township": [("township", TOWNSHIP, None)],
    "l_community": [("community", COMMUNITY, None)],
    "l_psb": [("bureau", None, "psb")],
    "l_hfpc": [("bureau", None, "hfpc")],
    "l_office": [("bureau", DISTRICT, "hfpc")],
    "l_two": [("community", COMMUNITY, None), ("bureau", None, "hfpc")],
    # the city's police see the city, but not row by row what they get in totals
    "l_city_police": [("city", None, None), ("bureau", None, "psb")],
    "l_nobody": [],
}


def _filled() -> str:
    """SQL that fills every table that knows a division: each division, and where there is one, each bureau."""
    values = {"VARCHAR": "'x'", "BIGINT": "7", "DOUBLE": "0.5", "BOOLEAN": "true", "DATE": "DATE '2014-08-31'"}
    bridge = ", ".join(f"('{code}', '{above}', 'district')" for code, over in ABOVE.items() for above in over)
    statements = [
        f"INSERT INTO library.bridge_division_ancestor VALUES {bridge}",
        "INSERT INTO library.dim_division BY NAME SELECT unnest(['150202001000', '150202001012']) AS division_code, "
        "'某处' AS name, unnest(['township', 'community']) AS level",
        "INSERT INTO quality.rule BY NAME SELECT 'id_malformed' AS rule_id, 1 AS version, 'bureau' AS disclose_to",
    ]
    for public in public_tables():
        columns = public.columns
        if public.is_personal or public.table.schema not in ("marts", "quality") or "division_code" not in columns:
            continue
        special = {"division_code": "division", "bureau": "bureau", "rule_id": "rule"}
        special["other_bureau"] = "CASE bureau WHEN 'psb' THEN 'edu' ELSE 'psb' END"
        if public.table.name == "finding":
            special["finding_id"] = "'g' || row_number() OVER (ORDER BY division, bureau, rule)"
        chosen = ", ".join(
            f"{special.get(name, values.get(type_, 'NULL'))} AS {name}" for name, type_ in columns.items()
        )
        rules = "['id_missing', 'id_malformed']" if "rule_id" in columns else "['id_missing']"
        bureaus = list(BUREAUS) if "bureau" in columns else ["psb"]
        statements.append(
            f"INSERT INTO {public.table.quoted} BY NAME SELECT {chosen} "
            f"FROM (SELECT unnest({list(ABOVE)}) AS division) "
            f"CROSS JOIN (SELECT unnest({bureaus}) AS bureau) CROSS JOIN (SELECT unnest({rules}) AS rule)"
        )
    statements.append(
        "INSERT INTO quality.case BY NAME SELECT 'c' || finding_id AS case_event_id, finding_id FROM quality.finding"
    )
    return "; ".join(statements) + ";"


@pytest.fixture
def served(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database of a publisher who is no superuser, but may have reads logged."""
    database.execute(
        f"DO $$ BEGIN CREATE ROLE {PUBLISHER} LOGIN CREATEROLE PASSWORD '{SECRET}'; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        f"ALTER DATABASE {database.name} OWNER TO {PUBLISHER}",
        f"GRANT SET ON PARAMETER pgaudit.log, pgaudit.log_relation, pgaudit.log_parameter TO {PUBLISHER}",
    )
    monkeypatch.setenv("PGPASSWORD", SECRET)
    return database


@pytest.fixture
def dsn(served: Database) -> str:
    return f"postgresql://{PUBLISHER}@127.0.0.1:{served.server.port}/{served.name}"


@pytest.fixture
def serve(publish_build: Publish, workdir: Workdir, dsn: str) -> Serve:
    """Publish a build, and serve it."""

    def run(build_id: str = "b1", change: str = "", **options: Any) -> Served:
        publish_build(build_id, change)
        return publish_postgres(workdir, dsn, keys=KEYS, **options)

    return run


@pytest.fixture
def logins(served: Database) -> Mapping[str, str]:
    """What each of LOGINS logs in with, once `admit` has made it."""
    return {name: served.server.dsn(served.name, name, SECRET) for name in LOGINS}


def admit(database: Database) -> None:
    """Make every login, a member of its groups, with its lines."""
    for login, lines in LOGINS.items():
        database.execute(
            f"DO $$ BEGIN CREATE ROLE {login} LOGIN PASSWORD '{SECRET}'; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
        groups = {f"sijiku_{role}" for role, _, _ in lines} or {"sijiku_district"}
        database.execute(*(f"GRANT {group} TO {login}" for group in sorted(groups)))
        database.insert(
            "access.member",
            [
                {"login": login, "role": role, "division_code": division, "bureau": bureau, "purpose": "核对"}
                for role, division, bureau in lines
            ],
        )


def every_table(database: Database) -> list[str]:
    """Each table of the database that is not the server's own, as its catalogue has it."""
    with psycopg.connect(database.dsn) as connection:
        found = connection.execute(
            "SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' "
            "AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
        ).fetchall()
    return [name for (name,) in found]


def rows(dsn: str, table: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(f"SELECT * FROM {quoted(table)}".encode()).fetchall()


def quoted(table: str) -> str:
    schema, name = table.split(".")
    return f'"{schema}"."{name}"'


def is_theirs(login: str, table: str, row: dict[str, Any], findings: Mapping[str, dict[str, Any]]) -> bool:
    """Whether a login is meant to see a row, said once more and in other words than the policies."""
    lines = LOGINS[login]
    if table == "access.member":
        return row["login"] == login
    if table == "quality.case":
        return is_theirs(login, "quality.finding", findings[row["finding_id"]], findings)
    is_police = any(bureau == "psb" for _, _, bureau in lines)
    if table == "quality.finding" and is_police and row["rule_id"] != "id_malformed":
        return False  # the other rule does not say to whom: totals only
    if table == "quality.finding" and is_police and row["bureau"] in ("hfpc", "edu", "civil"):
        return False  # such a record is itself what the police get totals of
    if table.split(".")[0] in ("meta", "library") or table in ("quality.rule", "quality.ledger"):
        return True
    division = next((row[name] for name in row if name == "division_code" or name.endswith("district")), None)
    return any(
        role in ("city", "auditor", "planner", "steward")
        or (role != "bureau" and division in BENEATH[area or CITY])
        or (
            role == "bureau"
            and (area is None or division in BENEATH[area])
            and ("bureau" not in row or bureau in (row["bureau"], row.get("other_bureau")))
        )
        for role, area, bureau in lines
    )


def test_each_login_sees_its_rows_on_every_table_and_writes_none(
    serve: Serve, served: Database, logins: Mapping[str, str]
) -> None:
    serve(change=_filled())
    admit(served)
    tables = every_table(served)
    assert {f"{public.table}" for public in public_tables() if not public.is_personal} - {"metrics.*"} <= set(tables)
    findings = {row["finding_id"]: row for row in rows(served.dsn, "quality.finding")}
    everything = {table: rows(served.dsn, table) for table in tables}
    assert [table for table in tables if not everything[table]] == []
    wrong: list[str] = []
    for login, its_dsn in logins.items():
        with psycopg.connect(its_dsn, row_factory=psycopg.rows.dict_row) as connection:
            for table in tables:
                expected = [row for row in everything[table] if is_theirs(login, table, row, findings)]
                seen = connection.execute(f"SELECT * FROM {quoted(table)}".encode()).fetchall()
                if sorted(map(repr, seen)) != sorted(map(repr, expected)):
                    wrong.append(f"{login} sees {len(seen)} rows of {table}, not {len(expected)}")
                wrong += [f"{login}: {done}" for done in writes(connection, table, next(iter(everything[table][0])))]
    assert not wrong, "\n".join(wrong)


def writes(connection: psycopg.Connection[Any], table: str, column: str) -> Iterator[str]:
    """The statements that a login got through on a table, of those that change something."""
    connection.commit()
    for statement in (
        f"INSERT INTO {quoted(table)} DEFAULT VALUES",
        f'UPDATE {quoted(table)} SET "{column}" = "{column}"',
        f"DELETE FROM {quoted(table)}",
        f"TRUNCATE {quoted(table)}",
        f"DROP TABLE {quoted(table)}",
        f"ALTER TABLE {quoted(table)} DISABLE ROW LEVEL SECURITY",
        f"CREATE TABLE {table.split('.')[0]}.mine (x int)",
        f"LOCK TABLE {quoted(table)} IN ACCESS EXCLUSIVE MODE",
    ):
        try:
            connection.execute(statement.encode())
            yield statement
        except psycopg.errors.InsufficientPrivilege:
            pass
        connection.rollback()


def test_views_show_no_more_than_the_tables_and_bear_the_names_of_divisions(
    serve: Serve, served: Database, logins: Mapping[str, str]
) -> None:
    serve(change=_filled())
    admit(served)
    seen = rows(logins["l_township"], "bi.mart_population")
    assert {row["division_code"] for row in seen} == {TOWNSHIP, COMMUNITY}
    assert {row["division_name"] for row in seen} == {"某处"}
    assert len(rows(logins["l_psb"], "bi.finding")) == len(rows(logins["l_psb"], "quality.finding"))


def test_a_right_needs_both_the_line_and_the_group(serve: Serve, served: Database, logins: Mapping[str, str]) -> None:
    serve(change=_filled())
    admit(served)
    served.execute("REVOKE sijiku_city FROM l_city", "GRANT sijiku_community TO l_city")
    assert rows(logins["l_city"], "marts.mart_flow") == []
    served.execute("GRANT sijiku_city TO l_city", "DELETE FROM access.member WHERE login = 'l_city'")
    assert rows(logins["l_city"], "marts.mart_flow") == []


def test_a_table_without_a_policy_a_views_owner_or_a_right_to_write_is_noticed(serve: Serve, served: Database) -> None:
    serve()
    schemas = [*serving.SCHEMAS, serving.VIEWS]
    with psycopg.connect(served.dsn) as connection:
        assert access.problems(connection, schemas) == []
        for statement, found in (
            ("CREATE TABLE marts.mart_new (division_code text)", "marts.mart_new has no policy"),
            ("ALTER TABLE marts.mart_flow NO FORCE ROW LEVEL SECURITY", "marts.mart_flow has no row-level security"),
            ("CREATE VIEW bi.new AS SELECT 1", "bi.new is a view with its owner's rights"),
            ("GRANT UPDATE ON meta.build TO sijiku_steward", "meta.build gives UPDATE to sijiku_steward"),
            ("GRANT SELECT ON meta.build TO PUBLIC", "meta.build gives SELECT to everybody"),
        ):
            connection.execute(statement.encode())
            assert any(found in problem for problem in access.problems(connection, schemas)), statement
            connection.rollback()


def test_a_table_that_knows_no_area_is_the_citys_unless_it_is_said_to_be_open() -> None:
    new = access.scope_of(access.Table("metrics", "new"), ["period", "people"])
    assert not new.is_open
    assert access.scope_of(access.Table("meta", "build"), ["build_id"]).is_open


def test_reads_are_logged_with_who_and_what_and_nobody_can_stop_it(
    serve: Serve, served: Database, logins: Mapping[str, str]
) -> None:
    assert serve(change=_filled()).read_log
    admit(served)
    rows(logins["l_planner"], "marts.mart_equalisation")
    who_and_when = rf"^\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\S* \S+ \[\d+\] l_planner@{served.name} LOG:  AUDIT: "
    what = r"SESSION,.*,READ,SELECT,TABLE,marts\.mart_equalisation,.*SELECT \* FROM"
    assert re.search(who_and_when + what, served.server.log, re.MULTILINE)
    with psycopg.connect(logins["l_planner"]) as connection:
        for statement in ("SET pgaudit.log = 'none'", "ALTER ROLE l_planner SET pgaudit.log = 'none'"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
            connection.rollback()


def test_without_a_log_of_reads_nothing_is_published_unless_it_is_said(serve: Serve, served: Database) -> None:
    served.execute("CREATE ROLE l_silent LOGIN", f"ALTER ROLE l_silent IN DATABASE {served.name} SET pgaudit.log = ''")
    try:
        with pytest.raises(SijikuError, match="l_silent") as refused:
            serve()
        assert "--no-read-log" in refused.value.remedy
        assert every_table(served) == ["access.member"]
        assert not serve(needs_read_log=False).read_log
    finally:
        served.execute("DROP ROLE l_silent")


BUILDS_SEEN = (
    "SELECT b.build_id, (SELECT min(build_id) FROM quality.ledger), "
    "(SELECT max(first_build) FROM bi.finding WHERE finding_id = 'f1'), "
    "(SELECT count(*) FROM marts.mart_population) FROM meta.build AS b"
)
FINDING = "UPDATE quality.finding SET division_code = '150202000000', bureau = 'psb'"


def test_readers_see_the_build_before_or_the_new_one_and_never_wait_over_a_second(
    serve: Serve, served: Database, logins: Mapping[str, str]
) -> None:
    serve("b1", FINDING)
    admit(served)
    done, seen, failed = threading.Event(), set(), []

    def read() -> None:
        try:
            with psycopg.connect(logins["l_city"], autocommit=True) as connection:
                connection.execute("SET lock_timeout = '1s'")
                while not done.is_set():
                    seen.update(connection.execute(BUILDS_SEEN).fetchall())
        except psycopg.Error as error:
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    try:
        serve("b2", FINDING)
        with psycopg.connect(logins["l_city"]) as connection:
            seen.update(connection.execute(BUILDS_SEEN).fetchall())
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert not failed
    assert {row[0] for row in seen} == {"b1", "b2"}
    assert {row for row in seen if row != (row[0], row[0], row[0], 4)} == set()


def test_who_reads_in_a_transaction_keeps_that_build_and_others_go_on_reading(
    serve: Serve, served: Database, logins: Mapping[str, str]
) -> None:
    serve("b1", FINDING)
    admit(served)
    with (
        psycopg.connect(logins["l_city"]) as early,
        psycopg.connect(logins["l_city"]) as reader,
        psycopg.connect(logins["l_steward"], autocommit=True) as other,
    ):
        for connection in (early, reader):
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        early.execute("SELECT 1 FROM access.member")  # its snapshot is of before, and it has read nothing yet
        assert reader.execute("SELECT build_id FROM meta.build").fetchall() == [("b1",)]
        with pytest.raises(SijikuError, match="Readers' transactions") as refused:
            serve("b2", FINDING, patience=0)
        assert "照常服务" in refused.value.problem and "pg_stat_activity" in refused.value.remedy
        assert reader.execute(BUILDS_SEEN).fetchall() == [("b1", "b1", "b1", 4)]
        assert other.execute(BUILDS_SEEN).fetchall() == [("b1", "b1", "b1", 4)]
        reader.commit()
        assert serve("b2", FINDING).build_id == "b2"
        assert reader.execute(BUILDS_SEEN).fetchall() == [("b2", "b2", "b2", 4)]
        assert early.execute(BUILDS_SEEN).fetchall() == [("b2", "b2", "b2", 4)]


def test_a_failure_at_any_point_leaves_the_build_before_in_service_and_the_next_publication_clears_up(
    serve: Serve,
    served: Database,
    logins: Mapping[str, str],
    workdir: Workdir,
    dsn: str,
    publish_build: Publish,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve("b1")
    admit(served)
    publish_build("b2")
    renaming = serving._renaming

    def fails(*_: Any, **__: Any) -> Any:
        raise psycopg.errors.DiskFull("secret")

    def broken(connection: psycopg.Connection[Any]) -> str:
        return renaming(connection).replace("COMMIT", "SELECT 1 / 0; COMMIT")

    def killed(connection: psycopg.Connection[Any]) -> str:
        return renaming(connection).replace("COMMIT", "SELECT pg_terminate_backend(pg_backend_pid()); COMMIT")

    for module, name, instead in (
        (serving, "_copy", fails),
        (access, "guard", fails),
        (access, "problems", lambda *_: ["x"]),
        (serving, "_renaming", broken),
        (serving, "_renaming", killed),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, instead)
            with pytest.raises(SijikuError) as told:
                publish_postgres(workdir, dsn, keys=KEYS)
        assert "照常服务" in told.value.problem and "secret" not in str(told.value), instead
        assert rows(logins["l_city"], "meta.build")[0]["build_id"] == "b1"
    assert publish_postgres(workdir, dsn, keys=KEYS).build_id == "b2"
    assert rows(logins["l_city"], "meta.build")[0]["build_id"] == "b2"
    assert [name for name in every_table(served) if name.startswith(serving.NEXT)] == []


def test_memberships_outlive_builds_and_the_build_before_is_closed_then_dropped(
    serve: Serve, served: Database, logins: Mapping[str, str], workdir: Workdir, dsn: str
) -> None:
    serve("b1")
    admit(served)
    serve("b2")
    assert len(rows(served.dsn, "access.member")) == sum(map(len, LOGINS.values()))
    assert rows(served.dsn, "sijiku_old_meta.build")[0]["build_id"] == "b1"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(logins["l_city"], "sijiku_old_meta.build")
    publish_postgres(workdir, dsn, keys=KEYS)
    assert rows(served.dsn, "sijiku_old_meta.build")[0]["build_id"] == "b2"


def test_a_row_that_is_there_twice_is_told_without_its_values(serve: Serve) -> None:
    twice = "INSERT INTO quality.finding BY NAME SELECT 'f1' AS finding_id, '密文' AS detail_zh"
    with pytest.raises(SijikuError, match=r"loading quality\.finding \(SQLSTATE 23505\)") as told:
        serve("b1", twice)
    assert "f1" not in str(told.value)


def test_a_second_publication_at_the_same_time_is_kept_out(serve: Serve, dsn: str) -> None:
    with psycopg.connect(dsn) as other:
        other.execute(f"SELECT pg_advisory_lock(hashtextextended('{serving._LOCK}', 0))")
        with pytest.raises(SijikuError, match="Another publication"):
            serve()


def test_a_schema_that_somebody_else_made_is_left_alone(serve: Serve, served: Database) -> None:
    served.execute("CREATE SCHEMA marts", "CREATE TABLE marts.theirs AS SELECT 1 AS x")
    with pytest.raises(SijikuError, match="模式 marts 不是本程序建立的"):
        serve()
    assert every_table(served) == ["marts.theirs"]


def test_empty_texts_quotes_and_line_breaks_arrive_as_they_are(serve: Serve, served: Database) -> None:
    odd = 'a"b,\nc\\N'
    serve("b1", f"UPDATE quality.finding SET detail_zh = '', detail_en = '{odd}', state = NULL WHERE finding_id = 'f1'")
    (row,) = [row for row in rows(served.dsn, "quality.finding") if row["finding_id"] == "f1"]
    assert (row["detail_zh"], row["detail_en"], row["state"]) == ("", odd, None)


@pytest.mark.parametrize(
    "given",
    [f"postgresql://u:{PASSWORD[:6]}@h/x", "host=h password=geheim", "postgresql://u:ge%zzheim@h", "geheim", ""],
)
def test_a_dsn_with_a_password_or_none_is_refused_and_not_repeated(given: str) -> None:
    with pytest.raises(UsageError) as told:
        connection_string(given)
    assert "heim" not in str(told.value) and PASSWORD[:6] not in str(told.value)


def test_the_variable_may_hold_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(serving.DSN_VARIABLE, "postgresql://u:geheim@h/x")
    assert "geheim" in connection_string(None)


def test_a_server_out_of_reach_or_a_wrong_password_is_said_without_the_secret(
    publish_build: Publish, workdir: Workdir, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_build("b1")
    monkeypatch.setenv("PGPASSWORD", "falsch")
    with pytest.raises(SijikuError, match="does not let us in") as told:
        publish_postgres(workdir, dsn, keys=KEYS)
    assert not [word for word in ("falsch", PUBLISHER, dsn) if word in str(told.value)]
    with pytest.raises(SijikuError, match="does not answer"):
        publish_postgres(workdir, f"postgresql://u@127.0.0.1:{free_port()}/x", keys=KEYS)


def test_the_command_says_what_is_served_and_where_without_the_user(
    publish_build: Publish, workdir: Workdir, dsn: str, served: Database
) -> None:
    publish_build("b1")
    done = CliRunner().invoke(app, ["publish", "postgres", "--workdir", str(workdir.path), "--dsn", dsn])
    assert done.exit_code == 0, done.output
    assert f"b1 → 127.0.0.1:{served.server.port}/{served.name}" in done.output
    assert PUBLISHER not in done.output and SECRET not in done.output


def test_no_table_of_the_database_holds_anything_of_anybody(serve: Serve, served: Database) -> None:
    serve()
    people = People({"150202198001010000", "13800001111", "13900002222"}, {"密甲", "密乙"})
    with psycopg.connect(served.dsn) as connection:
        schemas = sorted({name.split(".")[0] for name in every_table(served)})
        texts = list(texts_of_server(connection, schemas))
        assert len(texts) > 20 and not scan(people, texts)
        # the scanner would have seen it
        connection.execute("CREATE TABLE public.slip AS SELECT '密甲' AS name, '电话13800001111' AS note")
        assert scan(people, texts_of_server(connection, ["public"])) == {"public.slip": {"密甲", "13800001111"}}
        connection.rollback()
