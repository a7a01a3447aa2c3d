"""Run a linkage model over tables of anything: which rows are one thing.

Read, clean, block, learn the weights, score, keep apart, cluster. Every row of every input comes out, once. The same
inputs give the same clusters, whatever the order of rows and the number of threads: what is drawn at random is drawn by
what stands in the rows, and weights are rounded before they are used.
"""

from __future__ import annotations

import logging
import math
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from splink import DuckDBAPI
from splink import Linker as Splink

from identity.cluster import connected_components
from identity.constraints import Conflict, keep_consistent
from identity.model import (
    ELSE,
    MACROS,
    LinkageModel,
    Prior,
    Training,
    Weight,
    Weights,
    column,
    first_guess,
    splink_settings,
)
from identity.tables import OWN_COLUMNS, gather_rows
from sources.errors import UsageError
from sources.parquet import PLAIN
from sources.readers.records import identifier, literal
from sources.warehouse import open_engine
from sources.workdir import Workdir

# Whatever was learned: one pair in a thousand of one thing disagrees in a way that training did not show.
_LEAST_M = 0.001
# Fewer pairs of one thing than this say nothing of how such pairs go wrong.
_LEAST_MATCHES = 20

logger = logging.getLogger("sijiku.identity")
Say = Callable[[str], None]


@dataclass(frozen=True)
class SharedKey:
    """A blocking key whose commonest values were not looked at: `values` of them, which `records` share; `alone` of
    these records have no other key, and so were compared with nothing."""

    key: tuple[str, ...]
    most: int
    values: int
    records: int
    alone: int


@dataclass(frozen=True)
class LinkReport:
    """What came of it, in counts.

    `clusters` counts those of one row too, `linked` those of several. `pairs` were compared; `links` stand between two
    rows of one cluster, `cut` would have broken a constraint, `review` lie between the thresholds.
    """

    rows: int
    clusters: int
    linked: int
    pairs: int
    links: int
    cut: int
    review: int
    shared: tuple[SharedKey, ...]
    prior: float
    weights: Weights


def link(
    model: LinkageModel,
    inputs: Sequence[Path],
    out: Path,
    pairs_out: Path | None = None,
    progress: Say | None = None,
) -> LinkReport:
    """Say which rows are one thing.

    Args:
        inputs: CSV, Parquet or XLSX files; each of them an input of the model's `one_per_input`.
        out: Parquet with every row of every input: `_input` (the file), `_row` (line or sheet row, from 1), `_cluster`
            (a number, the same for rows that are one thing), `_probability` and `_evidence` (the fields that agreed)
            of the row's strongest link, empty where it has none, `_review` (somebody should look at a pair of it), and
            then the row's own columns, as text.
        pairs_out: Parquet with the pairs from the review threshold on: `_input_l`, `_row_l`, `_input_r`, `_row_r`,
            `probability`, `match_weight` (log2 of the odds), `evidence`, `decision` (link, cut or review).
        progress: called with a line of text as each step begins.

    Raises:
        UsageError: an input cannot be read, or lacks a column of the model; an output would overwrite an input; there
            is one input only, and the model takes one row of each.
    """
    say = progress or logger.info
    _check_paths(inputs, out, pairs_out)
    if model.constraints.one_per_input and len(inputs) < 2:
        raise UsageError(
            f"模型 {model.model} 匹配几个文件，每个至多出一行，只给了一个。"
            f"Model {model.model} links files of which each has one row at most in a cluster, and one file was given.",
            "请给出两个以上 --input，或去掉 one_per_input。Give two or more --input, or take one_per_input out.",
        )
    with _engine(out) as (connection, scratch):
        for macro in MACROS:
            connection.execute(macro)
        say(f"link: reading {len(inputs)} input{'s' if len(inputs) > 1 else ''}")
        gather_rows(connection, inputs, model.columns, scratch)
        _clean(connection, model)
        say("link: blocking")
        shared = _block(connection, model)
        prior = _prior(connection, model)
        weights = learn(connection, model, prior, say)
        say("link: scoring")
        _score(connection, model, weights, prior)
        say("link: clustering")
        _cluster(connection, model)
        report = _report(connection, shared, prior, weights)
        _write(connection, out, pairs_out)
    return report


