"""A dataset read from a real PostgreSQL 15 comes in as a delivery like any other."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest
import yaml

from sources import postgres as postgres_module
from sources import pull as pull_module
from sources.contract import load_contract
from sources.landing import DeliveryOutcome, find_deliveries, refuse_unclaimed, take_in, take_in_dataset
from sources.manifest import ManifestFile
from sources.parquet import is_encrypted, rows_in
from sources.pull import pull
from sources.raw_zone import register
from sources.state import State
from sources.warehouse import open_engine, open_warehouse
from sources.workdir import Workdir
from tests.conftest import UseKey
from tests.deliveries import sample_rows, write_delivery, write_manifest
from tests.postgres import PASSWORD, Database, Server, free_port

INSURANCE, DAY = "hrss.social_insurance", "2014-10-31"
TABLE, VARIABLE = "public.social_insurance", "HRSS_DSN"
HEADERS = load_contract(INSURANCE).headers
WATERMARK = {"mode": "watermark", "watermark": "updated_at"}


@pytest.fixture
def source(database: Database, monkeypatch: pytest.MonkeyPatch) -> Database:
    """A database with the dataset's table, empty, and its connection string in the environment."""
    columns = ", ".join(f'"{header}" text' for header in HEADERS)
    database.execute(f"CREATE TABLE {TABLE} ({columns}, updated_at timestamp DEFAULT '2014-10-01 08:00:00')")
    monkeypatch.setenv(VARIABLE, database.dsn)
    return database


def without_updated_at(source: Database) -> None:
    source.execute(f"ALTER TABLE {TABLE} DROP COLUMN updated_at")


def connect(landing: Path, dataset: str = INSURANCE, **fields: Any) -> Path:
    """Write the dataset's connection.yml: the table, in full, unless told otherwise."""
    folder = landing / dataset.replace(".", "/")
    folder.mkdir(parents=True, exist_ok=True)
    content = {"dsn_env": VARIABLE, "table": TABLE, "mode": "full", "extract_date": DAY} | fields
    text = yaml.safe_dump({name: value for name, value in content.items() if value is not None}, allow_unicode=True)
    (folder / "connection.yml").write_text(text, encoding="utf-8")
    return folder


def only(workdir: Workdir, landing: Path) -> DeliveryOutcome:
    (outcome,) = take_in(workdir, landing).outcomes
    return outcome


def log(workdir: Workdir, name: str) -> list[tuple[Any, ...]]:
    with open_engine(workdir) as connection:
        return connection.execute(f"{State(workdir.state).select(name)} ORDER BY _segment").fetchall()


def raw_rows(workdir: Workdir, delivery: str, columns: str) -> list[tuple[Any, ...]]:
    """Columns of a delivery's raw rows, in their order."""
    with open_engine(workdir) as connection:
        there = rows_in(sorted(workdir.raw.glob(f"*/*/*/delivery={delivery}/*.parquet")))
        return connection.execute(f"SELECT {columns} FROM {there} ORDER BY _row").fetchall()


def changes(workdir: Workdir, outcome: DeliveryOutcome) -> list[tuple[Any, ...]]:
    return raw_rows(workdir, outcome.delivery, "_change, _record_key, 姓名")


# In full


def test_a_full_pull_is_what_the_same_rows_are_as_a_parquet_file(
    workdir: Workdir, landing: Path, source: Database, tmp_path: Path
) -> None:
    without_updated_at(source)
    rows = sample_rows(INSURANCE, 50)
    rows[7]["单位名称"] = '甲|乙,"丙"\t\\N\n丁'
    rows[9]["参保编号"] = ""
    filled = [{header: row.get(header) for header in HEADERS} for row in rows]
    source.insert(TABLE, list(reversed(filled)))
    connect(landing)
    pulled = only(workdir, landing)

    other, folder = Workdir(tmp_path / "other"), tmp_path / "files"
    by_key = sorted(rows, key=lambda row: row["参保编号"])
    write_delivery(folder, INSURANCE, DAY, files={TABLE: by_key})
    delivered = only(other, folder)
    same = {"delivery": "", "path": "", "bytes": 0}
    assert replace(pulled, **same) == replace(delivered, **same)
    assert (pulled.state, pulled.rows_declared, pulled.rows_read, pulled.rows_quarantined) == ("accepted", 50, 49, 1)
    columns = ", ".join(f'"{header}"' for header in HEADERS)
    columns += ", _row, _file, _record_key, _content_hash, _change, _extra"
    assert raw_rows(workdir, pulled.delivery, columns) == raw_rows(other, delivered.delivery, columns)
    assert log(workdir, "quarantined_row")[0][1:] == log(other, "quarantined_row")[0][1:]
    assert log(workdir, "watermark") == []

    ledger = "SELECT dataset, mode, extract_date, rows_declared, rows_read, rows_quarantined FROM raw.delivery"
    counts = []
    for home, outcome in ((workdir, pulled), (other, delivered)):
        register(home, [outcome], None, "code")
        with open_warehouse(home, read_only=True) as connection:
            counts.append(
                connection.execute(ledger).fetchall()
                + connection.execute("SELECT count(*) FROM raw.hrss__social_insurance").fetchall()
            )
    assert counts[0] == counts[1] == [(INSURANCE, "full", date(2014, 10, 31), 50, 49, 1), (49,)]


