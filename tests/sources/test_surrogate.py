"""Surrogates say nothing, differ, and fit where DuckDB keeps short texts."""

from __future__ import annotations

import string

import duckdb

from sources.surrogate import SURROGATE

DRAWN = 200_000


def test_surrogates_differ_and_are_random_in_every_place() -> None:
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"CREATE TABLE drawn AS SELECT {SURROGATE} AS surrogate FROM range({DRAWN})")
        distinct = connection.execute("SELECT count(DISTINCT surrogate) FROM drawn").fetchone()
        shares = connection.execute(
            "SELECT place, string_agg(sign, '' ORDER BY sign), max(n), min(n) FROM ("
            "SELECT place, substr(surrogate, place, 1) AS sign, count(*) AS n "
            "FROM drawn, range(1, length(surrogate) + 1) AS places (place) GROUP BY ALL) GROUP BY place ORDER BY place"
        ).fetchall()
    assert distinct == (DRAWN,)
    assert [place for place, *_ in shares] == list(range(1, 13))
    signs = "".join(sorted(string.digits + string.ascii_letters))
    for place, found, most, least in shares:
        assert found == signs, place
        # 0 and 9 stand for two of 64 signs, all others for one
        assert DRAWN / 64 * 0.85 < least < most < DRAWN / 64 * 2.15, place
