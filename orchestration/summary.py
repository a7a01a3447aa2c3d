"""What a published library says of itself in a few lines: plain rows for whoever prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

Rows = list[tuple[Any, ...]]

_POPULATION = """
    SELECT d.name, p.people, p.floating, p.registered
    FROM marts.mart_population AS p
    JOIN library.dim_division AS d
      ON d.division_code = p.division_code AND p.period >= d.valid_from
        AND (d.valid_to IS NULL OR p.period < d.valid_to)
    WHERE p.dimension_set = 'total' AND p.level IN ('city', 'district')
      AND p.period = (SELECT max(period) FROM marts.mart_population)
    ORDER BY p.level, p.division_code
"""
_FINDINGS = """
    SELECT f.rule_id, any_value(r.name_zh), any_value(r.name_en), count(DISTINCT f.finding_id)
    FROM quality.finding AS f
    LEFT JOIN (SELECT rule_id, arg_max(name_zh, version) AS name_zh, arg_max(name_en, version) AS name_en
               FROM quality.rule GROUP BY rule_id) AS r USING (rule_id)
    WHERE f.state = 'open'
    GROUP BY f.rule_id ORDER BY 4 DESC, 1
"""
_LEDGER = """
    SELECT dataset, count(*), sum(declared)::BIGINT, sum(quarantined)::BIGINT, sum(repeated)::BIGINT,
           sum(superseded)::BIGINT, sum(deleted)::BIGINT, sum(key_conflicts)::BIGINT, sum(staged)::BIGINT,
           sum(mentions)::BIGINT, sum(linked)::BIGINT, sum(abs(balance))::BIGINT
    FROM quality.ledger WHERE build_id = (SELECT build_id FROM meta.build ORDER BY built_at DESC LIMIT 1)
    GROUP BY dataset ORDER BY dataset
"""
_REFUSED = """
    SELECT dataset, extract_date, reason FROM meta.delivery WHERE state = 'refused'
    ORDER BY dataset, extract_date, delivery
"""
_BUILDS = "SELECT build_id, built_at, as_of, deliveries, refused FROM meta.build ORDER BY built_at"
_DELIVERIES = """
    SELECT dataset, count(*) FILTER (state = 'accepted'), count(*) FILTER (state = 'repeated'),
           count(*) FILTER (state = 'refused'), max(extract_date) FILTER (state = 'accepted'),
           coalesce(sum(rows) FILTER (state = 'accepted'), 0)::BIGINT
    FROM meta.delivery GROUP BY dataset ORDER BY dataset
"""


@dataclass(frozen=True)
class Summary:
    """A published library in a few lines.

    Attributes:
        builds: build_id, built_at (UTC), as_of, deliveries, refused; the newest last.
        population: name, people, floating, registered of the city and its districts in the newest month.
        findings: rule_id, label zh, label en, open findings; the most frequent first.
        ledger: dataset, deliveries, declared, quarantined, repeated, superseded, deleted, key conflicts, staged,
            mentions, linked, imbalance.
        refused: dataset, extract date, reason of each delivery that was refused.
        deliveries: dataset, accepted, repeated, refused, newest extract date, rows.
    """

    builds: Rows
    population: Rows
    findings: Rows
    ledger: Rows
    refused: Rows
    deliveries: Rows

    @property
    def is_balanced(self) -> bool:
        """Whether nothing was lost on the way, in any dataset."""
        return all(row[-1] == 0 for row in self.ledger)


def summarise(library: duckdb.DuckDBPyConnection) -> Summary:
    """The summary of a published library that is open for reading."""
    queries = (_BUILDS, _POPULATION, _FINDINGS, _LEDGER, _REFUSED, _DELIVERIES)
    return Summary(*(library.execute(query).fetchall() for query in queries))