def test_the_same_data_pulled_twice_is_the_same_delivery(
    workdir: Workdir, landing: Path, source: Database, tmp_path: Path
) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 3))
    connect(landing)
    first = only(workdir, landing)
    # The same rows lie elsewhere in the table now.
    source.execute(f"DELETE FROM {TABLE}")
    source.insert(TABLE, list(reversed(sample_rows(INSURANCE, 3))))
    second = only(workdir, landing)
    assert second.delivery == first.delivery
    assert len(log(workdir, "delivery")) == 1
    assert only(Workdir(tmp_path / "other"), landing).delivery == first.delivery


def test_a_pull_that_a_build_has_taken_in_is_repeated(workdir: Workdir, landing: Path, source: Database) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 3))
    connect(landing)
    first = only(workdir, landing)
    with open_engine(workdir) as connection:
        query = "SELECT 'b' AS build_id, TIMESTAMP '2100-01-01' AS built_at, DATE '2014-10-31' AS as_of, "
        query += "'c' AS code_version, 1 AS deliveries, 0 AS refused, NULL AS previous_build_id"
        State(workdir.state).append(connection, "build", query, key="b")
    again = only(workdir, landing)
    assert (again.state, again.delivery) == ("repeated", first.delivery)


def test_a_content_that_returns_on_one_day_is_a_new_delivery(workdir: Workdir, landing: Path, source: Database) -> None:
    rows = sample_rows(INSURANCE, 3)
    source.insert(TABLE, rows[:2])
    connect(landing)
    first = only(workdir, landing)
    source.insert(TABLE, rows[2:])
    second = only(workdir, landing)
    source.execute(f"DELETE FROM {TABLE} WHERE 参保编号 = '000003'")
    third, fourth = only(workdir, landing), only(workdir, landing)
    assert [outcome.rows_read for outcome in (first, second, third)] == [2, 3, 2]
    assert len({first.delivery, second.delivery, third.delivery}) == 3
    assert fourth.delivery == third.delivery


def test_a_pull_has_the_date_of_the_database_unless_told_otherwise(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 1))
    source.execute("CREATE TABLE public.today AS SELECT CAST(now() AT TIME ZONE 'Asia/Shanghai' AS date)::text AS day")
    connect(landing, extract_date=None)
    outcome = only(workdir, landing)
    assert outcome.state == "accepted"
    assert outcome.extract_date is not None
    assert abs((outcome.extract_date - date.today()).days) <= 1


def test_any_dataset_may_be_pulled_and_from_a_query(workdir: Workdir, landing: Path, source: Database) -> None:
    dataset = "finance.service_funding"
    headers = load_contract(dataset).headers
    (row,) = sample_rows(dataset, 1)
    values = ", ".join(f"""'{row.get(header, "")}' AS "{header}\"""" for header in headers)
    connect(landing, dataset, table=None, query=f"SELECT {values} -- 一行;\n;")
    outcome = only(workdir, landing)
    assert (outcome.dataset, outcome.state, outcome.rows_read) == (dataset, "accepted", 1)
    assert raw_rows(workdir, outcome.delivery, f'"{headers[0]}", _file') == [(row[headers[0]], "query")]


