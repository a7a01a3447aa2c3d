"""From mentions to persons: collapse, link, cluster, give numbers, write the identity schema."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from identity.certain import CertainLinker
from identity.cluster import connected_components
from identity.constraints import keep_apart
from identity.linker import EDGE_COLUMNS, Linker, start_edges
from identity.profiles import MENTIONS, collapse
from identity.registry import EVENTS, REFERENCES, assign
from identity.rules import LeftoverLinker, RuleLinker
from identity.scoring import SplinkLinker
from sources.errors import SijikuError
from sources.state import State
from sources.warehouse import CATALOG, open_warehouse
from sources.workdir import Workdir

LINKERS: tuple[Linker, ...] = (CertainLinker(), RuleLinker(), SplinkLinker(), LeftoverLinker())

_SCHEMA = f"{CATALOG}.identity"

logger = logging.getLogger("sijiku.identity")


@dataclass(frozen=True)
class IdentityReport:
    """What identity did, in counts.

    `links` counts mentions by how they are bound to their person: certain, probable or single (the person has no other
    mention). `cut` counts the links that would have made two bearers of numbers one person. `events` counts the events
    that this run appended to the registry, by kind.
    """

    mentions: int
    profiles: int
    persons: int
    links: dict[str, int]
    cut: int
    events: dict[str, int]


def identify(
    workdir: Workdir,
    build_id: str,
    progress: Callable[[str], None] | None = None,
    linkers: Sequence[Linker] = LINKERS,
) -> IdentityReport:
    """Say which mentions are one person, and write tables identity.person_xref, person_event and person_ref.

    Args:
        workdir: its warehouse holds `mentions.int_person__mentions`; its state the registry.
        build_id: of the running build.
        progress: called with a line of text as each step begins.
        linkers: their edges are clustered together, and clusters that hold two bearers of numbers taken apart.

    Raises:
        SijikuError: the mentions are missing or named twice, or one was left without a person.
    """
    say = progress or logger.info
    state = State(workdir.state)
    with open_warehouse(workdir) as connection:
        # What is worked with goes to the connection's own catalog, which spills to scratch and vanishes with it.
        connection.execute("USE memory")
        say("identity: collapsing equal mentions to profiles")
        collapse(connection, mention_table="mention", profile_table="profile")
        _gather_edges(connection, linkers, say)
        say("identity: clustering")
        connected_components(connection, edge_table="edge", out_table="cluster")
        cut = keep_apart(connection, edge_table="edge", anchor_table="anchor", cluster_table="cluster")
        _group(connection)
        say("identity: giving person numbers")
        events = assign(connection, state, build_id, group_table="mention_group", out_table="person")
        _write(connection, state)
        report = _report(connection, events, cut)
    logger.info(
        "%d mentions, %d profiles, %d persons; %s",
        report.mentions,
        report.profiles,
        report.persons,
        ", ".join(f"{count} {kind}" for kind, count in report.events.items()) or "no changes to the registry",
    )
    return report


def _gather_edges(connection: duckdb.DuckDBPyConnection, linkers: Sequence[Linker], say: Callable[[str], None]) -> None:
    """edge: what all linkers found, with the method of each. anchor: whom they know to be different people."""
    start_edges(connection, "edge", "method VARCHAR")
    connection.execute("CREATE OR REPLACE TABLE anchor (profile_id BIGINT, person BIGINT)")
    for linker in linkers:
        say(f"identity: linking, {linker.name}")
        linker.edges(connection, "profile", "linker_edge")
        connection.execute(f"INSERT INTO edge SELECT {', '.join(EDGE_COLUMNS)}, '{linker.method}' FROM linker_edge")
        connection.execute("DROP TABLE linker_edge")


def _group(connection: duckdb.DuckDBPyConnection) -> None:
    """mention_group: each mention with its group, and the surest link that holds it there.

    A profile that no edge touches falls apart into its mentions; their groups are numbered below zero.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE profile_link AS SELECT profile_id, "
        "arg_max(struct_pack(method, confidence, evidence), (confidence, method = 'certain', evidence)) AS link FROM ("
        "SELECT profile_l AS profile_id, method, confidence, evidence FROM edge "
        "UNION ALL SELECT profile_r, method, confidence, evidence FROM edge) GROUP BY profile_id"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE mention_group AS SELECT mention_id, record_ref, role, "
        "coalesce(cluster_id, -mention_id) AS group_id, link.method AS method, link.confidence AS confidence, "
        "link.evidence AS evidence "
        "FROM mention LEFT JOIN cluster USING (profile_id) LEFT JOIN profile_link USING (profile_id)"
    )


def _write(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """The tables of schema identity, all or none."""
    connection.execute("BEGIN")
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
    connection.execute(
        f"CREATE OR REPLACE TABLE {_SCHEMA}.person_xref AS "
        "WITH size AS (SELECT group_id, count(*) AS mentions FROM mention_group GROUP BY group_id) "
        "SELECT m.dataset, m.record_key, m.role, m.record_ref, p.person_id, "
        "CASE WHEN s.mentions = 1 THEN 'single' ELSE g.method END AS method, "
        "CASE WHEN s.mentions = 1 THEN CAST(1 AS DOUBLE) ELSE g.confidence END AS confidence, "
        "CASE WHEN s.mentions > 1 THEN g.evidence END AS evidence "
        f"FROM {MENTIONS} AS m LEFT JOIN mention_group AS g ON g.record_ref = m.record_ref AND g.role = m.role "
        "LEFT JOIN person AS p ON p.group_id = g.group_id LEFT JOIN size AS s ON s.group_id = g.group_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {_SCHEMA}.person_event AS "
        f"SELECT event_id, build_id, person_id, kind, other_person_id, reason FROM ({state.select(EVENTS)})"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {_SCHEMA}.person_ref AS "
        f"SELECT person_id, person_ref FROM ({state.select(REFERENCES)})"
    )
    _assert_one_person_each(connection)
    connection.execute("COMMIT")


def _assert_one_person_each(connection: duckdb.DuckDBPyConnection) -> None:
    row = connection.execute(
        f"SELECT (SELECT count(*) FROM {MENTIONS}), count(*), count(person_id) FROM {_SCHEMA}.person_xref"
    ).fetchone()
    mentions, linked, numbered = row or (0, 0, 0)
    if not mentions == linked == numbered:
        raise SijikuError(
            f"Of {mentions} mentions {numbered} have a person in {linked} rows: each must have exactly one.",
            "Keep the workdir as it is and report this: identity.pipeline lost or doubled mentions.",
        )


def _report(connection: duckdb.DuckDBPyConnection, events: dict[str, int], cut: int) -> IdentityReport:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM mention), (SELECT count(*) FROM profile), (SELECT count(*) FROM person)"
    ).fetchone()
    mentions, profiles, persons = row or (0, 0, 0)
    links = dict(
        connection.execute(
            f"SELECT method, count(*) FROM {_SCHEMA}.person_xref GROUP BY method ORDER BY method"
        ).fetchall()
    )
    return IdentityReport(mentions=mentions, profiles=profiles, persons=persons, links=links, cut=cut, events=events)
