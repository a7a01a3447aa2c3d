"""Workbooks hold what they were given, for any program that reads workbooks."""

from __future__ import annotations

import io
from datetime import date

import polars as pl
from python_calamine import CalamineWorkbook

from sources.city.workbook import DATE_CELL, NUMBER_CELL, TEXT_CELL, workbook_bytes


def read(content: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def test_text_comes_back_as_it_was_even_with_spaces_and_signs_of_xml() -> None:
    values = ["张 伟", " 前后 ", "<a & b>", "乌云·其其格", None, "007"]
    sheet = read(workbook_bytes(pl.DataFrame({"姓名": values, "序号": [str(n) for n in range(6)]}), {}))
    assert sheet[0] == ["姓名", "序号"]
    assert [line[0] for line in sheet[1:]] == [value or "" for value in values]


def test_numbers_and_dates_are_cells_of_their_own_kind() -> None:
    kinds = pl.Series([TEXT_CELL, NUMBER_CELL, NUMBER_CELL, DATE_CELL])
    cells = pl.DataFrame({"日期": ["2014-10-31", "41943", "1.5020219800101E+17", "41943"]})
    sheet = read(workbook_bytes(cells, {"日期": kinds}))
    assert [line[0] for line in sheet[1:]] == ["2014-10-31", 41943.0, 1.5020219800101e17, date(2014, 10, 31)]


def test_titles_stand_above_the_header_and_the_footer_below() -> None:
    cells = pl.DataFrame({"a": ["1", "2"], "b": ["3", "4"]})
    sheet = read(workbook_bytes(cells, {}, titles=["标题", "单位"], footer="合计"))
    assert [line[0] for line in sheet] == ["标题", "单位", "a", "1", "2", "合计"]
    assert sheet[5][1] == "2"


def test_the_twenty_seventh_column_is_aa() -> None:
    cells = pl.DataFrame({f"c{n}": [str(n)] for n in range(30)})
    assert read(workbook_bytes(cells, {}))[1] == [str(n) for n in range(30)]


def test_a_workbook_without_rows_has_its_header() -> None:
    assert read(workbook_bytes(pl.DataFrame({"a": [], "b": []}, schema={"a": pl.String, "b": pl.String}), {})) == [
        ["a", "b"]
    ]
