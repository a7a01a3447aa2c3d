"""What is shown of people is enough to recognise them and no more."""

from __future__ import annotations

import pytest

from sources.masking import masked_day, masked_name, masked_number, masked_phone


@pytest.mark.parametrize(
    ("name", "shown"), [("张三丰", "张*"), ("娜仁其木格", "娜*"), ("张", "张*"), (None, ""), ("", "")]
)
def test_a_name_keeps_its_first_character_and_not_its_length(name: str | None, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("150202198001010011", "1502************11"),
        ("150202800101001", "1502*********01"),
        ("12345", "1***5"),
        ("12", "**"),
        (None, ""),
    ],
)
def test_a_number_keeps_its_ends(number: str | None, shown: str) -> None:
    assert masked_number(number) == shown


def test_a_phone_keeps_its_ends() -> None:
    assert masked_phone("13800001122") == "138******22"
    assert masked_phone("12345") == "*****"
    assert masked_phone(None) == ""


def test_of_a_birth_date_the_year_is_left() -> None:
    assert masked_day("1980-01-02") == "1980-**-**"
    assert masked_day(None) == ""
