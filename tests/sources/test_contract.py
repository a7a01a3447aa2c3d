"""The contracts say what interface/extracts.yml says, no more and no less, in the Open Data Contract Standard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard

from sources.contract import CONTRACTS, PERSON_FIELDS, load_code_lists, load_contract, load_contracts
from sources.errors import SijikuError

ROOT = Path(__file__).parents[2]
INTERFACE = yaml.safe_load((ROOT / "interface" / "extracts.yml").read_text(encoding="utf-8"))
FILES = sorted(CONTRACTS.glob("*.odcs.yaml"))
DRAFTS = {"exchange.inbound"}


def as_interface(path: Path) -> dict[str, Any]:
    """A contract file in the shape of interface/extracts.yml, read without the loader under test."""
    table = yaml.safe_load(path.read_text(encoding="utf-8"))["schema"][0]
    custom = {item["property"]: item["value"] for item in table.get("customProperties", [])}
    form = {"type": table["physicalType"]}
    form |= {ours: custom[theirs] for ours, theirs in FORMAT_NAMES.items() if theirs in custom}
    shape: dict[str, Any] = {"name": table["businessName"], "format": form}
    properties = table.get("properties", [])
    if properties:
        keys = sorted((item for item in properties if item.get("primaryKey")), key=lambda i: i["primaryKeyPosition"])
        assert [item["primaryKeyPosition"] for item in keys] == list(range(1, len(keys) + 1))
        shape["key"] = [item["physicalName"] for item in keys]
        shape["columns"] = {item["physicalName"]: column_as_interface(item) for item in properties}
    if "personRoles" in custom:
        shape["person"] = custom["personRoles"]
    return shape


FORMAT_NAMES = {"encoding": "encoding", "delimiter": "delimiter", "header_row": "headerRow", "footer": "footer"}


def column_as_interface(item: dict[str, Any]) -> dict[str, Any]:
    custom = {each["property"]: each["value"] for each in item["customProperties"]}
    shape = {"field": item["name"], "type": custom["type"]}
    if "codeList" in custom:
        shape["list"] = custom["codeList"]
    if item.get("required"):
        shape["required"] = True
    return shape


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_contract_is_valid_in_the_standard(path: Path) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(document, json.loads(OpenDataContractStandard.json_schema()))
    assert document["apiVersion"].startswith("v3.")
    assert path.name == f"{document['id']}.odcs.yaml"
    assert document["schema"][0]["name"] == document["id"].replace(".", "__")


def test_every_dataset_of_the_interface_has_a_contract_and_no_other() -> None:
    assert {path.name.removesuffix(".odcs.yaml") for path in FILES} == set(INTERFACE["datasets"])


@pytest.mark.parametrize("dataset", sorted(set(INTERFACE["datasets"]) - {"survey.dynamic_monitoring"}))
def test_contract_equals_the_interface(dataset: str) -> None:
    assert as_interface(CONTRACTS / f"{dataset}.odcs.yaml") == INTERFACE["datasets"][dataset]


def test_columns_stand_in_the_interfaces_order() -> None:
    for dataset, body in INTERFACE["datasets"].items():
        if body.get("columns"):
            assert load_contract(dataset).headers == tuple(body["columns"])


def test_survey_has_the_items_of_its_page() -> None:
    page = (ROOT / "interface" / "survey.md").read_text(encoding="utf-8")
    items = re.findall(r"\b([A-D]\d\d) ([^\s,(]+)", page)
    survey = load_contract("survey.dynamic_monitoring")
    leading = ("问卷编号", "层", "样本点", "区划", "权数", "调查日期")
    assert survey.headers == leading + tuple(code for code, _ in items)
    assert [column.label for column in survey.columns[len(leading) :]] == [label for _, label in items]
    assert survey.key == ("问卷编号",)
    assert survey.roles == ()
    interface = INTERFACE["datasets"]["survey.dynamic_monitoring"]
    assert as_interface(CONTRACTS / "survey.dynamic_monitoring.odcs.yaml")["format"] == interface["format"]


def test_contracts_are_of_the_interfaces_version() -> None:
    assert {contract.version for contract in load_contracts().values()} == {INTERFACE["contract_version"]}


def test_every_dataset_is_taken_in_but_the_packages_of_other_regions() -> None:
    assert set(load_contracts("draft")) == DRAFTS
    assert set(load_contracts("active")) == set(INTERFACE["datasets"]) - DRAFTS


def test_every_contract_says_how_often_it_is_delivered_and_a_month_is_the_rule() -> None:
    rhythms = {name: contract.rhythm for name, contract in load_contracts().items()}
    assert all(rhythm.every_days > rhythm.grace_days > 0 for rhythm in rhythms.values())
    assert (rhythms["psb.temporary_residence"].every_days, rhythms["finance.service_funding"].every_days) == (31, 366)


def test_a_unit_stands_in_for_a_column_of_divisions_of_its_own_record() -> None:
    stands_in = {
        (dataset, column.header, column.unit_for)
        for dataset, contract in load_contracts().items()
        for column in contract.columns
        if column.unit_for
    }
    assert stands_in == {
        ("psb.temporary_residence", "派出所代码", "division"),
        ("edu.student_enrollment", "学校标识码", "division"),
    }
    for dataset, _, field in stands_in:
        types = {column.field: column.type for column in load_contract(dataset).columns}
        assert types[field] == "division12"


def test_code_lists_equal_the_interface() -> None:
    ours = load_code_lists()
    assert set(ours) == set(INTERFACE["code_lists"])
    for name, body in INTERFACE["code_lists"].items():
        assert ours[name].standard == body.get("standard")
        if isinstance(body["values"], dict):
            assert ours[name].values == body["values"]


def test_lists_that_the_interface_only_describes_are_spelled_out() -> None:
    lists = load_code_lists()
    assert list(lists["industry"].values) == [chr(letter) for letter in range(ord("A"), ord("T") + 1)]
    assert list(lists["ethnicity"].values) == [f"{code:02d}" for code in range(1, 57)] + ["97", "98"]
    assert lists["ethnicity"].values["02"] == "蒙古族"
    relationship = lists["relationship"].values
    assert {"01", "02", "10", "11", "12", "20", "30", "40", "50", "60", "70", "81", "97", "98", "99"} <= set(
        relationship
    )
    assert relationship["02"] == "户主"


def test_every_code_list_that_a_column_names_exists() -> None:
    named = {column.code_list for contract in load_contracts().values() for column in contract.columns}
    assert named - {None} <= set(load_code_lists())


def test_a_role_of_the_whole_record_takes_the_records_own_columns() -> None:
    resident = load_contract("psb.temporary_residence").roles[0]
    assert resident.fields["id_number"] == "公民身份号码"
    assert resident.fields["household_key"] == "同住户号"
    assert "arrived_on" not in resident.fields
    woman = load_contract("hfpc.maternal_service").roles[0]
    assert woman.fields["sex"] == "=2"
    assert woman.fields["name"] == "姓名"


def test_a_role_that_names_its_columns_takes_those_alone() -> None:
    husband, wife = load_contract("civil.marriage").roles
    assert husband.fields == {"name": "男方姓名", "id_number": "男方证件号", "birth_date": "男方出生日期", "sex": "=1"}
    assert wife.name == "wife"


def test_roles_point_at_columns_of_their_contract() -> None:
    for contract in load_contracts().values():
        for role in contract.roles:
            for field, source in role.fields.items():
                assert field in PERSON_FIELDS
                assert source.startswith("=") or contract.column(source)


def test_what_names_a_person_is_marked_personal() -> None:
    for contract in load_contracts().values():
        for role in contract.roles:
            for field in ("name", "id_number", "phone", "address"):
                source = role.fields.get(field, "=")
                assert source.startswith("=") or contract.column(source).is_personal, (contract.dataset, source)


def test_an_unknown_dataset_is_named_with_the_known_ones() -> None:
    with pytest.raises(SijikuError, match=r"psb\.nothing.*psb\.temporary_residence"):
        load_contract("psb.nothing")
