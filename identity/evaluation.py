"""How good is who-is-who, where the truth is known: in a simulated city.

Pairs are counted, not listed: in a cell of the table true person × person found with n mentions lie n(n-1)/2 pairs that
are rightly together. Pairs are dominated by people with many mentions, so people are counted too, and B-cubed weighs
every mention alike (Bagga and Baldwin 1998; Amigó et al. 2009).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from identity.profiles import MENTIONS
from sources.errors import UsageError
from sources.warehouse import CATALOG, open_warehouse
from sources.workdir import Workdir

# Names this long are mostly Mongolian ones, transliterated: a linkage that fails them fails Mongolian people.
LONG_NAME = 4
_CHILD_YEARS = 15

# Groups by what is true of the person; the mentions of the group are all mentions of such people.
_PERSON_GROUPS: dict[str, str] = {
    "floating": "is_floating",
    "registered": "is_registered",
    "male": "sex = '1'",
    "female": "sex = '2'",
    "children": f"birth_date > (SELECT max(birth_date) - INTERVAL {_CHILD_YEARS} YEAR FROM true_person)",
    "long names": f"length(regexp_replace(name, '[·.•‧ ]', '', 'g')) >= {LONG_NAME}",
}
_UNNUMBERED = "no valid number"


@dataclass(frozen=True)
class Score:
    """How well the mentions of one scope are linked; shares from 0 to 1, null where there is nothing to divide by.

    Pairs of mentions count where at least one of the two lies in the scope. People are those with a mention in it.
    `miscounted` is found people over true people, less 1. `exact` is the share of true people whose mentions, all of
    them and no other, are one person found.
    """

    scope: str
    mentions: int
    people: int
    people_found: int
    miscounted: float | None
    precision: float | None
    recall: float | None
    b_cubed_precision: float | None
    b_cubed_recall: float | None
    exact: float | None


@dataclass(frozen=True)
class Evaluation:
    """Scores overall, by dataset and by group. `unmatched` counts linked mentions of which the truth says nothing and
    mentions of the truth that are not linked (in quarantine, say, or superseded)."""

    overall: Score
    datasets: list[Score]
    groups: list[Score]
    unmatched: dict[str, int]

    def as_json(self) -> str:
        """All figures, for other programs."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1) + "\n"

    def scores(self) -> Iterator[tuple[str, Score]]:
        """Each score with the kind of its scope: overall, dataset or group."""
        yield "overall", self.overall
        yield from (("dataset", score) for score in self.datasets)
        yield from (("group", score) for score in self.groups)


def evaluate(workdir: Workdir, truth: Path) -> Evaluation:
    """Hold a library's cross-reference to the truth behind its city.

    Args:
        workdir: its warehouse holds `identity.person_xref` and the mentions.
        truth: folder with mentions.parquet (dataset, record_key, role, person) and persons.parquet (person, name, sex,
            birth_date, is_floating, is_registered).

    Raises:
        UsageError: there is no truth, or nothing has been linked.
    """
    for name in ("mentions.parquet", "persons.parquet"):
        if not (truth / name).is_file():
            raise UsageError(f"没有真相文件 {truth / name}。There is no {truth / name}.", "sijiku simulate writes it.")
    if not workdir.warehouse.is_file():
        raise UsageError(f"没有库 {workdir.path}。There is no library in {workdir.path}.", "Run sijiku build first.")
    with open_warehouse(workdir, read_only=True) as connection:
        connection.execute("USE memory")
        try:
            connection.execute(f"SELECT 1 FROM {CATALOG}.identity.person_xref LIMIT 0")
        except duckdb.CatalogException:
            raise UsageError(
                f"{workdir.path} 尚未识别人员。Nobody has been linked in {workdir.path}.", "Run sijiku build first."
            ) from None
        connection.execute(
            "CREATE VIEW found AS SELECT dataset, record_key, role, person_id, id_number IS NOT NULL AS has_number "
            f"FROM {CATALOG}.identity.person_xref JOIN {MENTIONS} USING (dataset, record_key, role)"
        )
        connection.execute(f"CREATE VIEW true_mention AS SELECT * FROM '{_quoted(truth / 'mentions.parquet')}'")
        connection.execute(f"CREATE VIEW true_person AS SELECT * FROM '{_quoted(truth / 'persons.parquet')}'")
        return score(connection)


