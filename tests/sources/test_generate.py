"""dbt's sources are those of the contracts and of state."""

from __future__ import annotations

import yaml

from sources.contract import load_contracts
from sources.generate import IDENTITY_TABLES, PROVENANCE, RAW_TABLES, TARGET, sources_yaml
from sources.state import LOGS


def test_committed_sources_are_current() -> None:
    assert TARGET.read_text(encoding="utf-8") == sources_yaml(load_contracts("active")), (
        "run: python -m sources.generate"
    )


def test_every_active_dataset_is_a_source_with_its_columns_and_provenance() -> None:
    raw = yaml.safe_load(sources_yaml(load_contracts("active")))["sources"][0]
    tables = {table["name"]: table for table in raw["tables"]}
    for contract in load_contracts("active").values():
        names = [column["name"] for column in tables[contract.table]["columns"]]
        assert names == [*contract.headers, *PROVENANCE]
        assert tables[contract.table]["config"]["meta"]["key"] == list(contract.key)
    assert set(RAW_TABLES) < set(tables)


def test_every_source_table_is_an_asset_of_its_own_name_and_says_its_grain() -> None:
    for source in yaml.safe_load(sources_yaml(load_contracts("active")))["sources"]:
        for table in source["tables"]:
            assert table["config"]["meta"]["dagster"]["asset_key"] == [source["name"], table["name"]]
            assert "One row per " in table["description"]
            assert all(column["description"] for column in table["columns"])


def test_views_on_state_have_the_columns_of_their_logs() -> None:
    for view, log in (
        ("record_ref", "record_ref"),
        ("finding_event", "finding_event"),
        ("build_history", "build"),
        ("scorecard_history", "scorecard"),
    ):
        columns = {name: type_ for name, type_ in RAW_TABLES[view].types.items() if name != "_segment"}
        assert columns == LOGS[log].columns
    # What is kept of a build for good does not say in what manner it was made: the library is the same both ways.
    manner = {"is_full", "ordinal", "reason_zh", "reason_en"}
    kept = {name: type_ for name, type_ in RAW_TABLES["build"].types.items() if name not in manner}
    assert kept == LOGS["build"].columns


def test_identity_sources_are_those_that_other_programs_rely_on() -> None:
    assert set(IDENTITY_TABLES) == {
        "person_xref",
        "person_event",
        "person_ref",
        "touched_person",
        "relinked_record",
    }
