"""A picture of a metric's answer, in the form that fits its shape: drawn here, without a browser or a network.

- by time: a line, one for each value of a category beside it;
- by one category: bars, the longest first, but ages and lengths of stay in their own order;
- by one category and two figures, or by two categories of which one has two values: dumbbells;
- by two categories else: bars in groups;
- by nothing: a bar for each metric.

A dimension that has one value in the answer is told under the title, not drawn. Metrics of different units get a panel
each. Colours are Okabe and Ito's, told apart by people who see fewer colours, and forms differ with them. Labels are
Chinese: PNG wants a font that has them (Debian's fonts-noto-cjk).
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serving.audit_charts import FONT, PALETTE
from serving.labels import STAY_BANDS, label
from serving.library import Rows
from serving.metrics import Metric
from serving.semantic_layer import PERIOD, TIME
from sources.errors import UsageError

SUFFIXES = (".svg", ".png", ".html")
# What can be told apart: colours, and rows of bars on a page.
MOST_COLOURS, MOST_ROWS = 8, 40
# Categories that have an order of their own.
_ORDERED = {"age_band": None, "stay_band": [*STAY_BANDS.values()]}
_SHARE = "比例"
_KEEP_ONE = "keep one value with --where, one day with --from and --to"
# How the first day of a span of time is written.
_TIMES: dict[str, Callable[[datetime.date], str]] = {
    "month": lambda day: f"{day:%Y-%m}",
    "quarter": lambda day: f"{day.year} Q{(day.month + 2) // 3}",
    "year": lambda day: f"{day.year}",
}
_WIDTH = 560


@dataclass(frozen=True)
class Picture:
    """A chart in Vega-Lite, and how many values of its first category were left out because there are too many."""

    specification: dict[str, Any]
    left_out: int


def draw(
    answer: Rows, by: Sequence[str], metrics: Sequence[Metric], divisions: Mapping[str, str], subtitle: str = ""
) -> Picture:
    """The picture of an answer of `query_metric` or `answer_saved_query`.

    Args:
        answer: a column for each of `by`, and among the others one for each of `metrics`.
        by: dimensions as they were asked for; of those with several values at most a time and a category, or two
            categories.
        metrics: those to draw.
        divisions: division codes to names.
        subtitle: what stands under the title, as the build and the period.

    Raises:
        UsageError: there is nothing to draw, or it has more dimensions or values than a picture shows.
    """
    fixed = _fixed(answer, by, divisions)
    by = [name for name in by if name not in fixed]
    times = [name for name in by if _short(name) in (TIME, PERIOD) or name.startswith(f"{TIME}__")]
    categories = [name for name in by if name not in times]
    if len(times) > 1 or len(categories) > 2 or (times and len(categories) > 1):
        raise UsageError(
            f"维度太多，画不成图：{', '.join(by)}。A picture shows a time and one dimension, or two dimensions.",
            f"Name fewer, {_KEEP_ONE}, or take --format csv.",
        )
    drawn = _without_nothing(_long(answer, by, metrics, divisions), categories, metrics)
    rows, left_out = _kept(drawn, categories, is_time=bool(times))
    if not rows:
        raise UsageError("没有数据可画。There is nothing to draw.", "See the answer with --format table.")
    panels = [
        _panel([row for row in rows if row["metric"] in {metric.label for metric in group}], group, times, categories)
        for group in _groups(metrics)
    ]
    title = "、".join(metric.label.partition(" ")[0] for metric in metrics)
    if by:
        title += f" {metrics[0].label.partition(' ')[2]}" if len(metrics) == 1 else ""
    import altair as alt

    whole: Any = (
        panels[0]
        if len(panels) == 1
        else alt.vconcat(*panels, spacing=28).resolve_scale(color="independent", shape="independent")
    )
    told = " · ".join(text for text in (*fixed.values(), subtitle) if text)
    more = [f"只画前 {MOST_ROWS}，另有 {left_out} 未画 {left_out} more are not drawn"] if left_out else []
    whole = (
        whole.properties(title=alt.TitleParams(title, subtitle=[text for text in (told, *more) if text]))
        .configure(font=FONT, padding=14, background="#ffffff")
        .configure_title(anchor="start", fontSize=17, subtitleFontSize=12, subtitleColor="#566270", offset=12)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            labelLimit=220,
            gridOpacity=0.4,
            domain=False,
            ticks=False,
            labelPadding=9,
        )
        .configure_legend(labelFontSize=12, orient="top", title=None, labelLimit=260)
        .configure_view(stroke=None)
    )
    return Picture(whole.to_dict(), left_out)


def write(picture: Picture, path: Path) -> None:
    """Write a picture as SVG, PNG or HTML by the path's suffix. The page holds all that it needs.

    Raises:
        UsageError: the suffix is none of these.
    """
    import vl_convert

    suffix = known_suffix(path)
    if suffix == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(picture.specification), encoding="utf-8")
    elif suffix == ".png":
        path.write_bytes(vl_convert.vegalite_to_png(picture.specification, scale=2))
    else:
        path.write_text(vl_convert.vegalite_to_html(picture.specification, bundle=True), encoding="utf-8")


def known_suffix(path: Path) -> str:
    """The suffix of a picture's file.

    Raises:
        UsageError: it is none that can be written.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise UsageError(
            f"图只能是 {'、'.join(SUFFIXES)}。A chart is {', '.join(SUFFIXES)}, not {path.name}.",
            "Name it so: --out chart.svg",
        )
    return suffix


