"""The drawings of the pages of areas, written as SVG: no script, no other file, no network.

A build draws a hundred of them, a township three: they are put together here from their few lines, in the same colours
as the charts of the audit page, where a plotting library would take a minute. Text takes the page's colour, light or
dark; the floating are amber, the registered blue, in form as well as in colour where both are points.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import Any

from serving.audit_charts import FONT, PALETTE

FLOATING, REGISTERED = PALETTE[1], PALETTE[0]
# One hue from light to dark, told apart in grey as well.
SHADES = ("#fff1cc", "#fdd67f", "#f0ad2e", "#c47d00", "#8a5200")
NO_SHADE = "#d5d9df"
_OUTLINES = Path(__file__).with_name("districts.json")


@dataclass(frozen=True)
class Frame:
    """A part of the map: west, south, east and north in degrees; where it is drawn, in pixels; whose names it shows.

    In the whole map names stand where there is room; in the larger one, on the urban districts.
    """

    box: tuple[float, float, float, float]
    left: int
    top: int
    width: int
    is_urban: bool

    @property
    def scale(self) -> tuple[float, float]:
        """Pixels of a degree of longitude, which is the shorter one here, and of latitude."""
        west, south, east, north = self.box
        across = self.width / (east - west)
        return across, across / math.cos(math.radians((south + north) / 2))

    @property
    def height(self) -> int:
        """In pixels."""
        _, south, _, north = self.box
        return round((north - south) * self.scale[1])


# The city and, larger, its urban districts.
WHOLE = Frame((109.2, 40.2, 111.5, 42.8), left=0, top=0, width=330, is_urban=False)
URBAN = Frame((109.38, 40.42, 110.6, 40.92), left=350, top=60, width=420, is_urban=True)


@dataclass(frozen=True)
class DistrictShape:
    """A district as a frame shows it: its outline as the `d` of an SVG path, and where its name stands, if it does."""

    path: str
    name_at: tuple[float, float] | None


def pyramid(
    bands: Sequence[str],
    counts: Mapping[tuple[str, str, str], int],
    totals: Mapping[str, int],
    title: str,
    *,
    is_small: bool,
) -> str:
    """A population pyramid: men to the left, women to the right, the floating as bars, the registered as an outline.

    Each group in per cent of itself, so that their shapes can be compared.

    Args:
        bands: age bands from young to old.
        counts: (`floating` or `registered`, sex 1 or 2, band) to persons; what is not to be shown is left out.
        totals: persons of each group, those of cells that are not shown included.
        title: what the drawing shows, for who cannot see it.
        is_small: for a township.
    """
    row, half, middle = (9, 130, 44) if is_small else (17, 250, 60)
    height = row * len(bands)
    shares = {key: count / totals[key[0]] for key, count in counts.items() if totals[key[0]]}
    widest = _nice(max(shares.values(), default=0.01))
    parts = []
    for place, band in enumerate(reversed(bands)):
        top = 16 + place * row
        parts.append(
            f'<text x="{half + middle / 2:g}" y="{top + row * 0.72:g}" text-anchor="middle" '
            f'font-size="{8 if is_small else 11.5}">{escape(band)}</text>'
        )
        for sex, side in (("1", -1), ("2", 1)):
            edge = half if side < 0 else half + middle
            for group in ("floating", "registered"):
                length = shares.get((group, sex, band), 0) / widest * half
                if not length:
                    continue
                left = edge - length if side < 0 else edge
                count = counts[group, sex, band]
                told = f"{'男' if sex == '1' else '女'} {band}: {count:,}"
                style = (
                    f'fill="{FLOATING}"'
                    if group == "floating"
                    else f'fill="none" stroke="{REGISTERED}" stroke-width="1.6"'
                )
                inset = 1 if group == "floating" else 0.8
                parts.append(
                    f'<rect x="{left:.1f}" y="{top + inset:g}" width="{length:.1f}" '
                    f'height="{row - 2 * inset:g}" {style}>'
                    f"<title>{escape(told)}</title></rect>"
                )
    foot = 16 + height + 13
    for at, anchor in ((0, "start"), (2 * half + middle, "end")):
        parts.append(f'<text x="{at}" y="{foot}" font-size="10.5" text-anchor="{anchor}">{widest:.0%}</text>')
    for at in (half, half + middle):
        parts.append(f'<text x="{at}" y="{foot}" font-size="10.5" text-anchor="middle">0</text>')
    parts.append(f'<text x="{half / 2:g}" y="11" text-anchor="middle" font-size="12">男 men</text>')
    parts.append(f'<text x="{half * 1.5 + middle:g}" y="11" text-anchor="middle" font-size="12">女 women</text>')
    return _drawing("".join(parts), 2 * half + middle, foot + 5, title)


def dumbbells(rows: Sequence[tuple[str, float | None, float | None]], title: str, *, is_small: bool = False) -> str:
    """Two shares a row, joined: the floating a diamond, the registered a circle; one of them may be nothing."""
    labels, width, row = (150, 190, 16) if is_small else (190, 430, 23)
    size = 10.5 if is_small else 12.5
    parts = [_grid(labels, width, row * len(rows), [0, 0.25, 0.5, 0.75, 1], 1, ".0%")]
    for place, (name, floating, registered) in enumerate(rows):
        y = 6 + row * (place + 0.5)
        parts.append(
            f'<text x="{labels - 10}" y="{y + 4:g}" text-anchor="end" font-size="{size}">{escape(name)}</text>'
        )
        known = [share for share in (floating, registered) if share is not None]
        if len(known) == 2:
            low, high = sorted(labels + share * width for share in known)
            parts.append(
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:g}" y2="{y:g}" stroke="#9aa3ae" stroke-width="3"/>'
            )
        if registered is not None:
            parts.append(
                f'<circle cx="{labels + registered * width:.1f}" cy="{y:g}" r="5.5" fill="{REGISTERED}">'
                f"<title>{escape(name)} 户籍 registered {registered:.1%}</title></circle>"
            )
        if floating is not None:
            x = labels + floating * width
            parts.append(
                f'<path d="M{x - 6.5:.1f} {y:g}L{x:.1f} {y - 6.5:g}L{x + 6.5:.1f} {y:g}L{x:.1f} {y + 6.5:g}Z" '
                f'fill="{FLOATING}"><title>{escape(name)} 流动 floating {floating:.1%}</title></path>'
            )
    return _drawing("".join(parts), labels + width + 30, row * len(rows) + 28, title)


def bars(rows: Sequence[tuple[str, int]], title: str, colour: str = FLOATING) -> str:
    """Bars in the order given, with their numbers."""
    labels, width, row = 190, 360, 23
    widest = max((count for _, count in rows), default=0) or 1
    parts = []
    for place, (name, count) in enumerate(rows):
        y = row * place
        parts.append(
            f'<text x="{labels - 10}" y="{y + 16}" text-anchor="end" font-size="12.5">{escape(name)}</text>'
            f'<rect x="{labels}" y="{y + 4}" width="{count / widest * width:.1f}" height="15" fill="{colour}"/>'
            f'<text x="{labels + count / widest * width + 6:.1f}" y="{y + 16}" font-size="12.5">{count:,}</text>'
        )
    return _drawing("".join(parts), labels + width + 90, row * len(rows) + 4, title)


def bands(
    periods: Sequence[str], parts: Sequence[tuple[str, str]], counts: Mapping[tuple[str, str], int], title: str
) -> str:
    """A column for each period, of parts from the bottom up, with what all of them are on top.

    Args:
        periods: in their order.
        parts: names of the parts and their colours, from the bottom up.
        counts: (period, part) to persons.
        title: what the drawing shows, for who cannot see it.
    """
    left, height, step = 60, 190, max(26, min(74, 560 // max(len(periods), 1)))
    sums = {period: sum(counts.get((period, part), 0) for part, _ in parts) for period in periods}
    highest = _nice(max(sums.values(), default=1) or 1)
    drawn = []
    for line in (0, 0.5, 1):
        y = 16 + height * (1 - line)
        drawn.append(
            f'<line x1="{left}" x2="{left + step * len(periods)}" y1="{y:g}" y2="{y:g}" stroke="currentColor" '
            f'stroke-opacity="0.18"/><text x="{left - 8}" y="{y + 4:g}" text-anchor="end" font-size="11.5">'
            f"{highest * line:,.0f}</text>"
        )
    for place, period in enumerate(periods):
        x, y = left + step * place + step * 0.15, 16.0 + height
        for part, colour in parts:
            tall = counts.get((period, part), 0) / highest * height
            y -= tall
            if tall:
                told = f"{period} {part}: {counts[period, part]:,}"
                drawn.append(
                    f'<rect x="{x:.1f}" y="{y:.1f}" width="{step * 0.7:.1f}" height="{tall:.1f}" '
                    f'fill="{colour}"><title>{escape(told)}</title></rect>'
                )
        # every label where there is room, else every third
        if step >= 60 or place % 3 == (len(periods) - 1) % 3:
            drawn.append(
                f'<text x="{x + step * 0.35:.1f}" y="{height + 33}" text-anchor="middle" '
                f'font-size="11.5">{period}</text>'
            )
    return _drawing("".join(drawn), left + step * len(periods) + 40, height + 42, title)


# From short to long, and what is not known: Okabe and Ito's, apart in lightness too.
STAY_COLOURS = ("#f0e442", "#e69f00", "#56b4e9", "#0072b2", "#a9b0ba")


@cache
def outlines() -> dict[str, list[list[tuple[float, float]]]]:
    """Districts by code to the rings of their outlines, in degrees of longitude and latitude."""
    document: dict[str, Any] = json.loads(_OUTLINES.read_text(encoding="utf-8"))
    return {
        feature["properties"]["division_code"]: [
            [(x, y) for x, y in polygon[0]] for polygon in feature["geometry"]["coordinates"]
        ]
        for feature in document["features"]
    }


def choropleth(shares: Mapping[str, float | None], names: Mapping[str, str], title: str) -> str:
    """The districts in shades of a share, beside them the small urban ones again, larger.

    Args:
        shares: district code to a fraction of 1; None where it is not shown.
        names: district codes to names.
        title: what the map shows, for who cannot see it.
    """
    steps = _steps([share for share in shares.values() if share is not None])
    whole, urban = (_map(shares, names, steps, frame) for frame in (WHOLE, URBAN))
    frame = '<rect x="350" y="60" width="420" height="228" fill="none" stroke="currentColor" stroke-opacity="0.35"/>'
    legend = "".join(
        f'<rect x="{350 + 76 * place}" y="318" width="14" height="14" fill="{SHADES[place]}"/>'
        f'<text x="{368 + 76 * place}" y="330" font-size="11.5">{low:.0%}-{high:.0%}</text>'
        for place, (low, high) in enumerate(pairwise(steps))
    )
    told = '<text x="350" y="46" font-size="12">市区放大 the urban districts, larger</text>'
    return _drawing(whole + frame + urban + told + legend, 800, 500, title)


def map_shapes(frame: Frame) -> dict[str, DistrictShape]:
    """The districts by code, as a frame of the map shows them, in pixels."""
    west, south, east, north = frame.box
    across, down = frame.scale

    def at(x: float, y: float) -> tuple[float, float]:
        return frame.left + (x - west) * across, frame.top + (north - y) * down

    shapes = {}
    for code, rings in outlines().items():
        path = "".join(
            "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in (at(x, y) for x, y in ring)) + "Z" for ring in rings
        )
        x, y = _middle(max(rings, key=_area))
        inside = west < x < east and south < y < north
        has_name = inside and frame.is_urban == (code < "150220000000" and code != "150206000000")
        shapes[code] = DistrictShape(path, at(x, y) if has_name else None)
    return shapes


def _map(shares: Mapping[str, float | None], names: Mapping[str, str], steps: Sequence[float], frame: Frame) -> str:
    left, top, width, high = frame.left, frame.top, frame.width, frame.height
    drawn = []
    texts = []
    for code, shape in map_shapes(frame).items():
        share = shares.get(code)
        told = names.get(code, code) + (f" {share:.1%}" if share is not None else " 不足 10 人或无数据 not shown")
        drawn.append(
            f'<path d="{shape.path}" fill="{_shade(share, steps)}" stroke="#59626d" stroke-width="1">'
            f"<title>{escape(told)}</title></path>"
        )
        if shape.name_at:
            a, b = shape.name_at
            figure = f"{share:.1%}" if share is not None else "-"
            texts.append(
                f'<text x="{a:.1f}" y="{b - 2:.1f}" text-anchor="middle" font-size="11.5" fill="#14181d" '
                f'stroke="#fff" stroke-width="2.4" paint-order="stroke">{escape(names.get(code, code))}'
                f'<tspan x="{a:.1f}" dy="13">{figure}</tspan></text>'
            )
    return (
        f'<clipPath id="m{left}"><rect x="{left}" y="{top}" width="{width}" height="{high}"/></clipPath>'
        f'<g clip-path="url(#m{left})">{"".join(drawn)}{"".join(texts)}</g>'
    )


def _steps(shares: Sequence[float]) -> list[float]:
    """Equal steps of whole per cents from the smallest share to the largest: as many as there are shades."""
    low = math.floor(min(shares, default=0) * 100)
    step = max(math.ceil((max(shares, default=0) * 100 - low) / len(SHADES)), 1)
    return [(low + place * step) / 100 for place in range(len(SHADES) + 1)]


def _shade(share: float | None, steps: Sequence[float]) -> str:
    if share is None:
        return NO_SHADE
    return SHADES[min(sum(share >= step for step in steps[1:]), len(SHADES) - 1)]


def _area(ring: Sequence[tuple[float, float]]) -> float:
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, [*ring[1:], ring[0]], strict=True))) / 2


def _middle(ring: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The centre of the area within a ring."""
    pairs = list(zip(ring, [*ring[1:], ring[0]], strict=True))
    crossed = [a[0] * b[1] - b[0] * a[1] for a, b in pairs]
    whole = sum(crossed) * 3
    return (
        sum((a[0] + b[0]) * cross for (a, b), cross in zip(pairs, crossed, strict=True)) / whole,
        sum((a[1] + b[1]) * cross for (a, b), cross in zip(pairs, crossed, strict=True)) / whole,
    )


def _nice(number: float) -> float:
    """The next number up whose steps are easy to read."""
    power = 10.0 ** math.floor(math.log10(number)) if number > 0 else 1.0
    return next(step * power for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10) if number <= step * power * (1 + 1e-9))


def _grid(left: float, width: float, height: float, at: Sequence[float], highest: float, form: str) -> str:
    return "".join(
        f'<line x1="{left + tick / highest * width:g}" x2="{left + tick / highest * width:g}" y1="6" '
        f'y2="{6 + height}" stroke="currentColor" stroke-opacity="0.18"/>'
        f'<text x="{left + tick / highest * width:g}" y="{height + 21}" text-anchor="middle" font-size="11">'
        f"{tick:{form}}</text>"
        for tick in at
    )


def _drawing(body: str, width: float, height: float, title: str) -> str:
    return (
        f'<div class="chart" tabindex="0"><svg role="img" aria-label="{escape(title)}" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" fill="currentColor" '
        f'font-family="{escape(FONT)}">{body}</svg></div>'
    )
