"""Files of every format come out as the text that stood in them, with the line it stood on."""

from __future__ import annotations

import csv
import datetime
import io
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.contract import CHANGE_HEADER, Contract, load_contract
from sources.reader import RAW_COLUMNS, FileRead, read_file
from sources.refusal import Refused
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.deliveries import file_bytes, sample_rows

FUNDING = load_contract("finance.service_funding")
RESIDENCE = load_contract("psb.temporary_residence")
VISIT = load_contract("grid.household_visit")
MARRIAGE = load_contract("civil.marriage")
HEADER = ",".join(FUNDING.headers)


@dataclass
class Reading:
    """A file that was read: counts, rows as dicts ordered by line, quarantined (row, reason, content)."""

    read: FileRead
    rows: list[dict[str, Any]]
    quarantined: list[tuple[int, str, str]]


class Reader:
    """Reads bytes as a file of a contract."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
        self.connection = connection
        self.folder = folder
        self.count = 0

    def __call__(self, contract: Contract, content: bytes, mode: str = "full", name: str = "文件") -> Reading:
        self.count += 1
        folder = self.folder / str(self.count)
        folder.mkdir()
        source = folder / f"{name}.{contract.format.type}"
        source.write_bytes(content)
        part, aside = folder / "part.parquet", folder / "aside.parquet"
        read = read_file(
            self.connection,
            contract,
            mode,
            source,
            delivery="d" * 64,
            part=part,
            quarantine=aside,
            scratch=folder / "scratch",
        )
        assert not (folder / "scratch").exists()
        rows = self._select(f"SELECT * FROM '{part}' ORDER BY _row")
        quarantined = []
        if aside.exists():
            assert {row["file"] for row in self._select(f"SELECT * FROM '{aside}'")} == {source.name}
            quarantined = self.connection.execute(
                f"SELECT row, reason_zh, content FROM '{aside}' ORDER BY row"
            ).fetchall()
        assert (read.rows_read, read.rows_quarantined) == (len(rows), len(quarantined))
        return Reading(read, rows, quarantined)

    def _select(self, query: str) -> list[dict[str, Any]]:
        cursor = self.connection.execute(query)
        names = [column[0] for column in cursor.description or []]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    workdir = Workdir(tmp_path_factory.mktemp("library"))
    workdir.create()
    with open_engine(workdir) as connection:
        yield Reader(connection, tmp_path_factory.mktemp("files"))


def funding(*lines: str, end: str = "\n", encoding: str = "gb18030") -> bytes:
    return end.join((HEADER, *lines, "")).encode(encoding)


def values(row: dict[str, Any], contract: Contract) -> list[str | None]:
    return [row[header] for header in contract.headers]


# What every format has in common


@pytest.mark.parametrize(
    "dataset",
    [
        "psb.temporary_residence",
        "grid.household_visit",
        "civil.marriage",
        "finance.service_funding",
        "hrss.employment",
        "hrss.social_insurance",
        "edu.student_enrollment",
        "housing.rental_filing",
        "hfpc.padis_case",
    ],
)
def test_every_format_gives_back_what_was_written(reader: Reader, dataset: str) -> None:
    contract = load_contract(dataset)
    rows = sample_rows(dataset, 3)
    reading = reader(contract, file_bytes(contract, contract.headers, rows))
    assert [values(row, contract) for row in reading.rows] == [
        [row.get(header) or None for header in contract.headers] for row in rows
    ]
    first = {"csv": 2, "jsonl": 1, "parquet": 1, "xlsx": contract.format.header_row + 1}[contract.format.type]
    assert [row["_row"] for row in reading.rows] == [first, first + 1, first + 2]
    assert reading.rows[0].keys() == {*contract.headers, *RAW_COLUMNS}
    assert {row["_delivery"] for row in reading.rows} == {"d" * 64}
    assert {row["_file"] for row in reading.rows} == {f"文件.{contract.format.type}"}
    assert reading.read == FileRead(3, 0, ())


@pytest.mark.parametrize("dataset", ["hfpc.padis_case", FUNDING.dataset, "hrss.social_insurance", VISIT.dataset])
@pytest.mark.parametrize("name", ["名单[1]", "it's (2)", "a b%20{c}"])
def test_a_file_may_have_any_name(reader: Reader, dataset: str, name: str) -> None:
    contract = load_contract(dataset)
    content = file_bytes(contract, contract.headers, sample_rows(dataset, 1))
    assert reader(contract, content, name=name).rows[0]["_file"] == f"{name}.{contract.format.type}"


def test_the_order_of_columns_is_free(reader: Reader) -> None:
    rows = sample_rows("finance.service_funding", 2)
    forth = reader(FUNDING, file_bytes(FUNDING, FUNDING.headers, rows)).rows
    back = reader(FUNDING, file_bytes(FUNDING, FUNDING.headers[::-1], rows)).rows
    assert forth == back


def test_a_composite_key_is_joined_with_bars(reader: Reader) -> None:
    assert reader(FUNDING, funding("2014,150202,1,2,3,,,4,,")).rows[0]["_record_key"] == "2014|150202|1|2|3"


def test_equal_content_has_an_equal_hash_and_a_moved_value_another(reader: Reader) -> None:
    rows = reader(
        FUNDING,
        funding("2014,150202,1,2,3,,,4,,", "2014,150202,1,2,3,,,4,,", "2014,150202,1,2,3,,4,,,"),
    ).rows
    assert rows[0]["_content_hash"] == rows[1]["_content_hash"] != rows[2]["_content_hash"]


def test_text_is_left_as_it_came(reader: Reader) -> None:
    row = reader(FUNDING, funding("2014, 150202 ,１,2,3,'007,１２,4,NULL,NA")).rows[0]
    assert values(row, FUNDING) == ["2014", " 150202 ", "１", "2", "3", "'007", "１２", "4", "NULL", "NA"]


def test_unknown_columns_are_named_and_kept(reader: Reader) -> None:
    content = f"{HEADER},备注,备 注\n2014,150202,1,2,3,,,4,,,甲,乙\n".encode("gb18030")
    reading = reader(FUNDING, content)
    assert reading.read.unknown_columns == ("备注", "备 注")
    assert json.loads(reading.rows[0]["_extra"]) == {"备注": "甲", "备 注": "乙"}


def test_a_change_type_in_a_full_delivery_is_an_unknown_column(reader: Reader) -> None:
    reading = reader(FUNDING, f"{HEADER},{CHANGE_HEADER}\n2014,150202,1,2,3,,,4,,,D\n".encode("gb18030"))
    assert reading.read.unknown_columns == (CHANGE_HEADER,)
    assert reading.rows[0]["_change"] is None


def test_a_delta_tells_its_changes(reader: Reader) -> None:
    lines = [f"{HEADER},{CHANGE_HEADER}"] + [f"2014,15020{i},1,2,3,,,4,,,{kind}" for i, kind in enumerate("IUD")]
    reading = reader(FUNDING, "\n".join(lines).encode("gb18030"), mode="delta")
    assert [row["_change"] for row in reading.rows] == ["I", "U", "D"]


@pytest.mark.parametrize("kind", ["X", "", "i", "删除"])
def test_another_change_type_is_refused_with_its_line(reader: Reader, kind: str) -> None:
    content = f"{HEADER},{CHANGE_HEADER}\n2014,1,1,2,3,,,4,,,I\n2014,2,1,2,3,,,4,,,{kind}\n".encode("gb18030")
    with pytest.raises(Refused, match=r"文件\.csv 第 3 行的变更类型.*row 3"):
        reader(FUNDING, content, mode="delta")


@pytest.mark.parametrize("empty", ["", " ", "\u3000"])
def test_a_row_without_its_key_is_quarantined(reader: Reader, empty: str) -> None:
    reading = reader(FUNDING, funding(f"2014,{empty},1,2,3,,,4,,", "2014,150202,1,2,3,,,4,,"))
    assert [(row, reason) for row, reason, _ in reading.quarantined] == [(2, "主键为空")]
    assert [row["_row"] for row in reading.rows] == [3]


# Delimited text


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_both_line_ends_are_read(reader: Reader, end: str) -> None:
    assert reader(FUNDING, funding("2014,150202,1,2,3,,,4,,9", end=end)).rows[0]["决算万元"] == "9"


def test_a_last_line_without_end_counts(reader: Reader) -> None:
    assert len(reader(FUNDING, funding("2014,150202,1,2,3,,,4,,")[:-1]).rows) == 1


def test_blank_lines_are_no_rows_but_lines(reader: Reader) -> None:
    reading = reader(
        FUNDING, ("\n\n" + funding("", "2014,150202,1,2,3,,,4,,", " ", "").decode("gb18030")).encode("gb18030")
    )
    assert [row["_row"] for row in reading.rows] == [5]
    assert reading.quarantined == []


def test_a_file_with_its_header_alone_has_no_rows(reader: Reader) -> None:
    assert reader(FUNDING, funding()).read == FileRead(0, 0, ())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\r\n"])
def test_a_file_without_header_is_refused(reader: Reader, content: bytes) -> None:
    with pytest.raises(Refused, match=r"没有表头.*no header"):
        reader(FUNDING, content)


def test_quoted_fields_hold_delimiters_quotes_and_line_ends(reader: Reader) -> None:
    reading = reader(
        FUNDING,
        funding('2014,150202,1,2,3,"a,b","say ""hi""",4,"x\n\ny",', "2014,150203,1,2,3,,,4,,"),
    )
    assert values(reading.rows[0], FUNDING)[5:9] == ["a,b", 'say "hi"', "4", "x\n\ny"]
    assert [row["_row"] for row in reading.rows] == [2, 5]


