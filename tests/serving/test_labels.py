"""Codes have Chinese names, from the lists and seeds that define them."""

from __future__ import annotations

import pytest

from serving.labels import label, labels_of, province_of


@pytest.mark.parametrize(
    ("dimension", "code", "name"),
    [
        ("sex", "2", "女"),
        ("stay_band", "6m_5y", "6 月至 5 年"),
        ("origin_province", "610000000000", "陕西省"),
        ("service", "schooling", "义务教育"),
        ("bureau", "psb", "公安局"),
        ("district", "150203000000", "昆都仑区"),
        ("district", None, "不详"),
        ("age_band", "00-04", "00-04"),
        ("region", "150100000000", "呼和浩特市"),
        ("region", "610800000000", "陕西省 6108"),
    ],
)
def test_a_code_is_called_by_its_name(dimension: str, code: str | None, name: str) -> None:
    assert label(dimension, code, {"150203000000": "昆都仑区"}) == name


def test_a_region_elsewhere_is_called_by_its_province() -> None:
    assert province_of("610800000000") == "陕西省"
    assert province_of("150900000000") == "乌兰察布市"
    assert province_of("unknown") == "不详"


def test_every_list_that_a_dimension_needs_has_names() -> None:
    for dimension in (
        "dwelling",
        "industry",
        "marital",
        "ethnicity",
        "reason",
        "permit_kind",
        "dataset",
        "rule",
        "field",
    ):
        assert labels_of(dimension), dimension
