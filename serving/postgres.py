"""The published library in PostgreSQL, for BI tools: everybody sees what is theirs to see, and either build whole.

Of the published build the part `analysis` is taken, which holds no persons. It is loaded under other schema names
(`sijiku_next_…`), keyed, guarded (`serving.postgres_access`) and looked over in one transaction, and takes the place of
the build before by renaming schemas in another. What was before is kept as `sijiku_old_…`, closed to all, and dropped
by the next publication.

How readers see one build and never parts of two: names are looked up one after the other while a statement is read, so
the renaming first locks every table and view of the build that serves. Whoever has read one of them, in a transaction
that is not over, keeps the whole of it; whoever comes meanwhile waits for the renaming, half a second at most, and
then looks all names up anew. Rows are loaded frozen, so that they are there for transactions that began earlier, too.

What the server says is never shown: its messages quote values of rows. A failure is told by its SQLSTATE.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.csv
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from serving import postgres_access as access
from serving.checks import columns_of
from serving.interface import is_for_analysis
from serving.library import open_published, published_folder
from sources.errors import SijikuError, UsageError
from sources.interface import Table
from sources.readers.records import identifier, literal
from sources.workdir import Workdir

log = logging.getLogger("sijiku.serving")

DSN_VARIABLE = "SIJIKU_PG_DSN"
SCHEMAS = ("library", "marts", "metrics", "quality", "meta")
# Views for people: figures with the names of their divisions.
VIEWS = "bi"
NEXT, OLD = "sijiku_next_", "sijiku_old_"
# What marks a schema as made here; no other is ever renamed or dropped.
MARK = "sijiku:"

# How long a try to rename may wait for readers to end, with those behind it waiting; how long it rests between tries.
SWAP_WAIT_MS = 500
SWAP_REST_SECONDS = 1.0
PATIENCE_SECONDS = 120
BATCH_ROWS = 1 << 16

_LOCK = "sijiku publish postgres"
_SESSION = {
    "search_path": "pg_catalog",
    "client_encoding": "UTF8",
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "statement_timeout": "0",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "0",
    "maintenance_work_mem": "256MB",
}
_CONNECTION_DEFAULTS = {
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "5",
    "application_name": "sijiku publish",
}
# DuckDB's types whose text the server reads as it comes; other types are refused by name. Texts are compared byte by
# byte, as in DuckDB.
_TYPES = {
    "VARCHAR": 'text COLLATE "C"',
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "SMALLINT": "smallint",
    "DOUBLE": "double precision",
    "FLOAT": "real",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}

# What to do, by SQLSTATE or its first two characters.
_REMEDIES = {
    "42501": (
        "该登录用户缺少权限：须能在库中建模式、建角色。The user lacks privileges: GRANT CREATE ON DATABASE to it, and "
        "let it create roles or have an administrator create them (docs/bi.md)."
    ),
    "42P06": "模式名被占用。A schema of that name is in the way: publish into a database of its own.",
    "53": "服务器磁盘、内存或连接数不足。The server lacks disk, memory or connections: ask its administrator.",
    "55P03": "有会话长时间占用旧表。A session holds the tables for long: have it end, then publish again.",
    "57014": "有会话长时间占用旧表，或操作被取消。A session holds the tables, or it was cancelled: publish again.",
    "57P": "服务器已关闭或重启。The server was shut down: publish again once it is up.",
    "08": "与服务器的连接中断。The connection broke: check network and server, then publish again.",
    "25006": "服务器只读(备库)。The server is read-only, a standby: name the primary server in the DSN.",
    "22": "有服务器不接受的值。A value that the server cannot take: see the table in sijiku query.",
    "23": "表中有重复的行，与所承诺的粒度不符。Rows are there twice, against the grain: build again with --full.",
}
_OTHER = "请与数据库管理员联系。Ask the database's administrator; the server's log says more."
_SERVES_ON = "此前的库照常服务。The build before goes on serving."


@dataclass(frozen=True)
class Served:
    """What is served now.

    Attributes:
        build_id: which build.
        tables: rows by table.
        place: server and database, without user and password.
        tries: how many times the renaming was tried until no reader was in its way.
        read_log: whether reading is logged.
    """

    build_id: str
    tables: Mapping[Table, int]
    place: str
    tries: int
    read_log: bool


@dataclass(frozen=True)
class _Plan:
    """A table to load: its columns in DuckDB's types, those that name a row, and those of them that may be null."""

    table: Table
    columns: Mapping[str, str]
    key: tuple[str, ...]
    may_be_null: tuple[str, ...]