def test_a_line_end_in_the_first_field_is_read(reader: Reader) -> None:
    reading = reader(FUNDING, funding('"20\n14",150202,1,2,3,,,4,,', "2014,150203,1,2,3,,,4,,"))
    assert [(row["_row"], row["年度"]) for row in reading.rows] == [(2, "20\n14"), (4, "2014")]


def test_a_quote_inside_an_unquoted_field_is_text(reader: Reader) -> None:
    reading = reader(FUNDING, funding('2014,150202,1,2,3,5"x6",7",4,,', "2014,150203,1,2,3,,,4,,"))
    assert values(reading.rows[0], FUNDING)[5:7] == ['5"x6"', '7"']
    assert len(reading.rows) == 2


def test_a_quote_that_is_never_closed_costs_its_own_row(reader: Reader) -> None:
    sound = [f"2014,15020{i},1,2,3,,,4,," for i in range(3)]
    reading = reader(FUNDING, funding(sound[0], '2014,"150209,1,2,3,,,4,,', *sound[1:], '2014,150209,1,2,3,,,4,,"'))
    assert [(row, reason) for row, reason, _ in reading.quarantined] == [(3, "引号不成对"), (6, "引号不成对")]
    assert [row["_row"] for row in reading.rows] == [2, 4, 5]


