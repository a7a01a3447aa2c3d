"""Extracts are held to their contracts; what is wrong is counted, never shown, and never stops anything."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from expectations.checkpoint import validate
from expectations.outcome import ExpectationOutcome
from sources.errors import SijikuError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

Row = dict[str, str | None]
Deliver = Callable[[str, Sequence[Row]], None]

PSB = "psb.temporary_residence"
FUNDING = "finance.service_funding"


def outcome(outcomes: Sequence[ExpectationOutcome], expectation: str, column: str | None = None) -> ExpectationOutcome:
    (found,) = (item for item in outcomes if (item.expectation, item.column) == (expectation, column))
    assert not found.is_error
    return found


def run(workdir: Workdir, dataset: str) -> list[ExpectationOutcome]:
    return validate(workdir, [dataset], workdir.scratch / "docs")


def test_rows_as_agreed_meet_every_expectation(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}, {"登记编号": "R2", "公民身份号码": None, "出生日期": None}])
    deliver(FUNDING, [{}, {"受益对象": "1"}])
    outcomes = validate(workdir, [PSB, FUNDING], workdir.scratch / "docs")
    assert [item for item in outcomes if not item.success or item.is_error] == []
    assert {(item.suite, item.total) for item in outcomes} == {(PSB, 2), (FUNDING, 2)}


def test_each_defect_is_counted_where_it_is(workdir: Workdir, deliver: Deliver) -> None:
    deliver(
        PSB,
        [
            {},
            {"登记编号": "R2", "姓名": None},
            {"登记编号": "R3", "性别": "男"},
            {"登记编号": "R4", "出生日期": "20140230"},
            {"登记编号": "R5", "公民身份号码": "1.5020219800101E+17"},
            {"登记编号": "R6", "公民身份号码": "无"},
        ],
    )
    outcomes = run(workdir, PSB)
    assert outcome(outcomes, "required", "姓名").unexpected == 1
    assert outcome(outcomes, "code_listed", "性别").unexpected == 1
    assert outcome(outcomes, "date_readable", "出生日期").unexpected == 1
    assert outcome(outcomes, "id_length", "公民身份号码").unexpected == 2
    assert outcome(outcomes, "key_unique").unexpected == 0
    assert {item.expectation for item in outcomes if not item.success} == {
        "required",
        "code_listed",
        "date_readable",
        "id_length",
    }


def test_more_than_two_hundred_rows_are_counted_in_full(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{"登记编号": f"R{number}", "出生日期": "昨天"} for number in range(250)])
    assert outcome(run(workdir, PSB), "date_readable", "出生日期").unexpected == 250


def unmet(workdir: Workdir, deliver: Deliver, dataset: str, column: str, texts: Sequence[str], claim: str) -> int:
    """How many rows, each with one of these texts in a column and a key of its own, do not meet a claim."""
    deliver(dataset, [{column: text, "_delivery": f"d{number}"} for number, text in enumerate(texts)])
    found = outcome(run(workdir, dataset), claim, column)
    assert found.total == len(texts)
    assert found.unexpected is not None
    return found.unexpected


def test_every_agreed_form_of_a_date_is_readable(workdir: Workdir, deliver: Deliver) -> None:
    forms = ["20141001", "2014-10-01", "2014-1-5", "2014/1/5", "2014年1月5日", " 2014-10-01 ", "41913", "41913.5"]
    assert unmet(workdir, deliver, PSB, "登记日期", forms, "date_readable") == 0


def test_other_texts_are_no_dates(workdir: Workdir, deliver: Deliver) -> None:
    texts = ["2014-13-01", "20140230", "2014", "01/05/2014", "不详", "201410", "2014-10", " "]
    assert unmet(workdir, deliver, PSB, "登记日期", texts, "date_readable") == len(texts)


def test_numbers_are_plain_digits(workdir: Workdir, deliver: Deliver) -> None:
    assert unmet(workdir, deliver, FUNDING, "预算万元", ["12", "12.50", "-3.5", " 7 "], "number_readable") == 0


def test_other_texts_are_no_numbers(workdir: Workdir, deliver: Deliver) -> None:
    texts = ["1,200", "约12", "1e5", "", "12.", "１２"]
    assert unmet(workdir, deliver, FUNDING, "预算万元", texts, "number_readable") == len(texts)


def test_an_id_number_may_have_separators(workdir: Workdir, deliver: Deliver) -> None:
    texts = ["110105 19491231 002X", "'11010519491231002X", "130503670401001", "11010519491231002x"]
    assert unmet(workdir, deliver, PSB, "公民身份号码", texts, "id_length") == 0


def test_a_key_may_come_again_in_another_delivery_but_not_twice_in_one(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}, {"_delivery": "d2"}, {"_delivery": "d2"}])
    assert outcome(run(workdir, PSB), "key_unique").unexpected == 2


def test_a_compound_key_counts_as_one(workdir: Workdir, deliver: Deliver) -> None:
    deliver(FUNDING, [{}, {"资金来源": "4"}, {"资金来源": "4", "预算万元": "3"}])
    assert outcome(run(workdir, FUNDING), "key_unique").unexpected == 2


def test_nothing_is_expected_of_a_deletion_but_its_key(workdir: Workdir, deliver: Deliver) -> None:
    deletion: Row = {"_change": "D", "姓名": None, "性别": None, "登记日期": None}
    deliver(PSB, [{"_change": "I"}, deletion])
    outcomes = run(workdir, PSB)
    assert all(item.success for item in outcomes)
    assert outcomes[0].total == 1


def test_a_dataset_without_rows_lacks_rows_and_nothing_else(workdir: Workdir) -> None:
    outcomes = run(workdir, PSB)
    assert [item.expectation for item in outcomes if not item.success] == ["has_rows"]
    assert not any(item.is_error for item in outcomes)


def test_a_column_that_is_not_there_is_said_to_be_missing(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    with open_warehouse(workdir) as connection:
        connection.execute('ALTER TABLE raw.psb__temporary_residence DROP COLUMN "户籍地址"')
    outcomes = run(workdir, PSB)
    assert not outcome(outcomes, "column_exists", "户籍地址").success
    assert outcome(outcomes, "column_exists", "姓名").success


def test_a_missing_column_with_values_to_check_is_an_error_and_no_exception(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    with open_warehouse(workdir) as connection:
        connection.execute('ALTER TABLE raw.psb__temporary_residence DROP COLUMN "出生日期"')
    (found,) = (item for item in run(workdir, PSB) if (item.expectation, item.column) == ("date_readable", "出生日期"))
    assert found.is_error
    assert not found.success


def test_outcomes_come_in_the_order_of_the_contract(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    existing = [item.column for item in run(workdir, PSB) if item.expectation == "column_exists"]
    assert existing[:4] == ["登记编号", "姓名", "性别", "公民身份号码"]


def test_an_unknown_dataset_is_refused_by_name(workdir: Workdir) -> None:
    with pytest.raises(SijikuError, match=r"psb\.no_such_thing"):
        run(workdir, "psb.no_such_thing")


def test_a_dataset_without_a_raw_view_is_refused_by_name(workdir: Workdir) -> None:
    with open_warehouse(workdir) as connection:
        connection.execute("DROP TABLE raw.edu__student_enrollment")
    with pytest.raises(SijikuError, match=r"raw\.edu__student_enrollment"):
        run(workdir, "edu.student_enrollment")


SECRETS: Row = {
    "登记编号": "SECRET-KEY-77",
    "姓名": "欧阳密密",
    "性别": "性别里写了欧阳密密",
    "公民身份号码": "15020219800101999",
    "出生日期": "一九八零年一月一日密",
    "户籍地区划": "150299",
    "登记日期": "13847212345",
    "联系电话": "13847212345",
    "暂住地址": "包头市昆都仑区密密路9号",
}


def test_no_value_of_a_person_is_in_any_page(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [SECRETS, SECRETS])
    docs = workdir.scratch / "docs"
    outcomes = validate(workdir, [PSB], docs)
    assert sum(not item.success for item in outcomes) >= 4
    pages = [path for path in docs.rglob("*") if path.is_file()]
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert [value for value in SECRETS.values() if value and value in text] == [], page.name


def test_no_value_of_a_person_is_in_an_outcome(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [SECRETS])
    told = repr(run(workdir, PSB))
    assert [value for value in SECRETS.values() if value and value in told] == []


def test_pages_ask_no_other_host_for_anything(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [SECRETS])
    docs = workdir.scratch / "docs"
    validate(workdir, [PSB], docs)
    pages = sorted(docs.rglob("*.html"))
    assert len(pages) == 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert re.findall(r"<script|<iframe|@import|url\(|(?:src|href|action)\s*=\s*[\"']?(?:https?:)?//", text) == []


def test_the_index_leads_to_every_page_and_the_pages_show_their_tables(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [SECRETS])
    docs = workdir.scratch / "docs"
    validate(workdir, [PSB, FUNDING], docs)
    index = (docs / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="([^"]+)"', index)
    assert len(links) == 4
    for link in links:
        assert "<td" in (docs / link).read_text(encoding="utf-8")


def test_pages_of_an_earlier_run_are_gone(workdir: Workdir, deliver: Deliver) -> None:
    docs = workdir.scratch / "docs"
    validate(workdir, [FUNDING], docs)
    validate(workdir, [PSB], docs)
    assert not [page for page in docs.rglob("*.html") if "service_funding" in page.name]


def test_pages_carry_the_build_and_no_wall_clock(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    docs = workdir.scratch / "docs"
    validate(workdir, [PSB], docs)
    text = "".join(page.read_text(encoding="utf-8") for page in sorted(docs.rglob("*.html")))
    assert "2014-10-31T00:00:00Z" in text
    assert set(re.findall(r"20\d\d-\d\d-\d\dT|20\d{6}T", text)) <= {"2014-10-31T", "20141031T"}


def test_the_warehouse_is_free_for_another_process_afterwards(workdir: Workdir, deliver: Deliver) -> None:
    deliver(PSB, [{}])
    run(workdir, PSB)
    script = f"import duckdb; duckdb.connect(r'{workdir.warehouse}').execute('CREATE TABLE after_all AS SELECT 1')"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_nothing_is_asked_of_the_network(workdir: Workdir, deliver: Deliver, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    deliver(PSB, [{}])
    assert all(item.success for item in run(workdir, PSB))


def test_nothing_is_left_outside_the_folder_of_the_docs(
    workdir: Workdir, deliver: Deliver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(PSB, [{}])
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setattr("tempfile.tempdir", str(elsewhere))
    run(workdir, PSB)
    assert list(elsewhere.iterdir()) == []
