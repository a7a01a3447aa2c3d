"""A library under a key: built, gone on with, read, kept house for, erased from, rekeyed and restored by the real
command, and nobody to be found in any file of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sources import encryption, parquet
from sources.encryption import KEY_FILE_VARIABLE, key_id
from sources.workdir import Workdir
from tests.conftest import run_sijiku
from tests.privacy import people_of, scan, texts

KEY, NEW_KEY = "one-key-of-a-library-of-nobody", "next-key-of-a-library-of-nobody"


def run(*arguments: str | Path) -> str:
    done = run_sijiku(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    """The files of two keys, by key."""
    files = {KEY: tmp_path / "key", NEW_KEY: tmp_path / "new_key"}
    for key, file in files.items():
        file.write_text(key, encoding="utf-8")
        file.chmod(0o600)
    return files


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def readable(folder: Path) -> Iterator[tuple[str, str]]:
    """(place, text) of all that can be read in a folder without a key; of what is encrypted, only what it is called."""
    for file in files_of(folder):
        if encryption.is_encrypted(file) or file.read_bytes()[:4] == b"PARE":
            yield str(file), file.name
        else:
            yield from texts(file)


def in_the_clear(library: Workdir) -> list[Path]:
    """Tables of a library, outside what is published without persons, that are not encrypted."""
    return [
        file
        for file in files_of(library.path)
        if file.relative_to(library.path).parts[2:3] not in (("analysis",), ("release",))
        and (file.read_bytes()[:4] == b"PAR1" or (file.suffix == ".duckdb" and not encryption.is_encrypted(file)))
    ]


@pytest.mark.full
def test_nobody_is_found_in_an_encrypted_library_and_every_command_works_on_it(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(keys[KEY]))
    city, library, backup = tmp_path / "city", Workdir(tmp_path / "library"), tmp_path / "backup"
    at = ("--workdir", library.path)
    run("simulate", "--out", city, "--scale", "0.0005", "--days", "1")
    assert "全量" in run("build", "--landing", city / "landing", *at)
    shutil.copytree(city / "arrivals" / "2014-11-01", city / "landing", dirs_exist_ok=True)
    assert "增量" in run("build", "--landing", city / "landing", *at)
    restricted = [
        folder / "restricted" / "sijiku.duckdb" for folder in library.published.glob("[!.]*") if not folder.is_symlink()
    ]
    assert len(restricted) == 2
    assert all(map(encryption.is_encrypted, (library.warehouse, *restricted)))
    assert not encryption.is_encrypted(library.current / "analysis" / "sijiku.duckdb")
    for part in (library.raw, library.state):
        assert list(part.rglob("*.parquet")), f"nothing to look at in {part.name}"

    person = run("query", *at, "SELECT min(person_id) AS p FROM library.dim_person", "--format", "csv").split()[-1]
    run("status", *at)
    run("metric", "people,floating", "--by", "district", *at)
    run("explain", "--person", person, *at)
    run("audit", "verify", *at)
    run("gc", *at)
    run("backup", "--out", backup, *at)
    assert json.loads((backup / "sijiku-backup.json").read_text(encoding="utf-8"))["key_id"] == key_id(KEY)
    people = people_of(library)
    assert len(people.numbers) > 100
    assert in_the_clear(library) == []
    assert not scan(people, [*readable(library.path), *readable(backup)])

    run("erase", "--person", person, "--by", "档案科", "--reason", "申请", "--yes", *at)
    assert in_the_clear(library) == []
    run("key", "rotate", "--new-key-file", keys[NEW_KEY], *at)
    for arguments in (("query", *at, "SELECT count(*) FROM library.dim_person"), ("key", "status", *at)):
        refused = run_sijiku(*arguments)
        assert refused.returncode == 1
        assert KEY_FILE_VARIABLE in refused.stderr
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(keys[NEW_KEY]))
    assert in_the_clear(library) == []
    assert key_id(NEW_KEY) in run("key", "status", *at)
    gone = run(
        "query", *at, f"SELECT count(*) AS n FROM library.dim_person WHERE person_id = '{person}'", "--format", "csv"
    )
    assert gone.split()[-1] == "0"
    run("audit", "verify", *at)
    assert "全量" in run("build", "--landing", city / "landing", *at)
    assert not scan(people, readable(library.path))

    refused = run_sijiku("restore", "--from", backup, "--workdir", tmp_path / "restored")
    assert refused.returncode == 1
    assert key_id(KEY) in refused.stderr
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(keys[KEY]))
    run("restore", "--from", backup, "--workdir", tmp_path / "restored")
    assert "全量" in run("build", "--landing", city / "landing", "--workdir", tmp_path / "restored")
    run("audit", "verify", "--workdir", tmp_path / "restored")
    assert in_the_clear(Workdir(tmp_path / "restored")) == []

    shown = [
        path for path in files_of(library.path) if any(key.encode() in path.read_bytes() for key in (KEY, NEW_KEY))
    ]
    assert shown == [], "a key stands in a file"


@pytest.mark.full
def test_a_library_that_was_there_before_its_key_is_gone_on_with_and_encrypted_later(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)
    city, library = tmp_path / "city", Workdir(tmp_path / "library")
    at = ("--workdir", library.path)
    run("simulate", "--out", city, "--scale", "0.0005", "--days", "1")
    run("build", "--landing", city / "landing", *at)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(keys[KEY]))
    shutil.copytree(city / "arrivals" / "2014-11-01", city / "landing", dirs_exist_ok=True)
    assert "增量" in run("build", "--landing", city / "landing", *at)
    kinds = {parquet.is_encrypted(file) for file in library.raw.rglob("*.parquet")}
    assert kinds == {True, False}
    counted = ("query", *at, "SELECT count(*) AS n FROM library.dim_person", "--format", "csv")
    people = run(*counted)
    run("audit", "verify", *at)
    run("audit", "verify", "--rederive", *at)
    person = run("query", *at, "SELECT min(person_id) AS p FROM library.dim_person", "--format", "csv").split()[-1]
    run("erase", "--person", person, "--by", "档案科", "--reason", "申请", "--dry-run", *at)
    assert "key rotate" in run("key", "status", *at)
    run("key", "rotate", "--new-key-file", keys[KEY], *at)
    assert in_the_clear(library) == []
    run("audit", "verify", *at)
    run("audit", "verify", "--rederive", *at)
    assert run(*counted) == people
