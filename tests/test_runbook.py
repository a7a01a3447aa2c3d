"""Whatever the program can say went wrong has its entry in the runbook, in the program's own words."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import make_runbook  # noqa: E402

PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")


def test_the_lists_of_messages_are_those_of_the_code() -> None:
    assert make_runbook.filled(PAGE, make_runbook.messages()) == PAGE, "run: python scripts/make_runbook.py"


def test_every_module_that_raises_belongs_to_one_section() -> None:
    found = {message.module for message in make_runbook.messages()}
    assert {make_runbook.section_of(module) for module in found} == set(make_runbook.SECTIONS)
    with pytest.raises(KeyError):
        make_runbook.section_of("serving/nothing.py")


def test_a_message_that_is_new_would_be_missed_if_it_were_not_listed(tmp_path: Path) -> None:
    new = make_runbook.Message("sources/landing.py", 1, "全新的提示。", "A new message.")
    assert make_runbook.filled(PAGE, [*make_runbook.messages(), new]) != PAGE


@pytest.mark.parametrize(
    "words",
    [
        "的 SHA-256 与清单不符，文件可能已损坏或被改动",
        "磁盘已满，或超过了文件大小限额",
        "另一个进程正在使用",
        "原始区缺少已接收的批次",
        "A model or a blocking check failed",
        "was not published",
        "合同版本不是",
        "is retired since",
        "登录用户无权读取",
    ],
)
def test_what_people_see_most_is_found_by_its_words(words: str) -> None:
    assert words in PAGE


def test_every_section_says_what_to_do_in_chinese_first() -> None:
    for section in PAGE.split("\n## ")[1:]:
        assert "\u4e00" <= section[0] <= "\u9fff", section.splitlines()[0]
