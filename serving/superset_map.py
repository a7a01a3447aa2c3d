"""The districts as a map in Superset, with no network, no tiles and no script: the database puts a picture together.

Superset's own maps either hold whole countries or fetch tiles, and what would run a template in the page needs a weaker
content security policy. So a dataset brings the outlines, and a metric writes one SVG image of them into the cell of a
table. Who sees some districts alone sees the others in grey. The SQL runs on PostgreSQL and on DuckDB.
"""

from __future__ import annotations

from collections.abc import Mapping

from serving.area_drawings import NO_SHADE, SHADES, URBAN, WHOLE, map_shapes
from serving.audit_charts import FONT
from sources.readers.records import literal

# Shares that are drawn, to the saved query that holds them by district and the dashboard that shows them.
MAP: Mapping[str, tuple[str, str]] = {
    "floating_share": ("population_by_district", "how-many"),
    "unseen_rate": ("missing_records_by_bureau", "missing"),
    "repeat_rate": ("repeat_collection_by_district", "again"),
    "floating_coverage_rate": ("coverage_by_service", "service"),
}

# Pixels of the picture: the city to the left, its urban districts larger to the right, with a legend beneath.
_WIDTH, _HEIGHT = 800, 500
_LEGEND_TOP, _LEGEND_STEP = 318, 84


def map_sql(shares: Mapping[str, tuple[str, str]], names: str) -> str:
    """SQL with a row for each measure and district that has an outline, as of the newest moment.

    Args:
        shares: measure to its table in schema `metrics` and its expression over that table's rows.
        names: a relation of division_code and name.

    Returns:
        SQL that gives measure, district, district_name, share (of 1, null where it is not known or not shown),
        lowest and step (of the shades, in whole per cents), shade (0 to 4), outline and urban_outline (the `d` of SVG
        paths), label (SVG text where it stands).
    """
    whole, urban = map_shapes(WHOLE), map_shapes(URBAN)
    outlines = []
    for code, shape in whole.items():
        x, y = shape.name_at or urban[code].name_at or (0.0, 0.0)
        outlines.append(
            f"({literal(code)}, {literal(shape.path)}, {literal(urban[code].path)}, '{x:.1f}', '{y - 2:.1f}')"
        )
    figures = "\n  UNION ALL\n".join(
        f"  SELECT {literal(measure)} AS measure, district, {expression} AS share FROM metrics.{table}\n"
        f"  WHERE period = (SELECT MAX(period) FROM metrics.{table}) GROUP BY district"
        for measure, (table, expression) in shares.items()
    )
    rows = ",\n    ".join(outlines)
    text = _joined(
        '<text text-anchor="middle" font-size="15" fill="#14181d" stroke="#fff" stroke-width="3.6" '
        'paint-order="stroke" x="',
        "$name_x",
        '" y="',
        "$name_y",
        '">',
        "$COALESCE(district_name, district)",
        '<tspan dy="16" x="',
        "$name_x",
        '">',
        "$COALESCE(CAST(CAST(share * 100 AS DECIMAL(6, 1)) AS VARCHAR) || CHR(37), '-')",
        "</tspan></text>",
    )
    return f"""WITH outlines (district, outline, urban_outline, name_x, name_y) AS (
  VALUES
    {rows}
),
figures AS (
{figures}
),
drawn AS (
  SELECT measures.measure, outlines.*, named.name AS district_name, figures.share
  FROM (SELECT DISTINCT measure FROM figures) AS measures
  CROSS JOIN outlines
  LEFT JOIN figures ON figures.measure = measures.measure AND figures.district = outlines.district
  LEFT JOIN {names} AS named ON named.division_code = outlines.district
),
stepped AS (
  SELECT drawn.*, FLOOR(MIN(share) OVER (PARTITION BY measure) * 100) AS lowest,
    GREATEST(CEIL((MAX(share) OVER (PARTITION BY measure) * 100 - FLOOR(MIN(share) OVER (PARTITION BY measure) * 100))
      / {len(SHADES)}), 1) AS step
  FROM drawn
)
SELECT measure, district, district_name, share, lowest, step,
  CASE WHEN share IS NOT NULL THEN CAST(LEAST(FLOOR((share * 100 - lowest) / step), {len(SHADES) - 1}) AS INTEGER)
  END AS shade,
  outline, urban_outline,
  {text} AS label
FROM stepped"""


