"""Who sees which rows in PostgreSQL, and that it is written down who read.

Eight group roles, which nobody logs in as, may read; nobody but the owner writes. What a login sees hangs on its lines
in `access.member`, which no publication touches: the role it acts in, its division, its bureau, and what for. A line
counts only where the login is in the group of that role, so either of the two takes the right away. With several lines
a login sees what each of them shows.

- city, planner, auditor, steward: every row.
- district, township, community: rows of their division and of what lies beneath it.
- bureau: rows of their bureau, and of tables that know no bureau all; with a division, those of that division alone.
- Tables in OPEN speak of nobody's area and are for all groups. A table that knows neither division nor bureau and is
  not listed there counts as the city's: a table that is new is not open by oversight.
- `quality.finding`, and `quality.case` with it: who acts for the police is not shown row by row what rests on the
  evidence of others (`serving.disclosure`), whatever other lines that login has.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg

from serving.disclosure import POLICE, of_protected, rests_on_protected
from sources.errors import SijikuError
from sources.interface import Table
from sources.readers.records import identifier, literal

SCHEMA = "access"
EVERYTHING = ("city", "auditor", "planner", "steward")
AREAS = ("district", "township", "community")
BUREAU = "bureau"
ROLES = ("city", *AREAS, BUREAU, "auditor", "planner", "steward")
GROUPS = tuple(f"sijiku_{role}" for role in ROLES)

# What speaks of no area: how the library came about, what its rules are, which divisions there are.
OPEN = frozenset(
    {
        Table("library", "dim_division"),
        Table("library", "bridge_division_ancestor"),
        Table("meta", "build"),
        Table("meta", "delivery"),
        Table("quality", "ledger"),
        Table("quality", "rule"),
    }
)
FINDING, CASE, RULE = Table("quality", "finding"), Table("quality", "case"), Table("quality", "rule")
BRIDGE = Table("library", "bridge_division_ancestor")
# Columns that say where a row belongs; of those that a table has, the first that is filled counts.
_DIVISIONS = ("division_code", "community", "township", "district")
_BUREAUS = ("bureau", "other_bureau")

_MEMBER = f"""
CREATE TABLE {SCHEMA}.member (
    login name NOT NULL,
    role text NOT NULL CHECK (role IN ({", ".join(map(literal, ROLES))})),
    division_code text CHECK (division_code ~ '^[0-9]{{12}}$'),
    bureau text CHECK (bureau <> ''),
    purpose text NOT NULL CHECK (purpose <> ''),
    CHECK (role NOT IN ({", ".join(map(literal, AREAS))}) OR division_code IS NOT NULL),
    CHECK (role <> {literal(BUREAU)} OR bureau IS NOT NULL),
    UNIQUE NULLS NOT DISTINCT (login, role, division_code, bureau)
)
"""
_COMMENTS = {
    f"TABLE {SCHEMA}.member": "谁以何种身份看哪一级、哪个部门的数据，为何 Who sees what, as what, and what for",
    f"COLUMN {SCHEMA}.member.login": "登录角色 The login role",
    f"COLUMN {SCHEMA}.member.role": f"身份，另须授予 sijiku_<role> One of {', '.join(ROLES)}; GRANT sijiku_<role>, too",
    f"COLUMN {SCHEMA}.member.division_code": "十二位区划代码 12-digit code; the division and all beneath it",
    f"COLUMN {SCHEMA}.member.bureau": "部门 psb, hfpc, edu, …",
    f"COLUMN {SCHEMA}.member.purpose": "用途 What the data is read for",
}
# The current user's lines. It is the user of the statement, as these functions run with their caller's rights, and so
# are views. The table's own policy shows each user only the own lines.
_MINE = (
    f"{SCHEMA}.member AS m WHERE m.login = current_user AND pg_has_role(current_user, 'sijiku_' || m.role, 'MEMBER')"
)
_FUNCTIONS = {
    "sees_all() RETURNS boolean": (
        f"SELECT EXISTS (SELECT FROM {_MINE} AND m.role IN ({', '.join(map(literal, EVERYTHING))}))"
    ),
    "areas() RETURNS SETOF text": (
        f"SELECT m.division_code FROM {_MINE} AND m.role IN ({', '.join(map(literal, AREAS))})"
    ),
    "bureaus() RETURNS SETOF text": (
        f"SELECT m.bureau FROM {_MINE} AND m.role = {literal(BUREAU)} AND m.division_code IS NULL"
    ),
    "offices() RETURNS TABLE (bureau text, division_code text)": (
        f"SELECT m.bureau, m.division_code FROM {_MINE} AND m.role = {literal(BUREAU)} AND m.division_code IS NOT NULL"
    ),
    "is_police() RETURNS boolean": f"SELECT EXISTS (SELECT FROM {_MINE} AND m.bureau = {literal(POLICE)})",
}


@dataclass(frozen=True)
class Scope:
    """Where a table's rows belong: columns with divisions, the finest first; with bureaus; whether all may see all."""

    divisions: tuple[str, ...]
    bureaus: tuple[str, ...]
    is_open: bool


