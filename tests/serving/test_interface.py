"""What other programs rely on is read from the interface, and nothing else decides what leaves `restricted/`."""

from __future__ import annotations

from serving.interface import is_for_analysis
from sources.interface import Table, public_tables


def test_types_are_duckdbs_and_notes_beside_them_are_no_part_of_them() -> None:
    columns = {public.table: public.columns for public in public_tables()}
    assert columns[Table("library", "fct_residence_spell")]["to_on"] == "DATE"
    assert columns[Table("marts", "mart_population")]["people"] == "BIGINT"
    assert columns[Table("marts", "mart_missing_record")]["missing_rate"] == "DOUBLE"
    assert columns[Table("meta", "build")]["built_at"] == "TIMESTAMP"
    assert columns[Table("quality", "ledger")]["balance"] == "BIGINT"
    assert columns[Table("library", "dim_person")]["is_floating"] == "BOOLEAN"


def test_families_of_columns_are_left_out() -> None:
    columns = {public.table: public.columns for public in public_tables()}
    assert not [name for name in columns[Table("library", "fct_collection")] if "<" in name]


def test_only_what_is_listed_is_for_analysis() -> None:
    assert is_for_analysis(Table("marts", "mart_population"))
    assert is_for_analysis(Table("library", "dim_division"))
    assert is_for_analysis(Table("metrics", "anything"))
    assert is_for_analysis(Table("quality", "verdict"))
    assert not is_for_analysis(Table("library", "dim_person"))
    assert not is_for_analysis(Table("library", "fct_person_month"))
    assert not is_for_analysis(Table("identity", "person_ref"))
    assert not is_for_analysis(Table("quality", "record_ref"))
    assert not is_for_analysis(Table("marts", "mart_that_nobody_listed"))
