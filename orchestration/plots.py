"""Small pictures for the events that Dagster shows."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import dagster as dg

FONT = "Noto Sans CJK SC"


def bars(title: str, rows: Sequence[tuple[str, int]]) -> dg.MetadataValue:
    """A bar for each (label, number), the longest first, as a picture in Markdown."""
    # Altair takes a second to import; the graph is read more often than it is run.
    import altair as alt
    import polars as pl
    import vl_convert

    table = pl.DataFrame(rows, schema={"label": pl.String, "number": pl.Int64}, orient="row")
    base = alt.Chart(table, title=title, width=360).encode(
        x=alt.X("number:Q", title=None, axis=alt.Axis(format="~s")),
        y=alt.Y("label:N", title=None, sort=alt.EncodingSortField("number", order="descending")),
    )
    chart = (
        base.mark_bar() + base.mark_text(align="left", dx=4).encode(text=alt.Text("number:Q", format=","))
    ).configure(font=FONT)
    picture = vl_convert.vegalite_to_png(chart.to_dict(), scale=1)
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{base64.b64encode(picture).decode()})")
