"""Who the records are that no rule could place: each is scored against the people it may be, by Splink.

Splink weighs agreement and disagreement of each field (Fellegi and Sunter 1969) by weights that `sijiku train` learns
and a file keeps: nothing is trained in a build. A record is compared with people, not with other records: a person
has all the phones, addresses and employers that her records have.

A record is one person at most, and the people who bear numbers are different people. So what speaks for one of them
speaks against the others: the probability that it is person k is odds(k) / (1 + the sum of all odds), where 1 stands
for nobody listed, and odds are how many times likelier than that it is. What is compared, and from which threshold
on, stands in identity/models/population.yml.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
from splink import DuckDBAPI
from splink import Linker as Splink

from identity import decisions, kept
from identity.linker import start_edges
from identity.population import POPULATION
from identity.rules import SPLINK_STEP, give
from sources.errors import SijikuError
from sources.warehouse import few

WEIGHTS = Path(__file__).with_name("weights.json")

# ---- what is compared


# Comparison to its levels, the surest first: (label, SQL over a person _l and a record _r). What is left is "else".
# A null level says nothing. Of the lists the record's hold one value mostly, the person's all hers.
_COMPARISONS: dict[str, tuple[tuple[str, str], ...]] = {
    item.name: tuple((grade.level, grade.condition) for grade in item.levels) for item in POPULATION.comparisons
}
_RARE = {(item.name, level): column for item in POPULATION.comparisons for level, column in item.term_frequency.items()}
# Levels that count as agreement when the evidence of a link is named.
_AGREEING = set(POPULATION.agreeing)


def comparisons() -> Iterator[dict[str, Any]]:
    """The comparisons as Splink takes them, without weights: output_column_name and comparison_levels."""
    for name, levels in _COMPARISONS.items():
        yield {
            "output_column_name": name,
            "comparison_levels": [
                {"sql_condition": condition, "label_for_charts": label}
                | ({"is_null_level": True} if label == "null" else {})
                | (
                    {"tf_adjustment_column": _RARE[name, label], "tf_adjustment_weight": 1.0}
                    if (name, label) in _RARE
                    else {}
                )
                for label, condition in levels
            ]
            + [{"sql_condition": "ELSE", "label_for_charts": "else"}],
        }


def settings(compared: list[dict[str, Any]]) -> dict[str, Any]:
    """Splink's settings for comparing tables person_party and record_party (see `gather_parties`)."""
    return {
        "link_type": "link_only",
        "sql_dialect": "duckdb",
        "unique_id_column_name": "party_id",
        "source_dataset_column_name": "source_dataset",
        "comparisons": compared,
        "blocking_rules_to_generate_predictions": [],
        "retain_matching_columns": True,
        "retain_intermediate_calculation_columns": False,
    }


def register(database: DuckDBAPI) -> list[Any]:
    """The people come first: Splink calls what is alphabetically first _l."""
    return [database.register(name, dataset_display_name=name) for name in ("person_party", "record_party")]


# ---- people and records as they are compared


