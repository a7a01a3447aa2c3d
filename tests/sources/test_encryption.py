"""Files that hold persons are encrypted where there is a key; what is wrong with a key is said without showing it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sources.encryption import KEY_FILE_VARIABLE, KEY_VARIABLE, configured_key, is_encrypted
from sources.errors import SijikuError, UsageError
from sources.warehouse import connect
from tests.conftest import UseKey

KEY, OTHER = "a-key-of-sixteen-characters", "another-key-of-sixteen-or-more"
SECRET = "密甲150202198001010000"


def write(file: Path) -> None:
    with connect(file, read_only=False) as connection:
        connection.execute(f"CREATE TABLE secret AS SELECT '{SECRET}' AS said FROM range(1000)")


def read(file: Path) -> int:
    with connect(file, read_only=True) as connection:
        return len(connection.execute("FROM secret").fetchall())


def test_with_a_key_nothing_can_be_read_in_the_file(tmp_path: Path, use_key: UseKey) -> None:
    use_key(KEY)
    write(tmp_path / "sijiku.duckdb")
    content = (tmp_path / "sijiku.duckdb").read_bytes()
    assert is_encrypted(tmp_path / "sijiku.duckdb")
    assert SECRET.encode() not in content
    assert b"secret" not in content
    assert read(tmp_path / "sijiku.duckdb") == 1000


def test_a_file_from_before_there_was_a_key_is_read_as_it_is(tmp_path: Path, use_key: UseKey) -> None:
    use_key(None)
    write(tmp_path / "sijiku.duckdb")
    assert not is_encrypted(tmp_path / "sijiku.duckdb")
    use_key(KEY)
    assert read(tmp_path / "sijiku.duckdb") == 1000


def test_a_missing_or_wrong_key_is_named_with_what_to_do_and_never_shown(tmp_path: Path, use_key: UseKey) -> None:
    use_key(KEY)
    write(tmp_path / "sijiku.duckdb")
    for key, said in ((None, "there is no key"), (OTHER, "another key")):
        use_key(key)
        with pytest.raises(SijikuError, match=said) as raised:
            read(tmp_path / "sijiku.duckdb")
        assert KEY_FILE_VARIABLE in raised.value.remedy
        assert OTHER not in str(raised.value)


def test_a_key_that_others_can_read_is_missing_or_short_is_not_used(
    tmp_path: Path, use_key: UseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_key(KEY).chmod(0o640)
    with pytest.raises(UsageError, match="Others can read"):
        configured_key()
    use_key("short")
    with pytest.raises(UsageError, match="fewer than 16") as raised:
        configured_key()
    assert "short" not in str(raised.value)
    monkeypatch.setenv(KEY_FILE_VARIABLE, str(tmp_path / "none"))
    with pytest.raises(UsageError, match="no key file"):
        configured_key()
    monkeypatch.delenv(KEY_FILE_VARIABLE)
    monkeypatch.setenv(KEY_VARIABLE, KEY)
    assert configured_key() == KEY


def test_spill_files_of_an_encrypted_file_are_encrypted(tmp_path: Path, use_key: UseKey) -> None:
    use_key(KEY)
    with connect(tmp_path / "sijiku.duckdb", read_only=False) as connection:
        assert connection.execute("SELECT current_setting('temp_file_encryption')").fetchone() == (True,)
