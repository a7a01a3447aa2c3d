"""A backup brings back what cannot be rebuilt, whole or not at all, and for its owner's eyes only."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from sources.backup import MANIFEST, back_up, restore
from sources.encryption import KEY_FILE_VARIABLE, key_id
from sources.errors import SijikuError, UsageError
from sources.landing import take_in
from sources.manifest import file_sha256
from sources.parquet import is_encrypted
from sources.raw_zone import register
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.conftest import UseKey
from tests.deliveries import sample_rows, write_delivery

RESIDENCE = "psb.temporary_residence"
KEY, OTHER = "a-key-of-sixteen-characters", "another-key-of-sixteen-or-more"


@pytest.fixture
def built(workdir: Workdir, landing: Path) -> Workdir:
    """A raw zone with a row in quarantine, state, and what no backup needs: something half-written, a warehouse."""
    rows = sample_rows(RESIDENCE, 4)
    write_delivery(landing, RESIDENCE, "2014-09-30", rows=[*rows, rows[0] | {"登记编号": ""}])
    register(workdir, take_in(workdir, landing).outcomes, None, "code")
    (workdir.raw / "psb" / "temporary_residence" / ".half-abc").mkdir()
    return workdir


def kept(workdir: Workdir) -> dict[str, str]:
    return {
        path.relative_to(workdir.path).as_posix(): file_sha256(path)
        for part in (workdir.raw, workdir.state, workdir.quarantine)
        for path in part.rglob("*.parquet")
    }


@pytest.mark.parametrize("name", ["backup", "backup.tar", "backup.tar.zst"])
def test_what_was_backed_up_comes_back_elsewhere(built: Workdir, tmp_path: Path, name: str) -> None:
    summary = back_up(built, tmp_path / name)
    elsewhere = Workdir(tmp_path / "elsewhere")
    with elsewhere.lock():
        assert restore(tmp_path / name, elsewhere).files == summary.files == len(kept(built))
    assert kept(elsewhere) == kept(built)
    assert any(path.startswith("quarantine/") for path in kept(elsewhere))
    register(elsewhere, [], None, "code")
    with open_warehouse(elsewhere, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM raw.psb__temporary_residence").fetchone() == (4,)
    assert not [path for path in elsewhere.path.iterdir() if path.name.endswith(".half")]


@pytest.mark.parametrize("name", ["backup", "backup.tar.zst"])
def test_a_backup_of_encrypted_files_stays_so_and_wants_their_key(
    workdir: Workdir, landing: Path, tmp_path: Path, name: str, use_key: UseKey
) -> None:
    use_key(KEY)
    rows = sample_rows(RESIDENCE, 4)
    write_delivery(landing, RESIDENCE, "2014-09-30", rows=[*rows, rows[0] | {"登记编号": ""}])
    take_in(workdir, landing)
    assert list(workdir.quarantine.rglob("*.parquet"))
    back_up(workdir, tmp_path / name)
    elsewhere = Workdir(tmp_path / "elsewhere")
    for key, said in ((None, "none was given"), (OTHER, "another was given")):
        use_key(key)
        with pytest.raises(SijikuError, match=said) as raised, elsewhere.lock():
            restore(tmp_path / name, elsewhere)
        assert key_id(KEY) in raised.value.problem and KEY_FILE_VARIABLE in raised.value.remedy
        assert kept(elsewhere) == {}
    use_key(KEY)
    with elsewhere.lock():
        restore(tmp_path / name, elsewhere)
    assert kept(elsewhere) == kept(workdir)
    assert all(map(is_encrypted, elsewhere.path.rglob("*.parquet")))
    register(elsewhere, [], None, "code")


@pytest.mark.parametrize("name", ["backup", "backup.tar.zst"])
def test_nobody_but_its_owner_reads_a_backup_or_what_was_restored(built: Workdir, tmp_path: Path, name: str) -> None:
    back_up(built, tmp_path / name)
    elsewhere = Workdir(tmp_path / "elsewhere")
    restore(tmp_path / name, elsewhere)
    files = [*(tmp_path / name).rglob("*"), tmp_path / name]
    files += [path for part in ("raw", "state", "quarantine") for path in (elsewhere.path / part).rglob("*.parquet")]
    files += [elsewhere.raw, elsewhere.state, elsewhere.quarantine]
    assert not [path for path in files if path.stat().st_mode & 0o077]


def test_a_later_backup_into_a_folder_writes_what_is_new_and_no_more(
    built: Workdir, landing: Path, tmp_path: Path
) -> None:
    first = back_up(built, tmp_path / "backup")
    assert first.written == first.bytes
    assert back_up(built, tmp_path / "backup").written == 0
    write_delivery(landing, RESIDENCE, "2014-10-31", rows=sample_rows(RESIDENCE, 2))
    take_in(built, landing)
    later = back_up(built, tmp_path / "backup")
    assert 0 < later.written == later.bytes - first.bytes
    restore(tmp_path / "backup", elsewhere := Workdir(tmp_path / "elsewhere"))
    assert kept(elsewhere) == kept(built)


def damaged_object(backup: Path) -> None:
    path = max((backup / "objects").iterdir(), key=lambda file: file.stat().st_size)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def lost_object(backup: Path) -> None:
    next((backup / "objects").iterdir()).unlink()


def shortened_manifest(backup: Path) -> None:
    document = json.loads((backup / MANIFEST).read_text(encoding="utf-8"))
    document["files"].pop()
    (backup / MANIFEST).write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize("damage", [damaged_object, lost_object, shortened_manifest])
def test_a_damaged_backup_restores_nothing(built: Workdir, tmp_path: Path, damage: object) -> None:
    back_up(built, tmp_path / "backup")
    damage(tmp_path / "backup")  # type: ignore[operator]
    elsewhere = Workdir(tmp_path / "elsewhere")
    with pytest.raises(SijikuError, match="已损坏"):
        restore(tmp_path / "backup", elsewhere)
    assert not elsewhere.raw.exists()
    assert not elsewhere.state.exists()
    back_up(built, tmp_path / "another")
    restore(tmp_path / "another", elsewhere)
    assert kept(elsewhere) == kept(built)


def test_a_cut_off_archive_restores_nothing(built: Workdir, tmp_path: Path) -> None:
    for name in ("backup.tar", "backup.tar.zst"):
        back_up(built, tmp_path / name)
        content = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        with pytest.raises(SijikuError, match="已损坏"):
            restore(tmp_path / name, Workdir(tmp_path / "elsewhere"))
        assert not (tmp_path / "elsewhere" / "state").exists()


def test_a_path_that_leads_out_of_the_workdir_is_never_written(built: Workdir, tmp_path: Path) -> None:
    from sources import backup

    back_up(built, tmp_path / "backup")
    document = json.loads((tmp_path / "backup" / MANIFEST).read_text(encoding="utf-8"))
    document["files"][0]["path"] = "raw/../../out.parquet"
    document["sha256"] = backup._digest(document["files"])
    (tmp_path / "backup" / MANIFEST).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(SijikuError, match="已损坏"):
        restore(tmp_path / "backup", Workdir(tmp_path / "elsewhere"))
    assert not list(tmp_path.rglob("out.parquet"))


def test_a_library_is_never_overwritten(built: Workdir, tmp_path: Path) -> None:
    back_up(built, tmp_path / "backup")
    before = kept(built)
    with pytest.raises(UsageError, match="不能覆盖"):
        restore(tmp_path / "backup", built)
    assert kept(built) == before


def test_a_restore_that_was_killed_is_done_again(built: Workdir, tmp_path: Path) -> None:
    back_up(built, tmp_path / "backup")
    elsewhere = Workdir(tmp_path / "elsewhere")
    (elsewhere.path / ".restore.half" / "state").mkdir(parents=True)
    shutil.copytree(built.raw, elsewhere.raw)
    restore(tmp_path / "backup", elsewhere)
    assert kept(elsewhere) == kept(built)


def test_what_cannot_be_a_backup_is_said(built: Workdir, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("x")
    for out in (tmp_path / "backup.zip", built.path / "backup", tmp_path / "mine"):
        with pytest.raises(UsageError):
            back_up(built, out)
    for source in (tmp_path / "none", tmp_path / "mine"):
        with pytest.raises(UsageError):
            restore(source, Workdir(tmp_path / "elsewhere"))
    with pytest.raises(UsageError):
        back_up(Workdir(tmp_path / "empty"), tmp_path / "backup")
    assert (tmp_path / "mine" / "letter.txt").exists()
