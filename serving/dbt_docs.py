"""dbt's documentation of the models as one page that needs nothing beside itself and calls nowhere.

What a model or a column is called in Chinese (`meta.zh`) stands before its description in English.

The page is dbt's own, with the manifest in its place as `dbt docs generate --static` puts it there: that command would
start dbt once more for this alone, for ten seconds and more. The catalog, what dbt can ask a database about its tables,
is left empty: types and descriptions are the models' own, and no value of a column is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from sources.errors import SijikuError

PAGE = "index.html"

# dbt's page holds these texts where the two documents belong.
_MANIFEST = '"MANIFEST.JSON INLINE DATA"'
_CATALOG = '"CATALOG.JSON INLINE DATA"'
_EMPTY_CATALOG: dict[str, Any] = {"metadata": {}, "nodes": {}, "sources": {}, "errors": None}
# What says when and where dbt ran, and for whom: a published library is a function of its inputs, and holds no path.
_OF_THE_RUN = {"env", "generated_at", "invocation_id", "invocation_started_at", "run_started_at", "user_id"}
_OF_THE_FILE = {"build_path", "compiled_path", "created_at", "root_path"}


def docs_page(manifest: Path) -> str:
    """The page of a manifest that dbt wrote.

    The same project and the same selection give the same page, wherever and whenever dbt ran.

    Raises:
        SijikuError: dbt's page has no place for the documents: another version of dbt than the one that is locked.
    """
    document = {
        part: {name: _without(item, _OF_THE_FILE) for name, item in content.items()}
        if isinstance(content, Mapping)
        else content
        for part, content in json.loads(manifest.read_bytes()).items()
    }
    document["nodes"] = {name: _in_both_languages(node) for name, node in document["nodes"].items()}
    document["metadata"] = _without(document["metadata"], _OF_THE_RUN) | {"send_anonymous_usage_stats": False}
    page = Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    for place, content in ((_MANIFEST, document), (_CATALOG, _EMPTY_CATALOG)):
        if place not in page:
            raise SijikuError(
                f"dbt's page of documentation has no place {place}.", "Install the locked version of dbt: make install."
            )
        page = page.replace(place, _inline(content))
    return page


def _in_both_languages(node: Mapping[str, Any]) -> dict[str, Any]:
    """A node whose descriptions, and those of its columns, begin with what is said in Chinese, if anything is."""
    columns = {name: _bilingual(column) for name, column in node.get("columns", {}).items()}
    return _bilingual(node) | ({"columns": columns} if columns else {})


def _bilingual(item: Mapping[str, Any]) -> dict[str, Any]:
    zh = (item.get("config") or {}).get("meta", {}).get("zh")
    return {**item, "description": f"{zh}\n\n{item['description']}"} if zh else dict(item)


def _without(item: Any, keys: Set[str]) -> Any:
    return {key: value for key, value in item.items() if key not in keys} if isinstance(item, Mapping) else item


def _inline(document: Any) -> str:
    """JSON that may stand in a page's script: no text in it ends the script."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).replace("</", "<\\/")
