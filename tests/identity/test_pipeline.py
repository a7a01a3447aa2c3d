"""Who is linked with whom, and what is written: mentions written by hand into a real warehouse."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Literal

import duckdb
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.linker import Linker
from identity.pipeline import LINKERS, IdentityReport, identify
from sources.errors import SijikuError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

PUBLIC = Path(__file__).parents[2] / "interface" / "public.yml"
TYPES = {"v": "VARCHAR", "d": "DOUBLE"}

MENTION_COLUMNS: dict[str, str] = {
    "dataset": "VARCHAR",
    "record_key": "VARCHAR",
    "role": "VARCHAR",
    "record_ref": "VARCHAR",
    "_delivery": "VARCHAR",
    "_file": "VARCHAR",
    "_row": "BIGINT",
    "name": "VARCHAR",
    "name_norm": "VARCHAR",
    "name_key": "VARCHAR",
    "sex": "VARCHAR",
    "birth_date": "DATE",
    "id_number": "VARCHAR",
    "id_number_raw": "VARCHAR",
    "id_number_status": "VARCHAR",
    "phone": "VARCHAR",
    "ethnicity": "VARCHAR",
    "division_code": "VARCHAR",
    "division_status": "VARCHAR",
    "hukou_division": "VARCHAR",
    "hukou_division_status": "VARCHAR",
    "mother_name": "VARCHAR",
    "mother_name_key": "VARCHAR",
    "mother_id_number": "VARCHAR",
    "guardian_name": "VARCHAR",
    "guardian_name_key": "VARCHAR",
    "guardian_id_number": "VARCHAR",
    "household_key": "VARCHAR",
    "employer": "VARCHAR",
}

NUMBER = "150202198001010012"
OTHER_NUMBER = "150202199002020023"


def mention(key: str, name: str | None = None, number: str | None = None, **fields: object) -> dict[str, object]:
    """One mention; its pinyin key is its name unless given."""
    return {
        "dataset": "psb.temporary_residence",
        "record_key": key,
        "role": "resident",
        "record_ref": hashlib.md5(key.encode()).hexdigest(),
        "name": name,
        "name_norm": name,
        "name_key": name,
        "id_number": number,
        "id_number_raw": number,
        "id_number_status": "valid" if number else "missing",
        **fields,
    }


@dataclass
class Town:
    """A workdir whose mentions are set by hand."""

    workdir: Workdir
    builds: int = 0
    reports: list[IdentityReport] = field(default_factory=list)

    def deliver(self, mentions: Iterable[dict[str, object]]) -> None:
        """Replace all mentions."""
        columns = ", ".join(f"{name} {type_}" for name, type_ in MENTION_COLUMNS.items())
        rows = [tuple(row.get(name) for name in MENTION_COLUMNS) for row in mentions]
        with open_warehouse(self.workdir) as connection:
            connection.execute("CREATE SCHEMA IF NOT EXISTS mentions")
            connection.execute(f"CREATE OR REPLACE TABLE mentions.int_person__mentions ({columns})")
            if rows:
                marks = ", ".join("?" * len(MENTION_COLUMNS))
                connection.executemany(f"INSERT INTO mentions.int_person__mentions VALUES ({marks})", rows)

    def identify(self, build_id: str | None = None, linkers: Sequence[Linker] = LINKERS) -> dict[str, str]:
        """Run identity as the next build; returns each record key's person (with /role unless resident)."""
        self.builds += 1
        self.reports.append(identify(self.workdir, build_id or f"build-{self.builds}", linkers=linkers))
        return dict(
            self.query(
                "SELECT record_key || CASE role WHEN 'resident' THEN '' ELSE '/' || role END, person_id "
                "FROM identity.person_xref"
            )
        )

    def see(self, *mentions: dict[str, object]) -> dict[str, str]:
        """Deliver and identify."""
        self.deliver(mentions)
        return self.identify()

    def query(self, sql: str) -> list[tuple[object, ...]]:
        """Rows of a query on the warehouse."""
        with open_warehouse(self.workdir, read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture
def town(found: Callable[[], Workdir]) -> Town:
    return Town(found())


def people(persons: dict[str, str]) -> set[frozenset[str]]:
    """The mentions of each person."""
    return {frozenset(key for key, person in persons.items() if person == wanted) for wanted in persons.values()}


# ---- who is linked


def test_the_same_number_and_name_are_one_person(town: Town) -> None:
    persons = town.see(mention("a", "王伟", NUMBER), mention("b", "王伟", NUMBER, phone="13900000000"))
    assert people(persons) == {frozenset("ab")}
    assert town.query("SELECT DISTINCT method, confidence, evidence FROM identity.person_xref") == [
        ("certain", 1.0, "number+name")
    ]


def test_a_homophone_under_the_same_number_is_the_same_person(town: Town) -> None:
    persons = town.see(
        mention("a", "张伟", NUMBER, name_key="zhangwei"), mention("b", "章玮", NUMBER, name_key="zhangwei")
    )
    assert people(persons) == {frozenset("ab")}


def test_a_number_carried_under_another_name_links_nobody(town: Town) -> None:
    persons = town.see(
        mention("a", "王伟", NUMBER), mention("b", "王伟", NUMBER, phone="1"), mention("c", "李娜", NUMBER)
    )
    assert people(persons) == {frozenset("ab"), frozenset("c")}
    assert dict(town.query("SELECT record_key, method FROM identity.person_xref"))["c"] == "single"


def test_names_that_agree_in_turn_are_one_person(town: Town) -> None:
    persons = town.see(
        mention("a", "张伟", NUMBER, name_key=None),
        mention("b", "张伟", NUMBER, name_key="zhangwei"),
        mention("c", "章玮", NUMBER, name_key="zhangwei"),
    )
    assert people(persons) == {frozenset("abc")}


@pytest.mark.parametrize("status", ["checksum_failed", "malformed"])
def test_a_number_that_failed_its_check_is_no_proof_of_anything(town: Town, status: str) -> None:
    wrong = {"id_number": None, "id_number_raw": OTHER_NUMBER, "id_number_status": status}
    persons = town.see(mention("a", "王伟", **wrong), mention("b", "李娜", **wrong), mention("c", "王伟", NUMBER))
    assert len(people(persons)) == 3


@pytest.mark.parametrize("status", ["upgraded_15", "cleaned"])
def test_a_number_that_was_repaired_links(town: Town, status: str) -> None:
    persons = town.see(mention("a", "王伟", NUMBER), mention("b", "王伟", NUMBER, id_number_status=status))
    assert people(persons) == {frozenset("ab")}


def test_a_number_without_a_name_links_nobody(town: Town) -> None:
    assert len(people(town.see(mention("a", None, NUMBER), mention("b", None, NUMBER)))) == 2


def test_mentions_that_look_equal_but_carry_no_number_stay_apart(town: Town) -> None:
    assert len(people(town.see(mention("a", "王伟"), mention("b", "王伟")))) == 2
    assert town.reports[-1].profiles == 2, "a bare name is nobody's in particular"


def test_two_roles_of_one_record_are_two_mentions(town: Town) -> None:
    couple = {"dataset": "civil.marriage"}
    persons = town.see(
        mention("m", "王伟", NUMBER, role="husband", **couple),
        mention("m", "李娜", OTHER_NUMBER, role="wife", **couple),
        mention("a", "李娜", OTHER_NUMBER),
    )
    assert people(persons) == {frozenset({"m/husband"}), frozenset({"m/wife", "a"})}


@pytest.mark.parametrize("shared", ["phone", "phone and birth date", "name", "household", "mother"])
def test_what_fifty_thousand_records_share_is_no_trouble(town: Town, shared: str) -> None:
    """Half of them bear numbers; the others have none, and nothing but what is shared and a name."""
    town.deliver([])
    name = (
        "'王伟'"
        if shared == "name"
        else "'王' || chr(CAST(19968 + i % 20000 AS INTEGER)) || chr(CAST(19968 + i // 20000 AS INTEGER))"
    )
    told = {
        "phone": "'13800000000'" if shared.startswith("phone") else "NULL",
        "birth_date": "DATE '1980-01-01'" if shared == "phone and birth date" else "NULL",
        "sex": "'1'" if shared == "phone and birth date" else "NULL",
        "household_key": "'H1'" if shared == "household" else "NULL",
        "mother_name_key": "'lina'" if shared == "mother" else "NULL",
    }
    with open_warehouse(town.workdir) as connection:
        connection.execute(
            "INSERT INTO mentions.int_person__mentions BY NAME SELECT 'psb.temporary_residence' AS dataset, "
            "CAST(i AS VARCHAR) AS record_key, 'resident' AS role, md5(CAST(i AS VARCHAR)) AS record_ref, "
            f"{name} AS name, {name} AS name_norm, {name} AS name_key, "
            "CASE WHEN i % 2 = 0 THEN printf('1%017d', i) END AS id_number, "
            "CASE WHEN i % 2 = 0 THEN printf('1%017d', i) END AS id_number_raw, "
            "CASE WHEN i % 2 = 0 THEN 'valid' ELSE 'missing' END AS id_number_status, "
            + ", ".join(f"{value} AS {field}" for field, value in told.items())
            + " FROM (SELECT range AS i FROM range(50000))"
        )
    persons = town.identify()
    assert len(persons) == 50_000
    assert len({persons[str(key)] for key in range(0, 50_000, 2)}) == 25_000, "bearers of numbers stay apart"


@pytest.mark.parametrize(("names", "expected"), [(1, 1), (50_000, 50_000)])
def test_a_number_that_fifty_thousand_records_share_is_no_trouble(town: Town, names: int, expected: int) -> None:
    town.deliver([])
    with open_warehouse(town.workdir) as connection:
        connection.execute(
            "INSERT INTO mentions.int_person__mentions (dataset, record_key, role, record_ref, name_norm, name_key, "
            "id_number, id_number_status, phone) SELECT 'psb.temporary_residence', i, 'resident', md5(i), "
            f"'名' || md5('' || range % {names}), md5('' || range % {names}), '{NUMBER}', 'valid', i "
            "FROM (SELECT range, CAST(range AS VARCHAR) AS i FROM range(50000))"
        )
    town.identify()
    assert town.reports[-1].persons == expected


# ---- another linker beside the certain one


@dataclass(frozen=True)
class SamePhoneLinker:
    """A stand-in for a probable linker: a star around each phone."""

    name: str = "same phone"
    method: Literal["probable"] = "probable"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        connection.execute(
            f"CREATE TABLE {out_table} AS SELECT min(profile_id) OVER (PARTITION BY phone) AS profile_l, "
            f"profile_id AS profile_r, CAST(0.9 AS DOUBLE) AS confidence, 'phone' AS evidence "
            f"FROM {profiles_table} WHERE phone IS NOT NULL"
        )


def test_edges_of_all_linkers_are_clustered_together_and_the_surest_is_named(town: Town) -> None:
    town.deliver(
        [
            mention("a", "王伟", NUMBER),
            mention("b", "王伟", NUMBER, phone="13900000000"),
            mention("c", "赵敏", phone="13900000000"),
            mention("d", "李娜"),
        ]
    )
    persons = town.identify(linkers=(*LINKERS, SamePhoneLinker()))
    assert people(persons) == {frozenset("abc"), frozenset("d")}
    xref = "SELECT record_key, method, confidence, evidence FROM identity.person_xref ORDER BY record_key"
    assert town.query(xref) == [
        ("a", "certain", 1.0, "number+name"),
        ("b", "certain", 1.0, "number+name"),
        ("c", "probable", 0.9, "phone"),
        ("d", "single", 1.0, None),
    ]
    assert (town.reports[-1].links, town.reports[-1].cut) == ({"certain": 2, "probable": 1, "single": 1}, 0)


def test_two_bearers_of_numbers_are_never_one_person_whatever_a_linker_says(town: Town) -> None:
    town.deliver(
        [
            mention("a", "王伟", NUMBER, phone="13900000000"),
            mention("b", "王伟", NUMBER),
            mention("c", "李娜", OTHER_NUMBER, phone="13900000000"),
            mention("d", "李娜", OTHER_NUMBER),
        ]
    )
    persons = town.identify(linkers=(*LINKERS, SamePhoneLinker()))
    assert people(persons) == {frozenset("ab"), frozenset("cd")}
    assert town.reports[-1].cut == 1
    assert town.query("SELECT DISTINCT method, evidence FROM identity.person_xref") == [("certain", "number+name")]
    # What was cut is kept: the next run asks again.
    kept = "SELECT linker, evidence, count(*) FROM linkage.edge GROUP BY ALL ORDER BY ALL"
    assert town.query(kept) == [("certain", "number+name", 4), ("same phone", "phone", 2)]


# ---- numbers over time


def test_a_corrected_name_brings_two_records_together_and_a_relapse_parts_them_again(town: Town) -> None:
    apart = (mention("a", "王伟", NUMBER), mention("b", "王伟", NUMBER, phone="1"), mention("c", "李娜", NUMBER))
    before = town.see(*apart)
    joined = town.see(*apart[:2], mention("c", "王伟", NUMBER))
    assert set(joined.values()) == {before["a"]}
    assert town.reports[-1].events == {"merged": 1}
    assert town.see(*apart) == before
    events = town.query("SELECT build_id, kind, person_id, other_person_id FROM identity.person_event ORDER BY 1, 2, 3")
    assert events[2:] == [
        ("build-2", "merged", before["c"], before["a"]),
        ("build-3", "revived", before["c"], before["a"]),
    ]


ROWS = [
    mention("a", "王伟", NUMBER),
    mention("b", "王伟", NUMBER),
    mention("c", "李娜", NUMBER),
    mention("d", "李娜", OTHER_NUMBER),
    mention("e", "李娜", OTHER_NUMBER, phone="1"),
    mention("f", "赵敏"),
    mention("g", "赵敏"),
]


@given(st.randoms(use_true_random=False), st.sampled_from(["1", "2"]))
@settings(max_examples=8, deadline=None, print_blob=True)
def test_order_and_threads_change_nothing(found: Callable[[], Workdir], random: Random, threads: str) -> None:
    town = Town(found())
    with pytest.MonkeyPatch.context() as patch:
        first = town.see(*ROWS)
        patch.setenv("SIJIKU_THREADS", threads)
        shuffled = list(ROWS)
        random.shuffle(shuffled)
        assert town.see(*shuffled) == first
        assert town.reports[-1].events == {}
        elsewhere = Town(found()).see(*shuffled)
    assert people(elsewhere) == people(first)
    assert not set(elsewhere.values()) & set(first.values())


# ---- what is written


def test_the_tables_are_those_of_the_interface_even_when_empty(town: Town) -> None:
    town.see()
    tables = yaml.safe_load(PUBLIC.read_text("utf-8"))["restricted"]
    tables["identity.person_ref"] = {"columns": {"person_id": "v", "person_ref": "v"}}
    for table in ("person_xref", "person_event", "person_ref"):
        wanted = {name: TYPES[type_[0]] for name, type_ in tables[f"identity.{table}"]["columns"].items()}
        found_columns = dict(
            town.query(
                "SELECT column_name, data_type FROM duckdb_columns() "
                f"WHERE schema_name = 'identity' AND table_name = '{table}'"
            )
        )
        assert wanted.items() <= found_columns.items(), table
    assert town.query("SELECT count(*) FROM identity.person_xref") == [(0,)]


def test_every_mention_gets_one_person_and_every_person_a_reference(town: Town) -> None:
    town.see(*ROWS)
    assert town.query("SELECT count(*), count(DISTINCT record_ref), count(person_id) FROM identity.person_xref") == [
        (7, 7, 7)
    ]
    assert town.query(
        "SELECT count(*) FROM (SELECT DISTINCT person_id FROM identity.person_xref) "
        "LEFT JOIN identity.person_ref USING (person_id) WHERE person_ref IS NULL"
    ) == [(0,)]
    report = town.reports[-1]
    assert (report.mentions, report.profiles, report.persons) == (7, 6, 5)


def test_nothing_but_identity_and_what_the_next_run_needs_is_left_in_the_warehouse(town: Town) -> None:
    town.see(*ROWS)
    assert {schema for (schema,) in town.query("SELECT DISTINCT schema_name FROM duckdb_tables()")} == {
        "mentions",
        "identity",
        "linkage",
    }


def test_a_mention_named_twice_is_refused_before_anything_is_written(town: Town) -> None:
    with pytest.raises(SijikuError, match="1 repeat") as refused:
        town.see(mention("a", "王伟", NUMBER), mention("a", "王伟", NUMBER))
    assert "王伟" not in str(refused.value)
    assert NUMBER not in str(refused.value)
    assert not list(town.workdir.state.iterdir())


def test_a_mention_without_record_ref_is_refused(town: Town) -> None:
    with pytest.raises(SijikuError, match="1 rows lack record_ref"):
        town.see(mention("a", "王伟", NUMBER, record_ref=None))


def test_without_mentions_the_message_says_what_to_build(town: Town) -> None:
    with pytest.raises(SijikuError, match="Build the dbt models"):
        town.identify()


def test_the_log_holds_counts_and_nobody(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        town.see(*ROWS)
    assert "7 mentions, 6 profiles, 5 persons; 5 created" in caplog.text
    assert "王伟" not in caplog.text
    assert NUMBER not in caplog.text
