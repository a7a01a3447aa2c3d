"""A published build's findings, worked out once more from the raw zone and state that its manifest names."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from orchestration.run import StepEvent, run_build
from serving.library import FILE, published_folder
from serving.proof import MANIFEST, inputs_at, is_erased, rewritten
from sources.code_version import code_version
from sources.errors import UsageError
from sources.warehouse import connect, open_engine
from sources.workdir import Workdir

# A refused delivery never came into the raw zone.
_NOT_DERIVED = ("delivery_refused",)
# What says in which build something was seen is another's matter.
_COMPARED = (
    "finding_id, rule_id, dataset, bureau, record_ref, role, person_ref, division_code, file, row, detail_zh, "
    "detail_en, state"
)


@dataclass
class Rederived:
    """What came out: `findings` in the published build; `missing` of them did not come out again, `added` came out and
    are not published (finding ids, sorted). `named`: of findings asked for by id, whether they came out the same."""

    findings: int = 0
    missing: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    named: dict[str, bool] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether every finding came out as it is published, and no other."""
        return not self.missing and not self.added


def rederive(
    workdir: Workdir, listener: Callable[[StepEvent], None], findings: Sequence[str] = (), near: Path | None = None
) -> Rederived:
    """Build the current library again beside its workdir, in full, and hold its findings to the published ones.

    The copy has what the manifest names and nothing else, and is thrown away. The workdir is not changed.

    Args:
        workdir: its current build.
        listener: see `orchestration.run.run_build`.
        findings: ids to answer for one by one.
        near: where the copy may lie; needs the room of a library. The system's folder for temporary files otherwise.

    Raises:
        UsageError: nothing is published, it is of another version of the code, or a finding is not in it.
        SijikuError: a file that the manifest names is missing, or the build fails.
    """
    folder = published_folder(workdir)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    paths = inputs_at(folder)
    if manifest["code_version"] != code_version():
        raise UsageError(
            f"{folder.name} 由另一版本的代码建成。{folder.name} was built by version {manifest['code_version']} of the "
            f"code; this is {code_version()}.",
            "Install that version, or build again and verify that.",
        )
    _check_not_erased(workdir, folder.name, manifest)
    _known(folder, findings)
    with tempfile.TemporaryDirectory(prefix="sijiku-audit-", dir=near) as name:
        copy = Workdir(Path(name) / "library")
        copy.create()
        for path in paths:
            _lay(workdir.path / path, copy.path / path)
        landing = Path(name) / "landing"
        landing.mkdir()
        run_build(copy, landing, date.fromisoformat(manifest["as_of"]), listener, is_full=True)
        return _compare(folder, published_folder(copy), findings)


def _check_not_erased(workdir: Workdir, build: str, manifest: dict[str, Any]) -> None:
    with open_engine(workdir) as engine:
        ways = rewritten(engine, workdir)
    if any(is_erased(ways, item["path"], item["sha256"]) for item in manifest["inputs"]):
        raise UsageError(
            f"{build} 建成之后有过抹除，其来源已不完整。What {build} was made of was erased in part since.",
            "请重新建库后再核查。Build again, and verify that.",
        )


def _known(folder: Path, findings: Sequence[str]) -> None:
    with connect(folder / "analysis" / FILE, read_only=True) as connection:
        there = connection.execute(
            "SELECT finding_id FROM quality.finding WHERE finding_id IN (SELECT unnest(?))", [list(findings)]
        ).fetchall()
    if unknown := sorted({*findings} - {finding for (finding,) in there}):
        raise UsageError(
            f"{folder.name} 中没有问题 {'、'.join(unknown)}。There is no such finding in {folder.name}.",
            "Copy its finding_id from quality.finding.",
        )


def _lay(source: Path, target: Path) -> None:
    """Neither raw zone nor state ever changes a file, so a second name for it will do where the disk is the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise UsageError(
            f"缺少 {source}。{source} is missing.", "Restore it from a backup; sijiku audit verify names all."
        ) from None
    except OSError:
        shutil.copyfile(source, target)


def _compare(published: Path, again: Path, findings: Sequence[str]) -> Rederived:
    with duckdb.connect() as connection:
        for name, folder in (("published", published), ("again", again)):
            file = str((folder / "analysis" / FILE).resolve()).replace("'", "''")
            connection.execute(f"ATTACH '{file}' AS {name} (READ_ONLY)")
        left_out = ", ".join(f"'{rule}'" for rule in _NOT_DERIVED)
        rows = f"SELECT {_COMPARED} FROM {{}}.quality.finding WHERE rule_id NOT IN ({left_out})"

        def only(one: str, other: str) -> list[str]:
            query = f"SELECT DISTINCT finding_id FROM ({rows.format(one)} EXCEPT {rows.format(other)}) ORDER BY 1"
            return [finding for (finding,) in connection.execute(query).fetchall()]

        missing, added = only("published", "again"), only("again", "published")
        counted = connection.execute(f"SELECT count(*) FROM ({rows.format('published')})").fetchone()
    gone = set(missing)
    return Rederived(
        findings=int(counted[0]) if counted else 0,
        missing=missing,
        added=added,
        named={finding: finding not in gone for finding in findings},
    )
