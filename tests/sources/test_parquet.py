"""Parquet that holds persons is encrypted where there is a key, and read whether or not it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa
import pytest

from sources.encryption import KEY_FILE_VARIABLE, key_id, key_in_use
from sources.errors import SijikuError
from sources.landing import take_in
from sources.parquet import is_encrypted, open_writer, rows_in, write, write_frame
from sources.raw_zone import register
from sources.readers.text_lines import write_lines
from sources.state import State
from sources.warehouse import open_engine, open_warehouse
from sources.workdir import Workdir
from tests.conftest import UseKey
from tests.deliveries import sample_rows, write_delivery

KEY, OTHER = "a-key-of-sixteen-characters", "another-key-of-sixteen-or-more"
SECRET = "密甲150202198001010000"
DAY, NEXT = "2014-10-31", "2014-11-01"
# One of each format: csv, workbook, JSON lines, Parquet.
DATASETS = ("psb.temporary_residence", "edu.student_enrollment", "civil.marriage", "hrss.social_insurance")


def said(workdir: Workdir, query: str) -> list[tuple[object, ...]]:
    with open_engine(workdir) as connection:
        return connection.execute(query).fetchall()


def put(workdir: Workdir, query: str, file: Path) -> Path:
    with open_engine(workdir) as connection:
        write(connection, query, file)
    return file


def test_under_a_key_nothing_can_be_read_in_the_file_and_without_one_it_is_as_it_ever_was(
    workdir: Workdir, use_key: UseKey, tmp_path: Path
) -> None:
    rows = f"SELECT '{SECRET}' || range AS said FROM range(1000)"
    use_key(None)
    plain = put(workdir, rows, tmp_path / "plain.parquet")
    assert plain.read_bytes()[:4] == b"PAR1"
    assert put(workdir, rows, tmp_path / "again.parquet").read_bytes() == plain.read_bytes()
    use_key(KEY)
    hidden = put(workdir, rows, tmp_path / "hidden.parquet")
    assert is_encrypted(hidden) and not is_encrypted(plain)
    assert hidden.read_bytes()[:4] == b"PARE"
    assert b"said" not in hidden.read_bytes() and SECRET.encode() not in hidden.read_bytes()
    for file in (plain, hidden):
        assert said(workdir, f"SELECT count(*) FROM {rows_in([file])}") == [(1000,)]


def test_files_of_either_kind_and_of_several_forms_are_one_relation(
    workdir: Workdir, use_key: UseKey, tmp_path: Path
) -> None:
    files = []
    for number, (key, columns) in enumerate(
        [(None, "1 AS a, 'x' AS b"), (KEY, "2 AS a, 'y' AS b"), (KEY, "3 AS a, 0.5 AS c"), (None, "4 AS a, 1.5 AS c")]
    ):
        use_key(key)
        files.append(put(workdir, f"SELECT {columns}", tmp_path / f"{number}.parquet"))
    use_key(KEY)
    there = rows_in(files, "union_by_name", "filename")
    assert said(workdir, f"SELECT a, b, c, parse_filename(filename, true) FROM {there} ORDER BY a") == [
        (1, "x", None, "0"),
        (2, "y", None, "1"),
        (3, None, 0.5, "2"),
        (4, None, 1.5, "3"),
    ]
    relative = rows_in(["*.parquet"], "union_by_name", root=tmp_path)
    with duckdb.connect() as connection, open_engine(Workdir(tmp_path)) as engine:
        assert engine.execute(f"SELECT sum(a) FROM {relative}").fetchone() == (10,)
        with pytest.raises(duckdb.BinderException):
            connection.execute(f"SELECT sum(a) FROM {rows_in(files[1:2])}")


def test_columns_that_come_and_go_again_are_all_there(workdir: Workdir, use_key: UseKey, tmp_path: Path) -> None:
    use_key(KEY)
    forms = (
        ["1 AS a, 2 AS b"] * 3 + ["1 AS a"] * 2 + ["1 AS a, 2 AS b"] * 2 + ["1 AS a, 2 AS b, 3 AS c"] + ["1 AS a"] * 3
    )
    files = [put(workdir, f"SELECT {form}", tmp_path / f"{n:02}.parquet") for n, form in enumerate(forms)]
    counted = f"SELECT count(a), count(b), count(c) FROM {rows_in(files, 'union_by_name')}"
    assert said(workdir, counted) == [(11, 6, 1)]
    assert said(workdir, f"SELECT count(b) FROM {rows_in(files[:5], 'union_by_name')}") == [(3,)]
    put(workdir, "SELECT 1 AS a, 2 AS b", files[3])
    assert said(workdir, f"SELECT count(b) FROM {rows_in(files[:5], 'union_by_name')}") == [(4,)], "written anew"


def test_rows_keep_their_numbers(workdir: Workdir, use_key: UseKey, tmp_path: Path) -> None:
    use_key(KEY)
    file = put(workdir, "SELECT range AS n FROM range(300000) ORDER BY n", tmp_path / "rows.parquet")
    there = rows_in([file], "file_row_number")
    assert said(workdir, f"SELECT count(*) FROM {there} WHERE n = file_row_number") == [(300_000,)]


def test_what_is_not_in_an_engine_yet_is_encrypted_too(workdir: Workdir, use_key: UseKey, tmp_path: Path) -> None:
    source = tmp_path / "source.csv"
    source.write_text(f"姓名\n{SECRET}\n", encoding="gb18030")
    for key in (None, KEY):
        use_key(key)
        frame, table = tmp_path / f"frame-{key}.parquet", tmp_path / f"table-{key}.parquet"
        write_frame(pl.DataFrame({"said": [SECRET], "n": [7]}), frame)
        with open_writer(table, pa.schema({"said": pa.string(), "n": pa.int64()})) as writer:
            writer.write_table(pa.table({"said": [SECRET], "n": [7]}))
        (folder := tmp_path / f"lines-{key}").mkdir()
        lines = write_lines(source, "gb18030", folder)
        for file in (frame, table):
            assert is_encrypted(file) == bool(key)
            assert said(workdir, f"SELECT said, n FROM {rows_in([file])}") == [(SECRET, 7)]
        assert is_encrypted(lines) == bool(key)
        assert said(workdir, f"SELECT line FROM {rows_in([lines])} WHERE _row = 2") == [(SECRET,)]


def test_pieces_keep_their_order_and_what_cannot_be_written_is_told(
    workdir: Workdir, use_key: UseKey, tmp_path: Path
) -> None:
    use_key(KEY)
    file, schema = tmp_path / "pieces.parquet", pa.schema({"n": pa.int64()})
    with open_writer(file, schema) as writer:
        for first in range(0, 400_000, 50_000):
            writer.write_table(pa.table({"n": range(first, first + 50_000)}))
    there = rows_in([file], "file_row_number")
    assert said(workdir, f"SELECT count(*) FROM {there} WHERE n = file_row_number") == [(400_000,)]
    with open_writer(tmp_path / "none.parquet", schema):
        pass
    assert said(workdir, f"SELECT count(*) FROM {rows_in([tmp_path / 'none.parquet'])}") == [(0,)]
    with pytest.raises(duckdb.IOException), open_writer(tmp_path / "nowhere" / "a.parquet", schema) as writer:
        for _ in range(10):
            writer.write_table(pa.table({"n": range(10)}))


def test_a_missing_or_wrong_key_is_named_with_what_to_do_and_never_shown(
    workdir: Workdir, use_key: UseKey, tmp_path: Path
) -> None:
    use_key(KEY)
    file = put(workdir, f"SELECT '{SECRET}' AS said", tmp_path / "hidden.parquet")
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        state.append(connection, "record_ref", "SELECT 'd' AS dataset, 'k' AS record_key, 'r' AS record_ref", key="a")
    for key, message in ((None, "there is no key"), (OTHER, "another key")):
        use_key(key)
        for read in (lambda: rows_in([file], "union_by_name"), lambda: state.select("record_ref")):
            with pytest.raises(SijikuError, match=message) as raised:
                read()
            assert KEY_FILE_VARIABLE in raised.value.remedy
            assert OTHER not in str(raised.value)


def test_a_key_is_told_from_another_by_its_id_which_does_not_hold_it() -> None:
    assert key_id(KEY) == key_id(KEY) != key_id(OTHER)
    assert len(key_id(KEY)) == 16 and KEY not in key_id(KEY)


@pytest.fixture
def landings(tmp_path: Path) -> dict[str, Path]:
    """A delivery of each dataset on two days, by day."""
    for day, rows in ((DAY, 4), (NEXT, 6)):
        for dataset in DATASETS:
            write_delivery(tmp_path / day, dataset, day, rows=sample_rows(dataset, rows))
    return {day: tmp_path / day for day in (DAY, NEXT)}


def land(workdir: Workdir, landing: Path) -> None:
    assert {outcome.state for outcome in take_in(workdir, landing).outcomes} == {"accepted"}


def raw(workdir: Workdir) -> dict[str, list[tuple[object, ...]]]:
    with open_warehouse(workdir) as connection:
        return {
            name: connection.execute(f"FROM raw.{name.replace('.', '__')} ORDER BY ALL").fetchall() for name in DATASETS
        }


def test_a_raw_zone_half_from_before_there_was_a_key_is_read_as_one_that_never_had_a_key(
    tmp_path: Path, use_key: UseKey, landings: dict[str, Path]
) -> None:
    read = {}
    for name, keys in (("plain", (None, None)), ("half", (None, KEY)), ("whole", (KEY, KEY))):
        workdir = Workdir(tmp_path / name)
        for key, landing in zip(keys, landings.values(), strict=True):
            use_key(key)
            land(workdir, landing)
        identity = register(workdir, [], None, "c1")
        read[name] = (identity.build_id, raw(workdir))
        kinds = {is_encrypted(file) for part in (workdir.raw, workdir.state) for file in part.rglob("*.parquet")}
        assert kinds == {bool(key) for key in keys}
    assert read["plain"] == read["half"] == read["whole"]
    assert all(len(rows) == 10 for rows in read["plain"][1].values())


def test_no_key_stands_in_a_view(use_key: UseKey, workdir: Workdir, landings: dict[str, Path]) -> None:
    use_key(KEY)
    land(workdir, landings[DAY])
    register(workdir, [], None, "c1")
    with open_warehouse(workdir) as connection:
        views = [sql for (sql,) in connection.execute("SELECT sql FROM duckdb_views() WHERE NOT internal").fetchall()]
    assert any("footer_key" in view for view in views)
    assert not any(KEY in view for view in views)


def test_a_key_in_use_comes_before_the_process_s(workdir: Workdir, use_key: UseKey, tmp_path: Path) -> None:
    use_key(OTHER)
    with key_in_use(KEY):
        file = put(workdir, "SELECT 1 AS a", tmp_path / "file.parquet")
        assert said(workdir, f"FROM {rows_in([file])}") == [(1,)]
    with pytest.raises(SijikuError, match="another key"):
        rows_in([file], "union_by_name")
