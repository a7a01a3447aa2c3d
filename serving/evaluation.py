"""How good the rules are: findings of a published library held to the defects that were planted in a simulated city."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from serving.library import open_published
from sources.errors import UsageError
from sources.workdir import Workdir

# What else makes a rule's finding true of all records of a person in a dataset, kind and field: who went away and was
# not cancelled, or whose end nobody wrote down, has two records open at once.
CAUSES = {"person_repeated": (("not_cancelled", None), ("value_missing", "ended_on"))}


@dataclass(frozen=True)
class RuleScore:
    """A rule against the defects of its name, counted in records (dataset and record key).

    Attributes:
        rule_id: the rule, and the kind of defect.
        planted: records in which such a defect was planted.
        found: of them, those that the rule names.
        named: records that the rule names.
        false: of them, those without such a defect, or another that makes the finding true.
    """

    rule_id: str
    planted: int
    found: int
    named: int
    false: int

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
        truth: folder with planted.parquet (dataset, record_key, kind, field) and mentions.parquet (dataset, record_key,
            role, person).

    Returns:
        The rules that are named as a kind of defect, by name.

    Raises:
        UsageError: there is no truth, or nothing is published.
    """
    for name in ("planted.parquet", "mentions.parquet"):
        if not (truth / name).is_file():
            raise UsageError(f"没有真相文件 {truth / name}。There is no {truth / name}.", "sijiku simulate writes it.")
    sown = pl.read_parquet(truth / "planted.parquet")
    planted = sown.select("dataset", "record_key", "kind").unique()
    mentions = pl.read_parquet(truth / "mentions.parquet")
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
        library.register("planted", planted)
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
            "SELECT rule_id, planted, found, coalesce(named, 0), coalesce(wrong, 0) FROM rule "
            "JOIN sown USING (rule_id) LEFT JOIN reaped USING (rule_id) ORDER BY rule_id"
        ).fetchall()
    return [RuleScore(*row) for row in rows]
