"""The units that every performance figure is a ratio to, defined here once.

Read floor: every file of a landing folder read once into memory with the libraries that this project's readers use,
and nothing done with it. No build can be faster.

Splink alone: Splink 5 as its documentation advises over the same mentions: ordinary cleaning (the mentions are
normalised already), distinct profiles, blocking on number, name and birth, name and phone, phone and birth; training,
prediction and clustering included, all three Splink's own, in as much memory as DuckDB takes by itself. What a good
engineer gets in an afternoon, and what identity is measured against.

Bare COPY: the rows of a served library loaded by COPY, one table after the other, from files that the server reads
itself, into tables without keys, indexes or guards. What publishing to PostgreSQL is measured against.

By hand: the question of a saved query as SQL over the published marts, which stands in `by_hand/` and is asked by
`saved_queries`. What reading the saved query's stored answer is measured against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl
import psycopg
import splink.comparison_library as cl
from psycopg import sql
from python_calamine import CalamineWorkbook
from splink import DuckDBAPI, SettingsCreator, block_on
from splink import Linker as Splink

from identity.profiles import collapse
from serving.postgres import SCHEMAS
from sources.contract import Contract, Format, load_contracts
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

_SAMPLED_PAIRS = 1_000_000


def read_floor(landing: Path) -> int:
    """Read every delivered file of the datasets with a contract once into memory.

    Returns:
        The bytes read.
    """
    files = [(path, contract) for contract in load_contracts().values() for path in delivered(landing, contract)]
    for path, contract in files:
        _READERS[contract.format.type](path, contract.format)
    return sum(path.stat().st_size for path, _ in files)


def delivered(landing: Path, contract: Contract) -> list[Path]:
    """The data files of a dataset's deliveries."""
    folder = landing / contract.bureau / contract.dataset.partition(".")[2]
    return sorted(path for path in folder.glob("*/*") if path.name != "manifest.json")


def _read_delimited(path: Path, format_: Format) -> None:
    # Quotes are left alone: a lost one, of which real extracts have some, would end the reading.
    text = path.read_bytes().decode(str(format_.encoding), errors="replace").encode()
    pl.read_csv(
        text,
        separator=str(format_.delimiter),
        infer_schema=False,
        truncate_ragged_lines=True,
        quote_char=None,
    )


def _read_json_lines(path: Path, format_: Format) -> None:
    with duckdb.connect(":memory:") as connection:
        connection.read_json(str(path), format="newline_delimited", ignore_errors=True).to_arrow_table()


def _read_workbook(path: Path, format_: Format) -> None:
    book = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _read_parquet(path: Path, format_: Format) -> None:
    pl.read_parquet(path)


_READERS: dict[str, Callable[[Path, Format], None]] = {
    "csv": _read_delimited,
    "jsonl": _read_json_lines,
    "xlsx": _read_workbook,
    "parquet": _read_parquet,
}