def test_two_unclosed_quotes_in_a_row_are_two_rows(reader: Reader) -> None:
    reading = reader(FUNDING, funding('2014,"150202,1,2,3,,,4,,', '2014,"150203,1,2,3,,,4,,', "2014,1,1,2,3,,,4,,"))
    assert [row for row, _, _ in reading.quarantined] == [2, 3]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2014,150202,1", "字段数与表头不符"),
        ("2014,150202,1,2,3,,,4,,,,", "字段数与表头不符"),
        ("2014,150202,1,2,3,,,4\x00,,", "含有空字符 (NUL)"),
        ("2014,150202,1,2,3,,,4,," + "长" * 400_000, "记录超过 1 MB"),
        ('2014,"150202"x,1,2,3,,,4,,', "引号不成对"),
    ],
)
def test_a_broken_line_is_quarantined_with_its_content(reader: Reader, line: str, reason: str) -> None:
    reading = reader(FUNDING, funding("2014,150202,1,2,3,,,4,,", line, "2014,150203,1,2,3,,,4,,"))
    assert reading.quarantined == [(3, reason, line)]
    assert [row["_row"] for row in reading.rows] == [2, 4]


cells = st.lists(st.text('ab,"|\n 中·９', max_size=6), min_size=9, max_size=9)


