"""The review workbook: a pair of mentions on each row, side by side, with what differs in colour and the evidence in
words. Somebody writes down what she decides, and `identity.review` reads it again.

It holds names, numbers and phones: its file is readable by its owner only. Cells beside decision, who and note are
locked, and hidden columns say which two mentions a row is about.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter

from identity.certain import names_agree, one_character_apart, sound_alike
from sources.contract import load_contracts
from sources.errors import UsageError
from sources.workbook import new_workbook

DECISION, WHO, NOTE, KEY_A, KEY_B = "决定 decision", "由谁 who", "备注 note", "甲 key A", "乙 key B"
# What is written in the drop-down, and what it means.
CHOICES = {"same": "同一人 same", "different": "不同人 different", "unsure": "不确定 unsure"}

KINDS = {
    "below_threshold": ("可能是同一人，但把握不足，未自动合并。", "More likely one person than not; not linked."),
    "weak_link": ("已自动合并，但把握最小。", "Linked, with little to spare."),
    "cut": ("证据相连，但各有自己的证件号，已拆开。", "Linked by evidence, kept apart: each has a number of her own."),
    "corrected_number": (
        "姓名相同，证件号仅差几位：改正过的号码，还是两个人？",
        "The same name, numbers a slip apart: one that was corrected, or two people?",
    ),
}

_DIFFERING, _SIMILAR, _HEADED = "#FFC7CE", "#FFEB9C", "#DDEBF7"


@dataclass(frozen=True)
class _Field:
    """A field that is compared: labels, SQL of its value over a mention m, and of being the same and similar over the
    mentions a and b. What is null on a side is not compared."""

    zh: str
    en: str
    value: str
    same: str
    similar: str = "false"


def _parts_alike() -> str:
    parts = ("year", "month", "day")
    equal = " + ".join(f"CAST({part}(a.birth_date) = {part}(b.birth_date) AS INTEGER)" for part in parts)
    swapped = "month(a.birth_date) = day(b.birth_date) AND day(a.birth_date) = month(b.birth_date)"
    return f"({equal} >= 2 OR {swapped})"


# 无, 不详 and the like are no numbers.
_NUMBER = (
    "coalesce({0}.id_number, CASE WHEN regexp_matches({0}.id_number_raw, '[0-9]{{4}}') THEN {0}.id_number_raw END)"
)
_FIELDS = (
    _Field(
        "姓名",
        "name",
        "m.name",
        "a.name_norm = b.name_norm",
        f"a.name_key = b.name_key OR {names_agree('a.name_norm', 'b.name_norm')} OR "
        f"{one_character_apart('a.name_norm', 'b.name_norm')} OR {sound_alike('a.name_key', 'b.name_key')}",
    ),
    _Field("性别", "sex", "CASE m.sex WHEN '1' THEN '男' WHEN '2' THEN '女' END", "a.sex = b.sex"),
    _Field("出生日期", "birth date", "CAST(m.birth_date AS VARCHAR)", "a.birth_date = b.birth_date", _parts_alike()),
    _Field(
        "证件号",
        "number",
        _NUMBER.format("m"),
        f"{_NUMBER.format('a')} = {_NUMBER.format('b')}",
        f"damerau_levenshtein({_NUMBER.format('a')}, {_NUMBER.format('b')}) <= 3",
    ),
    _Field("电话", "phone", "m.phone", "a.phone = b.phone", "damerau_levenshtein(a.phone, b.phone) <= 1"),
    _Field("母亲", "mother", "m.mother_name", "a.mother_name = b.mother_name", "a.mother_name_key = b.mother_name_key"),
    _Field(
        "母亲证件号",
        "mother's number",
        "m.mother_id_number",
        "a.mother_id_number = b.mother_id_number",
        "damerau_levenshtein(a.mother_id_number, b.mother_id_number) <= 3",
    ),
    _Field("监护人", "guardian", "m.guardian_name", "a.guardian_name = b.guardian_name"),
    _Field(
        "社区",
        "community",
        "d.place",
        "NULL",
        "left(a.division_code, 9) = left(b.division_code, 9) AND right(left(a.division_code, 9), 3) <> '000'",
    ),
    _Field("单位", "employer", "m.employer", "a.employer = b.employer"),
)


@dataclass(frozen=True)
class Exported:
    """`written`: pairs in the workbook. `left`: pairs of the queue that are not, because of the limit."""

    written: int
    left: int


def export(
    library: duckdb.DuckDBPyConnection,
    decided: Collection[tuple[str, str, str, str]],
    file: Path,
    *,
    limit: int,
    kinds: Sequence[str] = (),
) -> Exported:
    """Write the pairs that are most worth a look.

    Args:
        library: on the restricted part of a published library.
        decided: (record_ref_l, role_l, record_ref_r, role_r) that are not asked again, the smaller mention left.
        file: to write; replaced if it is there.
        limit: of pairs.
        kinds: of `identity.queue.KINDS`; none for all.

    Raises:
        UsageError: the library was built by an earlier version of the code, or the file cannot be written.
    """
    rows, total = _pairs(library, decided, limit, kinds)
    with new_workbook(file) as book:
        _write_pairs(book, rows)
        _write_help(book)
    return Exported(len(rows), total - len(rows))


def _pairs(
    library: duckdb.DuckDBPyConnection, decided: Collection[tuple[str, str, str, str]], limit: int, kinds: Sequence[str]
) -> tuple[list[dict[str, Any]], int]:
    library.execute(
        "CREATE OR REPLACE TEMP TABLE is_decided (record_ref_l VARCHAR, role_l VARCHAR, record_ref_r VARCHAR, "
        "role_r VARCHAR)"
    )
    if decided:
        library.executemany("INSERT INTO is_decided VALUES (?, ?, ?, ?)", [list(pair) for pair in decided])
    queue = (
        "(SELECT * FROM identity.review_pair ANTI JOIN is_decided USING (record_ref_l, role_l, record_ref_r, role_r))"
    )
    values = ", ".join(f"{field.value} AS value_{n}" for n, field in enumerate(_FIELDS))
    levels = ", ".join(
        f"CASE WHEN a.value_{n} IS NULL AND b.value_{n} IS NULL THEN 'neither' "
        f"WHEN a.value_{n} IS NULL OR b.value_{n} IS NULL THEN 'one' "
        f"WHEN coalesce({field.same}, a.value_{n} = b.value_{n}) THEN 'same' "
        f"WHEN {field.similar} THEN 'similar' ELSE 'differ' END AS level_{n}, "
        f"a.value_{n} AS a_{n}, b.value_{n} AS b_{n}"
        for n, field in enumerate(_FIELDS)
    )
    where = "WHERE kind IN (SELECT unnest(?))" if kinds else ""
    try:
        cursor = library.execute(
            "WITH name AS (SELECT division_code, level, arg_max(name, valid_from) AS name FROM library.dim_division "
            "WHERE NOT is_unallocated GROUP BY division_code, level), "
            "place AS (SELECT c.division_code, concat_ws(' ', d.name, t.name, "
            "CASE WHEN c.level = 'community' THEN c.name END) AS place FROM name AS c "
            "LEFT JOIN name AS d ON d.level = 'district' AND d.division_code = left(c.division_code, 6) || '000000' "
            "LEFT JOIN name AS t ON t.level = 'township' AND t.division_code = left(c.division_code, 9) || '000' "
            "WHERE c.level <> 'city'), "
            f"side AS (SELECT m.*, {values} FROM identity.review_mention AS m "
            "LEFT JOIN place AS d ON d.division_code = m.division_code) "
            f"SELECT q.*, {levels}, a.dataset AS dataset_a, b.dataset AS dataset_b, "
            "a._file || ' : ' || a._row AS from_a, "
            f"b._file || ' : ' || b._row AS from_b, count(*) OVER () AS total FROM {queue} AS q "
            "JOIN side AS a ON a.record_ref = q.record_ref_l AND a.role = q.role_l "
            "JOIN side AS b ON b.record_ref = q.record_ref_r AND b.role = q.role_r "
            f"{where} ORDER BY gain DESC, probability, q.record_ref_l, q.role_l, q.record_ref_r LIMIT {int(limit)}",
            [list(kinds)] if kinds else [],
        )
    except duckdb.CatalogException:
        raise no_queue() from None
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return rows, int(rows[0]["total"]) if rows else 0


def no_queue() -> UsageError:
    """What is said of a library that an earlier version of the code has built."""
    return UsageError("该库还没有复核队列。This library has no review queue yet.", "Build it once more: sijiku build.")


def in_words(row: dict[str, Any]) -> str:
    """Why a pair should be looked at, and what speaks for and against its being one person."""
    zh, en = KINDS[row["kind"]]
    levels = {
        "same": ("相同", "same"),
        "similar": ("相近", "similar"),
        "differ": ("不同", "different"),
        "one": ("只有一方", "on one side only"),
    }
    told: tuple[list[str], list[str]] = ([], [])
    for level, words in levels.items():
        fields = [field for n, field in enumerate(_FIELDS) if row[f"level_{n}"] == level]
        if fields:
            told[0].append(f"{words[0]}：{'、'.join(field.zh for field in fields)}")
            told[1].append(f"{words[1]}: {', '.join(field.en for field in fields)}")
    return f"{zh}{'；'.join(told[0])}。\n{en} {'; '.join(told[1]).capitalize()}."


def _write_pairs(book: xlsxwriter.Workbook, rows: Sequence[dict[str, Any]]) -> None:
    sheet = book.add_worksheet("复核 Review")
    base = {"valign": "top", "text_wrap": True, "border": 1, "border_color": "#BFBFBF"}
    head = book.add_format({**base, "bold": True, "bg_color": _HEADED})
    plain = book.add_format(base)
    share = book.add_format({**base, "num_format": "0%"})
    written = book.add_format({**base, "locked": False, "bg_color": "#FFFFFF"})
    formats = {
        "differ": book.add_format({**base, "bg_color": _DIFFERING}),
        "similar": book.add_format({**base, "bg_color": _SIMILAR}),
    }
    labels = {name: f"{contract.bureau_zh} {contract.name_zh}" for name, contract in load_contracts().items()}
    headers = ["序号 no.", DECISION, WHO, NOTE, "可能性 probability", "证据 evidence"]
    sides = [*((field.zh, field.en) for field in _FIELDS), ("来源", "dataset"), ("文件与行", "file and row"),
             ("涉及记录", "records")]  # fmt: skip
    for zh, en in sides:
        headers += [f"甲 {zh} A {en}", f"乙 {zh} B {en}"]
    headers += [KEY_A, KEY_B]
    for column, header in enumerate(headers):
        sheet.write_string(0, column, header, head)
    for number, row in enumerate(rows, start=1):
        sheet.write_number(number, 0, number, plain)
        for column in (1, 2, 3):
            sheet.write_blank(number, column, None, written)
        sheet.write_number(number, 4, row["probability"], share)
        sheet.write_string(number, 5, in_words(row), plain)
        column = 6
        for n, _ in enumerate(_FIELDS):
            for side in "ab":
                sheet.write_string(number, column, row[f"{side}_{n}"] or "", formats.get(row[f"level_{n}"], plain))
                column += 1
        for side, other in (("a", "l"), ("b", "r")):
            dataset = row[f"dataset_{side}"]
            sheet.write_string(number, column, f"{labels.get(dataset, dataset)} {dataset}", plain)
            sheet.write_string(number, column + 2, row[f"from_{side}"] or "", plain)
            sheet.write_number(number, column + 4, row[f"mentions_{other}"], plain)
            column += 1
        sheet.write_string(number, column + 4, f"{row['record_ref_l']}|{row['role_l']}", plain)
        sheet.write_string(number, column + 5, f"{row['record_ref_r']}|{row['role_r']}", plain)
    last = max(len(rows), 1)
    sheet.data_validation(
        1,
        1,
        last,
        1,
        {
            "validate": "list",
            "source": list(CHOICES.values()),
            "error_title": "决定 Decision",
            "error_message": "请从列表中选择。Choose from the list.",
        },
    )
    sheet.set_column(0, 0, 6)
    sheet.set_column(1, 3, 14)
    sheet.set_column(4, 4, 9)
    sheet.set_column(5, 5, 52)
    sheet.set_column(6, len(headers) - 3, 16)
    sheet.set_column(len(headers) - 2, len(headers) - 1, 10, None, {"hidden": True})
    sheet.freeze_panes(1, 4)
    sheet.autofilter(0, 0, last, len(headers) - 3)
    sheet.protect(options={"autofilter": True, "format_columns": True, "format_rows": True, "sort": True})
    sheet.set_landscape()


_HELP = (
    ("怎么填", "How to fill it in"),
    (
        "每行是两条记录，甲与乙。请在“决定”列选择：同一人、不同人、不确定；在“由谁”列写账号或部门。不填的行下次再问。",
        "Each row is two records, A and B. Choose a decision and say who decides. Rows left empty are asked again.",
    ),
    (
        "红色为不同，黄色为相近（差一个字、数字颠倒、同音），无色为相同或缺失。",
        "Red: different. Yellow: similar (a character, a digit, the sound). No colour: the same, or missing.",
    ),
    (
        "最值得看的排在最前：越拿不准、涉及记录越多，越靠前。",
        "The most useful come first: the less sure it is, and the more records hang on it.",
    ),
    (
        "决定适用于与甲、乙完全相同的所有记录，并在以后每次建库中一直有效；再次决定即可更改。",
        "A decision speaks of all records that look exactly like A and B. It holds in every later build, until the "
        "same pair is decided again.",
    ),
    (
        "不能互相矛盾：甲与乙同一人、乙与丙同一人，甲与丙就不能是不同人。矛盾的行会被指出，不予登记。",
        "They must not contradict each other: if A is B and B is C, A is C. Lines that do are named and not entered.",
    ),
    ("填好后：sijiku review import --workdir DIR 文件.xlsx，再建库。", "Then: sijiku review import, and sijiku build."),
    (
        "本文件含个人信息：请勿外传，用后删除。",
        "This file is personal: do not pass it on, and delete it when it has been entered.",
    ),
)


def _write_help(book: xlsxwriter.Workbook) -> None:
    sheet = book.add_worksheet("说明 Help")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    for number, texts in enumerate(_HELP):
        for column, text in enumerate(texts):
            sheet.write_string(number, column, text, bold if number == 0 else wrapped)
    sheet.set_column(0, 1, 70)