def test_an_unknown_column_is_kept_and_a_finding(workdir: Workdir, landing: Path, source: Database) -> None:
    source.insert(TABLE, [sample_rows(INSURANCE, 1)[0] | {"updated_at": "2014-10-31 12:30:00"}])
    connect(landing)
    outcome = only(workdir, landing)
    (finding,) = outcome.findings
    assert (finding.rule_id, finding.file) == ("column_unknown", TABLE)
    assert "updated_at" in finding.detail_zh
    assert raw_rows(workdir, outcome.delivery, "_extra") == [('{"updated_at":"2014-10-31 12:30:00"}',)]


def test_rows_without_a_key_are_quarantined(workdir: Workdir, landing: Path, source: Database) -> None:
    rows = sample_rows(INSURANCE, 3)
    source.insert(TABLE, [rows[0], rows[1] | {"参保编号": None}, rows[2] | {"参保编号": " "}])
    connect(landing)
    outcome = only(workdir, landing)
    assert (outcome.rows_declared, outcome.rows_read, outcome.rows_quarantined) == (3, 1, 2)
    assert [row[1:4] for row in log(workdir, "quarantined_row")] == [(TABLE, 1, "主键为空"), (TABLE, 2, "主键为空")]


def test_every_type_becomes_the_text_that_a_parquet_file_would_give(
    workdir: Workdir, landing: Path, source: Database, tmp_path: Path
) -> None:
    values = {
        "姓名": ("'甲,|\"乙\"' || chr(10) || '丙'::text", '甲,|"乙"\n丙'),
        "性别": ("1::smallint", "1"),
        "社会保障号码": ("'11010519491231002X'::char(20)", "11010519491231002X"),
        "险种": ("310::bigint", "310"),
        "参保状态": ("true", "true"),
        "参保日期": ("date '2014-10-01'", "2014-10-01"),
        "缴费截止年月": ("201410::float8", "201410"),
        "终止日期": ("timestamp '2014-10-31 00:00:00'", "2014-10-31"),
        "单位名称": ("1234567890123456.50::numeric", "1234567890123456.50"),
        "单位区划": ("null::text", None),
        "联系电话": ("timestamp '2014-10-31 08:00:00.25'", "2014-10-31 08:00:00.25"),
    }
    listed = ", ".join(f"{value} AS {header}" for header, (value, _) in values.items())
    more = "timestamptz '2014-10-30 16:00:00+00' AS tz, ARRAY[1,2] AS list, 'infinity'::date AS never, 1.5::real AS r"
    connect(landing, table=None, query=f"SELECT 7 AS 参保编号, {listed}, {more}")
    outcome = only(workdir, landing)
    assert outcome.state == "accepted", outcome.reason_en
    assert raw_rows(workdir, outcome.delivery, ", ".join(values)) == [tuple(text for _, text in values.values())]
    ((key, extra),) = raw_rows(workdir, outcome.delivery, "参保编号, _extra")
    assert key == "7"
    assert json.loads(extra) == {"tz": "2014-10-31", "list": "{1,2}", "never": "infinity", "r": "1.5"}
    # The same values in a Parquet file, in its own types.
    frame = pl.DataFrame(
        {"险种": [310], "参保状态": [True], "参保日期": [date(2014, 10, 1)], "缴费截止年月": [201410.0]}
    ).with_columns(pl.lit("2014-10-31 00:00:00").str.to_datetime("%Y-%m-%d %H:%M:%S").alias("终止日期"))
    others = {header: text for header, (_, text) in values.items() if header not in frame.columns}
    rest = [pl.lit(text, pl.String).alias(header) for header, text in {"参保编号": "7", **others}.items()]
    folder = write_delivery(tmp_path / "files", INSURANCE, DAY, rows=sample_rows(INSURANCE, 1))
    frame.with_columns(rest).write_parquet(folder / "social_insurance.parquet")
    write_manifest(folder, INSURANCE, "full", {"social_insurance.parquet": 1})
    other = Workdir(tmp_path / "other")
    delivered = only(other, tmp_path / "files")
    assert raw_rows(other, delivered.delivery, "_content_hash") == raw_rows(workdir, outcome.delivery, "_content_hash")


