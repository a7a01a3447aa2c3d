"""A row makes one mention for each person whom it names, numbers or dates."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

MARRIAGE = {"kind": "1", "registered_on": "20140501", "division": "150202000000"}
VISIT = {"grid_code": "g", "division": "150202001012", "address": "a", "collected_on": "20141031"}
FUNDING = {"division": "150202", "funding_service": "1", "beneficiary": "1", "fund_source": "1"}
REGISTRATION = {"name": "王伟", "hukou_division": "410102", "registered_on": "20141031"}


@pytest.fixture(scope="module")
def warehouse(small_warehouse: Any, delivery: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    couple = {
        "husband_name": "王伟",
        "husband_id_number": "15020219800101001x",
        "wife_name": "李娜",
        "wife_id_number": "无",
        "wife_birth_date": "1981年2月3日",
    }
    made = small_warehouse(
        tmp_path_factory.mktemp("mentions"),
        [
            delivery(
                "civil.marriage",
                [
                    {"record_key": "couple", **MARRIAGE, **couple},
                    {"record_key": "husband only", **MARRIAGE, "husband_name": "王伟", "wife_id_number": "不详"},
                    {"record_key": "nobody", **MARRIAGE},
                    {"record_key": "broken number", **MARRIAGE, "wife_id_number": "1502"},
                    {"record_key": "broken date", **MARRIAGE, "wife_birth_date": "去年"},
                ],
            ),
            delivery(
                "grid.household_visit",
                [
                    {
                        "record_key": "1",
                        **VISIT,
                        "name": "那顺·巴雅尔",
                        "sex": "9",
                        "id_number": "150202198001010011",
                        "birth_date": "29221",
                        "hukou_division": "152633",
                        "phone": "138 0000 0000",
                        "household_key": "h1",
                    }
                ],
            ),
            delivery(
                "psb.temporary_residence",
                [{"record_key": "1", **REGISTRATION, "sex": "2", "ethnicity": "2", "division": "150202001"}],
            ),
            delivery(
                "finance.service_funding",
                [{**FUNDING, "year": "2014"}],
            ),
        ],
    )
    made.build("+int_person__mentions +dim_division")
    return made


def test_each_role_of_a_row_is_a_mention_and_nobody_is_none(warehouse: Any) -> None:
    assert warehouse.rows(
        "select record_key, role from mentions.int_person__mentions where dataset = 'civil.marriage' order by 1, 2"
    ) == [
        ("broken date", "wife"),
        ("broken number", "wife"),
        ("couple", "husband"),
        ("couple", "wife"),
        ("husband only", "husband"),
    ]


def test_a_mention_says_what_its_role_says_and_is_null_elsewhere(warehouse: Any) -> None:
    columns = "name, name_key, sex, birth_date, id_number, id_number_status, division_code, phone, guardian_name"
    assert warehouse.rows(
        f"select {columns} from mentions.int_person__mentions where record_key = 'couple' order by role"
    ) == [
        ("王伟", "wangwei", "1", None, "15020219800101001X", "cleaned", None, None, None),
        ("李娜", "lina", "2", date(1981, 2, 3), None, "missing", None, None, None),
    ]


def test_the_birth_date_is_never_taken_from_the_number(warehouse: Any) -> None:
    assert warehouse.rows(
        "select birth_date from mentions.int_person__mentions where record_key = 'couple' and role = 'husband'"
    ) == [(None,)]


def test_a_whole_record_carries_home_household_and_both_divisions(warehouse: Any) -> None:
    assert warehouse.rows(
        "select name, name_norm, sex, birth_date, id_number, id_number_raw, id_number_status, phone, division_code, "
        "division_status, hukou_division, hukou_division_status, household_key, record_ref, _file, _row "
        "from mentions.int_person__mentions where dataset = 'grid.household_visit'"
    ) == [
        (
            "那顺·巴雅尔",
            "那顺巴雅尔",
            None,
            date(1980, 1, 1),
            None,
            "150202198001010011",
            "checksum_failed",
            "13800000000",
            "150202001012",
            "community",
            "150223999999",
            "superseded",
            "h1",
            "ref-grid.household_visit-1",
            "a",
            2,
        )
    ]


def test_codes_of_a_mention_are_those_of_the_one_list(warehouse: Any) -> None:
    assert warehouse.rows(
        "select sex, ethnicity, division_code, hukou_division, hukou_division_status "
        "from mentions.int_person__mentions where dataset = 'psb.temporary_residence'"
    ) == [("2", "02", "150202001999", "410102000000", "province_only")]


def test_what_is_not_about_people_mentions_nobody(warehouse: Any) -> None:
    assert warehouse.rows("select distinct dataset from mentions.int_person__mentions order by 1") == [
        ("civil.marriage",),
        ("grid.household_visit",),
        ("psb.temporary_residence",),
    ]
