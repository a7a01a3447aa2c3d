"""What each folder may import, as docs/architecture.md draws it. There is no list of exceptions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Folder to the project's folders it may import, besides itself.
MAY_IMPORT = {
    "sources": set(),
    "identity": {"sources"},
    "expectations": {"sources"},
    "serving": {"sources"},
    "orchestration": {"sources", "identity", "expectations", "serving"},
    "benchmarks": {"sources", "identity", "expectations", "serving", "orchestration"},
}
ORCHESTRATORS = {"dagster", "dagster_dbt", "dagster_shared", "dagster_postgres"}
# Library to the folders that may import it; where a library is not named, any may.
ONLY_IN = {
    **{name: {"orchestration"} for name in ORCHESTRATORS},
    "dbt": {"serving", "orchestration", "benchmarks"},
    "metricflow": {"serving"},
    "metricflow_semantics": {"serving"},
    "great_expectations": {"expectations"},
    "splink": {"identity", "benchmarks"},
}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Every module that a file imports, at the top or inside a function, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.lineno, node.module


def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_a_folder_imports_only_what_lies_below_it(folder: str) -> None:
    allowed = MAY_IMPORT[folder] | {folder}
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for path in files(folder)
        for line, module in imports(path)
        if (top := module.split(".")[0]) in MAY_IMPORT and top not in allowed
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("library", sorted(ONLY_IN))
def test_an_engine_is_imported_only_where_it_belongs(library: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line} imports {module}"
        for folder in MAY_IMPORT
        if folder not in ONLY_IN[library]
        for path in files(folder)
        for line, module in imports(path)
        if module.split(".")[0] == library
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_imports_are_absolute_so_that_edges_can_be_read(folder: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in files(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level > 0
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("folder", [name for name in MAY_IMPORT if name != "benchmarks"])
def test_every_folder_of_the_design_holds_code(folder: str) -> None:
    assert len(files(folder)) > 1