def map_image(title: str) -> str:
    """An expression over the rows of one measure of `map_sql` that gives the map as an HTML image."""
    shade = " ".join(f"WHEN {place} THEN {literal(colour)}" for place, colour in enumerate(SHADES))
    colour = f"$CASE shade {shade} ELSE {literal(NO_SHADE)} END"
    path = [f"STRING_AGG({_path(outline, colour)}, '' ORDER BY district)" for outline in ("outline", "urban_outline")]
    left = URBAN.left
    legend = [
        part
        for place, shade_of in enumerate(SHADES)
        for part in (
            f'<rect x="{left + _LEGEND_STEP * place}" y="{_LEGEND_TOP}" width="15" height="15" fill="{shade_of}"/>'
            f'<text x="{left + 19 + _LEGEND_STEP * place}" y="{_LEGEND_TOP + 13}" font-size="14">',
            f"${_whole(f'MIN(lowest) + {place} * MIN(step)')}",
            "–",
            f"${_whole(f'MIN(lowest) + {place + 1} * MIN(step)')}",
            "$CHR(37)",
            "</text>",
        )
    ]
    # the names, and so the chosen district, stand above every outline
    svg = _joined(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="{FONT}" fill="#14181d">'
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>'
        f'<clipPath id="a"><rect width="{WHOLE.width}" height="{WHOLE.height}"/></clipPath>'
        f'<clipPath id="b"><rect x="{left}" y="{URBAN.top}" width="{URBAN.width}" height="{URBAN.height}"/></clipPath>'
        '<g clip-path="url(#a)">',
        f"${path[0]}",
        '</g><g clip-path="url(#b)">',
        f"${path[1]}",
        "</g>",
        "$STRING_AGG(label, '' ORDER BY district)",
        f'<rect x="{left}" y="{URBAN.top}" width="{URBAN.width}" height="{URBAN.height}" fill="none" stroke="#8a8f98"/>'
        f'<text x="{left}" y="{URBAN.top - 10}" font-size="14">市区放大 Urban districts, larger</text>',
        *legend,
        f'<rect x="{left}" y="{_LEGEND_TOP + 26}" width="15" height="15" fill="{NO_SHADE}"/>'
        f'<text x="{left + 19}" y="{_LEGEND_TOP + 39}" font-size="14">无数据或无权查看 none, or not yours to see</text>'
        "</svg>",
    )
    for sign, code in (("%", "25"), ("#", "23"), ("<", "3C"), (">", "3E"), ('"', "22")):
        # a per cent sign in a query is not for every driver
        svg = f"REPLACE({svg}, {literal(sign) if sign != '%' else 'CHR(37)'}, CHR(37) || '{code}')"
    # the ratio keeps its place free while the picture loads
    style = f"width:100%;aspect-ratio:{_WIDTH}/{_HEIGHT}"
    head = f'<img alt="{title}" style="{style}" src="data:image/svg+xml;charset=utf-8,'
    return f"{literal(head)} || {svg} || {literal(chr(34) + '>')}"


def _path(outline: str, colour: str) -> str:
    return _joined('<path stroke="#59626d" d="', f"${outline}", '" fill="', colour, '"/>')


def _whole(number: str) -> str:
    return f"COALESCE(CAST(CAST({number} AS INTEGER) AS VARCHAR), '-')"


def _joined(*parts: str) -> str:
    """SQL that joins texts; what begins with a dollar is SQL itself."""
    return "(" + " || ".join(part[1:] if part.startswith("$") else literal(part) for part in parts) + ")"
