"""Which code made a library: a part of its build id."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

PROJECT = Path(__file__).parent.parent
CODE_FOLDERS = ("sources", "identity", "dbt_project", "expectations", "serving", "orchestration", "interface/contracts")
CODE_SUFFIXES = frozenset({".py", ".sql", ".yml", ".yaml", ".csv", ".json"})
# What tools leave in a code folder.
_NOT_CODE = frozenset({"target", "logs", "dbt_packages", "__pycache__"})


def code_version(project: Path = PROJECT) -> str:
    """Twelve hexadecimal digits over every code file of the project and the engine's version: equal for equal code,
    wherever it lies. What a build keeps for the next holds hashes that only the same engine makes alike."""
    digest = hashlib.sha256(duckdb.__version__.encode())
    for path in code_files(project):
        digest.update(path.relative_to(project).as_posix().encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def code_files(project: Path) -> list[Path]:
    """The files that decide what a build makes of its input, in a fixed order."""
    found = [
        path
        for folder in CODE_FOLDERS
        for path in (project / folder).rglob("*")
        if path.suffix in CODE_SUFFIXES and path.is_file() and _is_code(path.relative_to(project))
    ]
    return sorted(found, key=lambda path: path.relative_to(project).as_posix())


def _is_code(path: Path) -> bool:
    return not any(part in _NOT_CODE or part.startswith(".") for part in path.parts)
