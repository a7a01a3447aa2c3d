"""Encryption of files that hold persons, as an option: one key, and DuckDB files under it.

The key is a text of 16 characters or more in a file that SIJIKU_KEY_FILE names, its owner's only, or in SIJIKU_KEY; it
stands in no argument, no log and no message. DuckDB encrypts with AES-256 in GCM mode, its write-ahead log and spill
files too; for writing it wants OpenSSL, which comes with the extension httpfs, here from its wheel. Whether a file is
encrypted is told by its own header, so a library is read whether or not a key was set when it was written.

Parquet has a key of its own, worked out from this one: `sources.parquet`.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.util import find_spec
from pathlib import Path

import duckdb

from sources.errors import SijikuError, UsageError

KEY_FILE_VARIABLE = "SIJIKU_KEY_FILE"
KEY_VARIABLE = "SIJIKU_KEY"
_LEAST = 16
_ID_LABEL = b"sijiku key id 1"
_ID_LENGTH = 16
# A DuckDB file begins with a checksum of 8 bytes, its mark, its version of 8 bytes, and flags; the first is encryption.
_MARK, _MARK_AT, _FLAGS_AT = b"DUCK", 8, 20
# The key that a change of keys works with instead of the process's.
_IN_USE: ContextVar[str | None] = ContextVar("key in use", default=None)


def configured_key() -> str | None:
    """The key of this process; None where files are not encrypted.

    Raises:
        UsageError: the key file is not there or not its owner's only, or the key is too short.
    """
    if in_use := _IN_USE.get():
        return in_use
    if name := os.environ.get(KEY_FILE_VARIABLE):
        return read_key_file(Path(name))
    key = os.environ.get(KEY_VARIABLE)
    return _checked(key, KEY_VARIABLE) if key else None


@contextmanager
def key_in_use(key: str) -> Iterator[None]:
    """Let everything in this context be read and written with a key, whatever the process's is."""
    before = _IN_USE.set(key)
    try:
        yield
    finally:
        _IN_USE.reset(before)


def key_id(key: str) -> str:
    """By what a key is told from another, 16 hexadecimal digits. A keyed hash: it says nothing of the key."""
    return hmac.digest(key.encode(), _ID_LABEL, "sha256").hex()[:_ID_LENGTH]


def read_key_file(file: Path) -> str:
    """The key in a file.

    Raises:
        UsageError: see `configured_key`.
    """
    if not file.is_file():
        raise UsageError(
            f"没有密钥文件 {file}。There is no key file {file}.", f"请检查 {KEY_FILE_VARIABLE}。Check the path."
        )
    if file.stat().st_mode & 0o077:
        raise UsageError(
            f"密钥文件 {file} 可被他人读取。Others can read the key file {file}.", f"请运行 Run: chmod 600 {file}"
        )
    return _checked(file.read_text(encoding="utf-8").strip(), str(file))


def is_encrypted(file: Path) -> bool:
    """Whether a DuckDB file is encrypted; False where there is none."""
    if not file.is_file():
        return False
    with file.open("rb") as handle:
        head = handle.read(_FLAGS_AT + 1)
    return head[_MARK_AT : _MARK_AT + len(_MARK)] == _MARK and len(head) > _FLAGS_AT and bool(head[_FLAGS_AT] & 1)


def attach(
    connection: duckdb.DuckDBPyConnection,
    file: Path,
    alias: str,
    *,
    read_only: bool = False,
    is_personal: bool = True,
    storage: str | None = None,
    key: str | None = None,
    is_logged: bool = True,
) -> None:
    """Attach a DuckDB file, with the key if it is encrypted.

    Args:
        connection: where to.
        file: one that is not there is made; encrypted if it is to be personal and there is a key.
        alias: the catalog's name.
        read_only: as DuckDB means it.
        is_personal: whether a new file is to hold persons.
        storage: DuckDB's storage version of a new file.
        key: instead of the process's.
        is_logged: whether what is written stands in a log before the next checkpoint, or is lost with the process.

    Raises:
        SijikuError: the file is encrypted and there is no key, or another one.
        UsageError: see `configured_key`.
    """
    chosen = key or configured_key()
    encrypts = is_encrypted(file) if file.exists() else is_personal and chosen is not None
    options = [*(["READ_ONLY"] if read_only else []), *([f"STORAGE_VERSION '{storage}'"] if storage else [])]
    if not is_logged:
        options.append("RECOVERY_MODE no_wal_writes")
    if encrypts:
        if chosen is None:
            raise no_key(file)
        load_cipher(connection)
        options.append(f"ENCRYPTION_KEY {_quoted(chosen)}")
    listed = f" ({', '.join(options)})" if options else ""
    try:
        connection.execute(f"ATTACH {_quoted(str(file))} AS {alias}{listed}")
    except duckdb.InvalidInputException as error:
        if not encrypts or "encryption key" not in str(error):
            raise
        raise other_key(file) from None


def no_key(file: Path) -> SijikuError:
    """What is said of an encrypted file where there is no key."""
    return SijikuError(
        f"{file} 已加密，未给出密钥。{file} is encrypted, and there is no key.",
        f"请用环境变量 {KEY_FILE_VARIABLE} 指明密钥文件。Name its key file with {KEY_FILE_VARIABLE}.",
    )


def other_key(file: Path) -> SijikuError:
    """What is said of an encrypted file that the key does not open."""
    return SijikuError(
        f"密钥与 {file} 不符。{file} is encrypted with another key.",
        f"请用环境变量 {KEY_FILE_VARIABLE} 指明它的密钥文件；更换密钥请用 sijiku key rotate。"
        f"Name its own key file with {KEY_FILE_VARIABLE}; sijiku key rotate changes keys.",
    )


def load_cipher(connection: duckdb.DuckDBPyConnection) -> None:
    """Load httpfs from its wheel: nothing is fetched. Spill files are encrypted from then on."""
    found = find_spec("duckdb_extension_httpfs")
    files = sorted(Path(found.origin).parent.rglob("httpfs.duckdb_extension")) if found and found.origin else []
    if not files:
        raise SijikuError(
            "缺少加密所需的扩展。The extension that encryption needs is not installed.",
            "请安装 Install duckdb-extension-httpfs, as requirements.lock has it.",
        )
    connection.execute(f"LOAD {_quoted(str(files[-1]))}")
    connection.execute("SET temp_file_encryption = true")


def _checked(key: str, where: str) -> str:
    if len(key) < _LEAST:
        raise UsageError(
            f"{where} 中的密钥不足 {_LEAST} 个字符。The key in {where} has fewer than {_LEAST} characters.",
            "请用随机密钥，如 Draw one: (umask 077; openssl rand -base64 32 > FILE)",
        )
    return key


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
