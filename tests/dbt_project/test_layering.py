"""Models read along design.md's edges and say what they are: taken from the manifest, with no list of exceptions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from serving import area_pages
from sources.contract import load_contracts
from sources.interface import public_tables

# A layer reads these, itself included where it is named. Seeds are constants that any layer may read (ADR 5).
MAY_READ: dict[str, set[str]] = {
    "staging": {"raw", "staging"},
    # Which mentions a build takes up anew, and from which deliveries, is told beside them (ADR 14).
    "mentions": {"raw", "staging", "mentions"},
    "library": {"staging", "mentions", "identity", "library"},
    "quality": {"raw", "staging", "mentions", "identity", "library", "quality"},
    "marts": {"library", "quality", "estimates"},
    "release": {"marts", "release"},
    "meta": {"raw"},
    "metrics": {"library", "marts"},
}

# The schemas whose finished tables are published.
PUBLISHED = {"library", "quality", "marts", "release", "meta"}

# The tests that show a table's grain: no two rows alike in what names them.
GRAIN_TESTS = {"unique", "unique_combination", "unique_and_filled"}


@pytest.fixture(scope="module")
def manifest(dbt: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("layering")
    outcome = dbt(home, "parse", "--quiet")
    assert outcome.returncode == 0, outcome.stdout[-4000:]
    loaded: dict[str, Any] = json.loads((home / "scratch" / "target" / "manifest.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def models(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    assert found
    return found


def layer_of(manifest: dict[str, Any], name: str) -> str:
    """The layer of a node: a model's folder, a source's name, `seeds`."""
    kind = name.split(".")[0]
    if kind == "seed":
        return "seeds"
    if kind == "source":
        return str(manifest["sources"][name]["source_name"])
    for part in ("nodes", "semantic_models", "metrics", "saved_queries"):
        if name in manifest[part]:
            return str(manifest[part][name]["fqn"][1]) if kind in ("model", "test") else "metrics"
    raise AssertionError(f"{name} is in no part of the manifest")


def edges(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(reader, read) over models, semantic models and metrics."""
    for part in ("nodes", "semantic_models", "metrics", "saved_queries"):
        for name, node in manifest[part].items():
            if name.split(".")[0] in ("model", "semantic_model", "metric", "saved_query"):
                for read in node["depends_on"]["nodes"]:
                    yield name, read


