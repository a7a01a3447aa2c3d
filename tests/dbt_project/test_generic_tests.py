"""dbt's generic tests of this project fail where what they claim is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sources.warehouse import open_warehouse


def test_a_table_with_an_empty_place_or_a_repeated_row_fails_and_is_told_how(
    tmp_path: Path, small_warehouse: Callable[..., Any]
) -> None:
    warehouse = small_warehouse(tmp_path, [])
    claims = ("filled_survey_indicator", "unique_combination_survey_indicator_indicator")
    warehouse.build("survey_indicator")
    assert warehouse.dbt("test", "--select", *claims).returncode == 0
    with open_warehouse(warehouse.workdir) as con:
        con.execute("insert into seeds.survey_indicator from seeds.survey_indicator order by indicator limit 1")
        con.execute(
            "update seeds.survey_indicator set name_zh = null "
            "where indicator = (select max(indicator) from seeds.survey_indicator)"
        )
    outcome = warehouse.dbt("test", "--select", *claims)
    assert outcome.returncode == 1
    assert outcome.stdout.count("Got 1 result, configured to fail if != 0") == 2
    compiled = {path.stem: path.read_text() for path in (tmp_path / "scratch" / "target" / "compiled").rglob("*.sql")}
    [(rows, *filled)] = warehouse.rows(compiled["filled_survey_indicator"])
    assert sorted({rows - number for number in filled}) == [0, 1]
    [(_, times)] = warehouse.rows(compiled["unique_combination_survey_indicator_indicator"])
    assert times == 2
