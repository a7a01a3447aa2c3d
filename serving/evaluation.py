"""How good the rules are: findings of a published library held to the defects that were planted in a simulated city."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from serving.library import open_published
from sources.contract import load_contracts
from sources.errors import UsageError
from sources.workdir import Workdir

# What else makes a rule's finding true of all records of a person in a dataset, kind and field: who went away and was
# not cancelled, or whose end nobody wrote down, has two records open at once.
CAUSES = {"person_repeated": (("not_cancelled", None), ("value_missing", "ended_on"))}
# Beside whom a record is about: their number may be left out (dbt's macro companion_roles).
COMPANIONS = frozenset({"mother", "father", "guardian"})
# What hides a number that two people have: nobody can read it there.
HIDING = frozenset({"id_missing", "id_malformed", "id_checksum", "id_borrowed", "id_outdated"})


@dataclass(frozen=True)
class RuleScore:
    """A rule against the defects of its name, counted in records (dataset and record key).

    Attributes:
        rule_id: the rule, and the kind of defect.
        planted: records in which such a defect was planted.
        found: of them, those that the rule names.
        named: records that the rule names.
        false: of them, those without such a defect, or another that makes the finding true.
        excused: records in which something was planted that is no such defect (see `_excused`); not among `planted`.
    """

    rule_id: str
    planted: int
    found: int
    named: int
    false: int
    excused: int = 0

    @property
    def recall(self) -> float | None:
        """Share of the planted that was found, 0 to 1; None where none was planted."""
        return self.found / self.planted if self.planted else None

    @property
    def false_alarms(self) -> float | None:
        """Share of the named that is false, 0 to 1; None where none is named."""
        return self.false / self.named if self.named else None


def evaluate_findings(workdir: Workdir, truth: Path) -> list[RuleScore]:
    """Hold the findings that are open in a published library to the truth behind its city.

    Args:
        workdir: a library of the whole city is published there.
        truth: folder with planted.parquet (dataset, record_key, kind, field), mentions.parquet (dataset, record_key,
            role, person) and persons.parquet (person, birth_date).

    Returns:
        The rules that are named as a kind of defect, by name.

    Raises:
        UsageError: there is no truth, or nothing is published.
    """
    for name in ("planted.parquet", "mentions.parquet", "persons.parquet"):
        if not (truth / name).is_file():
            raise UsageError(f"没有真相文件 {truth / name}。There is no {truth / name}.", "sijiku simulate writes it.")
    sown = pl.read_parquet(truth / "planted.parquet")
    mentions = pl.read_parquet(truth / "mentions.parquet")
    born = pl.read_parquet(truth / "persons.parquet", columns=["person", "birth_date"])
    causes = pl.DataFrame(
        [(rule, *cause) for rule, listed in CAUSES.items() for cause in listed],
        schema={"rule_id": pl.String, "kind": pl.String, "of_field": pl.String},
        orient="row",
    )
    caused = (
        sown.join(causes, on="kind")
        .filter(pl.col("of_field").is_null() | (pl.col("of_field") == pl.col("field")))
        .join(mentions, on=["dataset", "record_key"])
        .select("rule_id", "dataset", "person")
        .unique()
        .join(mentions, on=["dataset", "person"])
        .select("rule_id", "dataset", "record_key")
        .unique()
    )
    with open_published(workdir, "restricted") as library:
        delivered = library.execute(
            "SELECT dataset, max(extract_date) AS extract_date FROM meta.delivery WHERE state = 'accepted' GROUP BY ALL"
        ).pl()
        excused = _excused(sown, mentions.join(born, on="person"), delivered)
        records = ["dataset", "record_key", "kind"]
        planted = sown.join(excused, on=[*records, "field"], how="anti", nulls_equal=True).select(records).unique()
        left_out = excused.select(records).unique().join(planted, on=records, how="anti")
        library.register("planted", planted)
        library.register("excused", left_out)
        library.register("caused", caused)
        rows = library.execute(
            "WITH named AS (SELECT DISTINCT f.rule_id, f.dataset, r.record_key FROM quality.finding AS f "
            "JOIN quality.record_ref AS r USING (record_ref) WHERE f.state <> 'verified'), "
            "rule AS (SELECT DISTINCT rule_id FROM quality.rule WHERE rule_id IN (SELECT kind FROM planted)), "
            "told AS (SELECT kind AS rule_id, dataset, record_key FROM planted UNION "
            "SELECT rule_id, dataset, record_key FROM caused), "
            "sown AS (SELECT p.kind AS rule_id, count(*) AS planted, count(n.rule_id) AS found FROM planted AS p "
            "LEFT JOIN named AS n ON n.rule_id = p.kind AND n.dataset = p.dataset AND n.record_key = p.record_key "
            "GROUP BY p.kind), "
            "reaped AS (SELECT n.rule_id, count(*) AS named, count(*) - count(t.rule_id) AS wrong FROM named AS n "
            "LEFT JOIN told AS t USING (rule_id, dataset, record_key) GROUP BY n.rule_id) "
            "SELECT rule_id, planted, found, coalesce(named, 0), coalesce(wrong, 0), "
            "(SELECT count(*) FROM excused WHERE kind = rule_id) FROM rule "
            "JOIN sown USING (rule_id) LEFT JOIN reaped USING (rule_id) ORDER BY rule_id"
        ).fetchall()
    return [RuleScore(*row) for row in rows]


def _excused(sown: pl.DataFrame, people: pl.DataFrame, delivered: pl.DataFrame) -> pl.DataFrame:
    """What was planted under a rule's name and is no defect by the rule's own words: dataset, record_key, kind, field.

    No number is expected of who stands in a record beside the person that it is about, nor of who was younger than a
    year when the dataset was last delivered; a number of two people is hidden where the cell holds another error.

    Args:
        sown: dataset, record_key, kind, field.
        people: dataset, record_key, role, birth_date: who truly stands in a record.
        delivered: dataset, extract_date.
    """
    owners = pl.DataFrame(
        [
            (contract.dataset, column.field, role.name)
            for contract in load_contracts().values()
            for column in contract.columns
            for role in contract.roles
            if role.fields.get("id_number") == column.header and role.name not in COMPANIONS
        ],
        schema=["dataset", "field", "role"],
        orient="row",
    )
    columns = ["dataset", "record_key", "kind", "field"]
    numbers = sown.filter(pl.col("kind") == "id_missing")
    expected = (
        numbers.join(owners, on=["dataset", "field"])
        .join(people, on=["dataset", "record_key", "role"])
        .join(delivered, on="dataset")
        .filter(pl.col("birth_date").is_null() | (pl.col("birth_date") <= pl.col("extract_date").dt.offset_by("-1y")))
    )
    hidden = sown.filter(pl.col("kind").is_in(sorted(HIDING))).select("dataset", "record_key", "field").unique()
    return pl.concat(
        [
            numbers.join(expected, on=columns, how="anti").select(columns),
            sown.filter(pl.col("kind") == "id_duplicated")
            .join(hidden, on=["dataset", "record_key", "field"], how="semi")
            .select(columns),
        ]
    ).unique()
