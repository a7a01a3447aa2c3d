"""Reading from a PostgreSQL database: one read-only snapshot, rows in batches, and failures in words.

What the server and its driver say is never shown: their messages quote connection strings and values of rows. A
failure is told by its SQLSTATE, which is the same in every language.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import adbc_driver_manager
import psycopg
import pyarrow as pa
from adbc_driver_manager import dbapi
from adbc_driver_postgresql import StatementOptions
from adbc_driver_postgresql import dbapi as postgres
from psycopg import pq
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sources.readers.records import literal
from sources.refusal import Refused

BATCH_BYTES = 16 << 20
# Bureaus' dates are dates in Beijing, wherever their server believes it stands.
TIME_ZONE = "Asia/Shanghai"

# Of the transaction: values become the same text whatever the server's own settings, and nobody waits for ever for a
# table that is being altered.
_SETTINGS = {
    "TimeZone": TIME_ZONE,
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "bytea_output": "hex",
    "lock_timeout": "60s",
}
# Of the connection, where its string does not say otherwise: a server that is gone is noticed.
_CONNECTION_DEFAULTS = {
    "connect_timeout": "15",
    "keepalives_idle": "30",
    "keepalives_interval": "10",
    "keepalives_count": "5",
    "application_name": "sijiku",
}

# By SQLSTATE, or its first two characters; {what} is the table or query. Chinese, English.
_FAILURES: dict[str, tuple[str, str]] = {
    "42P01": (
        "{what_zh}在数据库中不存在，或用到了不存在的表。请核对模式名和表名(区分大小写)",
        "{what_en} is not in the database, or uses a table that is not. Check schema and table as the database spells "
        "them",
    ),
    "42703": (
        "{what_zh}中用到了不存在的列。请核对列名，或列是否改了名",
        "{what_en} uses a column that is not there. Check its name, and whether it was renamed",
    ),
    "42501": (
        "登录用户无权读取{what_zh}。请数据库管理员授予 SELECT(及模式的 USAGE)权限",
        "The user may not read {what_en}. Have SELECT granted on it, and USAGE on its schema",
    ),
    "25006": (
        "{what_zh}试图写入数据库。这里只读，请改为只含 SELECT",
        "{what_en} tries to write to the database. Only reading is allowed: make it a plain SELECT",
    ),
    "55P03": (
        "{what_zh}被别的会话锁住，等了 60 秒。请等对方的维护结束后再建库",
        "{what_en} is locked by another session; waited for 60 seconds. Build again once that has ended",
    ),
    "57014": (
        "数据库取消了对{what_zh}的读取，多因超过其时限。请放宽该用户的 statement_timeout",
        "The database cancelled reading {what_en}, most often for its time limit. Raise the user's statement_timeout",
    ),
    "57": (
        "读取{what_zh}时数据库关闭或重启。请待其恢复后再建库",
        "The server was shut down while {what_en} was read. Build again once it is up",
    ),
    "08": (
        "读取{what_zh}时与数据库的连接中断。请检查网络和服务器后再建库",
        "The connection broke while {what_en} was read. Check network and server, then build again",
    ),
    "53": (
        "数据库资源不足(内存、磁盘或连接数)，读不出{what_zh}。请与数据库管理员联系",
        "The server lacks memory, disk or connections to read {what_en}. Ask its administrator",
    ),
    "42": (
        "数据库不接受对{what_zh}的读取。请在数据库中试运行并改正",
        "The database does not accept {what_en}. Try it there and correct it",
    ),
    "22": (
        "数据库计算{what_zh}的某一行时出错。请在数据库中试运行并改正",
        "The database failed on a row of {what_en}. Try it there and correct it",
    ),
    "": ("数据库读不出{what_zh}。请与数据库管理员联系", "The database cannot read {what_en}. Ask its administrator"),
}
# A lock that is held, a server that restarts, a connection that breaks, too many of them: none is there to stay.
_MAY_PASS = frozenset({"55P03", "57", "08", "53"})
# Midway through the rows the driver gives no SQLSTATE.
_MIDWAY = (
    "{what_zh}读到中途停止: 某一行计算出错、试图写入，或超过时限。请在数据库中试运行并改正",
    "{what_en} stopped midway: it failed on a row, tried to write, or reached a time limit. Try it in the database and "
    "correct it",
)
_NOT_UTF8 = (
    "{what_zh}中有不是 UTF-8 的文字(数据库编码为 SQL_ASCII 时常见)。请改用 query 转换编码后取数",
    "{what_en} holds text that is no UTF-8, as databases in SQL_ASCII do. Convert it in a query",
)


@dataclass(frozen=True)
class Field:
    """A column of a table or query: its name, and its type as PostgreSQL calls it (`int8`, `timestamptz`)."""

    name: str
    type: str


class Snapshot:
    """One repeatable-read, read-only transaction: everything read in it is of one moment.

    Args:
        connection: in that transaction.
        what: how messages name what is read, in Chinese and English.
    """

    def __init__(self, connection: dbapi.Connection, what: tuple[str, str]) -> None:
        self._connection = connection
        self._what = what

    def value(self, query: str) -> str | None:
        """The text that a query of one row and one text column gives.

        Raises:
            Refused: the query fails.
        """
        with self._failures(), self._connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
        return None if row is None or row[0] is None else str(row[0])

    def fields(self, relation: str) -> list[Field]:
        """The columns of what stands after FROM; no row is read.

        Raises:
            Refused: there is no such table, it may not be read, or the query is wrong.
        """
        with self._failures(), self._connection.cursor() as cursor:
            schema = cursor.adbc_execute_schema(f"SELECT * FROM {relation} AS source LIMIT 0")
        return [Field(field.name, (field.metadata or {}).get(b"POSTGRESQL:type", b"").decode()) for field in schema]

    @contextmanager
    def batches(self, query: str) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
        """The rows of a query, a few megabytes at a time: their schema, and the batches.

        Raises:
            Refused: the query fails, or the connection breaks, at its start or midway; or text is no UTF-8.
        """
        with self._failures(), self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)})
            cursor.execute(query)
            reader = cursor.fetch_record_batch()
            yield reader.schema, self._checked(reader)

    def _checked(self, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
        while True:
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
            except (OSError, pa.ArrowException):
                raise self._broken() from None
            try:
                batch.validate(full=True)
            except pa.ArrowInvalid:
                raise _refused(_NOT_UTF8, self._what) from None
            yield batch

    def _broken(self) -> Refused:
        """Why rows stopped coming. The driver says no SQLSTATE then; but what still answers is not broken."""
        try:
            self._connection.rollback()
        except adbc_driver_manager.Error:
            return failure("08000", self._what)
        return _refused(_MIDWAY, self._what)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except adbc_driver_manager.Error as error:
            raise failure(error.sqlstate or "08000", self._what) from None


def failure(sqlstate: str, what: tuple[str, str]) -> Refused:
    """A refusal for an SQLSTATE; `what` names the table or query, in Chinese and English."""
    key = next(key for key in (sqlstate, sqlstate[:2], "") if key in _FAILURES)
    return _refused(_FAILURES[key], what, f" (SQLSTATE {sqlstate})", may_pass=key in _MAY_PASS)


def _refused(texts: tuple[str, str], what: tuple[str, str], code: str = "", *, may_pass: bool = False) -> Refused:
    zh, en = (text.format(what_zh=what[0], what_en=what[1]) for text in texts)
    return Refused(f"{zh}{code}。".replace(" 。", "。"), f"{en[0].upper()}{en[1:]}{code}.", may_pass=may_pass)


@contextmanager
def open_snapshot(dsn: str, variable: str, what: tuple[str, str]) -> Iterator[Snapshot]:
    """Connect and begin a snapshot; end both afterwards.

    Args:
        dsn: connection string as libpq takes it; never shown.
        variable: the environment variable that it comes from: how messages name it.
        what: how messages name what will be read, in Chinese and English.

    Raises:
        Refused: the string is none, the server does not answer or does not let us in.
    """
    connection = _connect(dsn, variable)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            for name, value in _SETTINGS.items():
                cursor.execute(f"SET LOCAL {name} = {literal(value)}")
        yield Snapshot(connection, what)
    finally:
        # Nothing was written, and a connection that broke cannot be ended in order.
        with suppress(adbc_driver_manager.Error):
            connection.close()


def _connect(dsn: str, variable: str) -> dbapi.Connection:
    try:
        given = {name: str(value) for name, value in conninfo_to_dict(dsn).items() if value is not None}
    except psycopg.Error:
        raise Refused(
            f"环境变量 {variable} 的内容不是 PostgreSQL 连接串。请写成 "
            "postgresql://用户@主机:端口/库 的形式，口令中的特殊字符要转义。",
            f"Environment variable {variable} holds no PostgreSQL DSN. Write it as "
            "postgresql://user@host:port/database, special characters of the password percent-encoded.",
        ) from None
    complete = make_conninfo("", **_CONNECTION_DEFAULTS | given)
    try:
        connection: dbapi.Connection = postgres.connect(complete)
    except adbc_driver_manager.Error:
        raise _no_connection(complete, variable) from None
    return connection


def _no_connection(dsn: str, variable: str) -> Refused:
    """Why there is no connection: libpq's text is in the server's language, so the server is asked whether it is up."""
    match pq.PGconn.ping(dsn.encode()):
        case pq.Ping.OK:
            return Refused(
                f"数据库服务器有应答，但拒绝登录。请核对环境变量 {variable} 中的用户、口令和库名，"
                "以及服务器是否允许本机连接。",
                "The database server answers, but does not let us in. Check user, password and database in "
                f"environment variable {variable}, and that the server allows connections from this machine.",
            )
        case pq.Ping.REJECT:
            return Refused(
                f"数据库服务器正在启动或关闭，暂不接受连接(环境变量 {variable})。请稍后再建库。",
                f"The database server is starting or stopping and takes no connections (environment variable "
                f"{variable}). Build again later.",
                may_pass=True,
            )
        case _:
            return Refused(
                f"数据库服务器没有应答。请核对环境变量 {variable} 中的主机和端口，以及服务器和网络是否正常。",
                f"The database server does not answer. Check host and port in environment variable {variable}, "
                "and that server and network are up.",
                may_pass=True,
            )
