"""`sijiku publish`: the published library to where other tools read it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestration.cli_parts import WorkdirOption, say
from sources.workdir import Workdir

app = typer.Typer(
    name="publish",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="""把已发布的库送到其他工具。The published library to where other tools read it.

    **例 Example**

    ```
    sijiku publish postgres --workdir var/library --dsn postgresql://library@db.example/sijiku
    sijiku publish site --workdir var/library --bureau hfpc --to /srv/share/hfpc
    ```""",
)


@app.callback()
def root() -> None:
    """Where to is a sub-command."""


@app.command("postgres")
def publish_postgres(
    workdir: WorkdirOption,
    dsn: Annotated[
        str | None,
        typer.Option(
            help="连接串，不含口令；缺省取 SIJIKU_PG_DSN。The DSN, without a password; else SIJIKU_PG_DSN.",
            show_default=False,
        ),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(min=0, max=86_400, help="读者占用旧表时重试几秒 Seconds to try again while readers hold on."),
    ] = 120,
    read_log: Annotated[
        bool,
        typer.Option("--read-log/--no-read-log", help="须有查询日志 Publish only where reads are logged (pgaudit)."),
    ] = True,
) -> None:
    """发布到 PostgreSQL，按行授权。Serve the published library from PostgreSQL, each login its own rows.

    Marts, metrics, quality tables, builds and divisions are loaded beside what is served, checked, and put in its place
    at one stroke: readers see the build before or this one, never parts of both, and wait half a second at most. A
    failure leaves the build before in service. No persons are published.

    Who sees what stands in the table access.member of the database, which no publication touches; docs/bi.md tells how
    a login gets its rights, and how Superset and Metabase connect. The password comes from PGPASSWORD, .pgpass or
    SIJIKU_PG_DSN, never from the command line.

    **例 Examples**

    ```
    sijiku publish postgres --workdir var/library --dsn postgresql://library@db.example/sijiku
    SIJIKU_PG_DSN=service=sijiku sijiku publish postgres --workdir var/library
    ```
    """
    from expectations.grains import keys_by_table
    from serving.postgres import publish_postgres as serve

    done = serve(
        Workdir(workdir),
        dsn,
        keys=keys_by_table(),
        patience=patience,
        needs_read_log=read_log,
    )
    say(
        f"已发布 published: {done.build_id} → {done.place}，{len(done.tables)} 张表 tables，"
        f"{sum(done.tables.values()):,} 行 rows。"
    )
    if not done.read_log:
        Console(stderr=True).print(
            "[yellow]⚠[/yellow] 查询未留日志 Reads are not logged: docs/bi.md", highlight=False, soft_wrap=True
        )


@app.command("site")
def publish_site(
    workdir: WorkdirOption,
    bureau: Annotated[str, typer.Option(help="给哪个部门 Whose copy: a bureau's code, as psb, hfpc or edu.")],
    to: Annotated[Path, typer.Option(help="写到哪里，须不存在 The folder to make; it must not be there.")],
) -> None:
    """给部门一份审计网站。Copy the audit site as a bureau may have it.

    All pages and totals are in it, and the findings that the bureau has to act on, one by one; no other bureau's, and
    nothing of what other bureaus hold of a person. Of rules that may rest on health, education, marriage or assistance
    evidence the police get totals only. The published site itself is the information centre's.

    **例 Example**

    ```
    sijiku publish site --workdir var/library --bureau psb --to /srv/share/psb
    ```
    """
    from serving.audit_site import copy_for
    from serving.library import published_folder

    copy_for(published_folder(Workdir(workdir)) / "site", bureau, to)
    say(f"已写出 written: {to / 'index.html'}")
