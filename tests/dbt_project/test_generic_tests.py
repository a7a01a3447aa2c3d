"""dbt's generic tests of this project fail where what they claim is not so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sources.warehouse import open_warehouse


def test_a_column_that_is_not_filled_in_one_row_fails_its_table_and_is_named_by_what_fails(
    tmp_path: Path, small_warehouse: Callable[..., Any]
) -> None:
    warehouse = small_warehouse(tmp_path, [])
    warehouse.build("province")
    assert warehouse.dbt("test", "--select", "filled_province").returncode == 0
    with open_warehouse(warehouse.workdir) as con:
        con.execute("update seeds.province set name = null where code = (select min(code) from seeds.province)")
    outcome = warehouse.dbt("test", "--select", "filled_province")
    assert outcome.returncode == 1
    assert "Got 1 result, configured to fail if != 0" in outcome.stdout
    [compiled] = (tmp_path / "scratch" / "target" / "compiled").rglob("filled_province.sql")
    [(rows, codes, names)] = warehouse.rows(compiled.read_text())
    assert rows == codes == names + 1
