"""Links that leave no doubt: the same usable ID number under an agreeing name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import duckdb

# Evidence, the stronger first: which fields agreed besides the number.
AGREEMENTS: dict[str, str] = {"number+name": "name_norm", "number+name_key": "name_key"}


@dataclass(frozen=True)
class CertainLinker:
    """Same usable ID number and equal normalised name, or equal pinyin key (a homophone typed by ear).

    A number carried under another name links nothing: it may be borrowed, or given out twice.
    """

    name: str = "certain"
    method: Literal["certain"] = "certain"

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`.

        Each group of agreeing profiles is a star around one of them, so that a number that thousands of records share
        costs thousands of edges and not their square. A profile alone with its number links nothing unless it stands
        for several mentions.
        """
        stars = " UNION ALL ".join(
            f"SELECT min(profile_id) OVER (PARTITION BY id_number, {field}) AS profile_l, profile_id AS profile_r, "
            f"mentions, '{evidence}' AS evidence FROM {profiles_table} "
            f"WHERE id_number IS NOT NULL AND {field} IS NOT NULL"
            for evidence, field in AGREEMENTS.items()
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {out_table} AS SELECT profile_l, profile_r, CAST(1 AS DOUBLE) AS confidence, "
            f"min(evidence) AS evidence FROM ({stars}) WHERE profile_l <> profile_r OR mentions > 1 "
            "GROUP BY profile_l, profile_r"
        )