def publish_postgres(
    workdir: Workdir,
    dsn: str | None,
    *,
    keys: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    patience: float = PATIENCE_SECONDS,
    needs_read_log: bool = True,
) -> Served:
    """Serve the current published build from a PostgreSQL database.

    Args:
        workdir: where the library lives.
        dsn: connection string without a password, as libpq takes it; None for that of the variable SIJIKU_PG_DSN.
        keys: by `schema.table`, the columns that name a row, and those of them where null is a value.
        patience: seconds for which renaming is tried again while readers are in the way.
        needs_read_log: whether to publish only where reading is logged.

    Raises:
        UsageError: no DSN, or one with a password; nothing is published.
        SijikuError: the server is out of reach or does not let us in; another publication is running; reading is not
            logged; a check failed; readers were in the way for too long. The build that was served before goes on.
    """
    build_id = published_folder(workdir).name
    target = connection_string(dsn)
    with open_published(workdir, "analysis") as library, _connected(target) as connection:
        plans = _plans(library, keys)
        with _only_one(connection):
            with _telling("准备", "preparing"):
                _refuse_encoding(connection)
                _refuse_strangers(connection)
                _drop(connection, NEXT, OLD)
            with _telling("设置角色和授权名册", "setting up roles and memberships"):
                access.set_up(connection)
            with _telling("设置查询日志", "setting up the log of reads"):
                problem = access.read_log_problem(connection)
            if problem and needs_read_log:
                raise SijikuError(
                    f"读库不会留下日志：{problem}Reads would not be logged. {_SERVES_ON}",
                    "按 docs/bi.md 启用 pgaudit。Switch pgaudit on as docs/bi.md says, or publish without it, "
                    "knowingly: --no-read-log.",
                )
            rows = _load(connection, library, plans, build_id)
            tries = _swap(connection, patience)
        place = f"{connection.info.host}:{connection.info.port}/{connection.info.dbname}"
    return Served(build_id, rows, place, tries, problem is None)


def connection_string(dsn: str | None) -> str:
    """The DSN to use, with what it does not say filled in. Passwords come from SIJIKU_PG_DSN, PGPASSWORD or .pgpass.

    Raises:
        UsageError: there is none, it cannot be read, or it was given on the command line with a password.
    """
    given = dsn if dsn is not None else os.environ.get(DSN_VARIABLE, "")
    if not given.strip():
        raise UsageError(
            "没有给出数据库。No database was named.",
            f"Name it with --dsn postgresql://user@host/database, or in the variable {DSN_VARIABLE}.",
        )
    try:
        parts = {name: str(value) for name, value in conninfo_to_dict(given).items() if value is not None}
    except psycopg.Error:
        raise UsageError(
            "不是 PostgreSQL 连接串(内容不予显示)。It is no PostgreSQL DSN; it is not shown here.",
            "Write postgresql://user@host:port/database, special characters percent-encoded.",
        ) from None
    if dsn is not None and {"password", "sslpassword"} & parts.keys():
        raise UsageError(
            "口令不能写在命令行里，本机其他用户都看得到。A password on the command line is seen by every user here.",
            f"请更换该口令，改用 PGPASSWORD、.pgpass 或 {DSN_VARIABLE}。Change it; give it in PGPASSWORD, .pgpass or "
            f"{DSN_VARIABLE}.",
        )
    return make_conninfo("", **_CONNECTION_DEFAULTS | parts)


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    try:
        connection = psycopg.connect(dsn, autocommit=True)
    except psycopg.Error:
        raise _no_connection(dsn) from None
    try:
        with _telling("连接", "connecting"):
            for name, value in _SESSION.items():
                _run(connection, f"SET {name} = {literal(value)}")
        yield connection
    finally:
        with suppress(psycopg.Error):
            connection.close()


def _no_connection(dsn: str) -> SijikuError:
    """Why there is no connection: libpq's text quotes the string, so the server is asked whether it is up."""
    if pq.PGconn.ping(dsn.encode()) == pq.Ping.OK:
        return SijikuError(
            "PostgreSQL 服务器有应答，但拒绝登录。The PostgreSQL server answers, but does not let us in.",
            "请核对用户、口令和库名。Check user, database and password (PGPASSWORD, .pgpass or SIJIKU_PG_DSN), and "
            "that the server allows connections from this machine.",
        )
    return SijikuError(
        "PostgreSQL 服务器没有应答。The PostgreSQL server does not answer.",
        "请核对主机和端口。Check host and port, and that server and network are up.",
    )


