"""Colours of the audit site can be read: WCAG 2.2's contrast, worked out from the style sheet: screen, dark, paper."""

from __future__ import annotations

import re

import pytest

from serving.audit import ASSETS

STYLE = (ASSETS / "style.css").read_text(encoding="utf-8")
TEXT = ("text", "soft", "bad", "ok", "warn", "link")
MARKS = ("edge", "bar")
GROUNDS = ("ground", "card", "chosen")


def schemes() -> dict[str, dict[str, str]]:
    """Colours by name of each scheme; dark and paper change some of the light ones."""
    found = [dict(re.findall(r"--(\w+): (#\w{6})", block)) for block in re.findall(r":root \{([^}]*)\}", STYLE)]
    light, dark, paper = found
    return {"light": light, "dark": light | dark, "paper": light | paper}


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2): of 8 bits a channel."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio (WCAG 2.2), from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_ratio_is_that_of_the_standards_examples() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_text_is_at_least_four_and_a_half_to_one_and_marks_three(scheme: str) -> None:
    colours = schemes()[scheme]
    wanted = [(name, 4.5) for name in TEXT] + [(name, 3.0) for name in MARKS]
    poor = [
        f"{name} on {ground}: {contrast(colours[name], colours[ground]):.2f}"
        for name, least in wanted
        for ground in GROUNDS
        if contrast(colours[name], colours[ground]) < least
    ]
    assert poor == []