@dataclass(frozen=True)
class SplinkAlone:
    """Splink as its documentation advises, as one of identity's linkers.

    `seed` makes the sampling for u repeatable on one number of threads. `threshold` is the match probability from
    which on two profiles are one person.
    """

    name: str = "splink alone"
    method: Literal["probable"] = "probable"
    seed: int = 1
    threshold: float = 0.95

    def edges(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """See `identity.linker.Linker.edges`. A profile that stands for several mentions has an edge with itself."""
        database = DuckDBAPI(connection)
        predictions = self._trained(database, profiles_table).inference.predict(
            threshold_match_probability=self.threshold
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {out_table} AS "
            "SELECT profile_id_l AS profile_l, profile_id_r AS profile_r, match_probability AS confidence, "
            f"'splink' AS evidence FROM {predictions.physical_name} "
            "UNION ALL SELECT profile_id, profile_id, CAST(1 AS DOUBLE), 'equal' "
            f"FROM {profiles_table} WHERE mentions > 1"
        )
        database.delete_tables_created_by_splink_from_db()

    def clusters(self, connection: duckdb.DuckDBPyConnection, profiles_table: str, out_table: str) -> None:
        """Make `out_table` (profile_id, cluster_id), one row a profile, by Splink's own clustering."""
        database = DuckDBAPI(connection)
        linker = self._trained(database, profiles_table)
        clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(
            linker.inference.predict(threshold_match_probability=self.threshold),
            threshold_match_probability=self.threshold,
        )
        connection.execute(
            f"CREATE OR REPLACE TABLE {out_table} AS SELECT profile_id, cluster_id FROM {clusters.physical_name}"
        )
        database.delete_tables_created_by_splink_from_db()

    def _trained(self, database: DuckDBAPI, profiles_table: str) -> Splink:
        linker = Splink(database.register(profiles_table, table_name="splink_profile"), _settings(), log_level=None)
        training = linker.training
        training.estimate_probability_two_random_records_match(
            [block_on("id_number", "name_norm"), block_on("name_norm", "birth_date", "phone")], recall=0.8
        )
        # As many pairs as Splink takes by itself: more would only make the unit slower, and us look better.
        training.estimate_u_using_random_sampling(max_pairs=_SAMPLED_PAIRS, seed=self.seed)
        # Each rule trains the comparisons that it does not block on; together they cover all.
        for rule in (block_on("id_number"), block_on("name_norm", "birth_date")):
            training.estimate_parameters_using_expectation_maximisation(rule)
        return linker


def _settings() -> SettingsCreator:
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="profile_id",
        blocking_rules_to_generate_predictions=[
            block_on("id_number"),
            block_on("name_norm", "birth_date"),
            block_on("name_norm", "phone"),
            block_on("phone", "birth_date"),
        ],
        comparisons=[
            cl.NameComparison("name_norm").configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
            cl.DateOfBirthComparison("birth_date", input_is_string=False),
            cl.DamerauLevenshteinAtThresholds("id_number"),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        ],
        retain_matching_columns=False,
    )


def splink_alone(workdir: Workdir, linker: SplinkAlone | None = None) -> dict[str, int]:
    """Run Splink alone over the mentions of a built library, which is left as it is.

    Returns:
        Counts: mentions, profiles, clusters (of profiles).
    """
    with open_warehouse(workdir, read_only=True) as connection:
        connection.execute("USE memory")
        # As DuckDB takes memory by itself: what holds for a build is no part of the unit.
        connection.execute("RESET memory_limit")
        # Splink looks a table's columns up by its name alone, and identity keeps a table `profile` in the warehouse.
        collapse(connection, mention_table="mention", profile_table="plain_profile")
        (linker or SplinkAlone()).clusters(connection, "plain_profile", "cluster")
        row = connection.execute(
            "SELECT (SELECT count(*) FROM mention), count(*), count(DISTINCT cluster_id) FROM cluster"
        ).fetchone()
    mentions, profiles, clusters = row or (0, 0, 0)
    return {"mentions": mentions, "profiles": profiles, "clusters": clusters}


class BareCopy:
    """The tables of a served library as files of the server, to be loaded bare.

    `root`: a folder that the server may write to.
    """

    def __init__(self, dsn: str, root: Path) -> None:
        self._dsn = dsn
        self._files = root / "copied"
        self._tables: list[tuple[str, str]] = []

    def __enter__(self) -> BareCopy:
        """Write the files."""
        self._files.mkdir(mode=0o777)
        self._files.chmod(0o777)
        with self._connected() as connection:
            self._tables = connection.execute(
                "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s) ORDER BY 1, 2", [list(SCHEMAS)]
            ).fetchall()
            for number, table in enumerate(self._tables):
                connection.execute(
                    sql.SQL("COPY {} TO {} (FORMAT csv)").format(sql.Identifier(*table), self._file(number))
                )
        return self

    def __exit__(self, *_: object) -> None:
        """What was loaded goes with the server, the files with its folder."""

    def load(self) -> None:
        """Load them all."""
        with self._connected() as connection:
            connection.execute("CREATE SCHEMA bare")
            for number, table in enumerate(self._tables):
                bare = sql.Identifier("bare", f"table_{number}")
                connection.execute(sql.SQL("CREATE TABLE {} (LIKE {})").format(bare, sql.Identifier(*table)))
                connection.execute(sql.SQL("COPY {} FROM {} (FORMAT csv)").format(bare, self._file(number)))

    def _connected(self) -> psycopg.Connection[tuple[str, str]]:
        return psycopg.connect(self._dsn, autocommit=True)

    def _file(self, number: int) -> sql.Literal:
        return sql.Literal(str(self._files / f"{number}.csv"))
