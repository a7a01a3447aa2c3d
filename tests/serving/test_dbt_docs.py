"""dbt's documentation is one page that tells of the models, and neither when nor where they were built."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from serving.dbt_docs import docs_page
from serving.library import published_folder
from sources.errors import SijikuError

DOCUMENTS = re.compile(r"\{manifest:(\{.*?\}),catalog:(\{.*?\})\},r=\{project", re.DOTALL)


def documents(page: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest and the catalog where dbt's page looks for them."""
    (found,) = DOCUMENTS.findall(page)
    manifest, catalog = map(json.loads, found)
    return manifest, catalog


@pytest.fixture(scope="module")
def city_page(built_city: Any) -> str:
    return (published_folder(built_city.workdir) / "docs" / "index.html").read_text(encoding="utf-8")


def test_every_model_of_the_library_is_described_to_its_columns(built_city: Any, city_page: str) -> None:
    manifest, catalog = documents(city_page)
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    project = Path(__file__).parents[2] / "dbt_project" / "models"
    assert set(models) == {path.stem for path in project.rglob("*.sql")}
    assert all(node["description"] for node in models.values())
    assert models["mart_population"]["columns"]["floating"]["description"]
    assert manifest["metrics"] and manifest["saved_queries"]
    assert manifest["parent_map"]["model.sijiku.mart_population.v1"]
    # nothing was asked of the database: no statistics of columns
    assert (catalog["nodes"], catalog["sources"]) == ({}, {})


def test_no_path_and_no_time_of_the_build_stands_in_it(built_city: Any, city_page: str) -> None:
    text = json.dumps(documents(city_page), ensure_ascii=False)
    checkout = Path(__file__).parents[2]
    for path in (built_city.workdir.path, built_city.landing, checkout, checkout.resolve(), Path(sys.prefix)):
        assert str(path) not in text
    assert not re.search(rf"{datetime.now(UTC).year}-\d\d-\d\dT\d\d:\d\d", text)
    assert not re.search(r'"(created_at|generated_at|root_path|build_path|compiled_path)": ', text)


def test_it_calls_nowhere(city_page: str) -> None:
    manifest, _ = documents(city_page)
    # dbt's page loads a tracker from the net where this is true
    assert manifest["metadata"]["send_anonymous_usage_stats"] is False
    head = city_page.partition("<script")[0]
    assert not re.search(r"""(src|href)=["'](https?:)?//""", head)


def test_the_page_is_the_same_wherever_dbt_ran(tmp_path: Path) -> None:
    project = Path(__file__).parent / "metrics_project"
    pages = []
    for target in (tmp_path / "one", tmp_path / "another"):
        folders = f"--project-dir {project} --profiles-dir {project} --target-path {target} --log-path {target}"
        subprocess.run([sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", *folders.split()], check=True)
        pages.append(docs_page(target / "manifest.json"))
    assert pages[0] == pages[1]


def test_no_text_of_a_model_ends_the_pages_script(dbt_manifest: Path, tmp_path: Path) -> None:
    document = json.loads(dbt_manifest.read_bytes())
    node = next(iter(document["nodes"].values()))
    node["description"] = "</script><b>"
    hostile = tmp_path / "manifest.json"
    hostile.write_text(json.dumps(document), encoding="utf-8")
    page = docs_page(hostile)
    assert "</script><b>" not in page
    assert "</script><b>" in {each["description"] for each in documents(page)[0]["nodes"].values()}


def test_a_page_without_a_place_for_the_manifest_is_an_error(
    dbt_manifest: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "index.html").write_text("<html></html>", encoding="utf-8")
    monkeypatch.setattr("serving.dbt_docs.DOCS_INDEX_FILE_PATH", str(tmp_path / "index.html"))
    with pytest.raises(SijikuError, match="has no place"):
        docs_page(dbt_manifest)
