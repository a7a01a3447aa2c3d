"""The charts of the audit page: drawn when a build is published, as SVG that stands in the page itself.

No script, no other file, no network. Text stays text in the reader's fonts; room for labels is given, not measured, so
that a page is the same whatever fonts the machine has that draws it. Colours are Okabe and Ito's, told apart by people
who see fewer colours; text takes the page's colour, light or dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

FONT = "Noto Sans CJK SC, Source Han Sans SC, Microsoft YaHei, PingFang SC, sans-serif"
BAR = "#3579b8"
PALETTE = ("#3579b8", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a8f98", "#b8a800", "#7f5fb0", "#a0522d")
STATUS_COLOURS = {"pass": "#3c9d6b", "pass_with_violations": "#e0b030", "fail": "#c8452f", "not_applicable": "#a9b0ba"}
STATUS_MARKS = {"pass": "✓", "pass_with_violations": "△", "fail": "✗", "not_applicable": "–"}

# Pixels: what labels get, a row of bars, the whole drawing.
_LABELS, _ROW, _WIDTH = 210, 24, 640
_HEAD = re.compile(r"<svg\b[^>]*>")
_SIZE = re.compile(r'width="([0-9.]+)" height="([0-9.]+)"')


def bars(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Horizontal bars in the order given: label and count."""
    return stacked([(label, "", count) for label, count in rows], [""], title, colours=(BAR,), is_numbered=True)


def stacked(
    rows: Sequence[tuple[str, str, float]],
    parts: Sequence[str],
    title: str,
    *,
    colours: Sequence[str] = PALETTE,
    is_share: bool = False,
    is_numbered: bool = False,
) -> str:
    """Horizontal bars in the order of `rows`, each of parts.

    Args:
        rows: label, part, count.
        parts: in the order in which they lie in a bar.
        title: what the chart shows, for who cannot see it.
        colours: of the parts; those beyond repeat.
        is_share: whether bars are of one length, and the parts shares of it.
        is_numbered: whether the count stands at the end of a bar.
    """
    import altair as alt

    labels = list(dict.fromkeys(label for label, _, _ in rows))
    shown = [colours[index % len(colours)] for index in range(len(parts))]
    base = alt.Chart(
        _data({"label": label, "part": part, "order": parts.index(part), "count": count} for label, part, count in rows)
    ).encode(
        y=alt.Y("label:N", sort=labels, title=None, axis=_label_axis()),
        x=alt.X(
            "count:Q",
            stack="normalize" if is_share else "zero",
            title=None,
            axis=alt.Axis(format="%" if is_share else "~s", tickCount=5, domain=False),
        ),
    )
    drawn = base.mark_bar(height=_ROW - 8).encode(
        color=alt.Color("part:N", scale=alt.Scale(domain=list(parts), range=shown), legend=None), order="order:Q"
    )
    chart: Any = drawn
    if is_numbered:
        chart = drawn + base.mark_text(align="left", dx=4, color="currentColor").encode(
            text=alt.Text("count:Q", format=",")
        )
    chart = chart.properties(width=_WIDTH - _LABELS - 70, height=_ROW * max(len(labels), 1))
    legend = _legend(list(zip(parts, shown, strict=True))) if len(parts) > 1 else ""
    return f"{legend}{_svg(chart, title, left=_LABELS, right=70, top=8, bottom=28)}"


def verdicts(rows: Sequence[tuple[str, str, str]], labels: dict[str, str], title: str) -> str:
    """A cell for each rule and dataset in the colour and with the mark of its status.

    Args:
        rows: rule, dataset, status of `STATUS_COLOURS`; in the order of the axes.
        labels: status to words.
        title: what the chart shows, for who cannot see it.
    """
    import altair as alt

    rules, datasets = (list(dict.fromkeys(column)) for column in ([row[0] for row in rows], [row[1] for row in rows]))
    base = alt.Chart(
        _data(
            {"rule": rule, "dataset": dataset, "status": status, "mark": STATUS_MARKS[status]}
            for rule, dataset, status in rows
        )
    ).encode(
        y=alt.Y("rule:N", sort=rules, title=None, axis=_label_axis()),
        x=alt.X(
            "dataset:N",
            sort=datasets,
            title=None,
            axis=alt.Axis(orient="top", labelAngle=-60, labelLimit=150, ticks=False, domain=False),
        ),
    )
    cells = base.mark_rect(stroke="#ffffff", strokeWidth=1, strokeOpacity=0.5).encode(
        color=alt.Color(
            "status:N",
            scale=alt.Scale(domain=list(STATUS_COLOURS), range=list(STATUS_COLOURS.values())),
            legend=None,
        )
    )
    marks = base.mark_text(color="#14181d", fontSize=12).encode(text="mark:N")
    chart = (cells + marks).properties(width=25 * max(len(datasets), 1), height=_ROW * max(len(rules), 1))
    chips = [(f"{STATUS_MARKS[key]} {labels[key]}", colour) for key, colour in STATUS_COLOURS.items()]
    return f"{_legend(chips)}{_svg(chart, title, left=_LABELS, right=40, top=130, bottom=8)}"


def line(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Points joined by a line, in the order given: label and count."""
    import altair as alt

    base = alt.Chart(_data({"label": label, "count": count} for label, count in rows)).encode(
        x=alt.X("label:O", sort=None, title=None, axis=alt.Axis(labelAngle=0, labelLimit=120)),
        y=alt.Y("count:Q", title=None, axis=alt.Axis(format="~s", tickCount=4, domain=False)),
    )
    points = base.mark_line(color=BAR, point=alt.OverlayMarkDef(color=BAR, size=60))
    numbers = base.mark_text(dy=-12, color="currentColor").encode(text=alt.Text("count:Q", format=","))
    chart = (points + numbers).properties(width=_WIDTH - 130, height=180)
    return _svg(chart, title, left=70, right=60, top=24, bottom=30)


def _data(values: Iterable[dict[str, Any]]) -> alt.InlineData:
    import altair as alt

    return alt.InlineData(values=list(values))


def _label_axis() -> alt.Axis:
    import altair as alt

    return alt.Axis(labelLimit=_LABELS - 14, ticks=False, domain=False, labelPadding=8)


def _legend(parts: Sequence[tuple[str, str]]) -> str:
    chips = "".join(
        f'<li><span class="chip" style="background:{colour}"></span>{escape(label)}</li>' for label, colour in parts
    )
    return f'<ul class="legend">{chips}</ul>'


def _svg(chart: Any, title: str, **padding: int) -> str:
    import vl_convert

    styled = (
        chart.configure(font=FONT, background="transparent", padding=padding, autosize="none", aria=False)
        .configure_axis(labelColor="currentColor", gridOpacity=0.35, labelFontSize=12.5)
        .configure_text(font=FONT)
        .configure_view(stroke=None)
    )
    drawn = vl_convert.vegalite_to_svg(styled.to_dict())
    head = _HEAD.search(drawn)
    assert head is not None
    width, height = _SIZE.search(head[0]).groups()  # type: ignore[union-attr]  # every drawing of Vega has a size
    opened = (
        f'<svg role="img" aria-label="{escape(title)}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" font-family="{escape(FONT)}">'
    )
    return f'<div class="chart" tabindex="0">{drawn.replace(head[0], opened, 1)}</div>'
