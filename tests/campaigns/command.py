"""What campaigns share: the command as a user runs it, and the page that their summaries go to."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

_Result = TypeVar("_Result")

SIJIKU = Path(sys.executable).parent / "sijiku"
ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reliability.md"


def environment() -> dict[str, str]:
    """The environment of a build: the code of this checkout, not what is installed; two threads, little memory."""
    return os.environ | {"PYTHONPATH": str(ROOT), "SIJIKU_MEMORY": "2GB", "SIJIKU_THREADS": "2", "COLUMNS": "120"}


def run(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run `sijiku` with these arguments, whatever its exit status."""
    return subprocess.run([str(SIJIKU), *arguments], capture_output=True, text=True, check=False, env=environment())


def succeed(arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run `sijiku` with these arguments.

    Raises:
        RuntimeError: it did not end with 0; says what it said.
    """
    done = run(arguments)
    if done.returncode != 0:
        raise RuntimeError(f"sijiku {' '.join(arguments)} ended with {done.returncode}:\n{done.stderr}")
    return done


def folders(landing: Path, workdir: Path) -> list[str]:
    """The arguments that name a landing folder and a workdir."""
    return ["--landing", str(landing), "--workdir", str(workdir)]


def copy(source: Path, target: Path) -> None:
    """Copy a folder in place of another, links as links."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


def done_before(record: Path, kind: type[_Result]) -> list[_Result]:
    """What a campaign that was stopped had found: the lines of its record."""
    lines = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return [kind(**json.loads(line)) for line in lines]


def keep(record: Path, result: Any) -> None:
    """Add what was found, a dataclass, to the record of a campaign."""
    with record.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(result), ensure_ascii=False) + "\n")


def write_page(campaign: str, text: str, page: Path = PAGE) -> None:
    """Put a campaign's summary between its markers on the page, and leave everything else."""
    begin, end = (f"<!-- {campaign} campaign: {what} -->" for what in ("begin", "end"))
    whole = page.read_text(encoding="utf-8")
    between = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    page.write_text(between.sub(lambda _: f"{begin}\n{text}\n{end}", whole), encoding="utf-8")
