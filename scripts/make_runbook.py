"""Write the lists of messages into docs/runbook.md, from the places in the code that raise them.

    python scripts/make_runbook.py

What to do is written by hand; each of its sections holds, between markers, the messages that it is about, as they are
worded in the code with `…` where a file, a row or a figure stands. `tests/test_runbook.py` fails when a list is stale,
or a module that raises belongs to no section.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "runbook.md"
FOLDERS = ("sources", "identity", "expectations", "serving", "orchestration")
ERRORS = frozenset({"SijikuError", "UsageError", "Refused", "PublicationBlocked"})

# Section of the runbook to the modules whose messages it is about, by the beginning of their path.
SECTIONS: dict[str, tuple[str, ...]] = {
    "refused": (
        "sources/landing.py",
        "sources/manifest.py",
        "sources/reader.py",
        "sources/readers/",
        "sources/raw_store.py",
    ),
    "database": ("sources/postgres.py", "sources/connection.py", "sources/pull.py"),
    "contract": ("sources/contract.py",),
    "machine": ("sources/trouble.py", "sources/workdir.py", "sources/warehouse.py"),
    "build": (
        "sources/raw_zone.py",
        "sources/state.py",
        "sources/continuation.py",
        "orchestration/dbt.py",
        "orchestration/resources.py",
        "orchestration/defs/",
        "expectations/",
        "identity/pipeline.py",
        "identity/profiles.py",
        "identity/registry.py",
        "identity/scoring.py",
    ),
    "link": ("identity/linkage.py", "identity/model.py", "identity/tables.py"),
    "publishing": (
        "serving/publish.py",
        "serving/checks.py",
        "serving/dbt_docs.py",
        "serving/audit_site.py",
        "serving/suppression.py",
    ),
    "reading": (
        "serving/library.py",
        "serving/dictionary.py",
        "serving/metric_charts.py",
        "serving/metrics.py",
        "serving/saved_queries.py",
    ),
    "postgres": ("serving/postgres.py", "serving/postgres_access.py"),
    "dashboards": ("serving/superset", "serving/local_postgres.py"),
    "cases": ("serving/cases.py", "serving/findings.py", "sources/workbook.py", "orchestration/cli_findings.py"),
    "rules": ("serving/judging.py",),
    "audit": ("serving/proof.py", "serving/samples.py", "serving/export.py", "orchestration/rederive.py"),
    "review": ("identity/review.py", "identity/workbook.py"),
    "housekeeping": ("serving/housekeeping.py", "sources/backup.py"),
    "erasure": (
        "sources/suppression.py",
        "serving/erasure.py",
        "serving/erasure_targets.py",
        "serving/retention.py",
        "orchestration/cli_erase.py",
    ),
    "encryption": ("sources/encryption.py", "sources/parquet.py", "serving/rotation.py"),
    "command": (
        "orchestration/cli.py",
        "orchestration/run.py",
        "orchestration/alerts.py",
        "identity/changes.py",
        "identity/evaluation.py",
        "serving/evaluation.py",
        "identity/explain.py",
        "identity/training.py",
    ),
    "city": ("sources/city/",),
}
_MARKERS = "<!-- messages: {} -->", "<!-- messages end -->"


@dataclass(frozen=True, order=True)
class Message:
    """A message as the code words it: where it is raised, and its two texts (problem and remedy, or both languages)."""

    module: str
    line: int
    first: str
    second: str


def messages() -> list[Message]:
    """Every message that is raised, by module and line."""
    paths = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]
    return [message for path in paths for message in _of_module(path)]


def section_of(module: str) -> str:
    """The section that a module's messages belong to; KeyError if there is none."""
    found = [name for name, prefixes in SECTIONS.items() if any(module.startswith(prefix) for prefix in prefixes)]
    if len(found) != 1:
        raise KeyError(module)
    return found[0]


def filled(page: str, found: list[Message]) -> str:
    """The page with the messages of each section between its markers."""
    for section in SECTIONS:
        begin, end = (marker.format(section) for marker in _MARKERS)
        head, rest = page.split(begin)
        _, tail = rest.split(end, 1)
        rows = dict.fromkeys(
            f"| {_cell(item.first)} | {_cell(item.second)} |" for item in found if section_of(item.module) == section
        )
        table = "\n".join(["| 提示 message | 处理，或英文 what to do, or in English |", "|---|---|", *rows])
        page = f"{head}{begin}\n\n{table}\n\n{end}{tail}"
    return page


def _of_module(path: Path) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    module = path.relative_to(ROOT).as_posix()
    texts = _constants(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS and node.args:
            starred = any(isinstance(argument, ast.Starred) for argument in node.args)
            words = ["…"] if starred else [_worded(argument, texts) for argument in node.args]
            if re.search(r"\w{2}", words[0]):  # else it is put together from texts of a table, below
                yield Message(module, node.lineno, words[0], words[1] if len(words) > 1 else "…")
    # Texts that stand in tables of a module, pairs of two languages or of problem and remedy.
    for node in ast.walk(tree) if module.startswith("sources/") else ():
        if isinstance(node, ast.Tuple) and len(node.elts) == 2 and _is_pair(node):
            yield Message(module, node.lineno, *(_worded(part, texts) for part in node.elts))


def _is_pair(node: ast.Tuple) -> bool:
    words = [_worded(part, {}) for part in node.elts]
    is_chinese = [bool(re.search(r"[\u4e00-\u9fff]{4}", text)) for text in words]
    return is_chinese[0] and all(" " in text or chinese for text, chinese in zip(words, is_chinese, strict=True))


def _constants(tree: ast.Module) -> dict[str, str]:
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _worded(node: ast.expr, constants: dict[str, str]) -> str:
    """A text expression in words, with … for what is put in."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_worded(part, constants) for part in parts)
        case ast.FormattedValue(value=ast.Name(id=name)) if name in constants:
            return constants[name]
        case ast.Name(id=name) if name in constants:
            return constants[name]
        case ast.BinOp(left=left, right=right):
            return _worded(left, constants) + _worded(right, constants)
        case ast.IfExp(body=body):
            return f"〔{_worded(body, constants)}〕"
        case _:
            return "…"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def main() -> None:
    """Write them."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), messages()), encoding="utf-8")


if __name__ == "__main__":
    main()
