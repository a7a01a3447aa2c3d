"""What a linker is: it looks at profiles and says which of them are one person, how surely, and why.

`certain` links by rules that leave no doubt. A probable linker (Splink) is another object with the same shape; the
pipeline runs whichever it is given and clusters all their edges together.
"""

from __future__ import annotations

from typing import Literal, Protocol

import duckdb

LinkMethod = Literal["certain", "probable", "decided"]

EDGE_COLUMNS: dict[str, str] = {
    "profile_l": "BIGINT",
    "profile_r": "BIGINT",
    "confidence": "DOUBLE",
    "evidence": "VARCHAR",
}


class Linker(Protocol):
    """Something that finds profiles of one person."""

    @property
    def name(self) -> str:
        """Names the linker in logs."""
        ...

    @property
    def method(self) -> LinkMethod:
        """What `identity.person_xref.method` says of mentions that this linker brought together."""
        ...

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """Create `out_table` with the columns of EDGE_COLUMNS, one row per pair of profiles that are one person.

        Args:
            connection: current catalog and schema are a scratch place: what is left there is thrown away.
            profiles_table: as `identity.profiles.collapse` makes it, one row per profile.
            out_table: `confidence` is from 0 to 1; `evidence` names fields that agreed, never their values. An edge of
                a profile with itself says that its mentions, equal as they look, are one person; so does any other
                edge of it. A profile that no edge touches falls apart into its mentions. Edges need not be closed
                under transitivity: a star around any member of a group is enough, and cheap.
        """
        ...


def start_edges(connection: duckdb.DuckDBPyConnection, table: str, *others: str) -> None:
    """Make an empty table of edges; `others` are further columns, each a name and a type."""
    columns = ", ".join([*(f"{name} {type_}" for name, type_ in EDGE_COLUMNS.items()), *others])
    connection.execute(f"CREATE OR REPLACE TABLE {table} ({columns})")
