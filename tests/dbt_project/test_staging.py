"""Text becomes values, nothing is lost, and each doubtful value keeps its original beside a reason."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

# Recomputed numbers of GB 11643's own and other published examples.
VECTORS: dict[str, Any] = {
    "valid_18": [
        "11010519491231002X",
        "440524188001010014",
        "110101199003077715",
        "15020219800101001X",
        "152633197905050026",
        "810000199408230021",
        "830000199201300022",
    ],
    "upgrade_15_to_18": {
        "110105491231002": "11010519491231002X",
        "610104620927690": "610104196209276908",
    },
    "invalid_checksum": ["150202198001010011", "150202198001010013"],
}

# Slips of the pen in a valid number: one digit another, or two neighbours swapped.
NUMBER = "15020219800101001X"
WRONG_DIGITS = {
    NUMBER[:place] + digit + NUMBER[place + 1 :] for place in range(18) for digit in "0123456789" + "X" * (place == 17)
}
SWAPS = {NUMBER[:place] + NUMBER[place + 1] + NUMBER[place] + NUMBER[place + 2 :] for place in range(16)}
SLIPS = sorted((WRONG_DIGITS | SWAPS) - {NUMBER})

ID_NUMBERS: list[tuple[str | None, str | None, str]] = [
    *((number, number, "valid") for number in VECTORS["valid_18"]),
    *((short, long, "upgraded_15") for short, long in VECTORS["upgrade_15_to_18"].items()),
    *((number, None, "checksum_failed") for number in VECTORS["invalid_checksum"]),
    ("911124198108030024", "911124198108030024", "valid"),  # a foreigner's permanent residence card of 2023
    ("15020219800101001x", "15020219800101001X", "cleaned"),
    (" 15020219800101001X", "15020219800101001X", "cleaned"),
    ("150202 19800101 001X", "15020219800101001X", "cleaned"),
    ("150202-19800101-001X", "15020219800101001X", "cleaned"),
    ("'15020219800101001X", "15020219800101001X", "cleaned"),
    ("15020219800101001X\u3000", "15020219800101001X", "cleaned"),
    ("\ufeff15020219800101001X", "15020219800101001X", "cleaned"),
    ("１５０２０２１９８００１０１００１Ｘ", "15020219800101001X", "cleaned"),
    ("１５０２０２１９８００１０１００１ｘ", "15020219800101001X", "cleaned"),
    ("110105 491231 002", "11010519491231002X", "upgraded_15"),
    ("1.5020219800101E+17", None, "malformed"),
    ("150202198001010016.0", None, "malformed"),
    ("15020219800101001", None, "malformed"),
    ("15020219800101001XX", None, "malformed"),
    ("15020219800230001X", None, "malformed"),  # 30 February
    ("150202198013010016", None, "malformed"),  # month 13
    ("150202800230001", None, "malformed"),  # 30 February, first generation
    ("150202300001010016", None, "malformed"),  # the year 3000
    ("1502021980010100X6", None, "malformed"),
    ("000000000000000000", None, "malformed"),
    ("护照E12345678", None, "malformed"),
    *((text, None, "missing") for text in (None, "无", "不详", "未知", "-", "/", "0", "暂无", "  ", " 无 ", "——")),
]

DATES: list[tuple[str | None, date | None, str]] = [
    *(
        (text, date(2014, 5, 3), "ok")
        for text in (
            "20140503",
            "2014-05-03",
            "2014-5-3",
            "2014/5/3",
            "2014/05/03",
            "2014.5.3",
            "2014年5月3日",
            "2014年05月03日",
            "2014 年 5 月 3 日",
            "２０１４年５月３日",
            "２０１４－０５－０３",
            "２０１４／５／３",
            "41762",
            "41762.0",
            "41762.5",
            "2014-05-03 00:00:00",
            "2014/5/3 0:00",
            "2014-05-03T00:00:00",
            "2014-05-03 00:00:00.000",
            "20140503.0",
            " 2014-05-03 ",
            "\u30002014-05-03",
        )
    ),
    ("41943", date(2014, 10, 31), "ok"),
    ("41943.0", date(2014, 10, 31), "ok"),
    ("9000", date(1924, 8, 21), "ok"),
    ("2016-02-29", date(2016, 2, 29), "ok"),
    ("19000101", date(1900, 1, 1), "ok"),
    ("99991231", date(9999, 12, 31), "ok"),
    *(
        (text, None, "unreadable")
        for text in (
            "2014-02-29",
            "20140230",
            "20141301",
            "2014年13月1日",
            "2014",
            "2014-05",
            "201405",
            "0000-00-00",
            "00000000",
            "05/03/2014",
            "去年",
            "2014-05-03-01",
            "120140503",
        )
    ),
    *((text, None, "missing") for text in (None, "无", "不详", "/", "-", "0", " ")),
]

PHONES: list[tuple[str | None, str | None]] = [
    ("13800000000", "13800000000"),
    ("138 0000 0000", "13800000000"),
    ("138-0000-0000", "13800000000"),
    ("１３８００００００００", "13800000000"),
    ("+8613800000000", "13800000000"),
    ("+86 138-0000-0000", "13800000000"),
    ("8613800000000", "13800000000"),
    ("008613800000000", "13800000000"),
    ("13800000000.0", "13800000000"),
    ("0472-5123456", "04725123456"),
    ("(0472)5123456", "04725123456"),
    ("5123456", "5123456"),
    ("123456", None),
    ("1380000000012", None),
    ("无", None),
    ("1380000000a", None),
    (None, None),
]

NAMES: list[tuple[str | None, str | None, str | None, str | None]] = [
    ("王伟", "王伟", "王伟", "wangwei"),
    (" 王 伟 ", "王 伟", "王伟", "wangwei"),
    ("王\u3000伟", "王\u3000伟", "王伟", "wangwei"),
    ("汪玮", "汪玮", "汪玮", "wangwei"),
    ("单雄信", "单雄信", "单雄信", "shanxiongxin"),
    ("曾国藩", "曾国藩", "曾国藩", "zengguofan"),
    ("解缙", "解缙", "解缙", "xiejin"),
    ("查良镛", "查良镛", "查良镛", "zhaliangyong"),
    ("李曾单", "李曾单", "李曾单", "licengdan"),  # not first: the ordinary reading
    ("吕绿", "吕绿", "吕绿", "lvlv"),
    ("那顺·巴雅尔", "那顺·巴雅尔", "那顺巴雅尔", "nashunbayaer"),
    ("那顺・巴雅尔", "那顺・巴雅尔", "那顺巴雅尔", "nashunbayaer"),
    ("那顺.巴雅尔", "那顺.巴雅尔", "那顺巴雅尔", "nashunbayaer"),
    ("刘䶮", "刘䶮", "刘䶮", "liuyan"),
    ("Anna Lee", "Anna Lee", "ANNALEE", "annalee"),
    ("Ａｎｎａ", "Ａｎｎａ", "ANNA", "anna"),
    ("不详", "不详", None, None),
    (" ", None, None, None),
]

# text, code, status: of a 统计用区划代码 and of a GB/T 2260 code
DIVISIONS_12: list[tuple[str | None, str, str]] = [
    ("150202001012", "150202001012", "community"),
    ("１５０２０２００１０１２", "150202001012", "community"),
    ("150202001012.0", "150202001012", "community"),
    ("150202001000", "150202001999", "partial"),
    ("150202001", "150202001999", "partial"),
    ("150202000000", "150202999999", "partial"),
    ("150202", "150202999999", "partial"),
    ("150200000000", "150299999999", "partial"),
    ("1502", "150299999999", "partial"),
    ("150202001999", "150202001999", "partial"),
    ("150202999999", "150202999999", "partial"),
    ("150299999999", "150299999999", "partial"),
    ("150202001777", "150202001999", "unknown"),
    ("150202777012", "150202999999", "unknown"),
    ("150277001012", "150299999999", "unknown"),
    ("110101001001", "150299999999", "unknown"),
    ("152633000000", "150223999999", "superseded"),
    ("152633101201", "150223999999", "superseded"),
    ("15020200101", "150299999999", "unknown"),
    ("和平路街道", "150299999999", "unknown"),
    (None, "150299999999", "missing"),
    ("不详", "150299999999", "missing"),
]

DIVISIONS_6: list[tuple[str | None, str | None, str]] = [
    ("150202", "150202999999", "known"),
    ("150271", "150271999999", "known"),
    ("150200", "150299999999", "known"),
    ("150205", "150205999999", "known"),
    ("150102", "150102000000", "known"),
    ("150000", "150000000000", "known"),
    ("152633", "150223999999", "superseded"),
    ("152621", "150125000000", "superseded"),
    ("152624", "150921000000", "superseded"),
    ("152628", "150981000000", "superseded"),  # 丰镇县, then 丰镇市, then another prefecture
    ("152600", "150900000000", "superseded"),
    ("152401", "150400000000", "superseded"),  # split in two: the prefecture
    ("410102", "410102000000", "province_only"),
    ("419999", "419999000000", "province_only"),
    ("410000", "410000000000", "province_only"),
    ("810000", "810000000000", "province_only"),
    ("４１０１０２", "410102000000", "province_only"),
    ("410102.0", "410102000000", "province_only"),
    ("150202000000", "150202999999", "known"),
    ("150299", "150299999999", "unknown"),
    ("150999", "150000000000", "unknown"),
    ("990000", None, "unknown"),
    ("河南省", None, "unknown"),
    ("4101", None, "unknown"),
    (None, None, "missing"),
    ("无", None, "missing"),
]

# field, list's text, code, status
CODES: list[tuple[str, str | None, str | None, str]] = [
    ("sex", "1", "1", "ok"),
    ("sex", "１", "1", "ok"),
    ("sex", "1.0", "1", "ok"),
    ("sex", "0", "0", "ok"),
    ("sex", "男", None, "unknown_code"),
    ("sex", "3", None, "unknown_code"),
    ("sex", None, None, "missing"),
    ("sex", "不详", None, "missing"),
    ("dwelling", "02", "02", "ok"),
    ("dwelling", "2", "02", "ok"),
    ("dwelling", "98", None, "unknown_code"),
    ("relationship", "10", "10", "ok"),
    ("relationship", "11", "10", "ok"),
    ("relationship", "03", "02", "ok"),
    ("relationship", "85", "97", "ok"),
    ("relationship", "98", "98", "ok"),
    ("relationship", "04", None, "unknown_code"),
]

# The police's own lists for what others call dwelling and flow_reason.
POLICE_CODES: list[tuple[str, str, str | None]] = [
    ("dwelling", "1", "02"),
    ("dwelling", "4", "01"),
    ("dwelling", "7", None),
    ("stay_reason", "01", "01"),
    ("stay_reason", "06", "04"),
    ("stay_reason", "10", "08"),
    ("stay_reason", "9", "08"),
    ("stay_reason", "12", None),
]

NUMBERS: list[tuple[str | None, Decimal | None, str]] = [
    ("12.5", Decimal("12.5000"), "ok"),
    ("1,234.50", Decimal("1234.5000"), "ok"),
    ("１２", Decimal("12.0000"), "ok"),
    ("-3", Decimal("-3.0000"), "ok"),
    ("0", Decimal("0.0000"), "ok"),
    ("0.00005", Decimal("0.0001"), "ok"),
    ("12万", None, "unreadable"),
    ("1.5E+3", None, "unreadable"),
    (None, None, "missing"),
    ("/", None, "missing"),
]

VISIT = {"grid_code": "g", "name": "王伟", "division": "150202001012", "address": "a", "collected_on": "20141031"}
REGISTRATION = {"name": "王伟", "sex": "1", "hukou_division": "410102", "registered_on": "20141031"}
FUNDING = {"division": "150202", "funding_service": "1", "beneficiary": "1", "fund_source": "1"}


def cases(kind: str, base: dict[str, Any], varied: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one kind of case, each with its number in its key."""
    return [{"record_key": f"{kind}-{number}", **base, **each} for number, each in enumerate(varied)]


