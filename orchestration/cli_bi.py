"""`sijiku bi`: the semantic layer for BI tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_parts import WorkdirOption, say
from sources.workdir import Workdir

app = typer.Typer(
    name="bi",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""为 BI 工具准备数据集与仪表板。Datasets and dashboards for BI tools.

    **例 Example**

    ```
    sijiku bi bundle --workdir var/library --out var/bi/sijiku.zip
    ```""",
)


@app.callback()
def root() -> None:
    """What for is a sub-command."""


@app.command("bundle")
def write_bundle(
    workdir: WorkdirOption,
    out: Annotated[
        Path,
        typer.Option(help="写到哪里：文件夹，或 .zip Where to: a folder, or a file called .zip.", show_default=False),
    ],
    database: Annotated[
        str | None,
        typer.Option(
            help="SQLAlchemy 连接，不含口令；缺省为已发布的 DuckDB 文件 The connection's URI, without a password; else "
            "that of the published DuckDB file.",
            show_default=False,
        ),
    ] = None,
    impersonate: Annotated[
        bool,
        typer.Option(
            "--impersonate/--one-login",
            help="以各人同名的数据库用户查询 Each user of Superset reads as the database's login of that name.",
        ),
    ] = False,
    name: Annotated[
        str,
        typer.Option(help="连接的名称；不同名称可并存 What the connection is called; two names stand side by side."),
    ] = "四级库 Sijiku",
) -> None:
    """导出 Apache Superset 资源包。A bundle that Apache Superset imports: connection, datasets, metrics, dashboards.

    Datasets, with Chinese names and certified metrics, are made from the published semantic layer: every saved query is
    one. Four dashboards stand on them, one for each question. The same library and options give the same bytes, and an
    import replaces what an earlier one brought. docs/bi.md tells how it is imported, and `make bi` does all of it here.

    **例 Examples**

    ```
    sijiku bi bundle --workdir var/library --out var/bi/sijiku.zip
    sijiku bi bundle --workdir var/library --out bundle --database postgresql+psycopg2://zhang@db.example/sijiku
    ```
    """
    from serving.superset import write_bundle as write

    made = write(Workdir(workdir), out, database=database, impersonate=impersonate, name=name)
    say(
        f"已写出 written: {made.path}，{made.datasets} 个数据集 datasets，{made.metrics} 个指标 metrics，"
        f"{made.charts} 张图 charts，{made.dashboards} 个仪表板 dashboards。"
    )
