"""What is made from something else is as that makes it, and codes and readings hold together."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import yaml

from sources.contract import load_code_lists, load_contracts


def script(name: str, project: Path) -> ModuleType:
    """A script of the project as a module."""
    spec = importlib.util.spec_from_file_location(name, project.parent / "scripts" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def make_seeds(project: Path) -> ModuleType:
    return script("make_seeds", project)


def test_made_seeds_are_current(make_seeds: ModuleType, project: Path) -> None:
    for name, content in make_seeds.made_seeds().items():
        assert (project / "seeds" / name).read_text(encoding="utf-8") == content, f"{name}: run make generate"


def test_staging_models_are_current(project: Path) -> None:
    make_staging = script("make_staging", project)
    for path, content in make_staging.made_files(load_contracts("active")).items():
        assert path.read_text(encoding="utf-8") == content, f"{path.name}: run make generate"


def test_every_seed_names_its_columns_types_and_source(project: Path) -> None:
    for path in (project / "seeds").glob("*.csv"):
        (seed,) = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["seeds"]
        with path.open(encoding="utf-8") as handle:
            header = handle.readline().strip().split(",")
        assert seed["name"] == path.stem
        assert [column["name"] for column in seed["columns"]] == header
        assert list(seed["config"]["column_types"]) == header
        assert seed["config"]["meta"]["source"]
        assert "One row per" in seed["description"]


def test_every_code_of_a_contract_is_brought_to_a_code_of_a_list(make_seeds: ModuleType) -> None:
    lists = load_code_lists()
    rows = list(make_seeds.code_rows(lists))
    assert {(name, code) for name, code, *_ in rows} >= {(name, code) for name in lists for code in lists[name].values}
    assert all(target_code in lists[target].values for *_, target, target_code in rows)


def test_a_code_that_is_brought_to_another_stays_there(make_seeds: ModuleType) -> None:
    unified = {(name, code): target for name, code, _, *target in make_seeds.code_rows(load_code_lists())}
    assert all(unified[target[0], target[1]] == target for target in unified.values())


@pytest.mark.parametrize(
    ("name", "code", "target"),
    [
        ("marital", "21", ("marital", "20")),
        ("relationship", "12", ("relationship", "10")),
        ("relationship", "90", ("relationship", "97")),
        ("education", "21", ("education", "20")),
        ("ethnicity", "11", ("ethnicity", "11")),
        ("dwelling_psb", "1", ("dwelling", "02")),
        ("stay_reason_psb", "07", ("flow_reason", "07")),
    ],
)
def test_deeper_codes_roll_up_and_lists_of_the_police_are_mapped(
    make_seeds: ModuleType, name: str, code: str, target: tuple[str, str]
) -> None:
    unified = {(row[0], row[1]): (row[3], row[4]) for row in make_seeds.code_rows(load_code_lists())}
    assert unified[name, code] == target


def test_every_han_character_that_gbk_can_write_has_a_reading(make_seeds: ModuleType) -> None:
    readable = {character for character, *_ in make_seeds.pinyin_rows()}
    written = bytes(range(0x81, 0xFF))
    gbk = {bytes((lead, trail)).decode("gbk", errors="ignore") for lead in written for trail in range(0x40, 0xFF)}
    han = {character for character in gbk if len(character) == 1 and "\u4e00" <= character <= "\u9fff"}
    assert len(han) > 20_000
    assert len(han - readable) <= 20, f"{len(han - readable)} characters have no reading"


def test_readings_are_letters(make_seeds: ModuleType) -> None:
    for _, reading, surname in make_seeds.pinyin_rows():
        assert reading.isascii() and reading.isalpha() and reading.islower()
        assert not surname or (surname.isalpha() and surname != reading)
