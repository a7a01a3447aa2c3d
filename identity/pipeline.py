"""From mentions to persons: collapse, link, cluster, give numbers, write the identity schema."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import get_args

import duckdb

from identity import decisions, kept, queue
from identity.certain import CertainLinker
from identity.cluster import connected_components
from identity.constraints import CERTAIN, LINK, keep_apart, keep_decided_apart, release_unlinked
from identity.decisions import DecidedLinker
from identity.linker import EDGE_COLUMNS, Linker, LinkMethod, start_edges
from identity.profiles import AS_IT_IS, MENTIONS, NAMES, collapse, one_of, refuse_absent, refuse_unnamed
from identity.registry import EVENTS, REFERENCES, assign
from identity.rules import LeftoverLinker, RuleLinker, SecondRuleLinker
from identity.scoring import SplinkLinker
from sources.errors import SijikuError
from sources.huge_pages import ask_for_huge_pages
from sources.state import State
from sources.warehouse import CATALOG, few, open_warehouse
from sources.workdir import Workdir

LINKERS: tuple[Linker, ...] = (
    CertainLinker(),
    RuleLinker(),
    SplinkLinker(),
    SecondRuleLinker(),
    LeftoverLinker(),
    DecidedLinker(),
)

_SCHEMA = f"{CATALOG}.identity"
# Shares of the engine's memory. With all of it a whole city is linked about a tenth faster, and holds twice as much. A
# run that goes on from the last one reads the same tables again and again: with this much most stay where they are.
_MEMORY, _MEMORY_TO_GO_ON = 0.32, 0.6

# Of which rows of the tables made here the last run, not being a full one, may have made others: a condition in SQL
# over the warehouse. A link that is not what it was, in any of its columns, has its person in touched_person, before
# and after; the registry's logs grow by what a build appends, and each new person by an event of its own.
_OF_THIS_BUILD = "build_id IN (SELECT build_id FROM raw.build)"
RENEWED = {
    "identity.person_xref": "person_id IN (SELECT person_id FROM identity.touched_person)",
    "identity.person_event": _OF_THIS_BUILD,
    "identity.person_ref": f"person_id IN (SELECT person_id FROM identity.person_event WHERE {_OF_THIS_BUILD})",
    "identity.mention": "record_ref IN (SELECT record_ref FROM mentions.int_person__changed_record)",
}
# Where those rows stand by themselves, as they are now, after a run that is not a full one.
CHANGED = {"identity.mention": "identity.int_mention__changed"}
# What explanations look at: in the working warehouse a view, so nothing is written twice; published, a table.
_MENTION = (
    "SELECT record_ref, role, _delivery AS delivery, _file AS file, _row AS row, name, name_norm, name_key, sex, "
    "birth_date, id_number, nullif(id_number_raw, id_number) AS id_number_raw, id_number_status, phone, division_code, "
    "division_status, hukou_division, mother_name, mother_name_key, mother_id_number, guardian_name, "
    "guardian_name_key, guardian_id_number, household_key, employer FROM "
)

logger = logging.getLogger("sijiku.identity")


@dataclass(frozen=True)
class IdentityReport:
    """What identity did, in counts.

    `links` counts mentions by how they are bound to their person: certain, probable, decided or single (the person has
    no other mention). `cut` counts the links that would have made two bearers of numbers one person. `events` counts
    the events that this run appended to the registry, by kind. `decisions` counts what people decided: the standing
    ones by kind, `gone` of which a mention is no more and `contradictory` ones, which are left out; `review` the pairs
    that wait for somebody.
    """

    mentions: int
    profiles: int
    persons: int
    links: dict[str, int]
    cut: int
    events: dict[str, int]
    decisions: dict[str, int]
    review: int


def identify(
    workdir: Workdir,
    build_id: str,
    progress: Callable[[str], None] | None = None,
    linkers: Sequence[Linker] = LINKERS,
    *,
    is_full: bool = True,
) -> IdentityReport:
    """Say which mentions are one person, and write tables identity.person_xref, person_event and person_ref;
    identity.touched_person (person_id): of whom the mentions are not, or not what they were, in the last run, and who
    is meant in a record with them where somebody else is;
    identity.relinked_record (dataset, record_ref): in which somebody else is meant than in the last run;
    review_pair, review_mention and decision (see `identity.queue`); and view identity.mention: what linking saw of each
    mention, and where it stands.

    Args:
        workdir: its warehouse holds `mentions.int_person__mentions`; its state the registry.
        build_id: of the running build.
        progress: called with a line of text as each step begins.
        linkers: their edges are clustered together, and clusters that hold two bearers of numbers taken apart. Others
            than LINKERS run in full only.
        is_full: link everything anew, and leave touched_person and relinked_record empty. Otherwise only what may be
            another now that the records of `mentions.int_person__changed_record` have changed since the last run; the
            result is the same.

    Raises:
        SijikuError: the mentions are missing or named twice, one was left without a person, or what the last run kept
            is not there although this one is not to be full.
    """
    say = progress or logger.info
    if is_full:
        ask_for_huge_pages()
    state = State(workdir.state)
    with open_warehouse(workdir, memory=_MEMORY if is_full else _MEMORY_TO_GO_ON) as connection:
        # What is worked with goes to the connection's own catalog, which spills to scratch and vanishes with it.
        connection.execute("USE memory")
        # It is not tidied up meanwhile: for a few rows that were taken out, millions would be written anew. Nor is the
        # warehouse, until it is closed.
        connection.execute("SET checkpoint_threshold = '1TB'")
        refuse_absent(connection)
        decisions.gather(connection, state)
        if is_full:
            say("identity: collapsing equal mentions to profiles")
            kept.forget(connection)
            collapse(
                connection,
                mention_table=kept.MENTION,
                profile_table="profile",
                own_table="own_profile",
                is_keyed=True,
            )
            kept.see_mentions(connection)
        else:
            say("identity: looking for mentions that changed")
            if not kept.is_there(connection):
                raise SijikuError(
                    "仓库中没有上次识别的完整结果。The warehouse holds no finished linking to go on from.",
                    "请重新完整建库：sijiku build --full。Build in full: sijiku build --full.",
                )
            kept.take_changes(connection)
        contradictory = kept.begin(connection, is_full=is_full)
        _gather_edges(connection, linkers, say, is_full=is_full)
        # All links are millions: in a full run they are not written once more for what follows.
        edges = kept.EDGE if is_full else "edge"
        say("identity: clustering")
        kept.keep_links(connection)
        if not is_full:
            kept.put_back(connection)
        connected_components(connection, edge_table=edges, out_table="cluster", star=CERTAIN, star_table="star")
        cut = keep_apart(
            connection,
            edge_table=edges,
            anchor_table="anchor",
            cluster_table="cluster",
            bond_table="together",
            star_table="star",
        )
        connection.execute("DROP TABLE star")
        keep_decided_apart(
            connection,
            edge_table=edges,
            apart_table="apart",
            cluster_table="cluster",
            profile_table="profile" if is_full else kept.PROFILE,
        )
        release_unlinked(connection, edge_table=edges, cluster_table="cluster")
        say("identity: keeping what the next run goes on from")
        if is_full:
            kept.keep_all(connection)
        else:
            kept.keep_clusters(connection)
        _group(connection, edges, is_full=is_full)
        if is_full:
            kept.restore_links(connection)
        say("identity: looking for what somebody should look at")
        queue.find(connection)
        kept.end(connection)
        say("identity: giving person numbers")
        # One that goes on has looked at its changed records before it took them in.
        if is_full:
            refuse_unnamed(connection, kept.MENTION)
        events = assign(
            connection,
            state,
            build_id,
            group_table="mention_group",
            out_table="person",
            gone_table=None if is_full else "mention_was",
            rivals=None if is_full else lambda: _gather_rivals(connection),
        )
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {_SCHEMA}")
        connection.execute(f"CREATE OR REPLACE VIEW {_SCHEMA}.mention AS {_MENTION}{MENTIONS}")
        if is_full:
            _write(connection, state)
        else:
            changed = f"{CATALOG}.{CHANGED['identity.mention']}"
            connection.execute(f"CREATE OR REPLACE VIEW {changed} AS {_MENTION}{kept.CHANGED_MENTIONS}")
            _write_changes(connection, state)
        if tuple(linkers) == LINKERS:
            connection.execute(f"INSERT INTO {kept.RUN} VALUES (?)", [build_id])
        report = _report(connection, events, cut, contradictory)
    logger.info(
        "%d mentions, %d profiles, %d persons; %s; decided: %s; to review: %d",
        report.mentions,
        report.profiles,
        report.persons,
        ", ".join(f"{count} {kind}" for kind, count in report.events.items()) or "no changes to the registry",
        ", ".join(f"{count} {kind}" for kind, count in report.decisions.items()) or "nothing",
        report.review,
    )
    return report


def _gather_edges(
    connection: duckdb.DuckDBPyConnection, linkers: Sequence[Linker], say: Callable[[str], None], *, is_full: bool
) -> None:
    """edge: what all linkers found, with the method and the linker of each. In a full run it is kept as it comes."""
    # Of links there are millions, and of these words a few.
    words = {"method": get_args(LinkMethod), "linker": [linker.name for linker in linkers]}
    table = kept.EDGE if is_full else "edge"
    start_edges(connection, table, *(f"{name} {one_of(some)}" for name, some in words.items()))
    for linker in linkers:
        say(f"identity: linking, {linker.name}")
        linker.edges(connection, "profile", "linker_edge")
        connection.execute(
            f"INSERT INTO {table} SELECT {', '.join(EDGE_COLUMNS)}, '{linker.method}', '{linker.name}' FROM linker_edge"
        )
        connection.execute("DROP TABLE linker_edge")


def _group(connection: duckdb.DuckDBPyConnection, edge_table: str, *, is_full: bool) -> None:
    """mention_group: each mention with its group, and the surest link that holds it there; of all mentions a view, for
    they are too many to be written once more. profile_group: the same of each profile that an edge touches.

    A profile that no edge touches falls apart into its mentions; their groups are numbered below zero. In a star of
    certain links each profile has one of its own, and that counts: which of them is the centre is of no meaning.
    """
    connection.execute(
        f"CREATE OR REPLACE TABLE profile_group AS SELECT profile_id, cluster_id, link.method AS method, "
        f"link.confidence AS confidence, link.evidence AS evidence FROM cluster LEFT JOIN ({LINK.format(edge_table)}) "
        "USING (profile_id)"
    )
    form, mentions = "VIEW", kept.MENTION
    if not is_full:
        form, mentions = "TABLE", f"(SELECT * FROM mention WHERE profile_id IN ({few('profile_id', 'around')}))"
    connection.execute(
        f"CREATE OR REPLACE {form} mention_group AS SELECT dataset, record_key, mention_id, record_ref, role, "
        "coalesce(cluster_id, -mention_id) AS group_id, CAST(method AS VARCHAR) AS method, confidence, evidence "
        f"FROM {mentions} LEFT JOIN profile_group USING (profile_id)"
    )


def _gather_rivals(connection: duckdb.DuckDBPyConnection) -> bool:
    """Add to mention_group the mentions of persons whom nothing concerns, but whose number one of those whom something
    concerns once had: they may ask for it. Says whether there are any. Reads past (see `identity.registry.assign`)."""
    # The number that a mention has now is its person's, of whom all mentions are there. Most never had another.
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE left_number AS WITH renamed AS ("
        "SELECT record_ref, role, max(segment) AS latest FROM past "
        "WHERE segment > (SELECT min(segment) FROM past) GROUP BY record_ref, role) "
        "SELECT p.person_id FROM past AS p JOIN renamed USING (record_ref, role) WHERE p.segment < latest EXCEPT "
        "SELECT p.person_id FROM past AS p LEFT JOIN renamed USING (record_ref, role) "
        "WHERE latest IS NULL OR p.segment = latest"
    )
    if not kept.any_row(connection, "left_number"):
        return False
    connection.execute(
        f"CREATE OR REPLACE TABLE rival AS SELECT * FROM (SELECT * FROM {_SCHEMA}.person_xref "
        f"WHERE person_id IN ({few('person_id', 'left_number')})) "
        "ANTI JOIN mention_group USING (record_ref, role) ANTI JOIN mention_was USING (record_ref, role)"
    )
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE rival_mention AS SELECT mention_id, record_ref, role, profile_id FROM mention "
        f"WHERE record_ref IN ({few('record_ref', 'rival')})"
    )
    row = connection.execute(
        "INSERT INTO mention_group BY NAME SELECT r.* EXCLUDE (person_id), m.mention_id, "
        "coalesce(p.cluster_id, -m.mention_id) AS group_id FROM rival AS r JOIN rival_mention AS m "
        f"USING (record_ref, role) JOIN {kept.PROFILE} AS p USING (profile_id)"
    ).fetchone()
    return bool(row and row[0])


def _linked(grouped: str) -> str:
    """Query of the rows of person_xref for a query of mentions.

    Args:
        grouped: columns dataset, record_key, role, record_ref, group_id, method, confidence, evidence.
    """
    return (
        "SELECT g.dataset, g.record_key, g.role, g.record_ref, p.person_id, "
        "CASE WHEN p.mentions = 1 THEN 'single' ELSE g.method END AS method, "
        "CASE WHEN p.mentions = 1 THEN CAST(1 AS DOUBLE) ELSE g.confidence END AS confidence, "
        "CASE WHEN p.mentions > 1 THEN g.evidence END AS evidence "
        f"FROM ({grouped}) AS g LEFT JOIN person AS p ON p.group_id = g.group_id"
    )


_LOGGED = {
    "person_event": (EVENTS, "event_id, build_id, person_id, kind, other_person_id, reason"),
    "person_ref": (REFERENCES, "person_id, person_ref"),
}


def _write(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """The tables of schema identity, all or none."""
    connection.execute("BEGIN")
    link = {"person_id": f"VARCHAR {AS_IT_IS}", "method": "VARCHAR", "confidence": "DOUBLE", "evidence": "VARCHAR"}
    described = ", ".join(f"{name} {form}" for name, form in (NAMES | link).items())
    connection.execute(f"CREATE OR REPLACE TABLE {_SCHEMA}.person_xref ({described})")
    connection.execute(f"INSERT INTO {_SCHEMA}.person_xref BY NAME {_linked('FROM mention_group')}")
    for table, (log, columns) in _LOGGED.items():
        connection.execute(f"CREATE OR REPLACE TABLE {_SCHEMA}.{table} AS SELECT {columns} FROM ({state.select(log)})")
    connection.execute(f"CREATE OR REPLACE TABLE {_SCHEMA}.touched_person (person_id VARCHAR)")
    connection.execute(f"CREATE OR REPLACE TABLE {_SCHEMA}.relinked_record (dataset VARCHAR, record_ref VARCHAR)")
    queue.write(connection, state, _SCHEMA)
    _assert_one_person_each(connection)
    connection.execute("COMMIT")


def _write_changes(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """The same tables, changed where they are not the same any more."""
    xref = f"{_SCHEMA}.person_xref"
    changed = f"SELECT record_ref FROM {kept.CHANGED}"
    # Of records that have not changed most links are as they were, and need no further look; other mentions of these
    # records may be of people whom nothing concerns.
    link = ("person_id", "method", "confidence", "evidence")
    differs = " OR ".join(f"was.{column} IS DISTINCT FROM now.{column}" for column in link)
    connection.execute(f"CREATE OR REPLACE TABLE concerns AS {_linked('FROM mention_group')}")
    connection.execute(
        f"CREATE OR REPLACE TABLE link_stood AS SELECT rowid AS place, dataset, record_ref, role, {', '.join(link)} "
        f"FROM {xref} WHERE record_ref IN ("
        f"{few('record_ref', f'(SELECT record_ref FROM concerns UNION {changed})')})"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE link_was AS SELECT was.* FROM link_stood AS was "
        "LEFT JOIN concerns AS now ON now.record_ref = was.record_ref AND now.role = was.role "
        f"WHERE was.record_ref IN ({changed}) OR (now.record_ref IS NOT NULL AND ({differs}))"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE spoken AS SELECT dataset, record_key, role, record_ref FROM "
        f"{kept.CHANGED_MENTIONS} UNION ALL SELECT dataset, record_key, role, record_ref FROM concerns "
        f"SEMI JOIN link_was USING (record_ref, role) WHERE record_ref NOT IN ({changed})"
    )
    grouped = (
        "SELECT s.*, group_id, method, confidence, evidence FROM spoken AS s "
        "JOIN mention_group AS g ON g.record_ref = s.record_ref AND g.role = s.role"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE link_now AS {_linked(grouped)} "
        # A record of which nothing changed that linking looks at, of a person whom nothing concerns.
        f"UNION ALL SELECT s.dataset, s.record_key, role, record_ref, {', '.join(link)} FROM link_was "
        "JOIN spoken AS s USING (record_ref, role) ANTI JOIN mention_group USING (record_ref, role)"
    )
    same = " AND ".join(f"was.{column} IS NOT DISTINCT FROM now.{column}" for column in link)
    connection.execute(
        "CREATE OR REPLACE TABLE link_same AS SELECT record_ref, role FROM link_was AS was "
        f"JOIN link_now AS now USING (record_ref, role) WHERE {same}"
    )
    for table, links in (("link_gone", "link_was"), ("link_come", "link_now")):
        connection.execute(
            f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {links} ANTI JOIN link_same USING (record_ref, role)"
        )
    connection.execute("BEGIN")
    connection.execute(f"DELETE FROM {xref} WHERE rowid IN (SELECT place FROM link_gone)")
    connection.execute(f"INSERT INTO {xref} BY NAME FROM link_come")
    for table, (log, columns) in _LOGGED.items():
        # A log only grows, and each of its lines has an id of its own in the first column or the second.
        key = columns.split(", ")[0]
        connection.execute(
            f"INSERT INTO {_SCHEMA}.{table} SELECT {columns} FROM ({state.select(log)}) "
            f"WHERE {key} NOT IN (SELECT {key} FROM {_SCHEMA}.{table})"
        )
    connection.execute(
        f"CREATE OR REPLACE TABLE {_SCHEMA}.relinked_record AS SELECT DISTINCT dataset, record_ref "
        "FROM link_gone AS was FULL JOIN link_come AS now USING (dataset, record_ref, role) "
        "WHERE was.person_id IS DISTINCT FROM now.person_id"
    )
    connection.execute(
        f"CREATE OR REPLACE TABLE {_SCHEMA}.touched_person AS "
        "SELECT person_id FROM link_gone UNION SELECT person_id FROM link_come "
        f"UNION SELECT person_id FROM link_was WHERE record_ref IN ({changed}) "
        f"UNION SELECT person_id FROM link_now WHERE record_ref IN ({changed}) "
        f"UNION SELECT person_id FROM link_stood WHERE record_ref IN (SELECT record_ref FROM {_SCHEMA}.relinked_record)"
    )
    queue.write(connection, state, _SCHEMA)
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


def _report(
    connection: duckdb.DuckDBPyConnection, events: dict[str, int], cut: int, contradictory: int
) -> IdentityReport:
    row = connection.execute(
        # A cluster is a person, and so is each mention that is in none.
        "SELECT sum(mentions), count(*), count(DISTINCT cluster_id) "
        "+ coalesce(sum(mentions) FILTER (cluster_id IS NULL), 0), "
        f"(SELECT count(*) FROM {_SCHEMA}.review_pair) FROM {kept.PROFILE}"
    ).fetchone()
    mentions, profiles, persons, review = (int(count or 0) for count in row or (0, 0, 0, 0))
    links, decided = (
        dict(connection.execute(query).fetchall())
        for query in (
            f"SELECT method, count(*) FROM {_SCHEMA}.person_xref GROUP BY method ORDER BY method",
            "SELECT CASE WHEN is_applied THEN decision ELSE 'gone' END AS kind, count(*) "
            f"FROM {_SCHEMA}.decision WHERE is_standing GROUP BY kind ORDER BY kind",
        )
    )
    if contradictory:
        decided["contradictory"] = contradictory
    return IdentityReport(
        mentions=mentions,
        profiles=profiles,
        persons=persons,
        links=links,
        cut=cut,
        events=events,
        decisions=decided,
        review=review,
    )
