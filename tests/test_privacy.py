"""Nothing that leaves the restricted part of a library holds anything of the people in it."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import duckdb
import pytest
import xlsxwriter

from serving.findings import export
from serving.library import open_published
from serving.samples import draw
from tests.conftest import BuiltCity
from tests.privacy import People, own_words, people_of, scan, texts

NAME, SHORT_NAME, NUMBER, PHONE = "密小甲", "密乙", "150202198001011234", "13911112222"
KEY, ADDRESS = "G150202200901019876", "青山区密林大街甲一号院12号楼3单元401"
PLANTED = (NAME, NUMBER, PHONE, KEY, ADDRESS)


@pytest.fixture(scope="module")
def people(built_city: BuiltCity) -> People:
    return people_of(built_city.workdir)


@pytest.fixture
def known() -> People:
    """Somebody of whom everything is known."""
    return People({NUMBER, PHONE, KEY, "2014|K-000000001"}, {NAME, SHORT_NAME}, {ADDRESS[-12:]}, {"密林三号院"})


def outside(built_city: BuiltCity) -> Iterator[tuple[str, str]]:
    """All that is written outside `restricted/` and the folders that hold what came: published files, logs, what dbt
    and the expectations leave behind, and what the build said."""
    home = built_city.workdir
    for part in sorted(home.current.resolve().iterdir()):
        if part.name != "restricted":
            yield from texts(part)
    yield from texts(home.logs)
    yield from texts(home.scratch / "dbt")
    yield from texts(home.scratch / "expectations")
    yield "what the build said", built_city.output


def test_nobody_is_found_outside_the_restricted_part(built_city: BuiltCity, people: People) -> None:
    found = scan(people, outside(built_city))
    assert not found, {place: len(values) for place, values in sorted(found.items())}


def test_nobody_is_found_in_workbooks_that_bureaus_and_auditors_take_away(
    built_city: BuiltCity, people: People, tmp_path: Path
) -> None:
    with open_published(built_city.workdir, "analysis") as library:
        export(library, "hfpc", tmp_path / "hfpc.xlsx")
        export(library, "psb", tmp_path / "psb.xlsx")
        draw(library, "id_checksum", 20, 7, tmp_path / "sample.xlsx")
    assert not scan(people, texts(tmp_path))
    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


def test_the_scanner_finds_people_where_they_are(built_city: BuiltCity, people: People) -> None:
    # the same scanner, held to the part that holds everybody
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{built_city.workdir.current / 'restricted' / 'sijiku.duckdb'}' AS r (READ_ONLY)")
        rows = connection.execute(
            "SELECT name, id_number, phone FROM r.library.dim_person WHERE id_number IS NOT NULL ORDER BY ALL LIMIT 50"
        ).fetchall()
    everything = "\n".join(f"[{value}]" for row in rows for value in row if value)
    found = scan(people, [("restricted", everything)])["restricted"]
    assert {number for _, number, _ in rows} <= found
    named = {re.sub(r"\s", "", name) for name, _, _ in rows} - people.left_out
    assert named and named <= found


def test_few_names_are_words_as_well(people: People) -> None:
    assert len(people.left_out) < 0.02 * len(people.names)
    assert len(people.numbers) > 1000 and len(people.address_ends) > 100


def write_text(path: Path, value: str) -> None:
    path.write_text(f"行 3：{value}。", encoding="utf-8")


def write_escaped(path: Path, value: str) -> None:
    path.write_text(json.dumps({"detail": f"行 3：{value}"}), encoding="utf-8")


def write_page(path: Path, value: str) -> None:
    path.write_text("<td>" + "".join(f"&#{ord(letter)};" for letter in value) + "</td>", encoding="utf-8")


def write_duckdb(path: Path, value: str) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE SCHEMA s; CREATE TABLE s.t (parts VARCHAR[])")
        connection.execute("INSERT INTO s.t VALUES ([?])", [value])


def write_parquet(path: Path, value: str) -> None:
    duckdb.sql(f"COPY (SELECT '{value}' AS text) TO '{path}' (FORMAT parquet)")


def write_workbook(path: Path, value: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("一").write(0, 0, f"行 3：{value}")


def write_properties(path: Path, value: str) -> None:
    with xlsxwriter.Workbook(path) as book:
        book.add_worksheet("一")
        book.set_properties({"author": value})


def write_archive(path: Path, value: str) -> None:
    inner = path.with_name("inner.xlsx")
    write_workbook(inner, value)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(inner, "area/inner.xlsx")
    inner.unlink()


def write_packed(path: Path, value: str) -> None:
    path.write_bytes(gzip.compress(f"行 3：{value}".encode()))


def write_events(path: Path, value: str) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE event_logs (event TEXT)")
    connection.execute("INSERT INTO event_logs VALUES (?)", [json.dumps({"message": f"行 3：{value}"})])
    connection.commit()
    connection.close()


def write_picture(path: Path, value: str) -> None:
    body = b"Comment\0\1\0\0\0" + zlib.compress(value.encode())
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", zlib.crc32(b"iTXt" + body))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk)


def write_pdf(path: Path, value: str) -> None:
    path.write_bytes(
        b"%PDF-1.7\n1 0 obj << /Author <FEFF" + value.encode("utf-16-be").hex().encode() + b"> >> endobj\n"
    )


WRITERS: dict[str, Callable[[Path, str], None]] = {
    "page.html": write_page,
    "page.js": write_text,
    "picture.svg": write_text,
    "table.csv": write_text,
    "run.log": write_text,
    "results.json": write_escaped,
    "sijiku.duckdb": write_duckdb,
    "mart.parquet": write_parquet,
    "list.xlsx": write_workbook,
    "properties.xlsx": write_properties,
    "area.zip": write_archive,
    "log.gz": write_packed,
    "index.db": write_events,
    "picture.png": write_picture,
    "report.pdf": write_pdf,
}


@pytest.mark.parametrize("value", PLANTED)
@pytest.mark.parametrize("file", WRITERS)
def test_what_is_planted_is_found_in_every_kind_of_file(file: str, value: str, known: People, tmp_path: Path) -> None:
    WRITERS[file](tmp_path / file, value)
    expected = value[-12:] if value == ADDRESS else value
    assert expected in set(chain.from_iterable(scan(known, texts(tmp_path)).values()))


def test_who_is_in_the_name_of_a_file_is_found(known: People, tmp_path: Path) -> None:
    (tmp_path / f"{NAME}.txt").write_text("无", encoding="utf-8")
    assert scan(known, texts(tmp_path))


def test_numbers_inside_longer_ones_and_short_names_inside_words_are_nobodys(known: People) -> None:
    assert not known.found_in(f"9{PHONE}0 保密乙级 密林大街")
    assert known.found_in(f"({SHORT_NAME})") == {SHORT_NAME}
    assert known.found_in("密 小甲") == {NAME}, "written with a blank"
    assert known.found_in("键 2014|K-000000001 重复") == {"2014|K-000000001"}


def test_the_words_of_the_project_are_not_the_names_of_simulated_people() -> None:
    assert {"昆都仑", "流动人口"} <= own_words()
    assert NAME not in own_words()


def test_what_is_personal_in_a_workdir_is_its_owners_alone(built_city: BuiltCity) -> None:
    home = built_city.workdir
    closed = (home.raw, home.state, home.quarantine, home.warehouse.parent, home.scratch)
    for folder in (*closed, home.current.resolve() / "restricted"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder
    files = [
        file for folder in (home.warehouse.parent, home.current.resolve() / "restricted") for file in folder.iterdir()
    ]
    assert files
    assert {file.name: oct(stat.S_IMODE(file.stat().st_mode)) for file in files if file.stat().st_mode & 0o077} == {}
