"""A person erased from a city: the library that comes next is the one of deliveries that never held her."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from sources.backup import kept_files
from sources.contract import load_contract
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.conftest import BuiltCity, run_sijiku
from tests.same_library import differences

# Written by hand, to hold the contracts' roles against: a record goes whole by these roles, and where it is about
# somebody else, these columns are emptied.
WHOLE = {
    "resident",
    "migrant",
    "patient",
    "woman",
    "worker",
    "insured",
    "trainee",
    "tenant",
    "applicant",
    "recipient",
    "student",
}
WHOLE |= {"deceased", "child"}
EMPTIED = {
    ("hfpc.immunization", "mother"): ["母亲姓名", "母亲身份证号", "联系电话"],
    ("hfpc.birth_certificate", "mother"): ["母亲姓名", "母亲身份证号", "母亲户籍地区划"],
    ("hfpc.birth_certificate", "father"): ["父亲姓名", "父亲身份证号"],
    ("edu.student_enrollment", "guardian"): ["监护人姓名", "监护人身份证号", "监护人电话"],
    ("civil.marriage", "husband"): ["男方姓名", "男方证件号", "男方出生日期"],
    ("civil.marriage", "wife"): ["女方姓名", "女方证件号", "女方出生日期"],
}
# What says when something was first seen and what became of deliveries: two builds against one.
OF_BUILDS = {
    # With the build in every row, or a random person number in a text.
    "quality.result",
    "quality.verdict",
    "quality.rule_counterpart_missing",
    "meta.build",
    "meta.delivery",
    "quality.finding",
    "quality.ledger",
    "quality.case",
    "identity.person_event",
}
PERSON = """
    SELECT person_id, id_number, phone, name FROM library.dim_person
    WHERE id_number IS NOT NULL AND phone IS NOT NULL AND n_records > 12
        AND person_id IN (SELECT mother_person_id FROM library.dim_person)
    ORDER BY n_records DESC, id_number LIMIT 1"""


def published(workdir: Workdir, query: str) -> list[tuple[str, ...]]:
    with duckdb.connect(str(workdir.current / "restricted" / "sijiku.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def never_held(library: Workdir, person: str, number: str, copy: Workdir) -> None:
    """A library of the same deliveries, but that these never held the person, nor her number under another name: only
    the raw zone, and what state must know of deliveries."""
    copy.create()
    for log in ("delivery_file", "quarantined_row"):
        if (library.state / log).exists():
            shutil.copytree(library.state / log, copy.state / log)
    links = published(
        library, f"SELECT dataset, record_key, role FROM identity.person_xref WHERE person_id = '{person}'"
    )
    for path in (path for path in kept_files(library) if path.is_relative_to(library.raw)):
        dataset = ".".join(path.relative_to(library.raw).parts[:2])
        keys = {
            role: [key for where, key, named in links if where == dataset and named == role] for _, _, role in links
        }
        frame = pl.read_parquet(path, hive_partitioning=False)
        for role in WHOLE & set(keys):
            frame = frame.filter(~pl.col("_record_key").is_in(keys[role]))
        for (where, role), columns in EMPTIED.items():
            if where == dataset and keys.get(role):
                is_hers = pl.col("_record_key").is_in(keys[role])
                frame = frame.with_columns(pl.when(~is_hers).then(pl.col(column)).alias(column) for column in columns)
        numbers = [column.header for column in load_contract(dataset).columns if column.type == "id_number"]
        frame = frame.with_columns(
            pl.when(pl.col(header).str.replace_all("[^0-9Xx]", "") != number).then(pl.col(header)).alias(header)
            for header in numbers
        )
        target = copy.path / path.relative_to(library.path)
        target.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(target)
    log_deliveries(library, copy)


def log_deliveries(library: Workdir, copy: Workdir) -> None:
    """The deliveries as if they had held what is there now. Names of records stay: ties are broken by them."""
    state = State(copy.state)
    with open_engine(library) as connection:
        files = f"read_parquet('{copy.raw}/*/*/*/*/*.parquet', union_by_name = true)"
        there = f"SELECT _delivery AS delivery, count(*) AS rows FROM {files} GROUP BY ALL"
        accepted = (
            "SELECT * EXCLUDE (rows) "
            "REPLACE (there.rows AS rows_read, there.rows + rows_quarantined AS rows_declared) "
            f"FROM ({State(library.state).select('delivery')}) JOIN ({there}) AS there USING (delivery)"
        )
        keys = " UNION ALL ".join(
            f"SELECT DISTINCT '{contract.dataset}' AS dataset, _record_key AS record_key "
            f"FROM read_parquet('{folder}/*/*/*.parquet', union_by_name = true)"
            for contract, folder in raw_datasets(copy)
        )
        connection.execute(f"CREATE TABLE accepted AS {accepted}")
        connection.execute(
            "CREATE TABLE keys AS SELECT dataset, record_key, record_ref "
            f"FROM ({keys}) JOIN ({State(library.state).select('record_ref')}) USING (dataset, record_key)"
        )
        for delivery, segment in connection.execute(
            "SELECT delivery, _segment FROM accepted ORDER BY _segment"
        ).fetchall():
            state.append(
                connection,
                "delivery",
                f"SELECT * EXCLUDE (_segment) FROM accepted WHERE _segment = {segment}",
                key=delivery,
            )
        state.append(connection, "record_ref", "FROM keys", key="all")


def raw_datasets(workdir: Workdir) -> Iterator[tuple[object, Path]]:
    for folder in sorted(workdir.raw.glob("*/*")):
        yield load_contract(f"{folder.parent.name}.{folder.name}"), folder


def left_of(workdir: Workdir, words: list[str]) -> dict[str, set[str]]:
    """Where words stand in a workdir: in the bytes of files, in rows of Parquet and DuckDB files."""
    found: dict[str, set[str]] = {}
    with duckdb.connect() as connection:

        def look(where: str, relation: str) -> None:
            columns = [row[0] for row in connection.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()]
            text = " || '\n' || ".join(f"coalesce(CAST(\"{column}\" AS VARCHAR), '')" for column in columns)
            for word in words:
                (rows,) = connection.execute(
                    f"SELECT count(*) FROM {relation} WHERE contains({text}, ?)", [word]
                ).fetchone() or (0,)
                if rows:
                    found.setdefault(word, set()).add(where)

        for path in sorted(path for path in workdir.path.rglob("*") if path.is_file()):
            name, content = path.relative_to(workdir.path).as_posix(), path.read_bytes()
            for word in words:
                if word.encode() in content:
                    found.setdefault(word, set()).add(name)
            if path.suffix == ".parquet":
                look(name, f"read_parquet('{path}', hive_partitioning = false)")
            elif path.suffix == ".duckdb":
                connection.execute(f"ATTACH '{path}' AS looked_at (READ_ONLY)")
                for schema, table in connection.execute(
                    "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'looked_at'"
                ).fetchall():
                    look(f"{name} {schema}.{table}", f'looked_at."{schema}"."{table}"')
                connection.execute("DETACH looked_at")
    return found


def others_with_her_phone(library: Workdir, person: str, phone: str) -> bool:
    rows = published(
        library,
        "SELECT 1 FROM identity.mention JOIN identity.person_xref USING (record_ref, role) "
        f"WHERE phone = '{phone}' AND person_id <> '{person}' AND role NOT IN ('child', 'student') LIMIT 1",
    )
    return bool(rows)


@pytest.mark.full
def test_the_library_after_an_erasure_is_that_of_deliveries_that_never_held_the_person(
    built_city: BuiltCity, tmp_path: Path
) -> None:
    library = Workdir(tmp_path / "library")
    shutil.copytree(built_city.workdir.path, library.path, symlinks=True)
    ((person, number, phone, name),) = published(library, PERSON)
    never = Workdir(tmp_path / "never")
    never_held(library, person, number, never)
    asked = ("erase", "--workdir", library.path, "--person", person, "--by", "档案科", "--reason", "申请")
    assert run_sijiku(*asked).returncode == 2, "not without --yes"
    done = run_sijiku(*asked, "--yes")
    assert done.returncode == 0, done.stderr
    assert name not in done.stdout
    left = left_of(library, [number, person, phone])
    assert not left.get(number)
    assert not left.get(person)
    assert not left.get(phone) or others_with_her_phone(built_city.workdir, person, phone)
    assert run_sijiku("audit", "verify", "--workdir", library.path).returncode == 0
    landing = tmp_path / "nothing"
    landing.mkdir()
    for workdir in (library, never):
        built = run_sijiku("build", "--landing", landing, "--workdir", workdir.path)
        assert built.returncode == 0, built.stdout + built.stderr
    found = differences(library.current.resolve(), never.current.resolve())
    assert [line for line in found if line.split(":")[0] not in OF_BUILDS] == []
    assert published(library, "SELECT sum(erased) > 0, sum(balance) FROM quality.ledger") == [(True, 0)]
    assert run_sijiku("audit", "verify", "--workdir", library.path).returncode == 0
    assert not left_of(library, [number, person])
