"""What codes are called, in Chinese, for pictures and tables that people look at. Figures themselves keep the codes."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import duckdb

from sources.contract import load_code_lists, load_contracts

LEVELS = ("city", "district", "township", "community")
SEEDS = Path(__file__).resolve().parents[1] / "dbt_project" / "seeds"
UNKNOWN = "不详"
# The four questions by the tags of saved queries.
QUESTIONS = {
    "how_many": "究竟有多少人 How many are there",
    "who_is_missing": "谁在何处未见 Who is missing where",
    "asked_again": "什么在反复采集 What is collected again and again",
    "reaches_alike": "服务是否均等 Does service reach all alike",
}

STAY_BANDS = {
    "under_1m": "不满 1 月",
    "1m_6m": "1 至 6 月",
    "6m_5y": "6 月至 5 年",
    "over_5y": "5 年以上",
    "unknown": UNKNOWN,
}
GROUPS = {"floating": "流动人口", "registered": "户籍人口", "other": "非流动人口"}
_FIELDS = {
    "name": "姓名",
    "sex": "性别",
    "birth_date": "出生日期",
    "id_number": "公民身份号码",
    "ethnicity": "民族",
    "phone": "联系电话",
    "hukou_division": "户籍地",
    "marital": "婚姻状况",
    "dwelling": "居住处所",
    "arrived_on": "来本地日期",
}
_FIXED: dict[str, Mapping[str, str]] = {
    "level": {"city": "市", "district": "旗县区", "township": "乡镇街道", "community": "村社区"},
    "stay_band": STAY_BANDS,
    "population_group": GROUPS,
    "field": _FIELDS,
    "flow_scope": {"none": "非流动"},
    "household_type": {"one_person": "一人户", "several": "多人户"},
    "is_retrospective": {"True": "回溯", "False": "现报"},
    "age_band": {"unknown": UNKNOWN},
    "region": {"unknown": UNKNOWN},
}
# Dimensions whose codes a list of the contracts names.
_CODED = {
    "sex": "sex",
    "dwelling": "dwelling",
    "industry": "industry",
    "marital": "marital",
    "ethnicity": "ethnicity",
    "reason": "flow_reason",
    "permit_kind": "permit_kind",
    "funding_service": "funding_service",
    "beneficiary": "beneficiary",
    "fund_source": "fund_source",
}


def division_names(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Divisions' names by code, as they are called now: reads `library.dim_division`."""
    rows = connection.execute(
        "SELECT division_code, name FROM library.dim_division ORDER BY valid_to IS NULL, valid_to, name"
    ).fetchall()
    return {str(code): str(name) for code, name in rows}


@cache
def labels_of(dimension: str) -> Mapping[str, str]:
    """Codes of a dimension, by its short name, to what they are called; empty where they speak for themselves."""
    if dimension in _CODED:
        return {**load_code_lists()[_CODED[dimension]].values, "unknown": UNKNOWN}
    if dimension == "origin_province":
        return {f"{row['code']}0000000000": row["name"] for row in _seed("province")}
    if dimension == "region":
        prefectures = {f"{row['code']}000000": row["name"] for row in _seed("division_region")}
        return {**prefectures, **_FIXED["region"]}
    if dimension in ("service", "rule"):
        key = "service" if dimension == "service" else "rule_id"
        # rules of one service are called by the first of them
        return {row[key]: row["name_zh"] for row in reversed(_seed("entitlement_rule"))} | {"permit": "居住证、暂住证"}
    if dimension == "bureau":
        return {contract.bureau: contract.bureau_zh for contract in load_contracts().values()}
    if dimension == "dataset":
        return {contract.dataset: contract.name_zh for contract in load_contracts().values()}
    return _FIXED.get(dimension, {})


def label(dimension: str, value: object, divisions: Mapping[str, str]) -> str:
    """What a value of a dimension is called; the value itself where it has no other name, `不详` where it is none."""
    if value is None:
        return UNKNOWN
    text = str(value)
    if dimension == "region":
        return labels_of("region").get(text) or f"{province_of(text)} {text[:4]}"
    return (divisions if dimension in LEVELS else labels_of(dimension)).get(text, text)


def province_of(region_code: str) -> str:
    """The name of a region, with its province where it is a prefecture of another province that has no name here."""
    names = labels_of("region")
    if region_code in names:
        return names[region_code]
    provinces = labels_of("origin_province")
    return provinces.get(f"{region_code[:2]}0000000000", region_code)


@cache
def _seed(name: str) -> tuple[dict[str, str], ...]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))
