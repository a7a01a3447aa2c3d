"""A library under a key: built, gone on with, read, kept house for, erased from and rekeyed by the real command."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sources.encryption import KEY_FILE_VARIABLE, is_encrypted
from sources.workdir import Workdir
from tests.conftest import run_sijiku

KEY, NEW_KEY = "one-key-of-a-library-of-nobody", "next-key-of-a-library-of-nobody"


def run(*arguments: str | Path) -> str:
    done = run_sijiku(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.full
def test_every_command_works_on_an_encrypted_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {name: tmp_path / name for name in ("key", "new_key")}
    for file, key in zip(files.values(), (KEY, NEW_KEY), strict=True):
        file.write_text(key, encoding="utf-8")
        file.chmod(0o600)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(files["key"]))
    city, library = tmp_path / "city", Workdir(tmp_path / "library")
    at = ("--workdir", library.path)
    run("simulate", "--out", city, "--scale", "0.0005", "--days", "1")
    assert "全量" in run("build", "--landing", city / "landing", *at)
    shutil.copytree(city / "arrivals" / "2014-11-01", city / "landing", dirs_exist_ok=True)
    assert "增量" in run("build", "--landing", city / "landing", *at)
    restricted = [
        folder / "restricted" / "sijiku.duckdb" for folder in library.published.glob("[!.]*") if not folder.is_symlink()
    ]
    assert len(restricted) == 2
    assert all(map(is_encrypted, (library.warehouse, *restricted)))
    assert not is_encrypted(library.current / "analysis" / "sijiku.duckdb")

    person = run("query", *at, "SELECT min(person_id) AS p FROM library.dim_person", "--format", "csv").split()[-1]
    run("status", *at)
    run("metric", "people,floating", "--by", "district", *at)
    run("explain", "--person", person, *at)
    run("audit", "verify", *at)
    run("gc", *at)
    run("backup", "--out", tmp_path / "backup", *at)
    run("erase", "--person", person, "--by", "档案科", "--reason", "申请", "--yes", *at)
    run("key", "rotate", "--new-key-file", files["new_key"], *at)
    refused = run_sijiku("query", *at, "SELECT count(*) FROM library.dim_person")
    assert refused.returncode == 1
    assert KEY_FILE_VARIABLE in refused.stderr
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(files["new_key"]))
    gone = run(
        "query", *at, f"SELECT count(*) AS n FROM library.dim_person WHERE person_id = '{person}'", "--format", "csv"
    )
    assert gone.split()[-1] == "0"
    run("audit", "verify", *at)

    shown = [
        path
        for path in library.path.rglob("*")
        if path.is_file() and any(key.encode() in path.read_bytes() for key in (KEY, NEW_KEY))
    ]
    assert shown == [], "a key stands in a file"