@given(
    rows=st.lists(cells, max_size=8),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\n", "\r\n"]),
    contract=st.sampled_from([FUNDING, replace(FUNDING, format=replace(FUNDING.format, delimiter="|"))]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_whatever_a_csv_writer_writes_is_read_back(
    reader: Reader, rows: list[list[str]], quoting: int, end: str, contract: Contract
) -> None:
    """The oracle is Python's own writer; the line of a record is counted from what it wrote before."""
    keyed = replace(contract, key=("年度",))
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=contract.format.delimiter or "", quoting=quoting, lineterminator=end)  # type: ignore[arg-type]
    writer.writerow(contract.headers)
    starts = []
    for number, row in enumerate(rows):
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow([f"k{number}", *row])
    reading = reader(keyed, text.getvalue().encode("gb18030"))
    assert reading.quarantined == []
    assert [row["_row"] for row in reading.rows] == starts
    assert [values(row, contract) for row in reading.rows] == [
        [f"k{number}", *(cell or None for cell in row)] for number, row in enumerate(rows)
    ]


# Encodings


def test_gb18030_keeps_rare_characters(reader: Reader) -> None:
    rare = "阿·𠮷㐀龘"
    assert reader(FUNDING, funding(f"2014,150202,1,2,3,{rare},,4,,")).rows[0]["人均标准元"] == rare


def test_text_longer_than_a_buffer_is_decoded_whole(reader: Reader) -> None:
    lines = [f"2014,{i:06d},1,2,3,{'汉' * 500},,4,,x" for i in range(10_000)]
    reading = reader(FUNDING, funding(*lines))
    assert reading.read.rows_read == 10_000
    assert {row["人均标准元"] for row in reading.rows} == {"汉" * 500}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_with_and_without_mark(reader: Reader, encoding: str) -> None:
    contract = load_contract("hfpc.padis_case")
    rows = sample_rows("hfpc.padis_case", 1)
    content = file_bytes(contract, contract.headers, rows).decode("utf-8-sig").encode(encoding)
    assert reader(contract, content).rows[0]["姓名"] == rows[0]["姓名"]


@pytest.mark.parametrize(("encoding", "named"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16")])
def test_another_encoding_is_refused_by_its_name(reader: Reader, encoding: str, named: str) -> None:
    with pytest.raises(Refused, match=rf"编码是 {named}.*is in {named}; the contract says GB18030"):
        reader(FUNDING, funding("2014,150202,1,2,3,,,4,,", encoding=encoding))


def test_a_byte_that_is_no_gb18030_is_refused_with_its_line(reader: Reader) -> None:
    with pytest.raises(Refused, match=r"第 4 行不是 GB18030.*line 4: not GB18030"):
        reader(FUNDING, funding("2014,150202,1,2,3,汉,,4,,", "") + b"2014,\xff\xff\n")


def test_gb18030_where_utf8_is_agreed_is_refused(reader: Reader) -> None:
    contract = load_contract("hfpc.padis_case")
    content = file_bytes(contract, contract.headers, sample_rows("hfpc.padis_case", 1)).decode("utf-8-sig")
    with pytest.raises(Refused, match="第 1 行不是 UTF-8"):
        reader(contract, content.encode("gb18030"))


# Headers


def test_a_renamed_column_is_named_with_what_looks_like_it(reader: Reader) -> None:
    header = HEADER.replace("区划", "所在区划") + ",备注"
    with pytest.raises(
        Refused, match=r"缺少列: 区划。多出的列 所在区划 .*lacks the column 区划\. Unknown column 所在区划"
    ):
        reader(FUNDING, f"{header}\n2014,150202,1,2,3,,,4,,,\n".encode("gb18030"))


def test_a_file_without_header_row_shows_nothing_of_its_first_person(reader: Reader) -> None:
    row = sample_rows("psb.temporary_residence", 1)[0] | {"姓名": "赵某某"}
    body = file_bytes(RESIDENCE, RESIDENCE.headers, [row]).split(b"\r\n", 1)[1]
    with pytest.raises(Refused, match="不是本数据集的表头") as refused:
        reader(RESIDENCE, body)
    assert "赵某某" not in str(refused.value)


def test_a_column_that_stands_twice_is_refused(reader: Reader) -> None:
    with pytest.raises(Refused, match=r"年度 出现了两次.*年度 twice"):
        reader(FUNDING, f"{HEADER},年度\n".encode("gb18030"))


def test_spaces_around_headers_do_not_matter(reader: Reader) -> None:
    header = ",".join(f" {name}\u3000" for name in FUNDING.headers)
    assert reader(FUNDING, f"{header}\n2014,150202,1,2,3,,,4,,\n".encode("gb18030")).rows[0]["年度"] == "2014"


def test_a_header_wider_than_any_is_refused_without_a_traceback(reader: Reader) -> None:
    with pytest.raises(Refused):
        reader(FUNDING, b"x" * 500_000)


# JSON lines


def marriage(*lines: str) -> bytes:
    whole = json.dumps(sample_rows("civil.marriage", 1)[0] | dict.fromkeys(MARRIAGE.headers, "1"), ensure_ascii=False)
    return "\n".join((whole, *lines, "")).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"登记字号": "2"', "不是完整的 JSON"),
        ("完全不是", "不是完整的 JSON"),
        ("[1, 2]", "JSON 不是对象"),
        ('"文字"', "JSON 不是对象"),
        ('{"登记字号": "2", "登记类型": "\\u0000"}', "含有空字符 (NUL)"),
        ('{"登记字号": null}', "主键为空"),
        ('{"登记类型": "1"}', "主键为空"),
    ],
)
def test_a_broken_json_line_is_quarantined(reader: Reader, line: str, reason: str) -> None:
    reading = reader(MARRIAGE, marriage(line, "", '{"登记字号": "3"}'))
    assert [(row, why) for row, why, _ in reading.quarantined] == [(2, reason)]
    assert [row["_row"] for row in reading.rows] == [1, 4]


def test_json_values_of_every_kind_become_text(reader: Reader) -> None:
    values_ = {
        "男方姓名": {"姓": ["甲"]},
        "男方证件号": 150202198001011234,
        "女方姓名": True,
        "女方证件号": "",
        "登记日期": None,
    }
    line = json.dumps({"登记字号": 7} | values_, ensure_ascii=False)
    row = reader(MARRIAGE, marriage(line)).rows[1]
    assert row["登记字号"] == "7"
    assert json.loads(row["男方姓名"]) == {"姓": ["甲"]}
    assert row["男方证件号"] == "150202198001011234"
    assert (row["女方姓名"], row["女方证件号"], row["登记日期"]) == ("true", None, None)


def test_a_key_that_no_line_has_is_a_missing_column(reader: Reader) -> None:
    with pytest.raises(Refused, match="缺少列: 女方姓名"):
        reader(MARRIAGE, marriage().replace("女方姓名".encode(), "女方名字".encode()))


def test_an_unknown_json_key_is_kept(reader: Reader) -> None:
    reading = reader(MARRIAGE, marriage('{"登记字号": "2", "备注": [1]}'))
    assert reading.read.unknown_columns == ("备注",)
    assert json.loads(reading.rows[1]["_extra"]) == {"备注": "[1]"}


def test_an_empty_file_of_json_lines_has_no_rows(reader: Reader) -> None:
    assert reader(MARRIAGE, b"\n").read == FileRead(0, 0, ())


# Workbooks


def workbook(rows: list[list[Any]], *, title_rows: int = 0, sheets_before: int = 0) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    dates = book.add_format({"num_format": "yyyy-mm-dd"})
    for number in range(sheets_before):
        book.add_worksheet(f"说明{number}").write(0, 0, "填表说明")
    sheet = book.add_worksheet("数据")
    for number, row in enumerate(rows, start=title_rows):
        for position, value in enumerate(row):
            if isinstance(value, datetime.date):
                sheet.write_datetime(number, position, datetime.datetime.combine(value, datetime.time()), dates)
            elif value is not None:
                sheet.write(number, position, value)
    book.close()
    return target.getvalue()


def visit(**given: Any) -> list[Any]:
    row = sample_rows("grid.household_visit", 1)[0] | given
    return [row.get(header) for header in VISIT.headers]


def test_cells_become_the_text_that_they_show(reader: Reader) -> None:
    row = visit(
        采集编号=12.0,
        身份证号=150202198001011234,
        来本地日期=datetime.date(2014, 3, 1),
        联系电话=13800000000,
        现住址=1.5,
    )
    read = reader(VISIT, workbook([list(VISIT.headers), row])).rows[0]
    assert read["采集编号"] == read["_record_key"] == "12"
    assert read["来本地日期"] == "2014-03-01"
    assert read["联系电话"] == "13800000000"
    assert read["现住址"] == "1.5"


@pytest.mark.parametrize("number", [150202198001011234, 150202800101123456, 10**15])
def test_a_number_with_lost_digits_is_never_written_as_digits(reader: Reader, number: int) -> None:
    text = reader(VISIT, workbook([list(VISIT.headers), visit(身份证号=number)])).rows[0]["身份证号"]
    assert "E+" in text
    assert float(text) == pytest.approx(number, rel=1e-14)


def test_fifteen_digits_in_a_cell_are_all_there(reader: Reader) -> None:
    text = reader(VISIT, workbook([list(VISIT.headers), visit(身份证号=150202800101123)])).rows[0]["身份证号"]
    assert text == "150202800101123"


def test_rows_keep_their_sheet_row_over_blank_ones(reader: Reader) -> None:
    reading = reader(VISIT, workbook([list(VISIT.headers), [], visit(), ["", " "], visit(采集编号="2")]))
    assert [row["_row"] for row in reading.rows] == [3, 5]


def test_the_sheet_with_the_header_is_read(reader: Reader) -> None:
    assert reader(VISIT, workbook([list(VISIT.headers), visit()], sheets_before=2)).read.rows_read == 1


def test_title_rows_and_footer_are_no_rows(reader: Reader) -> None:
    contract = load_contract("edu.student_enrollment")
    rows = sample_rows("edu.student_enrollment", 2)
    reading = reader(contract, file_bytes(contract, contract.headers, rows))
    assert [row["_row"] for row in reading.rows] == [4, 5]


def test_the_footers_word_elsewhere_is_a_row(reader: Reader) -> None:
    contract = load_contract("edu.student_enrollment")
    rows = sample_rows("edu.student_enrollment", 2)
    rows[0]["学籍号"] = "合计"
    assert reader(contract, file_bytes(contract, contract.headers, rows)).read.rows_read == 2


def test_a_header_in_another_row_is_refused_with_the_row_it_should_be_in(reader: Reader) -> None:
    with pytest.raises(Refused, match=r"第 1 行 不是本数据集的表头.*row 1"):
        reader(VISIT, workbook([list(VISIT.headers), visit()], title_rows=1))


def test_formatted_but_unused_columns_do_not_count(reader: Reader) -> None:
    row = [*visit(), None, " "]
    assert reader(VISIT, workbook([[*VISIT.headers, None, None], row[:-1]])).read.unknown_columns == ()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a workbook", "不是可读的 Excel 工作簿.*no readable Excel workbook"),
        (b"", "不是可读的 Excel 工作簿"),
        (workbook([["a"]])[:-300], "不是可读的 Excel 工作簿"),
        (b"PK\x05\x06" + bytes(18), "不是可读的 Excel 工作簿"),
        (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600), r"旧版 Excel \(\.xls\)"),
        (
            bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + "EncryptedPackage".encode("utf-16-le"),
            "受密码保护.*protected by a password",
        ),
    ],
    ids=["text", "empty", "cut off", "empty zip", "xls", "password"],
)
def test_a_file_that_is_no_workbook_is_refused(reader: Reader, content: bytes, message: str) -> None:
    with pytest.raises(Refused, match=message):
        reader(VISIT, content)


