"""A delivery's manifest, and whether its folder holds exactly the files that it names."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sources.refusal import Refused

MANIFEST = "manifest.json"
_RESERVED = re.compile(r"[/\\:*?\"<>|\x00-\x1f]")


@dataclass(frozen=True)
class Limits:
    """What a delivery may weigh: bytes of a file and of the manifest, and how many files."""

    file_bytes: int = 16 << 30
    manifest_bytes: int = 16 << 20
    files: int = 10_000


DEFAULT_LIMITS = Limits()


class ManifestFile(BaseModel):
    """A file as the manifest declares it; `rows` counts data rows."""

    model_config = ConfigDict(strict=True, frozen=True)
    name: str = Field(min_length=1, max_length=255)
    sha256: str = Field(pattern=r"^[0-9a-fA-F]{64}$")
    rows: int = Field(ge=0)


class Manifest(BaseModel):
    """manifest.json of interface/extracts.yml."""

    model_config = ConfigDict(strict=True, frozen=True)
    bureau: str
    dataset: str
    extract_date: str = Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")
    mode: Literal["full", "delta"]
    contract_version: str
    files: tuple[ManifestFile, ...] = Field(min_length=1)

    @property
    def full_dataset(self) -> str:
        """The dataset with its bureau: `psb.temporary_residence`, however the manifest writes it."""
        return self.dataset if self.dataset.startswith(f"{self.bureau}.") else f"{self.bureau}.{self.dataset}"

    @property
    def rows(self) -> int:
        """Data rows declared over all files."""
        return sum(file.rows for file in self.files)


def read_manifest(folder: Path, limits: Limits) -> Manifest:
    """Read a delivery folder's manifest.

    Raises:
        Refused: there is none, it is no JSON, or a field is missing or of the wrong form; names the field.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.is_symlink():
        raise Refused(
            f"批次目录 {folder.name} 没有清单 {MANIFEST}，可能尚未传完。请在全部文件之后写入清单。",
            f"Delivery folder {folder.name} has no {MANIFEST}: it may be half-written. Write it last, after the files.",
        )
    if path.stat().st_size > limits.manifest_bytes:
        raise Refused(
            f"清单 {MANIFEST} 超过 {limits.manifest_bytes} 字节。请检查清单。",
            f"{MANIFEST} is larger than {limits.manifest_bytes} bytes. Check it.",
        )
    try:
        manifest = Manifest.model_validate_json(path.read_text(encoding="utf-8-sig"))
    except OSError:
        raise _unreadable(MANIFEST) from None
    except UnicodeDecodeError:
        raise _no_json() from None
    except ValidationError as error:
        if any(item["type"] == "json_invalid" for item in error.errors()):
            raise _no_json() from None
        places = ", ".join(_places(error))
        raise Refused(
            f"清单 {MANIFEST} 的字段缺失或格式不对: {places}。请按接口说明更正。",
            f"{MANIFEST}: fields missing or of the wrong form: {places}. Correct them as the interface says.",
        ) from None
    if parse_date(manifest.extract_date) is None:
        raise Refused(
            f"清单 {MANIFEST} 的 extract_date 不是有效日期。请更正。",
            f"{MANIFEST}: extract_date is no date of the calendar. Correct it.",
        )
    return manifest


def _places(error: ValidationError) -> list[str]:
    """Where a manifest is wrong, innermost places alone, and nothing of what stands there: it may be anything."""
    found = {tuple(str(part) for part in item["loc"]) for item in error.errors()}
    inner = [place for place in found if not any(other != place and other[: len(place)] == place for other in found)]
    return sorted(".".join(place) or "." for place in inner)


def _no_json() -> Refused:
    return Refused(
        f"清单 {MANIFEST} 不是完整的 UTF-8 JSON。请重新生成清单。",
        f"{MANIFEST} is no complete UTF-8 JSON. Write it again.",
    )