def test_a_table_comes_in_batches_and_its_hash_does_not_depend_on_how_it_lies(
    workdir: Workdir, landing: Path, source: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(postgres_module, "BATCH_BYTES", 1 << 16)
    fill = f"""INSERT INTO {TABLE} (参保编号, 姓名, 社会保障号码, 险种, 参保状态, 参保日期)
        SELECT lpad(n::text, 8, '0'), '甲', md5(n::text), '310', '1', '2014-10-01'
        FROM generate_series(1, 20000) AS n ORDER BY """
    source.execute(fill + "n")
    connect(landing)
    batches = []
    write = pull_module._write_parquet

    def counting(schema: Any, rows: Any, target: Path) -> ManifestFile:
        listed = list(rows)
        batches.append(len(listed))
        return write(schema, listed, target)

    with monkeypatch.context() as patch:
        patch.setattr(pull_module, "_write_parquet", counting)
        outcome = only(workdir, landing)
    assert batches[0] > 5
    assert outcome.rows_read == 20_000
    keys = [row[0] for row in raw_rows(workdir, outcome.delivery, "参保编号")]
    assert keys == sorted(keys)
    source.execute(f"TRUNCATE {TABLE}", fill + "md5(n::text)")
    assert only(Workdir(tmp_path / "other"), landing).delivery == outcome.delivery


def test_under_a_key_a_pull_is_the_same_delivery_and_lies_nowhere_in_the_clear(
    workdir: Workdir, landing: Path, source: Database, tmp_path: Path, use_key: UseKey
) -> None:
    rows = sample_rows(INSURANCE, 4)
    source.insert(TABLE, moment(rows[:3], "2014-10-20 08:00:00"))
    other = Workdir(tmp_path / "other")
    found = {}
    for key, home in ((None, workdir), ("a-key-of-sixteen-characters", other)):
        use_key(key)
        connect(landing, **WATERMARK, extract_date="2014-10-20")
        found[key] = [only(home, landing).delivery]
    source.insert(TABLE, moment(rows[3:], "2014-10-21 08:00:00"))
    for key, home in ((None, workdir), ("a-key-of-sixteen-characters", other)):
        use_key(key)
        file = connect(landing, **WATERMARK, extract_date="2014-10-21") / "connection.yml"
        with open_engine(home) as engine, pull(home, engine, load_contract(INSURANCE), file, "here") as pulled:
            assert pulled
            lying = {path: is_encrypted(path) for path in (home.scratch / "pull").rglob("*") if path.is_file()}
        assert {path.name: encrypted for path, encrypted in lying.items() if path.suffix != ".json"} == {
            name: bool(key) for name in ("candidates.parquet", "read.parquet", f"{TABLE}.2")
        }
        outcome = only(home, landing)
        assert (outcome.mode, outcome.rows_read) == ("delta", 1)
        found[key] += [outcome.delivery, raw_rows(home, outcome.delivery, "COLUMNS(c -> NOT starts_with(c, '_d'))")]
        connect(landing, mode="full", extract_date="2014-10-22")
        found[key] += [only(home, landing).delivery, only(home, landing).state]
    assert found[None] == found["a-key-of-sixteen-characters"]
    assert all(map(is_encrypted, other.path.rglob("*.parquet")))


def test_files_and_a_connection_may_lie_side_by_side(workdir: Workdir, landing: Path, source: Database) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 3))
    folder = connect(landing)
    write_delivery(landing, INSURANCE, "2014-09-30", rows=sample_rows(INSURANCE, 2))
    assert [item.is_pulled for item in find_deliveries(landing)] == [False, True]
    outcomes = take_in_dataset(workdir, landing, load_contract(INSURANCE))
    assert [outcome.state for outcome in outcomes] == ["accepted", "accepted"]
    (folder / "stray.csv").write_text("")
    states = {outcome.path: outcome.state for outcome in take_in(workdir, landing).outcomes}
    assert states["hrss/social_insurance"] == "refused"
    assert states["hrss/social_insurance/connection.yml"] == "accepted"


# By watermark


def moment(rows: Sequence[dict[str, str]], at: str) -> list[dict[str, str]]:
    return [row | {"updated_at": at} for row in rows]