@contextmanager
def _telling(doing_zh: str, doing: str) -> Iterator[None]:
    """Tell what failed in this project's words."""
    try:
        yield
    except psycopg.Error as error:
        state = error.sqlstate or "08"
        remedy = next((_REMEDIES[key] for key in (state, state[:3], state[:2]) if key in _REMEDIES), _OTHER)
        raise SijikuError(
            f"发布到 PostgreSQL 未完成：{doing_zh}时出错。Publishing to PostgreSQL failed while {doing} "
            f"(SQLSTATE {error.sqlstate or '-'}). {_SERVES_ON}",
            remedy,
        ) from None


@contextmanager
def _only_one(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Keep a second publication into this database out; the server lets go when this connection ends, however."""
    with _telling("取得发布锁", "taking the publication's lock"):
        is_free = _value(connection, f"SELECT pg_try_advisory_lock(hashtextextended({literal(_LOCK)}, 0))")
    if not is_free:
        raise SijikuError(
            "另一个进程正在向该数据库发布。Another publication into this database is running.",
            "请等它结束。Wait for it to end, then publish again.",
        )
    yield


def _refuse_encoding(connection: psycopg.Connection[Any]) -> None:
    if _value(connection, "SELECT current_setting('server_encoding')") != "UTF8":
        raise SijikuError(
            "数据库的编码不是 UTF8。The database's encoding is not UTF8.",
            "CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and publish into that.",
        )


def _refuse_strangers(connection: psycopg.Connection[Any]) -> None:
    """No schema is touched that was not made here."""
    ours = (*_live(), *(f"{prefix}{name}" for prefix in (NEXT, OLD) for name in _live()), access.SCHEMA)
    found = connection.execute(
        "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s) "
        "AND coalesce(obj_description(oid, 'pg_namespace'), '') NOT LIKE %s ORDER BY 1",
        [list(ours), f"{MARK}%"],
    ).fetchall()
    if found:
        raise SijikuError(
            f"模式 {', '.join(name for (name,) in found)} 不是本程序建立的。The schema was not made by sijiku.",
            "请发布到专用的数据库。Publish into a database of its own.",
        )


def _live() -> tuple[str, ...]:
    return (*SCHEMAS, VIEWS)


def _drop(connection: psycopg.Connection[Any], *prefixes: str) -> None:
    names = ", ".join(identifier(f"{prefix}{name}") for prefix in prefixes for name in _live())
    _run(connection, f"DROP SCHEMA IF EXISTS {names} CASCADE")


def _plans(
    library: duckdb.DuckDBPyConnection, keys: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
) -> list[_Plan]:
    """The tables to load, in a stable order: what the interface lists for analysis, and nothing else."""
    found = columns_of(library)
    return [
        _Plan(table, columns, *keys.get(str(table), ((), ())))
        for table, columns in sorted(found.items(), key=lambda item: str(item[0]))
        if table.schema in SCHEMAS and is_for_analysis(table)
    ]


def _load(
    connection: psycopg.Connection[Any], library: duckdb.DuckDBPyConnection, plans: list[_Plan], build_id: str
) -> dict[Table, int]:
    """Load, key, guard and check the build under its names to come; rows by table. All of it, or nothing."""
    rows: dict[Table, int] = {}
    with _telling("建立新库", "making room for the build"), connection.transaction():
        for schema in _live():
            name = identifier(NEXT + schema)
            _run(connection, f"CREATE SCHEMA {name}")
            _run(connection, f"COMMENT ON SCHEMA {name} IS {literal(f'{MARK}{build_id}')}")
        for plan in plans:
            with _telling(f"装载 {plan.table} ", f"loading {plan.table}"):
                rows[plan.table] = _copy(connection, library, plan)
                _index(connection, plan)
        with _telling("建立视图和权限", "making views and guards"):
            _make_views(connection, plans)
            guarded = {plan.table: tuple(plan.columns) for plan in plans}
            access.guard(connection, guarded, prefix=NEXT)
            _check_rows(connection, rows)
            access.close(connection, guarded, [NEXT + schema for schema in _live()], prefix=NEXT)
        problems = access.problems(connection, [NEXT + schema for schema in _live()])
        if problems:
            raise SijikuError(
                f"权限核对未通过：The build is not guarded as it should be: {'; '.join(problems)}. {_SERVES_ON}",
                "请报告此问题。Report this; nothing was published.",
            )
    return rows


def _copy(connection: psycopg.Connection[Any], library: duckdb.DuckDBPyConnection, plan: _Plan) -> int:
    """Make a table and fill it, in batches of rows; how many the server took."""
    name = f"{identifier(NEXT + plan.table.schema)}.{identifier(plan.table.name)}"
    typed = [
        f"{identifier(column)} {_type(plan.table, column, type_)}"
        f"{' NOT NULL' if column in plan.key and column not in plan.may_be_null else ''}"
        for column, type_ in plan.columns.items()
    ]
    _run(connection, f"CREATE TABLE {name} ({', '.join(typed)})")
    chosen = ", ".join(
        identifier(column) if type_ in _TYPES else f"CAST({identifier(column)} AS VARCHAR) AS {identifier(column)}"
        for column, type_ in plan.columns.items()
    )
    # In the key's order: a division's rows lie together, and the key is indexed in half the time.
    order = f" ORDER BY {', '.join(f'{identifier(column)} NULLS LAST' for column in plan.key)}" if plan.key else ""
    reader = library.execute(f"SELECT {chosen} FROM {plan.table.quoted}{order}").to_arrow_reader(BATCH_ROWS)
    options = pa.csv.WriteOptions(include_header=False, batch_size=BATCH_ROWS)
    with connection.cursor() as cursor:
        # Texts are quoted and null is not, so that an empty text stays one.
        with cursor.copy(f"COPY {name} FROM STDIN (FORMAT csv, FREEZE)".encode()) as copy:
            for batch in reader:
                buffer = pa.BufferOutputStream()
                pa.csv.write_csv(batch, buffer, options)
                copy.write(memoryview(buffer.getvalue()))
        return cursor.rowcount


def _type(table: Table, column: str, type_: str) -> str:
    if type_ in _TYPES:
        return _TYPES[type_]
    if type_.startswith("DECIMAL("):
        return type_.replace("DECIMAL", "numeric")
    if type_ in ("HUGEINT", "UBIGINT"):
        return "numeric(39)"
    raise SijikuError(
        f"表 {table} 的列 {column} 类型 {type_} 不能发布。Column {column} of {table} is of type {type_}, which is not "
        "served.",
        "Cast it in its model to a type of interface/public.yml.",
    )


def _index(connection: psycopg.Connection[Any], plan: _Plan) -> None:
    """The key, an index by which a division's or a bureau's rows are found where the key is none, and statistics."""
    name = f"{identifier(NEXT + plan.table.schema)}.{identifier(plan.table.name)}"
    if plan.key:
        listed = ", ".join(map(identifier, plan.key))
        if plan.may_be_null:
            _run(connection, f"CREATE UNIQUE INDEX ON {name} ({listed}) NULLS NOT DISTINCT")
        else:
            _run(connection, f"ALTER TABLE {name} ADD PRIMARY KEY ({listed})")
    scope = access.scope_of(plan.table, tuple(plan.columns))
    for column in (*scope.divisions[:1], *scope.bureaus[:1]):
        if column in plan.columns and plan.key[:1] != (column,):
            _run(connection, f"CREATE INDEX ON {name} ({identifier(column)})")
    _run(connection, f"ANALYZE {name}")


def _make_views(connection: psycopg.Connection[Any], plans: list[_Plan]) -> None:
    """`bi.division`, each division by its newest name, and a view with these names over each mart."""
    views, divisions, bridge = (
        identifier(NEXT + VIEWS),
        f"{identifier(NEXT + 'library')}.dim_division",
        f"{identifier(NEXT + 'library')}.bridge_division_ancestor",
    )
    known = {str(plan.table) for plan in plans}
    if not {"library.dim_division", "library.bridge_division_ancestor"} <= known:
        return
    above = ", ".join(f"above.{level}_code, {level}.name AS {level}_name" for level in ("district", "township"))
    joins = " ".join(
        f"LEFT JOIN named AS {level} ON {level}.division_code = above.{level}_code"
        for level in ("district", "township")
    )
    _run(
        connection,
        f"""
        CREATE VIEW {views}.division WITH (security_invoker = true) AS
        WITH named AS (
            SELECT DISTINCT ON (division_code) division_code, name, level, parent_code, is_unallocated
            FROM {divisions} ORDER BY division_code, valid_to DESC NULLS FIRST
        ),
        above AS (
            SELECT division_code, max(ancestor_code) FILTER (WHERE ancestor_level = 'district') AS district_code,
                   max(ancestor_code) FILTER (WHERE ancestor_level = 'township') AS township_code
            FROM {bridge} GROUP BY division_code
        )
        SELECT named.*, {above} FROM named LEFT JOIN above USING (division_code) {joins}
        """,
    )
    added = ("name", "district_name", "township_name")
    for plan in plans:
        if plan.table.schema in ("marts", "quality") and "division_code" in plan.columns:
            names = [(name, "division_name" if name == "name" else name) for name in added]
            chosen = "".join(f", division.{old} AS {new}" for old, new in names if new not in plan.columns)
            _run(
                connection,
                f"CREATE VIEW {views}.{identifier(plan.table.name)} WITH (security_invoker = true) AS "
                f"SELECT served.*{chosen} FROM {identifier(NEXT + plan.table.schema)}.{identifier(plan.table.name)} "
                f"AS served LEFT JOIN {views}.division USING (division_code)",
            )


def _check_rows(connection: psycopg.Connection[Any], rows: Mapping[Table, int]) -> None:
    """Every table has the rows that were sent; seen by the owner, before row-level security is forced on it, too."""
    counted = " UNION ALL ".join(
        f"SELECT {literal(str(table))}, count(*) FROM {identifier(NEXT + table.schema)}.{identifier(table.name)}"
        for table in rows
    )
    there = dict(connection.execute(counted.encode()).fetchall())
    wrong = [str(table) for table, sent in rows.items() if there[str(table)] != sent]
    if wrong:
        raise SijikuError(
            f"行数不符：The server has other numbers of rows than were sent, in {', '.join(wrong)}. {_SERVES_ON}",
            "请重新发布。Publish again; if it stays so, ask the database's administrator.",
        )


def _swap(connection: psycopg.Connection[Any], patience: float) -> int:
    """Put the build in its place; how many tries it took."""
    statements = _renaming(connection)
    until, tries = time.monotonic() + patience, 0
    while True:
        tries += 1
        try:
            _run(connection, statements)  # in one message: the locks never wait for this process
            return tries
        except (psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            _run(connection, "ROLLBACK")
            if time.monotonic() >= until:
                with suppress(psycopg.Error):
                    _drop(connection, NEXT)
                raise SijikuError(
                    "有读者的事务长时间未结束，新库未能换上。Readers' transactions that do not end kept the new build "
                    f"from its place, in {tries} tries. {_SERVES_ON}",
                    "SELECT pid, usename, xact_start FROM pg_stat_activity WHERE state = 'idle in transaction' shows "
                    "them; have them end and publish again, or wait longer with --patience.",
                ) from None
            log.info("Readers are in the way of renaming; trying again")
            time.sleep(SWAP_REST_SECONDS)
        except psycopg.Error:
            with suppress(psycopg.Error):
                _run(connection, "ROLLBACK")
                _drop(connection, NEXT)
            with _telling("换上新库", "renaming schemas"):
                raise


def _renaming(connection: psycopg.Connection[Any]) -> str:
    """The statements of the renaming, in one transaction."""
    with _telling("换上新库", "renaming schemas"):
        served = connection.execute(
            "SELECT n.nspname, c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace "
            "WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY c.relkind DESC, 1, 2",
            [list(_live())],
        ).fetchall()
        schemas = {
            name
            for (name,) in connection.execute(
                "SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(_live())]
            ).fetchall()
        }
    limits = f"SET LOCAL lock_timeout = {SWAP_WAIT_MS}; SET LOCAL statement_timeout = {SWAP_WAIT_MS};"
    relations = ", ".join(f"{identifier(schema)}.{identifier(name)}" for schema, name in served)
    groups = ", ".join(map(identifier, access.GROUPS))
    renamed = [
        *(f"ALTER SCHEMA {identifier(name)} RENAME TO {identifier(OLD + name)}" for name in _live() if name in schemas),
        *(f"REVOKE ALL ON SCHEMA {identifier(OLD + name)} FROM {groups}" for name in _live() if name in schemas),
        *(f"ALTER SCHEMA {identifier(NEXT + name)} RENAME TO {identifier(name)}" for name in _live()),
    ]
    lock = [f"LOCK TABLE {relations} IN ACCESS EXCLUSIVE MODE"] if relations else []
    return f"BEGIN; {limits} {'; '.join((*lock, *renamed))}; COMMIT"


def _run(connection: psycopg.Connection[Any], statement: str) -> None:
    connection.execute(statement.encode())


def _value(connection: psycopg.Connection[Any], query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None