def parse_date(text: str) -> date | None:
    """A date written YYYY-MM-DD, or None."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def check_files(folder: Path, manifest: Manifest, limits: Limits, *, is_own: bool = False) -> None:
    """Hold the folder's files against the manifest: safe names, every file and no other, size, hash.

    Args:
        folder: of the delivery.
        manifest: of the delivery.
        limits: sizes.
        is_own: this process wrote the files just now, with the hash of what they say, and not of how they say it.

    Raises:
        Refused: names the first file that is not as declared.
    """
    names = [file.name for file in manifest.files]
    for name in names:
        if _RESERVED.search(name) or name.startswith(".") or name != name.strip() or name == MANIFEST:
            raise Refused(
                "清单中有不允许的文件名(不能含路径、以点开头或为 manifest.json)。请改名后重新报送。",
                "The manifest names a file in a way that is not allowed (a path, a leading dot, or manifest.json "
                "itself). Rename it and send it again.",
            )
    if len(names) > limits.files:
        raise Refused(
            f"批次有 {len(names)} 个文件，上限 {limits.files}。请合并文件。",
            f"The delivery has {len(names)} files; the limit is {limits.files}. Merge some.",
        )
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise Refused(
            f"清单两次列出文件 {twice[0]}。请更正清单。",
            f"The manifest lists file {twice[0]} twice. Correct it.",
        )
    present = {path.name: path for path in folder.iterdir() if path.name != MANIFEST}
    for name in sorted(names):
        if name not in present or not present[name].is_file() or present[name].is_symlink():
            raise Refused(
                f"清单中的文件 {name} 不在批次目录中。请补齐文件后重新报送。",
                f"File {name} of the manifest is not in the delivery folder. Add it and send the delivery again.",
            )
    surplus = sorted(set(present) - set(names))
    if surplus:
        raise Refused(
            f"批次目录中有清单没有的文件 {surplus[0]}(共 {len(surplus)} 个)。请删除或列入清单。",
            f"The delivery folder holds {surplus[0]}, which the manifest does not name ({len(surplus)} such). "
            "Remove it or list it.",
        )
    for file in sorted(manifest.files, key=lambda item: item.name):
        _check_size(present[file.name], limits)
        if not is_own:
            _check_content(present[file.name], file)


def _check_size(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if size > limits.file_bytes:
        raise Refused(
            f"文件 {path.name} 有 {size} 字节，超过上限 {limits.file_bytes}。请拆分后重新报送。",
            f"File {path.name} has {size} bytes; the limit is {limits.file_bytes}. Split it.",
        )


def _check_content(path: Path, declared: ManifestFile) -> None:
    try:
        actual = file_sha256(path)
    except OSError:
        raise _unreadable(path.name) from None
    if actual != declared.sha256.lower():
        raise Refused(
            f"文件 {path.name} 的 SHA-256 与清单不符，文件可能已损坏或被改动。请重新传送。",
            f"File {path.name}: its SHA-256 is not the manifest's; it was damaged or changed. Send it again.",
        )


def _unreadable(name: str) -> Refused:
    return Refused(
        f"文件 {name} 无法读取。请检查权限和存储后重新报送。",
        f"File {name} cannot be read. Check its permissions and the disk.",
    )


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def delivery_hash(manifest: Manifest) -> str:
    """SHA-256 over dataset, date, mode and the sorted (file name, sha256) pairs: what makes a delivery the same one."""
    files = sorted((file.name, file.sha256.lower()) for file in manifest.files)
    return _hash([manifest.full_dataset, manifest.extract_date, manifest.mode, files])


def folder_hash(relative: str, folder: Path, limits: Limits) -> str:
    """A hash that names a delivery whose manifest or files could not be relied on: over what lies in its folder."""
    found = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        size = path.lstat().st_size
        readable = path.is_file() and not path.is_symlink() and size <= limits.file_bytes
        found.append((path.name, _sha256_or_none(path) if readable else None, size if path.is_file() else None))
    return _hash([relative, found])


def refused_hash(relative: str, reason: str) -> str:
    """A hash that names a delivery of which there are no files: over where it was to come from and why it did not."""
    return _hash([relative, reason])


def _sha256_or_none(path: Path) -> str | None:
    try:
        return file_sha256(path)
    except OSError:
        return None


def _hash(content: object) -> str:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
