"""What became of person numbers since a build, for whoever holds numbers from then.

The events are those of the registry (`identity.registry`), in the order in which they were written down. The net view
follows them: of each number that stood for somebody then and does not now, or that others parted from, the number now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from identity.registry import EVENTS, build_of
from sources.errors import UsageError
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir

if TYPE_CHECKING:
    import polars as pl

OWNER_ONLY_FILE = 0o600

_BEGUN = "('created', 'split', 'revived')"
_EVENTS = """
    SELECT row_number() OVER (ORDER BY _segment, kind, person_id, event_id) AS place,
           build_id, kind, person_id, other_person_id, reason
    FROM ({log}) WHERE _segment > {since} AND _segment <= {until} ORDER BY place
"""
# A number that ends points to another that stood for somebody then: so the chain of last events goes forward in time,
# and ends at a number that stands now or at none.
_NET = """
    WITH RECURSIVE event AS MATERIALIZED (FROM ({log}) WHERE _segment <= {until}),
    standing AS MATERIALIZED (
        SELECT person_id, last.kind IN {begun} AS is_now, coalesce(kind_then IN {begun}, false) AS was_then,
               last.other_person_id AS other_person_id, last.kind AS kind
        FROM (
            SELECT person_id, arg_max(struct_pack(kind, other_person_id), _segment) AS last,
                   arg_max(kind, _segment) FILTER (_segment <= {since}) AS kind_then
            FROM event GROUP BY person_id
        )
    ),
    chain AS (
        SELECT person_id, other_person_id AS at_number FROM standing WHERE was_then AND NOT is_now
        UNION ALL
        SELECT chain.person_id, standing.other_person_id
        FROM chain JOIN standing ON standing.person_id = chain.at_number WHERE NOT standing.is_now
    ),
    ended AS (
        SELECT person_id, max(at_number) FILTER (at_number IN (SELECT person_id FROM standing WHERE is_now)) AS now
        FROM chain GROUP BY person_id
    ),
    net AS (
        SELECT person_id, CASE WHEN now IS NULL THEN 'retired' ELSE 'merged' END AS kind, now AS person_id_now
        FROM ended
        UNION ALL
        SELECT origin.person_id,
               CASE WHEN begun.kind = 'revived' THEN 'revived' WHEN origin.person_id IS NULL THEN 'created'
                    ELSE 'split' END, begun.person_id
        FROM standing AS begun
        LEFT JOIN standing AS origin ON origin.person_id = begun.other_person_id AND origin.was_then
        WHERE begun.is_now AND NOT begun.was_then
    )
    SELECT person_id, kind, person_id_now FROM net ORDER BY kind, person_id NULLS FIRST, person_id_now
"""


@dataclass(frozen=True)
class Change:
    """What became of numbers.

    Attributes:
        table: events (place, build_id, kind, person_id, other_person_id, reason; one row per event, `place` counts from
            1 in the order written) or, net, person_id (as the holder has it; null for one she cannot have), kind
            (merged, retired, split, revived, created) and person_id_now (null where nobody is left).
        counts: rows by kind.
        builds: the builds after the one named, in order.
    """

    table: pl.DataFrame
    counts: dict[str, int]
    builds: tuple[str, ...]


def changed_since(workdir: Workdir, builds: Sequence[str], since: str, *, is_net: bool = False) -> Change:
    """The events of all builds after one, or what they come to.

    What a build wrote that was then not published, because a check blocked it, is told with the build after it.

    Args:
        workdir: its state holds the registry.
        builds: the published builds, the earliest first.
        since: the build from which somebody holds numbers.
        is_net: one row per number that is not what it was, instead of the events.

    Raises:
        UsageError: no build of that name was published.
    """
    if since not in builds:
        shown = [*builds[-10:]][::-1]
        raise UsageError(
            f"没有这次建库：{since}。No build {since} was published.",
            f"已知的建库，新的在前。Known builds, the newest first: {', '.join(shown)}"
            + (f" … ({len(builds)})" if len(builds) > len(shown) else "."),
        )
    after = builds[builds.index(since) + 1 :]
    state = State(workdir.state)
    numbered = [(int(path.name[:6]), build_of(path.name)) for path in state.segments(EVENTS)]
    until = max((number for number, build in numbered if build in builds), default=0)
    begin = max((number for number, build in numbered if build in builds and build not in after), default=0)
    query = (_NET if is_net else _EVENTS).format(log=state.select(EVENTS), since=begin, until=until, begun=_BEGUN)
    with open_engine(workdir) as connection:
        table = connection.execute(query).pl()
    counts = table.group_by("kind").len().sort("kind")
    return Change(table, dict(counts.iter_rows()), tuple(after))


def write(table: pl.DataFrame, file: Path, form: Literal["csv", "parquet"]) -> None:
    """Write a table as a file that its owner alone can read; numbers of persons are nobody else's business."""
    file.touch(mode=OWNER_ONLY_FILE)
    file.chmod(OWNER_ONLY_FILE)
    if form == "csv":
        table.write_csv(file)
    else:
        table.write_parquet(file, compression="zstd")