def score(connection: duckdb.DuckDBPyConnection) -> Evaluation:
    """Score what is found against what is true.

    Args:
        connection: its current schema has found (dataset, record_key, role, person_id, has_number), true_mention
            (dataset, record_key, role, person) and true_person (person, name, sex, birth_date, is_floating,
            is_registered). Tables are made there.
    """
    connection.execute(
        "CREATE OR REPLACE TABLE part AS SELECT t.person AS truth, f.person_id AS found, f.dataset, "
        "count(*) AS mentions, count(*) FILTER (NOT f.has_number) AS unnumbered "
        "FROM found AS f JOIN true_mention AS t USING (dataset, record_key, role) GROUP BY ALL"
    )
    connection.execute(
        "CREATE OR REPLACE TABLE cell AS SELECT *, CAST(sum(n) OVER (PARTITION BY truth) AS BIGINT) AS true_n, "
        "CAST(sum(n) OVER (PARTITION BY found) AS BIGINT) AS found_n FROM "
        "(SELECT truth, found, CAST(sum(mentions) AS BIGINT) AS n FROM part GROUP BY truth, found)"
    )
    datasets = [name for (name,) in connection.execute("SELECT DISTINCT dataset FROM part ORDER BY dataset").fetchall()]
    of_dataset = "SELECT truth, found, mentions AS k FROM part WHERE dataset = ?"
    groups = [
        _score(
            connection, name, f"SELECT truth, found, n AS k FROM cell JOIN true_person ON person = truth WHERE {sql}"
        )
        for name, sql in _PERSON_GROUPS.items()
    ]
    without = "SELECT truth, found, sum(unnumbered) AS k FROM part WHERE unnumbered > 0 GROUP BY truth, found"
    return Evaluation(
        overall=_score(connection, "overall", "SELECT truth, found, n AS k FROM cell"),
        datasets=[_score(connection, name, of_dataset, [name]) for name in datasets],
        groups=[*groups, _score(connection, _UNNUMBERED, without)],
        unmatched=_unmatched(connection),
    )


def _score(connection: duckdb.DuckDBPyConnection, scope: str, subset: str, values: list[str] | None = None) -> Score:
    """One scope. `subset`: query with columns truth, found, k: so many mentions of each cell lie in the scope."""

    def pairs(total: str) -> str:
        # Of `total` mentions k lie in the scope: the pairs among the k, and those between the k and the others.
        return f"CAST(sum(k * (k - 1) / 2 + k * ({total} - k)) AS DOUBLE)"

    row = connection.execute(
        f"WITH inside AS (SELECT truth, found, CAST(k AS BIGINT) AS k, n, true_n, found_n FROM ({subset}) "
        "JOIN (SELECT truth, found, n, true_n, found_n FROM cell) USING (truth, found)), "
        "by_true AS (SELECT truth, sum(k) AS k, any_value(true_n) AS total, "
        "bool_and(n = true_n AND n = found_n) AS is_exact FROM inside GROUP BY truth), "
        "by_found AS (SELECT found, sum(k) AS k, any_value(found_n) AS total FROM inside GROUP BY found) "
        "SELECT CAST(coalesce(sum(k), 0) AS BIGINT), (SELECT count(*) FROM by_true), (SELECT count(*) FROM by_found), "
        f"{pairs('n')}, (SELECT {pairs('total')} FROM by_found), (SELECT {pairs('total')} FROM by_true), "
        "CAST(sum(CAST(k AS DOUBLE) * n / found_n) AS DOUBLE), CAST(sum(CAST(k AS DOUBLE) * n / true_n) AS DOUBLE), "
        "(SELECT count(*) FILTER (is_exact) FROM by_true) FROM inside",
        values,
    ).fetchone()
    assert row is not None
    mentions, people, found, right, said, wanted, b_precision, b_recall, exact = row
    return Score(
        scope=scope,
        mentions=mentions,
        people=people,
        people_found=found,
        miscounted=_ratio(found - people, people),
        precision=_ratio(right, said),
        recall=_ratio(right, wanted),
        b_cubed_precision=_ratio(b_precision, mentions),
        b_cubed_recall=_ratio(b_recall, mentions),
        exact=_ratio(exact, people),
    )


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None


def _unmatched(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    row = connection.execute(
        "SELECT (SELECT count(*) FROM found), (SELECT count(*) FROM true_mention), "
        "(SELECT CAST(coalesce(sum(mentions), 0) AS BIGINT) FROM part)"
    ).fetchone()
    found, true, both = row or (0, 0, 0)
    return {"linked without truth": found - both, "true but not linked": true - both}


def write_chart(evaluation: Evaluation, path: Path) -> None:
    """Draw precision and recall of every scope as SVG or PNG, by the path's suffix, without a browser.

    Raises:
        UsageError: the suffix is neither.
    """
    import altair as alt
    import vl_convert

    if path.suffix not in (".svg", ".png"):
        raise UsageError(f"图只能是 .svg 或 .png。A chart is .svg or .png, not {path.name}.", "Name it so.")
    rows = [
        {"kind": kind, "scope": each.scope, "measure": measure, "share": value}
        for kind, each in evaluation.scores()
        for measure, value in (("查准 precision", each.precision), ("查全 recall", each.recall))
        if value is not None
    ]
    order = [each.scope for _, each in evaluation.scores()]
    chart = (
        alt.Chart(alt.InlineData(values=rows), title="人员识别质量 Quality of identity")
        .mark_point(filled=True, size=60)
        .encode(
            x=alt.X("share:Q", scale=alt.Scale(zero=False), title="占记录对 share of pairs"),
            y=alt.Y("scope:N", sort=order, title=None),
            color=alt.Color("measure:N", title=None),
            shape=alt.Shape("measure:N", title=None),
        )
        .properties(width=420)
    )
    spec = chart.to_json()
    if path.suffix == ".svg":
        path.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
    else:
        path.write_bytes(vl_convert.vegalite_to_png(spec, scale=2))


def _quoted(path: Path) -> str:
    return str(path.resolve()).replace("'", "''")
