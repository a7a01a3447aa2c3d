"""A picture takes the form that fits what was asked, in Chinese, and holds all that it needs."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from serving.library import Rows
from serving.metric_charts import MOST_ROWS, draw, write
from serving.metrics import Metric
from sources.errors import UsageError

PLACES = {"150202000000": "东河区", "150203000000": "昆都仑区"}


def metric(name: str, label: str, unit: str = "人 persons") -> Metric:
    nothing = {"description": "", "description_zh": "", "owner": "", "grain": "", "denominator_zh": ""}
    return Metric(
        name=name,
        label=label,
        unit=unit,
        type="simple",
        parts=(),
        numerator=None,
        denominator=None,
        denominator_en="",
        columns=(),
        dimensions=(),
        expression=None,
        is_of_a_moment=True,
        **nothing,
    )


FLOATING = metric("floating", "流动人口 Floating population")
PEOPLE = metric("people", "居住人口 People living here")
SHARE = metric("floating_share", "流动人口占比 Floating share", "比例 fraction of 1")


def marks(specification: dict[str, Any]) -> list[str]:
    """The kinds of marks that a picture is drawn with."""
    return re.findall(r'"mark": \{[^}]*"type": "(\w+)"', json.dumps(specification))


def names_in(specification: dict[str, Any]) -> str:
    return json.dumps(specification, ensure_ascii=False)


def test_by_time_it_is_a_line_over_months() -> None:
    rows = [(date(2014, month, 1), 10 * month) for month in (8, 9, 10)]
    drawn = draw(Rows(("metric_time__month", "floating"), rows), ["metric_time__month"], [FLOATING], PLACES)
    assert marks(drawn.specification) == ["line"]
    assert "2014-09" in names_in(drawn.specification)


def test_by_one_dimension_they_are_bars_the_longest_first_under_chinese_names() -> None:
    answer = Rows(("district", "floating"), [("150202000000", 5), ("150203000000", 9), (None, 0)])
    drawn = draw(answer, ["district"], [FLOATING], PLACES)
    assert set(marks(drawn.specification)) == {"bar", "text"}
    shown = names_in(drawn.specification)
    assert shown.index("昆都仑区", shown.index('"sort"')) < shown.index("东河区", shown.index('"sort"'))
    # a place without anybody is not drawn
    assert "不详" not in shown


def test_ages_keep_their_own_order() -> None:
    answer = Rows(("age_band", "floating"), [("10-14", 9), ("00-04", 5), ("05-09", 7)])
    shown = names_in(draw(answer, ["age_band"], [FLOATING], PLACES).specification)
    assert '"sort": ["00-04", "05-09", "10-14"]' in shown


def test_two_figures_of_one_dimension_and_two_groups_are_dumbbells() -> None:
    figures = Rows(("district", "floating", "people"), [("150202000000", 5, 50), ("150203000000", 9, 90)])
    groups = Rows(
        ("service", "population_group", "floating_share"),
        [(s, g, 0.5) for s in ("schooling", "permit") for g in ("floating", "registered")],
    )
    for drawn in (
        draw(figures, ["district"], [FLOATING, PEOPLE], PLACES),
        draw(groups, ["service", "population_group"], [SHARE], PLACES),
    ):
        assert marks(drawn.specification) == ["rule", "point"]
    assert "义务教育" in names_in(draw(groups, ["service", "population_group"], [SHARE], PLACES).specification)


def test_two_dimensions_else_are_bars_in_groups() -> None:
    rows = [(place, stay, 5) for place in (*PLACES, None) for stay in ("1m_6m", "6m_5y", "over_5y")]
    drawn = draw(Rows(("district", "stay_band", "floating"), rows), ["district", "stay_band"], [FLOATING], PLACES)
    assert marks(drawn.specification) == ["bar"]
    assert "yOffset" in names_in(drawn.specification)


def test_what_is_measured_otherwise_gets_a_panel_of_its_own() -> None:
    answer = Rows(("district", "floating", "floating_share"), [("150202000000", 5, 0.1), ("150203000000", 9, 0.2)])
    assert len(draw(answer, ["district"], [FLOATING, SHARE], PLACES).specification["vconcat"]) == 2


def test_a_rate_of_nothing_is_drawn() -> None:
    answer = Rows(("district", "floating_share"), [("150202000000", 0.0), ("150203000000", 0.5)])
    assert "东河区" in names_in(draw(answer, ["district"], [SHARE], PLACES).specification)


def test_more_than_can_be_shown_is_left_out_and_said() -> None:
    answer = Rows(("community", "floating"), [(f"c{place}", place + 1) for place in range(MOST_ROWS + 5)])
    drawn = draw(answer, ["community"], [FLOATING], {})
    assert drawn.left_out == 5
    assert "5 more are not drawn" in names_in(drawn.specification)


@pytest.mark.parametrize(
    ("columns", "by"),
    [
        (("sex", "age_band", "stay_band"), ["sex", "age_band", "stay_band"]),
        (("metric_time__month", "sex", "age_band"), ["metric_time__month", "sex", "age_band"]),
    ],
)
def test_more_dimensions_than_a_picture_has_are_refused(columns: tuple[str, ...], by: list[str]) -> None:
    with pytest.raises(UsageError, match="A picture shows"):
        draw(Rows((*columns, "floating"), [("1", "1", "1", 1), ("2", "2", "2", 1)]), by, [FLOATING], {})


def test_what_has_one_value_is_told_not_drawn() -> None:
    rows = [(date(2014, 10, 31), "150203000000", sex, 5) for sex in ("1", "2")]
    answer = Rows(("period", "district", "sex", "floating"), rows)
    drawn = draw(answer, ["period", "district", "sex"], [FLOATING], PLACES, "b1")
    assert set(marks(drawn.specification)) == {"bar", "text"}
    assert "2014-10-31 · 昆都仑区 · b1" in names_in(drawn.specification)


def test_the_period_of_a_stored_answer_is_a_time() -> None:
    rows = [(date(2014, month, 28), sex, month) for month in (8, 9) for sex in ("1", "2")]
    drawn = draw(Rows(("period", "sex", "floating"), rows), ["period", "sex"], [FLOATING], PLACES)
    assert marks(drawn.specification) == ["line"]


def test_nothing_is_no_picture() -> None:
    with pytest.raises(UsageError, match="nothing to draw"):
        draw(Rows(("sex", "floating"), []), ["sex"], [FLOATING], {})


def test_files_are_of_the_kind_that_their_names_say_and_ask_nothing_of_another_host(tmp_path: Path) -> None:
    answer = Rows(("district", "floating"), [("150202000000", 5), ("150203000000", 9)])
    picture = draw(answer, ["district"], [FLOATING], PLACES)
    for suffix in ("svg", "png", "html"):
        write(picture, tmp_path / f"chart.{suffix}")
    assert (tmp_path / "chart.png").read_bytes().startswith(b"\x89PNG")
    svg, page = ((tmp_path / f"chart.{suffix}").read_text(encoding="utf-8") for suffix in ("svg", "html"))
    assert "昆都仑区" in svg
    assert "昆都仑区" in page
    assert not re.search(r"<(script|link)[^>]+(src|href)=", page)
    with pytest.raises(UsageError, match=r"\.svg, \.png, \.html"):
        write(picture, tmp_path / "chart.pdf")