def _fixed(answer: Rows, by: Sequence[str], divisions: Mapping[str, str]) -> dict[str, str]:
    """The dimensions that have one value, to what it is called."""
    place = {name: index for index, name in enumerate(answer.columns)}
    values = {name: {row[place[name]] for row in answer.rows} for name in by}
    return {name: _shown(name, found.pop(), divisions) for name, found in values.items() if len(found) == 1}


def _short(name: str) -> str:
    return name.rpartition("__")[2]


def _long(
    answer: Rows, by: Sequence[str], metrics: Sequence[Metric], divisions: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One record per row and metric that has a figure: labels of the dimensions, and the figure."""
    place = {name: index for index, name in enumerate(answer.columns)}
    return [
        {
            **{name: _shown(name, row[place[name]], divisions) for name in by},
            "metric": metric.label,
            "figure": float(row[place[metric.name]]),
        }
        for row in answer.rows
        for metric in metrics
        if row[place[metric.name]] is not None
    ]


def _shown(name: str, value: object, divisions: Mapping[str, str]) -> str:
    if isinstance(value, datetime.date):
        return _TIMES.get(_short(name), datetime.date.isoformat)(value)
    return label(_short(name), value, divisions)


def _without_nothing(
    rows: list[dict[str, Any]], categories: Sequence[str], metrics: Sequence[Metric]
) -> list[dict[str, Any]]:
    """Without the values of categories that count nothing at all; a rate of 0 says something."""
    if any(metric.unit.startswith(_SHARE) for metric in metrics):
        return rows
    for name in categories:
        counted = {row[name] for row in rows if row["figure"]}
        rows = [row for row in rows if row[name] in counted]
    return rows


def _kept(rows: list[dict[str, Any]], categories: Sequence[str], *, is_time: bool) -> tuple[list[dict[str, Any]], int]:
    """The rows of as many values of each category as can be shown, the largest; how many were left out."""
    left_out = 0
    for place, name in enumerate(_by_size(rows, categories, is_time=is_time)):
        most = MOST_COLOURS if place or is_time else MOST_ROWS
        values = _largest_first(rows, name)
        if len(values) > most and place:
            raise UsageError(
                f"{name} 有 {len(values)} 个值，一图分不清。{name} has {len(values)} values, too many to tell apart.",
                f"Name some with --where {name}=…, or take --format csv.",
            )
        left_out += max(len(values) - most, 0)
        shown = set(values[:most])
        rows = [row for row in rows if row[name] in shown]
    return rows, left_out


def _by_size(rows: Sequence[dict[str, Any]], categories: Sequence[str], *, is_time: bool) -> list[str]:
    """Categories, that with the most values first: it gets the rows, the other the colours."""
    if is_time:
        return list(categories)
    return sorted(categories, key=lambda name: -len({row[name] for row in rows}))


def _largest_first(rows: Sequence[dict[str, Any]], name: str) -> list[str]:
    order = _ORDERED.get(_short(name), ())
    if order is None:
        return sorted({row[name] for row in rows})
    if order:
        return [value for value in order if value in {row[name] for row in rows}]
    largest: dict[str, float] = {}
    for row in rows:
        largest[row[name]] = max(largest.get(row[name], float("-inf")), row["figure"])
    return sorted(largest, key=lambda value: (-largest[value], value))


def _groups(metrics: Sequence[Metric]) -> list[list[Metric]]:
    """Metrics by unit: what is measured alike is drawn together."""
    units: dict[str, list[Metric]] = {}
    for metric in metrics:
        units.setdefault(metric.unit or metric.name, []).append(metric)
    return list(units.values())


def _panel(
    rows: list[dict[str, Any]], metrics: Sequence[Metric], times: Sequence[str], categories: Sequence[str]
) -> Any:
    import altair as alt

    # What a picture calls its columns: none of the characters that Vega-Lite reads into names.
    categories = _by_size(rows, categories, is_time=bool(times))
    series = [*categories, *(["metric"] if len(metrics) > 1 else [])]
    renamed = {name: f"c{place}" for place, name in enumerate([*times, *series])}
    values = [{**{short: row[name] for name, short in renamed.items()}, "figure": row["figure"]} for row in rows]
    base = alt.Chart(alt.InlineData(values=values)).properties(width=_WIDTH)
    unit = metrics[0].unit
    form = _form(unit)
    orders = {renamed[name]: _largest_first(rows, name) for name in series}
    draw_as: Callable[..., Any]
    if times:
        draw_as = _lines
    elif len(series) < 2:
        draw_as = _bars
    elif len(orders[renamed[series[1]]]) == 2:
        draw_as = _dumbbells
    else:
        draw_as = _grouped
    if len(series) > (1 if times else 2):
        raise UsageError(
            "几个指标与几个维度同画，分不清。Several metrics by so many dimensions cannot be told apart.",
            f"Name one metric or fewer dimensions, or {_KEEP_ONE}.",
        )
    return draw_as(base, unit, form, list(orders.items()), renamed[times[0]] if times else None)


def _form(unit: str) -> str:
    """How figures of a unit are written: shares in percent, others in full."""
    return ".0%" if unit.startswith(_SHARE) else ",.2~f"


def _colour(column: str, values: Sequence[str]) -> Any:
    import altair as alt

    return alt.Color(
        f"{column}:N",
        scale=alt.Scale(domain=list(values), range=[PALETTE[place % len(PALETTE)] for place in range(len(values))]),
    )


def _lines(base: Any, unit: str, form: str, series: Sequence[tuple[str, list[str]]], time: str | None) -> Any:
    import altair as alt

    drawn = base.encode(
        x=alt.X(f"{time}:O", title=None, axis=alt.Axis(labelAngle=-40)),
        y=alt.Y("figure:Q", title=unit, axis=alt.Axis(format=form), scale=alt.Scale(zero=True)),
    )
    if series:
        column, values = series[0]
        drawn = drawn.encode(color=_colour(column, values), shape=alt.Shape(f"{column}:N", sort=values, legend=None))
    return drawn.mark_line(point=alt.OverlayMarkDef(size=55, filled=True), strokeWidth=2).properties(height=300)


def _bars(base: Any, unit: str, form: str, series: Sequence[tuple[str, list[str]]], _: str | None) -> Any:
    import altair as alt

    drawn = base.encode(x=alt.X("figure:Q", title=unit, axis=alt.Axis(format=form, tickCount=5)))
    if series:
        column, values = series[0]
        drawn = drawn.encode(y=alt.Y(f"{column}:N", sort=values, title=None))
    numbers = drawn.mark_text(align="left", dx=4).encode(
        text=alt.Text("figure:Q", format=".1%" if form.endswith("%") else form)
    )
    return drawn.mark_bar(color=PALETTE[0], height=16) + numbers


def _dumbbells(base: Any, unit: str, form: str, series: Sequence[tuple[str, list[str]]], _: str | None) -> Any:
    import altair as alt

    (column, values), (other, pair) = series
    y = alt.Y(f"{column}:N", sort=values, title=None)
    bars = base.mark_rule(strokeWidth=3, color="#b8bfc8").encode(y=y, x="min(figure):Q", x2="max(figure):Q")
    points = base.mark_point(filled=True, size=110, opacity=1).encode(
        y=y,
        x=alt.X("figure:Q", title=unit, axis=alt.Axis(format=form, tickCount=5)),
        color=_colour(other, pair),
        shape=alt.Shape(f"{other}:N", scale=alt.Scale(domain=pair, range=["circle", "diamond"])),
    )
    return bars + points


def _grouped(base: Any, unit: str, form: str, series: Sequence[tuple[str, list[str]]], _: str | None) -> Any:
    import altair as alt

    (column, values), (other, parts) = series
    return (
        base.mark_bar()
        .encode(
            y=alt.Y(f"{column}:N", sort=values, title=None),
            yOffset=alt.YOffset(f"{other}:N", sort=parts),
            x=alt.X("figure:Q", title=unit, axis=alt.Axis(format=form, tickCount=5)),
            color=_colour(other, parts),
        )
        .properties(height=alt.Step(11, **{"for": "offset"}))
    )
