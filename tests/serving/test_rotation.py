"""A library's key is changed whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from serving import rewriting
from serving.library import query
from serving.proof import verify
from serving.publish import Published
from serving.rotation import rotate
from sources.encryption import KEY_FILE_VARIABLE, is_encrypted
from sources.errors import SijikuError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

OLD, NEW = "the-old-key-of-a-library", "the-new-key-of-a-library"
PEOPLE = "SELECT count(*) FROM library.dim_person"


@pytest.fixture
def library(
    workdir: Workdir, publish_build: Callable[..., Published], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Workdir:
    """A library that was built without a key."""
    monkeypatch.delenv(KEY_FILE_VARIABLE, raising=False)
    publish_build("b1")
    return workdir


@pytest.fixture
def use_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def use(key: str) -> None:
        file = tmp_path / "key"
        file.write_text(key, encoding="utf-8")
        file.chmod(0o600)
        monkeypatch.setenv(KEY_FILE_VARIABLE, str(file))

    return use


def rekey(workdir: Workdir, key: str) -> list[str]:
    with workdir.lock(may_be_rekeying=True):
        return rotate(workdir, key)


def test_what_holds_persons_is_encrypted_and_then_under_another_key(
    library: Workdir, use_key: Callable[[str], None]
) -> None:
    assert rekey(library, OLD) == ["warehouse/sijiku.duckdb", "published/b1/restricted/sijiku.duckdb"]
    use_key(OLD)
    assert rekey(library, NEW) == ["warehouse/sijiku.duckdb", "published/b1/restricted/sijiku.duckdb"]
    with pytest.raises(SijikuError, match="another key"):
        query(library, PEOPLE)
    use_key(NEW)
    assert query(library, PEOPLE).rows == [(2,)]
    assert query(library, "SELECT count(*) FROM marts.mart_population", "analysis").rows == [(4,)], "no persons, no key"
    with open_warehouse(library) as connection:
        assert connection.execute(PEOPLE).fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM raw.record_ref").fetchone() == (3,), "views too"
    restricted = library.current / "restricted" / "sijiku.duckdb"
    assert is_encrypted(restricted)
    assert restricted.stat().st_mode & 0o777 == 0o600
    done = verify(library)
    assert (done.problems, done.rewritten) == ([], {"published/b1/restricted/sijiku.duckdb"})


def test_cut_off_before_all_copies_are_there_nothing_was_changed(
    library: Workdir, use_key: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            rekey(library, NEW)
    with library.lock():
        assert query(library, PEOPLE).rows == [(2,)]
    rekey(library, NEW)
    use_key(NEW)
    assert query(library, PEOPLE).rows == [(2,)]


def test_cut_off_half_way_it_is_gone_on_with_and_nobody_works_meanwhile(
    library: Workdir, use_key: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, moved = Path.replace, []

    def killed(self: Path, target: Path) -> Path:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            rekey(library, NEW)
    with pytest.raises(SijikuError, match="change of keys"), library.lock():
        pass
    rekey(library, NEW)
    use_key(NEW)
    assert query(library, PEOPLE).rows == [(2,)]
    with open_warehouse(library) as connection:
        assert connection.execute(PEOPLE).fetchone() == (2,)


def test_a_wrong_old_key_changes_nothing(library: Workdir, use_key: Callable[[str], None]) -> None:
    rekey(library, OLD)
    use_key("a-key-that-is-not-the-old-one")
    with pytest.raises(SijikuError, match="another key"):
        rekey(library, NEW)
    use_key(OLD)
    assert query(library, PEOPLE).rows == [(2,)]