@pytest.fixture(scope="module")
def staged(small_warehouse: Any, delivery: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    visits = [
        *cases("id", VISIT, [{"id_number": text} for text, *_ in ID_NUMBERS]),
        *cases("slip", VISIT, [{"id_number": text} for text in SLIPS]),
        *cases("date", VISIT, [{"birth_date": text} for text, *_ in DATES]),
        *cases("phone", VISIT, [{"phone": text} for text, *_ in PHONES]),
        *cases("name", VISIT, [{"name": text} for text, *_ in NAMES]),
        *cases("division12", VISIT, [{"division": text} for text, *_ in DIVISIONS_12]),
        *cases("division6", VISIT, [{"hukou_division": text} for text, *_ in DIVISIONS_6]),
        *cases("code", VISIT, [{field: text} for field, text, *_ in CODES]),
    ]
    registrations = cases("code", REGISTRATION, [{field: text} for field, text, _ in POLICE_CODES])
    funding = [
        {**FUNDING, "year": f"{2000 + number}", "budget_10k_yuan": text} for number, (text, *_) in enumerate(NUMBERS)
    ] + [{**FUNDING, "year": "2014.0"}, {**FUNDING, "year": "2014.5"}, {**FUNDING, "year": "二〇一四"}]
    warehouse = small_warehouse(
        tmp_path_factory.mktemp("staging"),
        [
            delivery("grid.household_visit", visits),
            delivery("psb.temporary_residence", registrations),
            delivery("finance.service_funding", funding),
        ],
    )
    warehouse.build("+stg_grid__household_visit +stg_psb__temporary_residence +stg_finance__service_funding")
    return warehouse


def answers(warehouse: Any, table: str, columns: str, kind: str) -> list[tuple[Any, ...]]:
    """The columns for each case of a kind, in the order of the cases."""
    return list(
        warehouse.rows(
            f"select {columns} from staging.{table} where record_key like '{kind}-%' "
            "order by cast(split_part(record_key, '-', 2) as integer)"
        )
    )


def test_id_numbers_are_checked_and_repaired_but_never_completed(staged: Any) -> None:
    found = answers(staged, "stg_grid__household_visit", "id_number_raw, id_number, id_number_status", "id")
    assert found == ID_NUMBERS


def test_every_wrong_digit_and_every_swap_of_neighbours_is_caught(staged: Any) -> None:
    statuses = {status for (status,) in answers(staged, "stg_grid__household_visit", "id_number_status", "slip")}
    assert statuses <= {"checksum_failed", "malformed"}


def test_dates_are_read_in_every_form(staged: Any) -> None:
    found = answers(staged, "stg_grid__household_visit", "birth_date_raw, birth_date, birth_date_status", "date")
    assert found == DATES


def test_phones_are_digits_without_the_country(staged: Any) -> None:
    assert answers(staged, "stg_grid__household_visit", "phone_raw, phone", "phone") == PHONES


def test_names_keep_their_writing_and_get_a_key_by_sound(staged: Any) -> None:
    found = answers(staged, "stg_grid__household_visit", "name, name_norm, name_key", "name")
    assert found == [expected for _, *rest in NAMES for expected in [tuple(rest)]]


def test_communities_are_found_or_unallocated_under_the_lowest_known_level(staged: Any) -> None:
    found = answers(staged, "stg_grid__household_visit", "division_raw, division, division_status", "division12")
    assert found == DIVISIONS_12


def test_six_digit_codes_are_checked_within_the_province_and_mapped_to_their_successors(staged: Any) -> None:
    columns = "hukou_division_raw, hukou_division, hukou_division_status"
    assert answers(staged, "stg_grid__household_visit", columns, "division6") == DIVISIONS_6


def test_codes_are_brought_to_one_list(staged: Any) -> None:
    fields = sorted({field for field, *_ in CODES})
    columns = ", ".join(f"{field}_raw, {field}, {field}_status" for field in fields)
    found = answers(staged, "stg_grid__household_visit", columns, "code")
    for row, (field, *expected) in zip(found, CODES, strict=True):
        first = 3 * fields.index(field)
        assert list(row[first : first + 3]) == expected, field


def test_the_polices_own_lists_are_mapped(staged: Any) -> None:
    found = answers(staged, "stg_psb__temporary_residence", "dwelling, stay_reason", "code")
    for (dwelling, stay_reason), (field, _, expected) in zip(found, POLICE_CODES, strict=True):
        assert {"dwelling": dwelling, "stay_reason": stay_reason}[field] == expected


def test_numbers_are_read_or_said_to_be_unreadable(staged: Any) -> None:
    found = staged.rows(
        "select budget_10k_yuan_raw, budget_10k_yuan, budget_10k_yuan_status from staging.stg_finance__service_funding "
        f"where year < {2000 + len(NUMBERS)} order by year"
    )
    assert found == NUMBERS


def test_whole_numbers_may_end_in_point_zero_and_in_nothing_else(staged: Any) -> None:
    found = staged.rows(
        "select year_raw, year, year_status from staging.stg_finance__service_funding "
        "where year_raw not like '20__' order by year_raw"
    )
    assert found == [("2014.0", 2014, "ok"), ("2014.5", None, "unreadable"), ("二〇一四", None, "unreadable")]


def test_a_row_keeps_where_it_came_from(staged: Any) -> None:
    assert staged.rows(
        "select record_ref, _file, _row from staging.stg_grid__household_visit where record_key = 'id-0'"
    ) == [("ref-grid.household_visit-id-0", "a", 2)]


def test_a_key_of_several_columns_is_their_text(staged: Any) -> None:
    assert staged.rows("select record_key from staging.stg_finance__service_funding where year = 2000") == [
        ("2000|150202|1|1|1",)
    ]