def gather_parties(connection: duckdb.DuckDBPyConnection, described: str, placed: str, out_table: str) -> None:
    """One row per party, with all that is said of it.

    Args:
        described: query of party_id and a description (see `identity.profiles.PROFILE_FIELDS`).
        placed: query of party_id, place, workplace.
        out_table: made with columns party_id, the most frequent name_norm and name_key and sex, and lists of the rest.
    """

    def all_of(field: str, name: str) -> str:
        return f"coalesce(list(DISTINCT {field}) FILTER ({field} IS NOT NULL), []) AS {name}"

    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS WITH described AS ({described}), "
        "named AS (SELECT party_id, arg_max(name_norm, (n, name_norm)) AS name_norm, "
        "arg_max(name_key, (n, name_norm)) AS name_key FROM ("
        "SELECT party_id, name_norm, min(name_key) AS name_key, count(*) AS n FROM described "
        "WHERE name_norm IS NOT NULL GROUP BY party_id, name_norm) GROUP BY party_id), "
        f"told AS (SELECT party_id, {all_of('name_key', 'name_keys')}, {all_of('birth_date', 'births')}, "
        "CASE WHEN count(*) FILTER (sex = '1') > count(*) FILTER (sex = '2') THEN '1' "
        "WHEN count(*) FILTER (sex = '2') > count(*) FILTER (sex = '1') THEN '2' END AS sex, "
        f"{all_of('phone', 'phones')}, {all_of('id_number', 'numbers')}, {all_of('doubtful_number', 'doubtful')}, "
        "list_distinct(list_concat("
        "coalesce(list(mother_name_key) FILTER (mother_name_key IS NOT NULL), []), "
        "coalesce(list(guardian_name_key) FILTER (guardian_name_key IS NOT NULL), []))) AS relatives, "
        "list_distinct(list_concat("
        "coalesce(list(mother_id_number) FILTER (mother_id_number IS NOT NULL), []), "
        "coalesce(list(guardian_id_number) FILTER (guardian_id_number IS NOT NULL), []))) AS relative_numbers "
        "FROM described GROUP BY party_id), "
        f"stood AS (SELECT party_id, {all_of('place', 'places')}, {all_of('workplace', 'workplaces')} "
        f"FROM ({placed}) GROUP BY party_id) "
        "SELECT t.*, n.name_norm, n.name_key, s.places, s.workplaces FROM told AS t "
        "LEFT JOIN named AS n USING (party_id) JOIN stood AS s USING (party_id)"
    )


def _records(connection: duckdb.DuckDBPyConnection) -> None:
    """record_party: those who are without a person, one row per unit."""
    gather_parties(
        connection,
        "SELECT unit AS party_id, * FROM open_one",
        "SELECT o.unit AS party_id, m.place, m.workplace FROM mention AS m "
        f"JOIN ({few('profile_id', 'open_one', 'unit, profile_id')}) AS o USING (profile_id)",
        "record_party",
    )


def gather_people(connection: duckdb.DuckDBPyConnection, wanted: str, without: str | None = None) -> None:
    """person_party: the people of query `wanted` (person); table `without` (profile_id, mention_id, is_alone) is left
    out of what is known of them."""
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE wanted_one AS SELECT person AS party_id, {kept.SAID} FROM known "
        f"SEMI JOIN ({few('person', f'({wanted})')}) USING (person)"
    )
    described = "SELECT * FROM wanted_one"
    placed = (
        "SELECT w.party_id, m.place, m.workplace FROM mention AS m "
        f"JOIN ({few('profile_id', 'wanted_one', '*')}) AS w USING (profile_id)"
    )
    if without:
        described += f" WHERE profile_id NOT IN (SELECT profile_id FROM {without} WHERE is_alone)"
        placed += f" WHERE m.mention_id NOT IN (SELECT mention_id FROM {without})"
    gather_parties(connection, described, placed, "person_party")
    connection.execute("DROP TABLE wanted_one")


# ---- linking


