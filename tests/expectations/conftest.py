"""Working warehouses with raw views written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from sources.contract import load_contract, load_contracts
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

Row = dict[str, str | None]
Deliver = Callable[[str, Sequence[Row]], None]

# A row of the dataset as a bureau should deliver it, but for what a test says of it.
GOOD: dict[str, Row] = {
    "psb.temporary_residence": {
        "登记编号": "R1",
        "姓名": "测试甲",
        "性别": "1",
        "公民身份号码": "11010519491231002X",
        "出生日期": "1949-12-31",
        "户籍地区划": "110105",
        "登记日期": "2014-10-01",
    },
    "finance.service_funding": {
        "年度": "2014",
        "区划": "150202",
        "服务项目": "1",
        "受益对象": "2",
        "资金来源": "3",
        "预算万元": "12.50",
    },
}


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    """An empty library whose warehouse knows its build, with an empty raw view of every active dataset."""
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    with open_warehouse(workdir) as connection:
        connection.execute("CREATE SCHEMA raw")
        connection.execute(
            "CREATE TABLE raw.build AS SELECT 'b1' AS build_id, DATE '2014-10-31' AS as_of, 'c1' AS code_version, "
            "true AS is_full; CREATE TABLE raw.delivery (dataset VARCHAR, delivery VARCHAR, is_applied BOOLEAN)"
        )
        for contract in load_contracts("active").values():
            columns = ", ".join(f'"{header}" VARCHAR' for header in (*contract.headers, "_change", "_file"))
            connection.execute(f"CREATE TABLE raw.{contract.table} ({columns}, _row BIGINT, _delivery VARCHAR)")
    return workdir


@pytest.fixture
def deliver(workdir: Workdir) -> Deliver:
    """Put rows into a dataset's raw view: `GOOD` with the changes named; `_delivery` d1 unless said otherwise."""

    def put(dataset: str, rows: Sequence[Row]) -> None:
        table = load_contract(dataset).table
        with open_warehouse(workdir) as connection:
            for number, changes in enumerate(rows, start=1):
                row = {"_file": "a.csv", "_row": number, "_delivery": "d1"} | GOOD[dataset] | changes
                names = ", ".join(f'"{name}"' for name in row)
                marks = ", ".join("?" for _ in row)
                connection.execute(f"INSERT INTO raw.{table} ({names}) VALUES ({marks})", list(row.values()))
            connection.execute(
                f"INSERT INTO raw.delivery SELECT DISTINCT ?, _delivery, true FROM raw.{table} "
                "WHERE (?, _delivery) NOT IN (SELECT (dataset, delivery) FROM raw.delivery)",
                [dataset, dataset],
            )

    return put