def _check_paths(inputs: Sequence[Path], out: Path, pairs_out: Path | None) -> None:
    for path in inputs:
        if not path.is_file():
            raise UsageError(f"没有文件 {path}。There is no file {path}.", "请检查 --input。Look at --input.")
    written = [path for path in (out, pairs_out) if path is not None]
    for path in written:
        if any(path.resolve() == given.resolve() for given in inputs) or (len(written) == 2 and out == pairs_out):
            raise UsageError(
                f"{path} 会被覆盖。{path} would be overwritten.", "请换一个输出文件。Write to another file."
            )
        if not path.resolve().parent.is_dir():
            raise UsageError(
                f"没有目录 {path.parent}。There is no folder {path.parent}.",
                "请先建好。Make it first, or name another.",
            )


@contextmanager
def _engine(out: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Path]]:
    """An engine with the memory limit of builds, and a folder beside the output to spill to, gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=".sijiku-link-", dir=out.resolve().parent) as folder:
        workdir = Workdir(Path(folder))
        workdir.scratch.mkdir(parents=True)
        with open_engine(workdir) as connection:
            yield connection, workdir.scratch


def _clean(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """cleaned: record, input, and a column for each field."""
    fields = ", ".join(f"{field.sql(identifier)} AS {column(name)}" for name, field in model.fields.items())
    connection.execute(f"CREATE OR REPLACE TABLE cleaned AS SELECT record, _input AS input, {fields} FROM source_row")


# ---- which pairs are looked at


def _keyed(keys: Sequence[Sequence[str]]) -> str:
    """Query of (rule, k, record, input): the keys of every record, as hashes. Values of different keys never meet."""
    return " UNION ALL ".join(
        f"SELECT {number} AS rule, hash({number}, {', '.join(map(column, key))}) AS k, record, input FROM cleaned "
        f"WHERE {' AND '.join(f'{column(name)} IS NOT NULL' for name in key)}"
        for number, key in enumerate(keys)
    )


def _may_meet(model: LinkageModel) -> str:
    """SQL over two cleaned records l and r: no constraint keeps them apart by themselves."""
    apart = [f"coalesce(l.{column(name)} = r.{column(name)}, true)" for name in model.constraints.differ]
    if model.constraints.one_per_input:
        apart.append("l.input <> r.input")
    return " AND ".join(apart) or "true"


def _find_pairs(
    connection: duckdb.DuckDBPyConnection, model: LinkageModel, keys: Sequence[Sequence[str]], out_table: str
) -> int:
    """Make a table of the pairs (l, r; l < r) that share a key which few records have. Leaves key_of (rule, k, record)
    and key_size (rule, k, n).

    Returns:
        How many records may share a key: fewer than the model's limit where there would be too many pairs.
    """
    connection.execute(f"CREATE OR REPLACE TABLE key_of AS {_keyed(keys)}")
    connection.execute(
        "CREATE OR REPLACE TABLE key_size AS SELECT rule, k, count(*) AS n FROM key_of GROUP BY rule, k "
        "HAVING count(*) > 1"
    )
    row = connection.execute(
        "SELECT max(n) FROM (SELECT n, sum(sum(n * (n - 1) // 2)) OVER (ORDER BY n) AS pairs FROM key_size "
        f"WHERE n <= {model.limits.key} GROUP BY n) WHERE pairs <= {model.limits.pairs}"
    ).fetchone()
    most = int(row[0]) if row and row[0] else 1
    larger = connection.execute(f"SELECT 1 FROM key_size WHERE n > {most} AND n <= {model.limits.key} LIMIT 1")
    if larger.fetchone() is None:
        most = model.limits.key
    connection.execute(
        f"CREATE OR REPLACE TABLE {out_table} AS SELECT DISTINCT a.record AS l, b.record AS r "
        f"FROM (SELECT * FROM key_of SEMI JOIN (SELECT k FROM key_size WHERE n <= {most}) USING (k)) AS a "
        "JOIN key_of AS b ON a.k = b.k AND a.rule = b.rule AND a.record < b.record "
        + ("AND a.input <> b.input" if model.constraints.one_per_input else "")
    )
    if model.constraints.differ:
        connection.execute(
            f"DELETE FROM {out_table} WHERE (l, r) IN (SELECT (p.l, p.r) FROM {out_table} AS p "
            f"JOIN cleaned AS l ON l.record = p.l JOIN cleaned AS r ON r.record = p.r WHERE NOT ({_may_meet(model)}))"
        )
    return most


def _block(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> tuple[SharedKey, ...]:
    """candidate: the pairs that are compared. Returns which keys were too common to be looked at."""
    most = _find_pairs(connection, model, model.blocking, "candidate")
    rows = connection.execute(
        f"WITH common AS (SELECT k FROM key_size WHERE n > {most}), "
        "usable AS (SELECT DISTINCT record FROM key_of ANTI JOIN common USING (k)) "
        "SELECT rule, count(DISTINCT k), count(DISTINCT record), "
        "count(DISTINCT record) FILTER (record NOT IN (SELECT record FROM usable)) "
        "FROM key_of SEMI JOIN common USING (k) GROUP BY rule ORDER BY rule"
    ).fetchall()
    shared = tuple(
        SharedKey(tuple(model.blocking[rule]), most, values, records, alone) for rule, values, records, alone in rows
    )
    for item in shared:
        said = (" + ".join(item.key), item.values, item.most, item.records, item.alone)
        logger.warning(
            "键 %s 有 %d 个值各为 %d 行以上共有，未按它比对 (共 %d 行，其中 %d 行没有别的键)。"
            "Key %s: %d values are shared by more than %d rows each and were not looked at "
            "(%d rows, of which %d have no other key).",
            *said,
            *said,
        )
    connection.execute("DROP TABLE key_of")
    connection.execute("DROP TABLE key_size")
    return shared


def _count(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    row = connection.execute(query).fetchone()
    return int(row[0] or 0) if row else 0


def _prior(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> float:
    """How likely it is that two rows that may meet are one thing, before they are compared."""
    if not isinstance(model.prior, Prior):
        return model.prior
    every = _count(connection, "SELECT count(*) * (count(*) - 1) // 2 FROM cleaned")
    if model.constraints.one_per_input:
        every -= _count(
            connection,
            "SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM cleaned GROUP BY input)",
        )
    _find_pairs(connection, model, model.prior.same, "sure_pair")
    sure = _count(connection, "SELECT count(*) FROM sure_pair")
    connection.execute("DROP TABLE sure_pair")
    return float(f"{min(max(sure, 1) / model.prior.recall / max(every, 2), 0.5):.4g}")


# ---- what agreement is worth


def learn(connection: duckdb.DuckDBPyConnection, model: LinkageModel, prior: float, say: Say) -> Weights:
    """Weights of every comparison: those that the model gives, and those learned from table `cleaned` without a truth.

    u comes from pairs of records drawn by the hash of what stands in them, m from expectation maximisation over the
    pairs of each training key. A level that came up nowhere is rarer than one in all that were looked at.
    """
    guess = {item.field: first_guess(item) for item in model.comparisons}
    training = model.training
    if training is None or all(not item.is_learned for item in model.comparisons):
        return guess
    say("link: learning what agreement is worth")
    drawn, u = _learn_u(connection, model, guess, prior, training)
    m = _learn_m(connection, model, u, prior, training)
    weights: dict[str, dict[str, Weight]] = {}
    for item in model.comparisons:
        name = item.field
        if not item.is_learned:
            weights[name] = guess[name]
            continue
        if name not in m:
            logger.warning(
                "%s 的权重没有足够的记录对可学，用估计值。"
                "There are too few pairs to learn weights of %s from: a guess stands in.",
                name,
                name,
            )
        weights[name] = {
            label: Weight(
                _rounded(m[name][label] if name in m else guess[name][label].m, _LEAST_M),
                _rounded(u[name][label].u, 0.5 / max(drawn, 1)),
            )
            for label in guess[name]
        }
        # Where nearly all agree, to disagree is rare; but it never speaks for a link.
        otherwise = weights[name][ELSE]
        weights[name][ELSE] = Weight(otherwise.m, max(otherwise.m, otherwise.u))
    return weights


def _rounded(share: float, least: float) -> float:
    """The last digits of a sum depend on its order, and so on the number of threads."""
    return float(f"{min(max(share, least), 1 - least):.4g}")


def _learn_u(
    connection: duckdb.DuckDBPyConnection, model: LinkageModel, guess: Weights, prior: float, training: Training
) -> tuple[int, Weights]:
    """How often pairs drawn at random agree. Returns how many pairs those were."""
    wanted = math.ceil((1 + math.sqrt(1 + 8 * training.pairs)) / 2)
    content = ", ".join(f"coalesce({column(name)}, '')" for name in model.fields)
    # Of equal rows one: they have one hash, and would be drawn together far more often than by chance.
    connection.execute(
        "CREATE OR REPLACE TABLE drawn AS SELECT * FROM cleaned SEMI JOIN ("
        f"SELECT min(record) AS record, md5(concat_ws('|', {content}, '{training.seed}')) AS luck FROM cleaned "
        f"GROUP BY luck ORDER BY luck LIMIT {wanted}) USING (record)"
    )
    records = _count(connection, "SELECT count(*) FROM drawn")
    pairs = records * (records - 1) // 2
    if pairs == 0:
        return 0, guess
    # Without a guess to begin with: Splink would keep it for what never came up.
    with _splink(connection, "drawn", splink_settings(model, {}, prior)) as (linker, _):
        # The sample is drawn already: Splink takes all of it.
        linker.training.estimate_u_using_random_sampling(
            max_pairs=4 * records * records, seed=training.seed, min_count_per_level=None, num_chunks=1
        )
        learned = _weights_of(linker)
    connection.execute("DROP TABLE drawn")
    return pairs, {
        name: {
            # A field that is empty in all of them is as unknown as before.
            label: Weight(own.m, max(learned[name][label].u, 0.5 / pairs) if _is_seen(learned[name]) else own.u)
            for label, own in levels.items()
        }
        for name, levels in guess.items()
    }


def _is_seen(levels: Mapping[str, Weight]) -> bool:
    return any(weight.u > 0 for weight in levels.values())


def _learn_m(
    connection: duckdb.DuckDBPyConnection, model: LinkageModel, u: Weights, prior: float, training: Training
) -> dict[str, dict[str, float]]:
    """How often each level comes up among pairs of one thing, by comparison; of those that could be learned."""
    pairs = [_mark(connection, model, training, number) for number in range(len(training.same))]
    joined = " ".join(f"LEFT JOIN mark_{number} USING (record)" for number in range(len(pairs)))
    connection.execute(f"CREATE OR REPLACE TABLE trained_on AS SELECT * FROM cleaned {joined}")
    seen: dict[str, list[dict[str, float]]] = {}
    for number, key in enumerate(training.same):
        if pairs[number] < _LEAST_MATCHES:
            continue
        rule = " AND ".join(f"l.{name} = r.{name}" for name in (*map(column, key), f"mark_{number}"))
        with _splink(connection, "trained_on", splink_settings(model, u, prior)) as (linker, _):
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                f"{rule} AND {_may_meet(model)}"
            )
        learned = session.core_model_settings
        # Where hardly any of the pairs are of one thing, there is nothing to learn of such pairs.
        if learned.probability_two_random_records_match * pairs[number] < _LEAST_MATCHES:
            continue
        for comparison in learned.comparisons:
            levels = comparison._comparison_levels_excluding_null
            # A level that did not come up has a text for its m.
            seen.setdefault(comparison.output_column_name, []).append(
                {
                    level.label_for_charts: float(level.m_probability)
                    if isinstance(level.m_probability, float)
                    else 0.0
                    for level in levels
                }
            )
    for number in range(len(pairs)):
        connection.execute(f"DROP TABLE mark_{number}")
    connection.execute("DROP TABLE trained_on")
    return {
        name: {label: sum(one[label] for one in shares) / len(shares) for label in shares[0]}
        for name, shares in seen.items()
    }


def _mark(connection: duckdb.DuckDBPyConnection, model: LinkageModel, training: Training, number: int) -> int:
    """mark_<number> (record, mark_<number>): the records that have a training key in common with others, few enough.
    Splink joins on the mark too, and so leaves a common value out as blocking does. Returns how many pairs there are.
    """
    limits = model.limits.model_copy(update={"pairs": training.pairs})
    most = _find_pairs(connection, model.model_copy(update={"limits": limits}), [training.same[number]], "pair_of_key")
    connection.execute(
        f"CREATE OR REPLACE TABLE mark_{number} AS SELECT record, 1 AS mark_{number} FROM key_of SEMI JOIN ("
        f"SELECT k FROM key_size WHERE n <= {most}) USING (k) SEMI JOIN ("
        "SELECT l AS record FROM pair_of_key UNION SELECT r FROM pair_of_key) USING (record)"
    )
    pairs = _count(connection, "SELECT count(*) FROM pair_of_key")
    connection.execute("DROP TABLE pair_of_key")
    return pairs


@contextmanager
def _splink(
    connection: duckdb.DuckDBPyConnection, table: str, settings: dict[str, Any]
) -> Iterator[tuple[Splink, DuckDBAPI]]:
    """A Splink linker over a table; what it makes is gone afterwards. It would warn of every level that is rare."""
    database = DuckDBAPI(connection)
    splinks = logging.getLogger("splink")
    level = splinks.level
    splinks.setLevel(logging.ERROR)
    try:
        yield Splink(database.register(table, table_name=f"splink_{table}"), settings, log_level=None), database
    finally:
        splinks.setLevel(level)
        database.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]


def _weights_of(linker: Splink) -> dict[str, dict[str, Weight]]:
    saved = linker.misc.save_model_to_json()
    return {
        comparison["output_column_name"]: {
            level["label_for_charts"]: Weight(level.get("m_probability") or 0.0, level.get("u_probability") or 0.0)
            for level in comparison["comparison_levels"]
            if not level.get("is_null_level")
        }
        for comparison in saved["comparisons"]
    }


# ---- scoring and clustering


def _score(connection: duckdb.DuckDBPyConnection, model: LinkageModel, weights: Weights, prior: float) -> None:
    """scored (profile_l, profile_r, match_weight, confidence: the probability, evidence), from the review threshold."""
    if not _count(connection, "SELECT count(*) FROM candidate"):
        connection.execute(
            "CREATE OR REPLACE TABLE scored (profile_l BIGINT, profile_r BIGINT, match_weight DOUBLE, "
            "confidence DOUBLE, evidence VARCHAR)"
        )
        return
    connection.execute(
        "CREATE OR REPLACE TABLE blocked AS SELECT '0' AS match_key, l AS join_key_l, r AS join_key_r FROM candidate"
    )
    evidence = " || ".join(
        f"CASE WHEN gamma_{item.field} IN ({_agreeing(weights[item.field])}) THEN '+{item.field}' ELSE '' END"
        for item in model.comparisons
    )
    with _splink(connection, "cleaned", splink_settings(model, weights, prior)) as (linker, database):
        linker.table_management.register_blocked_pairs_for_predict(database.register("blocked"))
        predicted = linker.inference.predict(threshold_match_probability=model.thresholds.review * 0.99)
        connection.execute(
            "CREATE OR REPLACE TABLE scored AS SELECT least(record_l, record_r) AS profile_l, "
            "greatest(record_l, record_r) AS profile_r, round(match_weight, 6) AS match_weight, "
            "round(1 / (1 + power(2.0, -least(greatest(match_weight, -900), 900))), 9) AS confidence, "
            f"ltrim({evidence}, '+') AS evidence FROM {predicted.physical_name}"
        )
    connection.execute(f"DELETE FROM scored WHERE confidence < {model.thresholds.review}")
    connection.execute("DROP TABLE blocked")


def _agreeing(weights: Any) -> str:
    """The levels that speak for a link, as Splink numbers them: from 0 (else) upwards."""
    labels = list(weights)
    numbers = [
        str(len(labels) - 1 - place)
        for place, label in enumerate(labels)
        if label != ELSE and weights[label].m > weights[label].u
    ]
    return ", ".join(numbers) or "-9"


def _cluster(connection: duckdb.DuckDBPyConnection, model: LinkageModel) -> None:
    """cluster (profile_id, cluster_id), and in scored a column decision: link, cut or review."""
    connection.execute(
        "CREATE OR REPLACE TABLE edge AS SELECT profile_l, profile_r, match_weight AS confidence FROM scored "
        f"WHERE confidence >= {model.thresholds.link}"
    )
    connected_components(connection, edge_table="edge", out_table="cluster")
    conflicts = [Conflict("cleaned", column(name)) for name in model.constraints.differ]
    if model.constraints.one_per_input:
        conflicts.append(Conflict("cleaned", "input", is_one_each=True))
    keep_consistent(connection, edge_table="edge", conflicts=conflicts, cluster_table="cluster")
    # Of two rows of one cluster nobody has to ask, however weak their own link.
    connection.execute(
        "CREATE OR REPLACE TABLE decided AS SELECT s.*, CASE WHEN a.cluster_id = b.cluster_id THEN 'link' "
        f"WHEN s.confidence >= {model.thresholds.link} THEN 'cut' ELSE 'review' END AS decision FROM scored AS s "
        "LEFT JOIN cluster AS a ON a.profile_id = s.profile_l LEFT JOIN cluster AS b ON b.profile_id = s.profile_r"
    )
    connection.execute("DROP TABLE scored")


def _report(
    connection: duckdb.DuckDBPyConnection, shared: tuple[SharedKey, ...], prior: float, weights: Weights
) -> LinkReport:
    rows = _count(connection, "SELECT count(*) FROM cleaned")
    clustered = _count(connection, "SELECT count(*) FROM cluster")
    groups = _count(connection, "SELECT count(DISTINCT cluster_id) FROM cluster")
    decided = dict(connection.execute("SELECT decision, count(*) FROM decided GROUP BY decision").fetchall())
    return LinkReport(
        rows=rows,
        clusters=rows - clustered + groups,
        linked=_count(
            connection, "SELECT count(*) FROM (SELECT 1 FROM cluster GROUP BY cluster_id HAVING count(*) > 1)"
        ),
        pairs=_count(connection, "SELECT count(*) FROM candidate"),
        links=decided.get("link", 0),
        cut=decided.get("cut", 0),
        review=decided.get("review", 0),
        shared=shared,
        prior=prior,
        weights=weights,
    )


def _write(connection: duckdb.DuckDBPyConnection, out: Path, pairs_out: Path | None) -> None:
    """Both files, whole or not at all."""
    sides = "SELECT profile_l AS record, * FROM decided UNION ALL SELECT profile_r AS record, * FROM decided"
    _copy(
        connection,
        f"WITH side AS ({sides}), strongest AS (SELECT record, "
        "arg_max(confidence, (match_weight, evidence)) FILTER (decision = 'link') AS confidence, "
        "arg_max(evidence, (match_weight, evidence)) FILTER (decision = 'link') AS evidence, "
        "bool_or(decision <> 'link') AS review FROM side GROUP BY record) "
        "SELECT s._file AS _input, s._row, coalesce(c.cluster_id, s.record) AS _cluster, "
        "t.confidence AS _probability, t.evidence AS _evidence, coalesce(t.review, false) AS _review, "
        f"s.* EXCLUDE ({', '.join(OWN_COLUMNS)}) FROM source_row AS s "
        "LEFT JOIN cluster AS c ON c.profile_id = s.record LEFT JOIN strongest AS t ON t.record = s.record "
        "ORDER BY s.record",
        out,
    )
    if pairs_out is not None:
        _copy(
            connection,
            "SELECT l._file AS _input_l, l._row AS _row_l, r._file AS _input_r, r._row AS _row_r, "
            "d.confidence AS probability, d.match_weight, d.evidence, d.decision FROM decided AS d "
            "JOIN source_row AS l ON l.record = d.profile_l JOIN source_row AS r ON r.record = d.profile_r "
            "ORDER BY d.match_weight, d.profile_l, d.profile_r",
            pairs_out,
        )


def _copy(connection: duckdb.DuckDBPyConnection, query: str, out: Path) -> None:
    part = out.resolve().with_name(f".{out.name}.part")
    try:
        connection.execute(f"COPY ({query}) TO {literal(str(part))} ({PLAIN})")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