def scope_of(table: Table, columns: Sequence[str]) -> Scope:
    """Where the rows of a table belong, by its columns."""
    return Scope(
        tuple(column for column in _DIVISIONS if column in columns),
        tuple(column for column in _BUREAUS if column in columns),
        table in OPEN,
    )


def set_up(connection: psycopg.Connection[Any]) -> None:
    """Make the group roles, `access.member` and the functions of the policies where they are not there yet.

    Raises:
        SijikuError: a role of that name may log in, or is above row-level security.
    """
    with connection.transaction():
        there = connection.execute(
            "SELECT rolname, rolcanlogin OR rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = ANY(%s)",
            [list(GROUPS)],
        ).fetchall()
        wrong = sorted(name for name, is_more in there if is_more)
        if wrong:
            raise SijikuError(
                f"角色 {', '.join(wrong)} 不是普通的组角色。Such a role is no group: it may log in, or sees past "
                "row-level security.",
                "ALTER ROLE … NOLOGIN NOSUPERUSER NOBYPASSRLS, then publish again.",
            )
        for name in sorted(set(GROUPS) - {name for name, _ in there}):
            _run(connection, f"CREATE ROLE {identifier(name)} NOLOGIN")
        groups = ", ".join(map(identifier, GROUPS))
        if not connection.execute("SELECT to_regclass(%s)", [f"{SCHEMA}.member"]).fetchone()[0]:  # type: ignore[index]
            _run(connection, f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            _run(connection, f"COMMENT ON SCHEMA {SCHEMA} IS 'sijiku: who sees what'")
            _run(connection, _MEMBER)
            for what, text in _COMMENTS.items():
                _run(connection, f"COMMENT ON {what} IS {literal(text)}")
            _run(connection, f"ALTER TABLE {SCHEMA}.member ENABLE ROW LEVEL SECURITY")
            _run(
                connection,
                f"CREATE POLICY own_lines ON {SCHEMA}.member FOR SELECT TO {groups} USING (login = current_user)",
            )
            _run(connection, f"GRANT USAGE ON SCHEMA {SCHEMA} TO {groups}")
            _run(connection, f"GRANT SELECT ON {SCHEMA}.member TO {groups}")
        for head, body in _FUNCTIONS.items():
            signature = f"{SCHEMA}.{head.split(')')[0]})"
            _run(
                connection,
                f"CREATE OR REPLACE FUNCTION {SCHEMA}.{head} LANGUAGE sql STABLE SECURITY INVOKER "
                f"SET search_path = pg_catalog, pg_temp AS {literal(body)}",
            )
            _run(connection, f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC")
            _run(connection, f"GRANT EXECUTE ON FUNCTION {signature} TO {groups}")


def guard(connection: psycopg.Connection[Any], tables: Mapping[Table, Sequence[str]], *, prefix: str) -> None:
    """Put policies on every table.

    Args:
        connection: in the transaction that loads the build.
        tables: the build's tables with their columns.
        prefix: what stands before the schemas' names for now.
    """
    groups = ", ".join(map(identifier, GROUPS))
    for table, columns in tables.items():
        name = _name(table, prefix)
        condition = _condition(table, scope_of(table, columns), prefix, has_bridge=BRIDGE in tables)
        _run(connection, f"CREATE POLICY who_sees ON {name} FOR SELECT TO {groups} USING ({condition})")
        if table == FINDING:
            shown = (
                f"SELECT rule.rule_id FROM {_name(RULE, prefix)} AS rule GROUP BY rule.rule_id "
                f"HAVING NOT bool_or({rests_on_protected()})"
            )
            _run(
                connection,
                f"CREATE POLICY police_in_totals ON {name} AS RESTRICTIVE FOR SELECT TO {groups} "
                f"USING (NOT (SELECT {SCHEMA}.is_police()) "
                f"OR (rule_id IN ({shown}) AND NOT {of_protected(table.name)}))",
            )


def close(
    connection: psycopg.Connection[Any], tables: Mapping[Table, Sequence[str]], schemas: Sequence[str], *, prefix: str
) -> None:
    """Bring the policies into force, for the owner too, and let the groups read. After the load, which they stop."""
    groups = ", ".join(map(identifier, GROUPS))
    for table in tables:
        name = _name(table, prefix)
        _run(connection, f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY")
    for schema in map(identifier, schemas):
        _run(connection, f"REVOKE ALL ON SCHEMA {schema} FROM PUBLIC")
        _run(connection, f"GRANT USAGE ON SCHEMA {schema} TO {groups}")
        _run(connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC")
        _run(connection, f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {groups}")


def problems(connection: psycopg.Connection[Any], schemas: Sequence[str]) -> list[str]:
    """What is not guarded in these schemas, as the server's own catalogue has it; nothing if all is.

    A table without row-level security in force, or without a policy for reading; a view that reads with its owner's
    rights; a right to do more than read, or one of somebody who is in no group.
    """
    found = connection.execute(
        """
        WITH relation AS (
            SELECT c.oid, n.nspname || '.' || c.relname AS name, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
                   c.reloptions, c.relacl, c.relowner
            FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = ANY(%(schemas)s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        )
        SELECT name || ' has no row-level security in force' FROM relation
        WHERE relkind IN ('r', 'p') AND NOT (relrowsecurity AND relforcerowsecurity)
        UNION ALL
        SELECT name || ' has no policy' FROM relation
        WHERE relkind IN ('r', 'p') AND NOT EXISTS (
            SELECT FROM pg_policy AS p WHERE p.polrelid = relation.oid AND p.polpermissive AND p.polcmd = 'r'
        )
        UNION ALL
        SELECT name || ' is a view with its owner''s rights' FROM relation
        WHERE relkind = 'v' AND NOT coalesce(reloptions, '{}') && ARRAY['security_invoker=true', 'security_invoker=on']
        UNION ALL
        SELECT name || ' is neither table nor view' FROM relation WHERE relkind IN ('m', 'f', 'S')
        UNION ALL
        SELECT name || ' gives ' || acl.privilege_type || ' to ' || coalesce(r.rolname, 'everybody')
        FROM relation CROSS JOIN aclexplode(relation.relacl) AS acl LEFT JOIN pg_roles AS r ON r.oid = acl.grantee
        WHERE acl.grantee <> relation.relowner
          AND (acl.privilege_type <> 'SELECT' OR coalesce(r.rolname, '') <> ALL(%(groups)s))
        ORDER BY 1
        """,
        {"schemas": list(schemas), "groups": list(GROUPS)},
    ).fetchall()
    return [text for (text,) in found]


def read_log_problem(connection: psycopg.Connection[Any]) -> str | None:
    """Have reads in this database logged by pgaudit, for every login; why they are not, or None if they are.

    The setting is the database's. Logins cannot change it for themselves: `pgaudit.log` is a superuser's. Reads are
    logged by the loaded library alone; pgaudit's extension adds the text of DDL, which nobody here may give.
    """
    if not connection.execute("SELECT 1 FROM pg_settings WHERE name = 'pgaudit.log'").fetchone():
        return "服务器未装载 pgaudit。The server has not loaded pgaudit (shared_preload_libraries). "
    prefix = str(connection.execute("SELECT setting FROM pg_settings WHERE name = 'log_line_prefix'").fetchone())
    if "%u" not in prefix or not any(time in prefix for time in ("%m", "%t", "%n")):
        return "日志行没有用户和时间。log_line_prefix has neither user nor time: set it to '%m [%p] %q%u@%d '. "
    if not _reads_logged(connection):
        try:
            with connection.transaction():
                database = identifier(connection.info.dbname)
                for name, value in (("log", "read"), ("log_relation", "on"), ("log_parameter", "on")):
                    _run(connection, f"ALTER DATABASE {database} SET pgaudit.{name} = {literal(value)}")
        except psycopg.errors.InsufficientPrivilege:
            return "数据库未设 pgaudit.log=read，该用户无权设置。pgaudit.log is not set, and this user may not set it. "
    others = [name for (name,) in connection.execute(_SILENCED).fetchall()]
    if others:
        return f"角色 {', '.join(others)} 的 pgaudit.log 不含 read。These roles have a pgaudit.log of their own. "
    return None


# Settings of pgaudit.log that hold here, and whether they leave reads in.
_SETTINGS = """
    SELECT s.setrole, s.setdatabase,
           (parts.words && ARRAY['read', 'all']) AND NOT (parts.words && ARRAY['-read', 'none']) AS is_logged
    FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS item
    CROSS JOIN LATERAL (
        SELECT regexp_split_to_array(lower(split_part(item, '=', 2)), '[,[:space:]]+') AS words
    ) AS parts
    WHERE item LIKE 'pgaudit.log=%'
      AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
"""
_SILENCED = f"""
    SELECT r.rolname FROM ({_SETTINGS}) AS s JOIN pg_roles AS r ON r.oid = s.setrole
    WHERE NOT s.is_logged AND NOT r.rolsuper ORDER BY 1
"""


def _reads_logged(connection: psycopg.Connection[Any]) -> bool:
    found = connection.execute(
        f"SELECT coalesce(bool_and(is_logged), false) FROM ({_SETTINGS}) AS s "
        "WHERE s.setrole = 0 AND s.setdatabase <> 0".encode()
    ).fetchone()
    of_server = connection.execute(
        "SELECT setting FROM pg_settings "
        "WHERE name = 'pgaudit.log' AND source IN ('configuration file', 'command line')"
    ).fetchone()
    words = set(re.split(r"[,\s]+", of_server[0].lower())) if of_server else set()
    return bool(found and found[0]) or (bool(words & {"read", "all"}) and not words & {"-read", "none"})


def _condition(table: Table, scope: Scope, prefix: str, *, has_bridge: bool) -> str:
    """Whether the current user sees a row. What hangs on the user alone is worked out once for a statement."""
    if scope.is_open:
        return "true"
    if table == CASE:
        return f"finding_id IN (SELECT finding.finding_id FROM {_name(FINDING, prefix)} AS finding)"
    either = [f"(SELECT {SCHEMA}.sees_all())"]
    division = f"coalesce({', '.join(map(identifier, scope.divisions))})" if scope.divisions else None
    if division:
        beneath = f"SELECT code FROM {SCHEMA}.areas() AS code"
        if has_bridge:
            beneath += (
                f" UNION ALL SELECT below.division_code FROM {_name(BRIDGE, prefix)} AS below "
                f"WHERE below.ancestor_code IN (SELECT {SCHEMA}.areas())"
            )
        either.append(f"{division} IN ({beneath})")
    offices = f"SELECT office.bureau, office.division_code FROM {SCHEMA}.offices() AS office"
    if has_bridge:
        offices += (
            f" UNION ALL SELECT office.bureau, below.division_code FROM {SCHEMA}.offices() AS office "
            f"JOIN {_name(BRIDGE, prefix)} AS below ON below.ancestor_code = office.division_code"
        )
    if scope.bureaus:
        for bureau in map(identifier, scope.bureaus):
            either.append(f"{bureau} IN (SELECT {SCHEMA}.bureaus())")
            if division:
                either.append(f"({bureau}, {division}) IN ({offices})")
    else:
        either.append(f"(SELECT EXISTS (SELECT FROM {SCHEMA}.bureaus()))")
        if division:
            either.append(f"{division} IN (SELECT own.division_code FROM ({offices}) AS own)")
    return " OR ".join(either)


def _name(table: Table, prefix: str) -> str:
    return f"{identifier(prefix + table.schema)}.{identifier(table.name)}"


def _run(connection: psycopg.Connection[Any], statement: str) -> None:
    connection.execute(statement.encode())