def test_every_model_lives_in_a_layer(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    assert {layer_of(manifest, name) for name in models} <= set(MAY_READ)


def crossings(manifest: dict[str, Any]) -> list[str]:
    """What reads past the edges, in words."""
    return [
        f"{reader} ({layer}) reads {read} ({below})"
        for reader, read in edges(manifest)
        if (below := layer_of(manifest, read)) not in MAY_READ[layer := layer_of(manifest, reader)] | {"seeds"}
        and not (layer == "metrics" and below == "metrics")
    ]


def test_models_read_along_the_edges_only(manifest: dict[str, Any]) -> None:
    assert list(edges(manifest))
    assert not crossings(manifest), "\n".join(crossings(manifest))


@pytest.mark.parametrize(
    ("reader", "read"),
    [("marts", "staging"), ("release", "library"), ("library", "marts"), ("mentions", "identity"), ("meta", "quality")],
)
def test_a_model_that_read_past_its_edges_would_be_named(reader: str, read: str) -> None:
    drawn = {
        "nodes": {
            "model.sijiku.a": {"fqn": ["sijiku", reader, "a"], "depends_on": {"nodes": ["model.sijiku.b"]}},
            "model.sijiku.b": {"fqn": ["sijiku", read, "b"], "depends_on": {"nodes": []}},
        }
    }
    drawn |= {part: {} for part in ("sources", "semantic_models", "metrics", "saved_queries")}
    assert crossings(drawn) == [f"model.sijiku.a ({reader}) reads model.sijiku.b ({read})"]


SURVEY = "model.sijiku.stg_survey__dynamic_monitoring"
# Models that only count its rows, or check its codes, as they do with every dataset's.
COUNTS_SURVEY_ROWS = {
    "int_quality__applicable_records",
    "int_quality__row_counts",
    "int_quality__turned_records",
    "rule_on_records",
    "rule_division_unknown",
    "rule_division_partial",
    "rule_required_missing",
}


def descendants(manifest: dict[str, Any], name: str) -> set[str]:
    """Every model that stands on a node, directly or not."""
    found: set[str] = set()
    new = {name}
    while new:
        found |= new
        new = {reader for reader, read in edges(manifest) if read in new} - found
    return found - {name}


def test_the_survey_is_read_by_its_own_marts_alone(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    readers = {models[reader]["name"] for reader, read in edges(manifest) if read == SURVEY}
    strangers = {name for name in readers - COUNTS_SURVEY_ROWS if "survey" not in name}
    assert readers >= COUNTS_SURVEY_ROWS
    assert not strangers, f"the survey is never joined to anything: {sorted(strangers)}"


def test_the_survey_never_meets_a_person(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    persons = descendants(manifest, "source.sijiku.identity.person_xref") | {
        "model.sijiku.int_person__mentions",
        "source.sijiku.identity.person_xref",
    }
    own = {name for name in descendants(manifest, SURVEY) if "survey" in name}
    met = [f"{reader} reads {read}" for reader, read in edges(manifest) if reader in own and read in persons]
    assert not met, met


def test_the_survey_has_nothing_that_names_a_person(models: dict[str, Any]) -> None:
    columns = set(models[SURVEY]["columns"])
    assert not columns & {"name", "id_number", "phone", "address", "birth_date"}


def test_every_dataset_with_people_says_what_its_records_mean(manifest: dict[str, Any]) -> None:
    attributes = manifest["nodes"]["model.sijiku.int_person__attributes"]["depends_on"]["nodes"]
    read = {name.removeprefix("model.sijiku.stg_") for name in attributes if name.startswith("model.sijiku.stg_")}
    with_people = {contract.table for contract in load_contracts("active").values() if contract.roles}
    assert read - {"raw__delivery"} == with_people


def test_schema_and_group_follow_the_folder(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    for name, node in models.items():
        layer = layer_of(manifest, name)
        if layer == "metrics":
            continue
        assert node["schema"] == layer or (layer == "meta" and node["schema"] == "meta"), name
        assert node["config"]["group"] == ("quality" if layer == "meta" else layer), name


def test_each_model_has_a_yml_of_its_own_name_beside_it(project: Path) -> None:
    for path in (project / "models").rglob("*.sql"):
        beside = path.with_suffix(".yml")
        assert beside.exists(), f"{path.name} has no yml beside it"
        described = [model["name"] for model in yaml.safe_load(beside.read_text(encoding="utf-8"))["models"]]
        assert described == [path.stem], f"{beside.name} describes {described}"


def test_each_description_ends_with_the_grain(models: dict[str, Any]) -> None:
    vague = [
        node["name"]
        for node in models.values()
        if not re.search(r"(^|[.:;] )One row [^.]*(\.[a-z_]+[^.]*)*\.$", " ".join(node["description"].split()))
    ]
    assert not vague, f"these do not end with 'One row per …': {vague}"


def test_each_model_has_a_test_of_its_grain(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    tested = {
        node["attached_node"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and (node.get("test_metadata") or {}).get("name") in GRAIN_TESTS
    }
    untested = [models[name]["name"] for name in set(models) - tested]
    assert not untested, f"no grain test: {sorted(untested)}"


def test_each_column_of_a_model_is_described(models: dict[str, Any]) -> None:
    bare = [
        f"{node['name']}.{column['name']}"
        for node in models.values()
        for column in node["columns"].values()
        if not column["description"]
    ]
    assert not bare, bare


def test_what_is_published_is_described_in_chinese_too(models: dict[str, Any]) -> None:
    """Working steps (int_…) are not, but for a few that the dictionary of a built city holds to it."""
    published = [
        node
        for node in models.values()
        if node["schema"] in PUBLISHED and not node["name"].startswith("int_") and not node["alias"].startswith("int_")
    ]
    assert published
    bare = [node["name"] for node in published if not node["config"]["meta"].get("zh")]
    bare += [
        f"{node['name']}.{column['name']}"
        for node in published
        for column in node["columns"].values()
        if not column["config"]["meta"].get("zh")
    ]
    assert not bare, f"say in meta.zh what these are: {bare}"


def test_what_many_models_say_of_a_column_stands_once(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    """Doc blocks (models/columns.md); staging is written from the contracts, and mentions with it."""
    said: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for node in models.values():
        if node["schema"] != "staging" and node["name"] != "int_person__mentions":
            for column in node["columns"].values():
                said.setdefault((column["name"], column["description"]), []).append(column)
    shared = {key: columns for key, columns in said.items() if len(columns) >= 8}
    assert shared
    assert not [key for key, columns in shared.items() if not all(column["doc_blocks"] for column in columns)]


def test_marts_have_contracts(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    for name, node in models.items():
        if layer_of(manifest, name) == "marts":
            assert node["config"]["contract"]["enforced"], name


def test_what_the_interface_promises_is_public_and_under_contract(
    manifest: dict[str, Any], models: dict[str, Any]
) -> None:
    promised = {str(public.table) for public in public_tables()}
    public = [node for node in models.values() if f"{node['schema']}.{node['alias']}" in promised]
    made = {f"{node['schema']}.{node['alias']}" for node in public}
    by_python = {name for name in promised if name.split(".")[0] in ("identity", "metrics")}
    assert made == promised - by_python
    assert not [node["name"] for node in public if node["access"] != "public"]
    assert not [node["name"] for node in public if not node["config"]["contract"]["enforced"]]


def test_marts_have_a_version_and_keep_their_tables_names(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    marts = [node for name, node in models.items() if layer_of(manifest, name) == "marts"]
    assert marts
    for node in marts:
        assert node["access"] == "public", node["name"]
        assert node["version"] and node["version"] <= node["latest_version"], node["name"]
        # a newer version takes the name over; the one before is kept beside it under its number
        if node["version"] == node["latest_version"]:
            assert node["alias"] == node["name"]


def exposed(manifest: dict[str, Any], name: str) -> set[str]:
    """The tables that an exposure reads, schema.table."""
    reads = manifest["exposures"][f"exposure.sijiku.{name}"]["depends_on"]["nodes"]
    return {f"{manifest['nodes'][read]['schema']}.{manifest['nodes'][read]['alias']}" for read in reads}


def test_exposures_name_an_owner_and_read_only_what_is_published(manifest: dict[str, Any]) -> None:
    assert manifest["exposures"]
    for exposure in manifest["exposures"].values():
        assert exposure["owner"]["name"] and exposure["description"] and exposure["label"], exposure["name"]
        assert {table.split(".")[0] for table in exposed(manifest, exposure["name"])} <= PUBLISHED


def test_every_mart_is_read_by_somebody(manifest: dict[str, Any], models: dict[str, Any]) -> None:
    read = {read for each in manifest["exposures"].values() for read in each["depends_on"]["nodes"]}
    marts = {name for name in models if layer_of(manifest, name) in ("marts", "release")}
    assert not {name for name in marts if ".int_" not in name} - read


def test_exposures_say_what_the_code_behind_them_reads(manifest: dict[str, Any]) -> None:
    assert exposed(manifest, "area_pages") == {str(table) for table in area_pages.NEEDED}
    served = {str(public.table) for public in public_tables() if not public.is_personal}
    assert exposed(manifest, "postgresql") == served - {"metrics.*"}


def test_sources_of_bureaus_are_overdue_when_their_contracts_say_so(manifest: dict[str, Any]) -> None:
    sources = {name.split(".")[-1]: node for name, node in manifest["sources"].items()}
    for contract in load_contracts("active").values():
        node, rhythm = sources[contract.table], contract.rhythm
        late = node["freshness"]["warn_after"]
        assert (late["count"], late["period"]) == (rhythm.every_days + rhythm.grace_days, "day"), contract.dataset
        assert f"'{contract.dataset}'" in node["loaded_at_query"]


def test_macros_are_documented(manifest: dict[str, Any]) -> None:
    bare = [
        macro["name"]
        for macro in manifest["macros"].values()
        if macro["package_name"] == "sijiku"
        and not macro["name"].startswith(("_", "default__", "spark__", "test_"))
        and not macro["description"]
    ]
    assert not bare, f"say in macros/_macros.yml what these do: {sorted(bare)}"
