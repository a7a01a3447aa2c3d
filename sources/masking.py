"""Personal values as they are shown to people: enough to recognise, not enough to learn from."""

from __future__ import annotations

import re

_MONTH_AND_DAY = re.compile(r"-\d{2}-\d{2}$")


def masked_name(name: str | None) -> str:
    """The first character, and one star for what follows: 张*."""
    return f"{name[0]}*" if name else ""


def masked_number(number: str | None) -> str:
    """The first four places and the last two: 1502************11. Short ones lose all but the ends."""
    if not number:
        return ""
    head, tail = (4, 2) if len(number) >= 12 else (1, 1) if len(number) > 2 else (0, 0)
    return number[:head] + "*" * (len(number) - head - tail) + number[len(number) - tail :]


def masked_phone(phone: str | None) -> str:
    """The first three digits and the last two: 138******22."""
    if not phone:
        return ""
    head, tail = (3, 2) if len(phone) >= 7 else (0, 0)
    return phone[:head] + "*" * (len(phone) - head - tail) + phone[len(phone) - tail :]


def masked_day(day: str | None) -> str:
    """The year of an ISO date: 1980-**-**."""
    return _MONTH_AND_DAY.sub("-**-**", day) if day else ""