@dataclass(frozen=True)
class SplinkLinker:
    """Splink for what the rules leave. Runs after `RuleLinker`.

    `weights` is what `train` wrote.
    """

    name: str = "splink"
    method: Literal["probable"] = "probable"
    weights: Path = WEIGHTS
    threshold: float = POPULATION.thresholds.link

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. Reads known, open_one and mention, and moves those it places from
        open_one to known. Fills doubt (unit, person, probability, evidence): who is more likely somebody than not and
        is not placed; one row per unit.

        Raises:
            SijikuError: there are no weights, or they are of other comparisons than these.
        """
        model = read_weights(self.weights)
        start_edges(connection, out_table)
        kept.look(connection, SPLINK_STEP)
        # A person is named by a profile of its own, which bears the number.
        persons = rounded(_count(connection, "SELECT count(*) FROM known WHERE profile_id = person"))
        _share_names(connection, persons)
        _wake(connection)
        _records(connection)
        _find_candidates(connection)
        if not _count(connection, "SELECT count(*) FROM candidate"):
            give(
                connection,
                "SELECT unit, 0 AS person, 0.0 AS confidence, '' AS evidence FROM open_one WHERE false",
                SPLINK_STEP,
                out_table,
            )
            return
        gather_people(connection, "SELECT DISTINCT person FROM candidate")
        model["probability_two_random_records_match"] = prior_of(persons)
        self._score(connection, model, persons)
        connection.execute(
            f"CREATE OR REPLACE TABLE likeliest AS SELECT * FROM ({self._decide()}) "
            f"WHERE confidence > {POPULATION.thresholds.review}"
        )
        connection.execute(f"INSERT INTO doubt SELECT * FROM likeliest WHERE confidence < {self.threshold}")
        give(connection, f"SELECT * FROM likeliest WHERE confidence >= {self.threshold}", SPLINK_STEP, out_table)
        for table in ("candidate", "record_party", "person_party", "scored", "likeliest"):
            connection.execute(f"DROP TABLE {table}")

    def _score(self, connection: duckdb.DuckDBPyConnection, model: dict[str, Any], persons: float) -> None:
        """scored: unit, person, match_weight (log2 of the odds) and a gamma per comparison."""
        database = DuckDBAPI(connection)
        linker = Splink(register(database), model, log_level=None)
        connection.execute(
            f"CREATE OR REPLACE TABLE name_frequency AS SELECT name_key, people / {persons} AS tf_name_key "
            "FROM name_share SEMI JOIN (SELECT DISTINCT name_key FROM record_party) USING (name_key)"
        )
        linker.table_management.register_term_frequency_lookup(database.register("name_frequency"), "name_key")
        connection.execute(
            "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, 'person_party-__-' || person AS join_key_l, "
            "'record_party-__-' || unit AS join_key_r FROM candidate"
        )
        linker.table_management.register_blocked_pairs_for_predict(database.register("blocked"))
        predicted = linker.inference.predict()
        connection.execute(
            "CREATE OR REPLACE TABLE scored AS SELECT party_id_r AS unit, party_id_l AS person, match_weight, "
            f"{', '.join(f'gamma_{name}' for name in _COMPARISONS)} FROM {predicted.physical_name}"
        )
        database.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
        for table in ("name_frequency", "blocked"):
            connection.execute(f"DROP TABLE {table}")

    def _decide(self) -> str:
        """Query of claims: of each unit the person that it most likely is."""
        evidence = " || ".join(f"CASE WHEN {_is(name, _AGREEING)} THEN '+{name}' ELSE '' END" for name in _COMPARISONS)
        # Phone, relatives and home are a family's: alone they would make brothers and sisters one, whose names often
        # differ in one character. So something that is the person's own must agree, whatever the odds.
        personal = (
            f"{_is('name', {'same', 'sound'})} OR (({_is('birth_date', {'same'})} OR {_is('number', {'slip'})}) "
            f"AND NOT {_is('name', {'surname', 'else'})})"
        )
        # Rounded, because the last digits of a sum depend on its order.
        # Two people who are equally likely have half the odds each, so no claim above one half is a tie.
        return (
            "WITH odds AS (SELECT unit, person, power(2.0, least(match_weight, 900)) AS odds, "
            f"ltrim({evidence}, '+') AS evidence FROM scored WHERE {personal}) "
            "SELECT unit, arg_max(person, odds) AS person, round(max(odds) / (1 + sum(odds)), 9) AS confidence, "
            "arg_max(evidence, odds) AS evidence FROM odds GROUP BY unit"
        )


def _is(name: str, labels: set[str]) -> str:
    """SQL: a comparison came out at one of these levels. Splink numbers them from 0 (else) upwards."""
    levels = [label for label, _ in _COMPARISONS[name] if label != "null"] + ["else"]
    numbers = [str(len(levels) - 1 - place) for place, label in enumerate(levels) if label in labels]
    return f"gamma_{name} IN ({', '.join(numbers)})"


# Keys that bring a record and a person together to be looked at: columns of a description, or of where it stands.
_KEYS = POPULATION.blocking.written(POPULATION.blocking.keys)
_PLACED_KEYS = POPULATION.blocking.written(POPULATION.blocking.placed)
# Of which the name says all.
_NAME_ALONE = tuple(number for number, key in enumerate(_KEYS) if key == ("name_key",))


def _keyed(party: str, table: str, asked: str | None = None) -> str:
    """Query of (party, k): the keys of everybody in a table."""
    return kept.keyed(party, table, _KEYS, asked)


def _placed_keyed(party: str, table: str) -> str:
    """The same of the keys of where somebody stands."""
    return kept.keyed(party, table, _PLACED_KEYS, first=len(_KEYS))


def _find_candidates(connection: duckdb.DuckDBPyConnection) -> None:
    """candidate: the pairs (unit, person) that share a key which few people have."""

    placed = "(SELECT d.*, m.place, m.workplace FROM mention AS m JOIN {0} AS d USING (profile_id))"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE wanted_key AS SELECT DISTINCT unit, k FROM ("
        f"{_keyed('unit', 'open_one')} UNION ALL {_placed_keyed('unit', placed.format('open_one'))})"
    )
    # How many have a name is known; whom it says nothing about need not be gathered first.
    for number in _NAME_ALONE:
        connection.execute(
            f"DELETE FROM wanted_key WHERE k IN (SELECT hash({number}, name_key) FROM name_share "
            f"WHERE people > {rounded(POPULATION.blocking.people)})"
        )
    names = few("name_key", "(SELECT DISTINCT name_key FROM open_one)")
    among = f"(SELECT * FROM known SEMI JOIN ({names}) USING (name_key))"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE held_key AS SELECT DISTINCT person, k FROM ("
        f"{_keyed('person', 'known', 'open_one')} UNION ALL {_placed_keyed('person', placed.format(among))}) "
        "SEMI JOIN wanted_key USING (k)"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE candidate AS SELECT DISTINCT unit, person FROM wanted_key JOIN held_key USING (k) "
        f"SEMI JOIN (SELECT k FROM held_key GROUP BY k HAVING count(*) <= {POPULATION.blocking.people}) USING (k)"
    )
    decisions.forbid(connection, "candidate")
    connection.execute("DROP TABLE wanted_key")
    connection.execute("DROP TABLE held_key")


def prior_of(persons: float) -> float:
    """How likely a record is one listed person among so many, before anything is compared."""
    odds = POPULATION.listed / (1 - POPULATION.listed) / persons
    return odds / (1 + odds)


def rounded(number: int) -> float:
    """A count to within a tenth: what is scored one day is not scored anew the next because one person moved in."""
    return 2 ** (round(4 * math.log2(number)) / 4) if number else 1.0


def _share_names(connection: duckdb.DuckDBPyConnection, persons: float) -> None:
    """name_share (name_key, people): how many have a name, and under the name '' how many there are, both rounded (see
    `rounded`). Only names of people who are otherwise than they were are counted anew. name_turned, unless all are
    asked: the names of which that says something else now; every one, if there are more people or fewer."""
    every = kept.is_full(connection) or not _count(
        connection, f"SELECT count(*) FROM name_share WHERE name_key = '' AND people = {persons}"
    )
    asked = "" if every else f"SEMI JOIN ({few('name_key', 'dirty')}) AS d USING (name_key)"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE counted AS SELECT name_key, "
        f"power(2, round(4 * log2(count(DISTINCT person))) / 4) AS people FROM known {asked} "
        "WHERE name_key IS NOT NULL GROUP BY name_key"
    )
    if kept.is_full(connection):
        connection.execute(f"INSERT INTO name_share FROM counted UNION ALL SELECT '', {persons}")
        return
    turned = "TRUE" if every else "n.people IS DISTINCT FROM o.people"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE name_turned AS SELECT name_key FROM (SELECT name_key FROM counted "
        "UNION SELECT name_key FROM dirty WHERE name_key IS NOT NULL) LEFT JOIN counted AS n USING (name_key) "
        f"LEFT JOIN name_share AS o USING (name_key) WHERE {turned}"
    )
    connection.execute(f"DELETE FROM name_share WHERE {every} OR name_key IN (SELECT name_key FROM name_turned)")
    connection.execute(
        "INSERT INTO name_share SELECT * FROM counted WHERE name_key IN (SELECT name_key FROM name_turned)"
    )
    connection.execute(f"INSERT INTO name_share SELECT '', {persons} WHERE {every}")


def _wake(connection: duckdb.DuckDBPyConnection) -> None:
    """Ask those again of whom Splink may say something else now: those with a key of somebody who is otherwise than in
    the last run, in whatever record of theirs, or a name with another share."""
    if kept.is_full(connection):
        return
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE dirty_person AS SELECT person_was AS person FROM dirty "
        "WHERE person_was IS NOT NULL UNION SELECT person FROM fresh SEMI JOIN dirty USING (profile_id)"
    )
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE theirs AS SELECT {kept.COLUMNS} FROM known "
        f"SEMI JOIN ({few('person', 'dirty_person')}) USING (person) UNION SELECT {kept.COLUMNS} FROM dirty"
    )
    stood = "SELECT profile_id, place, workplace FROM {}"
    connection.execute(
        "CREATE OR REPLACE TEMP TABLE theirs_placed AS SELECT DISTINCT d.name_key, m.place, m.workplace FROM ("
        f"{stood.format('mention')} UNION ALL {stood.format('mention_was')}) AS m "
        f"JOIN ({few('profile_id', 'theirs', '*')}) AS d USING (profile_id)"
    )
    later = f"(SELECT * FROM asleep WHERE coalesce(step, {kept.LAST}) >= {SPLINK_STEP})"
    placed = (
        "(SELECT d.unit, d.name_key, m.place, m.workplace FROM asleep_mention AS m "
        f"JOIN {later} AS d USING (profile_id))"
    )
    kept.wake(
        connection,
        SPLINK_STEP,
        f"SELECT unit FROM ({_keyed('unit', later, 'theirs')} UNION ALL {_placed_keyed('unit', placed)}) "
        f"WHERE k IN (SELECT k FROM ({_keyed('0', 'theirs')} UNION ALL {_placed_keyed('0', 'theirs_placed')})) "
        f"UNION SELECT unit FROM {later} WHERE name_key IN (SELECT name_key FROM name_turned) "
        f"UNION SELECT unit FROM {later} "
        f"WHERE profile_id IN ({decisions.partners_of('SELECT profile_id FROM theirs')})",
    )
    for table in ("dirty_person", "theirs", "theirs_placed"):
        connection.execute(f"DROP TABLE {table}")


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return row[0] if row else 0


def read_weights(path: Path) -> dict[str, Any]:
    """The settings for Splink, with the weights of a file.

    Raises:
        SijikuError: it is not there, is no JSON, or has weights for other comparisons than these.
    """
    remedy = "Write them anew: sijiku train --workdir DIR."
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        weights = {
            name: {label: (float(m), float(u)) for label, (m, u) in levels.items()}
            for name, levels in saved["weights"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SijikuError(f"权重文件不可用。The weights in {path.name} cannot be read: {error}.", remedy) from None
    compared = list(comparisons())
    for comparison in compared:
        own = weights.get(comparison["output_column_name"], {})
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        if [level["label_for_charts"] for level in levels] != list(own):
            raise SijikuError(
                f"权重与比较项不符。The weights in {path.name} are not for comparison "
                f"{comparison['output_column_name']} as it is now.",
                remedy,
            )
        for level in levels:
            level["m_probability"], level["u_probability"] = own[level["label_for_charts"]]
    return settings(compared)