def test_the_first_pull_by_watermark_is_full_and_the_next_ones_bring_what_is_new_or_changed(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    rows = sample_rows(INSURANCE, 4)
    source.insert(TABLE, moment(rows[:3], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK, extract_date="2014-10-20")
    first = only(workdir, landing)
    assert (first.mode, first.rows_read, first.findings) == ("full", 3, ())

    connect(landing, **WATERMARK, extract_date="2014-10-21")
    assert take_in(workdir, landing).outcomes == ()

    source.insert(TABLE, moment(rows[3:], "2014-10-21 08:00:00"))
    source.execute(f"UPDATE {TABLE} SET 姓名 = '改名', updated_at = '2014-10-21 09:00:00' WHERE 参保编号 = '000002'")
    second = only(workdir, landing)
    assert (second.mode, second.state, second.findings) == ("delta", "accepted", ())
    assert changes(workdir, second) == [("U", "000002", "改名"), ("U", "000004", rows[3]["姓名"])]
    assert [(row[2], row[3], row[4]) for row in log(workdir, "watermark")] == [
        (first.delivery, "updated_at", "2014-10-20 08:00:00"),
        (second.delivery, "updated_at", "2014-10-21 09:00:00"),
    ]
    assert take_in(workdir, landing).outcomes == ()


def test_a_row_that_ties_with_the_watermark_or_was_committed_late_is_not_lost(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    rows = sample_rows(INSURANCE, 4)
    source.insert(TABLE, moment(rows[:1], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.insert(TABLE, moment(rows[1:2], "2014-10-20 08:00:00"))
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000002"]
    source.insert(TABLE, moment(rows[2:3], "2014-10-19 09:00:00"))
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000003"]
    # Beyond the overlap nothing is looked for.
    source.insert(TABLE, moment(rows[3:], "2014-10-19 07:00:00"))
    assert take_in(workdir, landing).outcomes == ()
    connect(landing, **WATERMARK, overlap="2 days")
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000004"]


def test_rows_without_a_watermark_are_looked_at_each_time(workdir: Workdir, landing: Path, source: Database) -> None:
    rows = sample_rows(INSURANCE, 3)
    source.insert(TABLE, moment(rows[:1], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.execute(f"ALTER TABLE {TABLE} ALTER updated_at DROP DEFAULT")
    source.insert(TABLE, rows[1:2])
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000002"]
    assert take_in(workdir, landing).outcomes == ()


def test_a_row_without_a_key_is_quarantined_once(workdir: Workdir, landing: Path, source: Database) -> None:
    rows = sample_rows(INSURANCE, 2)
    source.insert(TABLE, moment(rows[:1], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.insert(TABLE, moment([rows[1] | {"参保编号": ""}], "2014-10-20 09:00:00"))
    outcome = only(workdir, landing)
    assert (outcome.rows_read, outcome.rows_quarantined) == (0, 1)
    assert take_in(workdir, landing).outcomes == ()


def test_a_value_that_returns_is_a_change(workdir: Workdir, landing: Path, source: Database) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 1))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    seen = []
    for name in ("乙", "丙", "乙", "丙"):
        source.execute(f"UPDATE {TABLE} SET 姓名 = '{name}'")
        outcome = only(workdir, landing)
        assert changes(workdir, outcome) == [("U", "000001", name)]
        seen.append(outcome.delivery)
    assert len(set(seen)) == 4


def test_of_a_key_that_is_there_twice_both_rows_come_and_only_once(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    (row,) = sample_rows(INSURANCE, 1)
    source.insert(TABLE, [row])
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.insert(TABLE, [row | {"姓名": "甲后"}])
    assert changes(workdir, only(workdir, landing)) == [("U", "000001", "甲0"), ("U", "000001", "甲后")]
    assert take_in(workdir, landing).outcomes == ()


def test_a_time_to_come_does_not_hide_what_is_written_before_it(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    rows = sample_rows(INSURANCE, 3)
    source.insert(TABLE, moment(rows[:1], "9999-12-31 00:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    assert log(workdir, "watermark")[0][4] < "9999"
    source.execute(f"ALTER TABLE {TABLE} ALTER updated_at SET DEFAULT localtimestamp")
    source.insert(TABLE, rows[1:2])
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000002"]


def test_what_was_deleted_is_seen_by_a_full_pull_alone_and_the_watermark_goes_on_after_it(
    workdir: Workdir, landing: Path, source: Database
) -> None:
    rows = sample_rows(INSURANCE, 4)
    source.insert(TABLE, moment(rows[:3], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.execute(f"DELETE FROM {TABLE} WHERE 参保编号 = '000001'")
    assert take_in(workdir, landing).outcomes == ()
    connect(landing, mode="full")
    assert (only(workdir, landing).mode, only(workdir, landing).rows_read) == ("full", 2)
    connect(landing, **WATERMARK)
    assert take_in(workdir, landing).outcomes == ()
    source.insert(TABLE, moment([rows[0], rows[3]], "2014-10-20 08:00:00"))
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000001", "000004"]


def test_the_watermark_counts_for_its_table_and_column(workdir: Workdir, landing: Path, source: Database) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 2))
    connect(landing, **WATERMARK)
    assert only(workdir, landing).mode == "full"
    source.execute(f"ALTER TABLE {TABLE} ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY")
    connect(landing, mode="watermark", watermark="id", extract_date="2014-11-01")
    assert only(workdir, landing).mode == "full"
    connect(landing, **WATERMARK)
    assert take_in(workdir, landing).outcomes == ()


@pytest.mark.parametrize(
    ("type_", "values", "overlap"),
    [
        ("bigint", ("5000", "4001", "3999"), None),
        ("numeric", ("50.5", "50.5", "49.4"), 1),
        ("date", ("2014-10-20", "2014-10-19", "2014-10-18"), None),
        ("timestamptz", ("2014-10-20 08:00+08", "2014-10-19 01:00+00", "2014-10-19 07:00+08"), None),
        ("text", ("20141020", "20141020", "20141019"), None),
        ("char(8)", ("20141020", "20141020", "20141019"), None),
    ],
)
def test_a_watermark_may_be_a_date_a_time_a_number_or_text(
    workdir: Workdir, landing: Path, source: Database, type_: str, values: tuple[str, ...], overlap: Any
) -> None:
    first, within, below = values
    source.execute(f"ALTER TABLE {TABLE} ADD COLUMN mark {type_}")
    rows = sample_rows(INSURANCE, 3)
    source.insert(TABLE, [rows[0] | {"mark": first}])
    connect(landing, mode="watermark", watermark="mark", overlap=overlap)
    assert only(workdir, landing).mode == "full"
    source.insert(TABLE, [rows[1] | {"mark": within}, rows[2] | {"mark": below}])
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000002"]


def test_a_delivery_that_was_not_accepted_moves_no_watermark(
    workdir: Workdir, landing: Path, source: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    rows = sample_rows(INSURANCE, 2)
    source.insert(TABLE, moment(rows[:1], "2014-10-20 08:00:00"))
    connect(landing, **WATERMARK)
    only(workdir, landing)
    source.insert(TABLE, moment(rows[1:], "2014-10-25 08:00:00"))
    append = State.append

    def killed_at_the_last_step(self: State, *args: Any, **kwargs: Any) -> int:
        if args[1] == "delivery":
            raise Killed
        return append(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(State, "append", killed_at_the_last_step)
        with pytest.raises(Killed):
            take_in(workdir, landing)
    assert len(log(workdir, "watermark")) == 2
    assert [row[1] for row in changes(workdir, only(workdir, landing))] == ["000002"]
    assert len(log(workdir, "watermark")) == 2


# Refused


def refused(workdir: Workdir, landing: Path) -> DeliveryOutcome:
    outcome = only(workdir, landing)
    assert outcome.state == "refused"
    (finding,) = outcome.findings
    assert (finding.rule_id, finding.detail_zh) == ("delivery_refused", outcome.reason_zh)
    assert outcome.path == "hrss/social_insurance/connection.yml"
    assert len(outcome.delivery) == 64
    assert not (workdir.scratch / "pull").exists()
    return outcome


def test_without_its_environment_variable_a_pull_is_refused(
    workdir: Workdir, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    connect(landing)
    outcome = refused(workdir, landing)
    assert f"环境变量 {VARIABLE} 没有设置" in str(outcome.reason_zh)
    assert f"Environment variable {VARIABLE} is not set" in str(outcome.reason_en)


def elsewhere(server: Server, database: str) -> str:
    return f"postgresql://reader:geheim@127.0.0.1:{free_port()}/{database}"


@pytest.mark.parametrize(
    ("dsn", "zh", "en"),
    [
        (elsewhere, "数据库服务器没有应答", "does not answer"),
        (lambda server, name: server.dsn(name, password="geheim"), "有应答，但拒绝登录", "does not let us in"),
        (lambda server, name: server.dsn(name, user="reader", password="geheim"), "拒绝登录", "does not let us in"),
        (lambda server, name: server.dsn("geheim_db"), "拒绝登录", "does not let us in"),
        (lambda server, name: "postgresql://reader:ge%zzheim@h/x", "不是 PostgreSQL 连接串", "no PostgreSQL DSN"),
        (lambda server, name: "geheim", "不是 PostgreSQL 连接串", "no PostgreSQL DSN"),
    ],
    ids=["server down", "wrong password", "unknown user", "unknown database", "wrong escape", "no DSN"],
)
def test_a_server_that_cannot_be_reached_refuses_the_delivery_and_no_secret_is_said(
    workdir: Workdir,
    landing: Path,
    source: Database,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    dsn: Any,
    zh: str,
    en: str,
) -> None:
    value = dsn(source.server, source.name)
    monkeypatch.setenv(VARIABLE, value)
    connect(landing)
    with caplog.at_level(logging.DEBUG):
        outcome = refused(workdir, landing)
    assert zh in str(outcome.reason_zh) and VARIABLE in str(outcome.reason_zh)
    assert en in str(outcome.reason_en)
    said = caplog.text + repr(outcome)
    assert not [secret for secret in ("geheim", "heim", "reader", value, PASSWORD) if secret in said]


NAMES = ", ".join(f"'{header}' AS \"{header}\"" for header in HEADERS if header != "姓名")
SPOILT: dict[str, tuple[list[str], dict[str, Any], str, str]] = {
    "no table": ([f"DROP TABLE {TABLE}"], {}, f"表 {TABLE} 在数据库中不存在", f"Table {TABLE} is not in the"),
    "no schema": ([], {"table": "nowhere.x"}, "表 nowhere.x 在数据库中不存在", "Table nowhere.x is not in"),
    "column missing": (
        [f"ALTER TABLE {TABLE} DROP COLUMN 险种"],
        {},
        f"connection.yml ({TABLE}) 缺少列: 险种",
        "lacks the column 险种",
    ),
    "column renamed": (
        [f"ALTER TABLE {TABLE} RENAME COLUMN 险种 TO 险种代码"],
        {},
        "缺少列: 险种。多出的列 险种代码",
        "Unknown column 险种代码 looks like it, renamed",
    ),
    "no watermark column": (
        [f"ALTER TABLE {TABLE} RENAME COLUMN updated_at TO changed_at"],
        WATERMARK,
        f"connection.yml 的 watermark: 表 {TABLE} 中没有列 updated_at",
        f"watermark: table {TABLE} has no column updated_at",
    ),
    "watermark of another kind": (
        [f"ALTER TABLE {TABLE} ADD COLUMN is_new boolean"],
        {"mode": "watermark", "watermark": "is_new"},
        "列 is_new 的类型不能作水位",
        "has a type that cannot be a watermark",
    ),
    "no rows": ([f"DELETE FROM {TABLE}"], {}, "全量批次中没有一行可用的数据", "without one usable row"),
    "query with a mistake": (
        [],
        {"table": None, "query": "SELEC 1"},
        "不接受对该查询(query)的读取",
        "does not accept the query",
    ),
    "query of an unknown column": (
        [],
        {"table": None, "query": f"SELECT nothing FROM {TABLE}"},
        "该查询(query)中用到了不存在的列",
        "uses a column that is not there",
    ),
    "query with a column twice": (
        [],
        {"table": None, "query": f"SELECT 1 AS x, 2 AS x, * FROM {TABLE}"},
        "列 x 出现了两次",
        "the column x twice",
    ),
    "query that writes": (
        ["CREATE FUNCTION wipe() RETURNS text LANGUAGE sql AS 'DELETE FROM social_insurance; SELECT NULL::text'"],
        {"table": None, "query": f"SELECT {NAMES}, wipe() AS 姓名", "mode": "watermark", "watermark": "姓名"},
        "试图写入数据库",
        "tries to write",
    ),
    "a row that cannot be computed": (
        [],
        {
            "table": None,
            "query": f"SELECT {NAMES}, CAST(1 / (5000 - n) AS text) AS 姓名 FROM generate_series(1, 9999) AS n",
        },
        "到中途停止",
        "stopped midway",
    ),
    "connection broken midway": (
        [],
        {
            "table": None,
            "query": f"SELECT {NAMES}, CASE n WHEN 5000 THEN pg_terminate_backend(pg_backend_pid())::text END AS 姓名 "
            "FROM generate_series(1, 9999) AS n",
        },
        "与数据库的连接中断",
        "The connection broke",
    ),
    "a wrong field": ([], {"mode": "delta"}, "connection.yml 的字段缺失或不对: mode", "mode is full or watermark"),
}


@pytest.mark.parametrize("case", SPOILT)
def test_a_refused_pull_says_why_and_leaves_the_earlier_view(
    workdir: Workdir, landing: Path, source: Database, caplog: pytest.LogCaptureFixture, case: str
) -> None:
    statements, fields, zh, en = SPOILT[case]
    person = {"姓名": "赵某某", "社会保障号码": "11010519491231002X", "联系电话": "13800000000"}
    source.insert(TABLE, [row | person for row in sample_rows(INSURANCE, 2)])
    connect(landing)
    assert only(workdir, landing).state == "accepted"
    before = {path: path.read_bytes() for root in (workdir.raw, workdir.state) for path in root.rglob("*.parquet")}
    source.execute(*statements)
    connect(landing, **fields)
    with caplog.at_level(logging.DEBUG):
        outcome = refused(workdir, landing)
    assert zh in str(outcome.reason_zh)
    assert en in str(outcome.reason_en)
    said = caplog.text + repr(outcome)
    assert not [value for value in (PASSWORD, *person.values()) if value in said]
    after = {path: path.read_bytes() for root in (workdir.raw, workdir.state) for path in root.rglob("*.parquet")}
    assert after == before
    assert refused(workdir, landing) == outcome


def test_who_may_not_read_the_table_is_told_what_to_grant(
    workdir: Workdir, landing: Path, source: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.insert(TABLE, sample_rows(INSURANCE, 1))
    source.execute("DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN PASSWORD 'geheim'")
    monkeypatch.setenv(VARIABLE, source.server.dsn(source.name, user="reader", password="geheim"))
    connect(landing)
    outcome = refused(workdir, landing)
    assert f"登录用户无权读取表 {TABLE}" in str(outcome.reason_zh) and "SELECT" in str(outcome.reason_zh)
    source.execute(f"GRANT SELECT ON {TABLE} TO reader")
    assert only(workdir, landing).state == "accepted"
    source.execute("DROP OWNED BY reader", "DROP ROLE reader")


def test_a_time_limit_of_the_server_refuses_the_delivery(
    workdir: Workdir, landing: Path, source: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"{source.dsn} options='-c statement_timeout=200'")
    connect(landing, table=None, query=f"SELECT {NAMES}, pg_sleep(60)::text AS 姓名")
    assert "时限" in str(refused(workdir, landing).reason_zh)


def test_a_table_that_is_locked_is_not_waited_for_without_end(
    workdir: Workdir, landing: Path, source: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres_module._SETTINGS, "lock_timeout", "200ms")
    connect(landing)
    with psycopg.connect(source.dsn) as other:
        other.execute(f"LOCK TABLE {TABLE}".encode())
        assert "被别的会话锁住" in str(refused(workdir, landing).reason_zh)


def test_text_in_an_encoding_that_the_database_does_not_know_is_refused(
    workdir: Workdir, landing: Path, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Database(postgres, "postgres")
    server.execute("CREATE DATABASE unencoded ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    monkeypatch.setenv(VARIABLE, postgres.dsn("unencoded"))
    listed = ", ".join(f"""'x' AS "{header}\"""" for header in HEADERS if header != "姓名")
    connect(landing, table=None, query=f"SELECT {listed}, convert_from('\\xd5d4', 'SQL_ASCII') AS 姓名")
    assert "不是 UTF-8" in str(refused(workdir, landing).reason_zh)
    server.execute("DROP DATABASE unencoded WITH (FORCE)")


def test_a_connection_of_an_unknown_dataset_is_refused_without_connecting(workdir: Workdir, landing: Path) -> None:
    connect(landing, "hrss.social_insurances")
    (landing / "psb").mkdir()
    (outcome,) = refuse_unclaimed(workdir, landing)
    assert "是否为 hrss.social_insurance？" in str(outcome.reason_zh)


def test_one_failing_database_does_not_keep_other_deliveries_out(
    workdir: Workdir, landing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    connect(landing)
    write_delivery(landing, "finance.service_funding", DAY, rows=sample_rows("finance.service_funding", 1))
    states = {outcome.dataset: outcome.state for outcome in take_in(workdir, landing).outcomes}
    assert states == {"finance.service_funding": "accepted", INSURANCE: "refused"}
