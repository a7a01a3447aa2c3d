"""What the page on privacy lists is what contracts and roles say."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import make_privacy  # noqa: E402

PAGE = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")


def test_the_lists_are_those_of_contracts_and_roles() -> None:
    assert make_privacy.filled(PAGE) == PAGE, "run: python scripts/make_privacy.py"


def test_a_field_that_is_not_listed_would_be_missed() -> None:
    short = PAGE.replace("`id_number`", "")
    assert short != PAGE == make_privacy.filled(short)


def test_every_section_is_in_chinese_first() -> None:
    for section in PAGE.split("\n## ")[1:]:
        assert "\u4e00" <= section[0] <= "\u9fff", section.splitlines()[0]
