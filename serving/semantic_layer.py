"""The published semantic manifest as dbt wrote it, and the words in which metrics and saved queries are asked for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

from serving.library import published_folder
from sources.readers.records import literal
from sources.workdir import Workdir

# dbt's name for it, as a file of a build's `docs/`.
SEMANTIC_MANIFEST = "semantic_manifest.json"
# MetricFlow's name for the time that every metric has, and that of the column that holds it in stored tables.
TIME = "metric_time"
PERIOD = "period"
# The schema of saved queries' answers.
STORED = "metrics"


def manifest_of(workdir: Workdir) -> Path:
    """The semantic manifest of the build that is published now.

    Raises:
        UsageError: nothing is published.
    """
    return published_folder(workdir) / "docs" / SEMANTIC_MANIFEST


def document_of(workdir: Workdir) -> dict[str, Any]:
    """What stands in it, with what MetricFlow has no word for.

    Raises:
        UsageError: nothing is published.
    """
    return _document(manifest_of(workdir))


@lru_cache(maxsize=4)
def _document(manifest: Path) -> dict[str, Any]:
    """That of one published build: it never changes."""
    loaded: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return loaded


def short_name(column: str) -> str:
    """A column of MetricFlow's under the name that it is asked by."""
    return PERIOD if column.startswith(f"{TIME}__") else column.rpartition("__")[2]


def one_of(column: str, value: str | Sequence[str]) -> str:
    """The condition that a column, as SQL, has a value or one of several."""
    values = [value] if isinstance(value, str) else list(value)
    return f"{column} IN ({', '.join(map(literal, values))})"


def near(name: str, known: Sequence[str]) -> str:
    """What may have been meant, as the beginning of a remedy."""
    close = get_close_matches(name, known, n=3, cutoff=0.6) or [other for other in known if name and name in other][:3]
    return f"是否指 Did you mean {', '.join(close)}? " if close else ""
