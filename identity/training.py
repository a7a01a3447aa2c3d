"""The weights of `identity.scoring`, learned from a library whose people with numbers are known without doubt.

A mention is drawn from each of many people, its number is taken from it, and it is compared with the rest of what is
known of its person, as a record without a number is compared with a person in a build. How often each level of
agreement comes up is m; how often it comes up with people drawn at random is u. No truth is needed, and none is looked
at.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from splink import DuckDBAPI
from splink import Linker as Splink

from identity import kept
from identity.certain import CertainLinker
from identity.profiles import MENTIONS, collapse
from identity.rules import RuleLinker
from identity.scoring import WEIGHTS, comparisons, gather_parties, gather_people, register, settings
from sources.errors import UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

# Fewer people than this say nothing of levels that one in a hundred shows.
_LEAST_PEOPLE = 1_000
# Other cities err in other ways than the one that was learned from: nothing disagrees less often than this between two
# records of one person. A choice.
_LEAST_DISAGREEMENT = 0.01


logger = logging.getLogger("sijiku.identity")


@dataclass(frozen=True)
class Level:
    """One level of a comparison: m among records of one person, u among those of two."""

    comparison: str
    level: str
    m: float
    u: float


def train(
    workdir: Workdir,
    out: Path = WEIGHTS,
    people: int = 100_000,
    pairs: int = 5_000_000,
    seed: int = 1,
    progress: Callable[[str], None] | None = None,
) -> list[Level]:
    """Learn the weights from a library and write them to a file.

    Args:
        workdir: its warehouse holds the mentions; it is left as it is.
        out: written as JSON. A build uses the file that is in the package.
        people: at most so many are drawn.
        pairs: so many pairs of a record and another person are compared for u.

    Returns:
        The levels in the order of the file.

    Raises:
        UsageError: there is no library, or too few people with numbers are in it.
        SijikuError: there are no mentions.
    """
    say = progress or logger.info
    if not workdir.warehouse.is_file():
        raise UsageError(f"没有库 {workdir.path}。There is no library in {workdir.path}.", "Run sijiku build first.")
    with open_warehouse(workdir, read_only=True) as connection:
        connection.execute("USE memory")
        say("train: linking what the rules can link")
        collapse(connection, mention_table="mention", profile_table="profile")
        kept.begin(connection, is_full=True)
        for linker in (CertainLinker(), RuleLinker()):
            linker.edges(connection, "profile", "linker_edge")
        drawn = _draw(connection, people, seed)
        if drawn < _LEAST_PEOPLE:
            raise UsageError(
                f"只有 {drawn} 人可用于训练，至少要 {_LEAST_PEOPLE} 人。Only {drawn} people have records enough, and "
                f"{_LEAST_PEOPLE} are needed.",
                "Train on a larger library.",
            )
        say(f"train: learning from {drawn} people")
        levels = _learn(connection, drawn, pairs, seed)
    _write(levels, out, {"people": drawn, "pairs": pairs, "seed": seed})
    return levels


def _draw(connection: duckdb.DuckDBPyConnection, people: int, seed: int) -> int:
    """drawn: one mention each of people who have others. Which, the seed decides, by what stands in the mention."""
    connection.execute(
        "CREATE OR REPLACE TABLE drawn AS WITH spoken AS ("
        f"SELECT k.person, m.profile_id, m.mention_id, md5(p.record_key || p.role || '{seed}') AS luck "
        "FROM mention AS m JOIN known AS k USING (profile_id) "
        f"JOIN {MENTIONS} AS p ON p.record_ref = m.record_ref AND p.role = m.role), "
        "one AS (SELECT person, arg_min(profile_id, luck) AS profile_id, arg_min(mention_id, luck) AS mention_id, "
        "min(luck) AS luck FROM spoken GROUP BY person HAVING count(*) > 1 "
        f"ORDER BY luck LIMIT {people}) "
        "SELECT one.* EXCLUDE (luck), profile.mentions = 1 AS is_alone FROM one JOIN profile USING (profile_id)"
    )
    row = connection.execute("SELECT count(*) FROM drawn").fetchone()
    return row[0] if row else 0


def _learn(connection: duckdb.DuckDBPyConnection, drawn: int, pairs: int, seed: int) -> list[Level]:
    gather_parties(
        connection,
        "SELECT d.mention_id AS party_id, k.* REPLACE (NULL AS id_number) "
        "FROM drawn AS d JOIN known AS k USING (profile_id)",
        "SELECT mention_id AS party_id, place, workplace FROM mention SEMI JOIN drawn USING (mention_id)",
        "record_party",
    )
    gather_people(connection, "SELECT person FROM drawn", without="drawn")
    connection.execute(
        "CREATE OR REPLACE TABLE label AS SELECT 'person_party' AS source_dataset_l, person AS party_id_l, "
        "'record_party' AS source_dataset_r, mention_id AS party_id_r FROM drawn"
    )
    database = DuckDBAPI(connection)
    linker = Splink(register(database), settings(list(comparisons())), log_level=None)
    linker.training.estimate_u_using_random_sampling(max_pairs=pairs, seed=seed)
    linker.training.estimate_m_from_pairwise_labels(database.register("label"))  # type: ignore[no-untyped-call]
    model = linker.misc.save_model_to_json()
    return [
        Level(
            comparison["output_column_name"],
            level["label_for_charts"],
            # A level that never came up is rarer than one in all that were looked at.
            max(
                _seen(level.get("m_probability"), drawn),
                _LEAST_DISAGREEMENT if level["label_for_charts"] == "else" else 0,
            ),
            _seen(level.get("u_probability"), pairs),
        )
        for comparison in model["comparisons"]
        for level in comparison["comparison_levels"]
        if not level.get("is_null_level")
    ]


def _seen(probability: float | None, looked_at: int) -> float:
    return max(probability or 0.0, 0.5 / looked_at)


def _write(levels: list[Level], out: Path, about: dict[str, Any]) -> None:
    weights: dict[str, dict[str, list[float]]] = {}
    for level in levels:
        weights.setdefault(level.comparison, {})[level.level] = [float(f"{p:.4g}") for p in (level.m, level.u)]
    text = json.dumps({"about": about, "weights": weights}, ensure_ascii=False, indent=1)
    out.write_text(text + "\n", encoding="utf-8")