def test_a_stray_cell_far_off_is_refused_before_it_fills_the_memory(reader: Reader) -> None:
    rows: list[list[Any]] = [[]] * 1_048_575
    rows[0] = list(VISIT.headers)
    with pytest.raises(Refused, match=r"远离表格处有零星内容.*up to row 1048576, column 703"):
        reader(VISIT, workbook([*rows, [None] * 702 + ["x"]]))


def test_a_stray_row_far_down_is_read(reader: Reader) -> None:
    rows: list[list[Any]] = [[]] * 99_999
    rows[0] = list(VISIT.headers)
    assert reader(VISIT, workbook([*rows, visit()])).rows[0]["_row"] == 100_000


@given(position=st.integers(0, 5_000), byte=st.integers(0, 255))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
def test_a_damaged_workbook_is_read_or_refused_but_never_breaks(reader: Reader, position: int, byte: int) -> None:
    content = bytearray(workbook([list(VISIT.headers), visit()]))
    content[position % len(content)] = byte
    with suppress(Refused):
        reader(VISIT, bytes(content))


# Parquet


def test_parquet_columns_of_any_type_become_text(reader: Reader) -> None:
    contract = load_contract("hrss.social_insurance")
    frame = pl.DataFrame(
        {header: ["x"] for header in contract.headers}
        | {
            "参保编号": [12345678901234567],
            "性别": [1.0],
            "参保日期": [datetime.date(2014, 3, 1)],
            "终止日期": [datetime.datetime(2014, 3, 1)],
            "联系电话": [150202198001011234.0],
            "单位名称": [""],
        }
    )
    target = io.BytesIO()
    frame.write_parquet(target)
    row = reader(contract, target.getvalue()).rows[0]
    assert row["_record_key"] == "12345678901234567"
    assert (row["性别"], row["参保日期"], row["终止日期"]) == ("1", "2014-03-01", "2014-03-01")
    assert "E+" in row["联系电话"]
    assert row["单位名称"] is None


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all"])
def test_a_file_that_is_no_parquet_is_refused(reader: Reader, content: bytes) -> None:
    with pytest.raises(Refused, match="不是可读的 Parquet"):
        reader(load_contract("hrss.social_insurance"), content)


def test_parquet_damaged_inside_is_refused(reader: Reader) -> None:
    contract = load_contract("hrss.social_insurance")
    content = bytearray(file_bytes(contract, contract.headers, sample_rows("hrss.social_insurance", 500)))
    content[4:200] = bytes(196)
    with pytest.raises(Refused, match="不是可读的 Parquet"):
        reader(contract, bytes(content))
