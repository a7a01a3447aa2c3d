"""How good the rules are, on simulated cities of several seeds, profiles and sizes.

    python -m tests.campaigns.findings --city 3:normal:0.002 --city 3:hard:0.002 --write

Each city (seed:profile:scale) is simulated and its library built; the findings are held to the defects that were
planted in it, record by record. No rule is fitted to a city: thresholds have no part in what is found. `--write` puts
the tables into docs/findings.md, between its markers.

What was found is kept in `--work` as JSON lines, so that a campaign that is stopped goes on where it was. A campaign
runs one code: do not change files while it lasts.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from serving.evaluation import evaluate_findings
from tests.campaigns.cities import run_campaign, simulated
from tests.campaigns.command import folders, succeed

CITIES = ("3:normal:0.002", "3:hard:0.002", "1:normal:0.01")
# What is wanted: share of planted records found, at least, and share of the findings that are false, below.
WANTED = {"row_repeated": 1.0, "person_repeated": 0.99, "id_borrowed": 0.97, "id_malformed": 1.0, "id_checksum": 1.0}
FALSE = 0.01


@dataclass(frozen=True)
class City:
    """How the rules did in one city: `scores` are those of `serving.evaluation.RuleScore`."""

    seed: int
    profile: str
    scale: float
    scores: list[dict[str, Any]]


def find(work: Path, seed: int, profile: str, scale: float) -> City:
    """Simulate a city, build its library, and hold its findings to the truth; the city is thrown away."""
    with simulated(work, seed, profile, scale) as (city, workdir):
        succeed(["build", *folders(city / "landing", workdir.path)])
        scores = [asdict(score) for score in evaluate_findings(workdir, city / "truth")]
    return City(seed, profile, scale, scores)


def shortfalls(city: City) -> list[str]:
    """What falls short of what is wanted, in words."""
    scores = {score["rule_id"]: score for score in city.scores}
    short = [
        f"{rule}: {scores[rule]['found']} / {scores[rule]['planted']}"
        for rule, share in WANTED.items()
        if rule in scores and scores[rule]["found"] < share * scores[rule]["planted"]
    ]
    named, false = (sum(score[part] for score in city.scores) for part in ("named", "false"))
    return [*short, f"false alarms: {false} / {named}"] if false >= FALSE * named else short


def summary(cities: Sequence[City], code: str) -> str:
    """The table for docs/findings.md: a row a rule, each city's counts side by side."""
    labels = [f"种子 seed {city.seed}, {city.profile}, 规模 scale {city.scale}" for city in cities]
    by_rule = [{score["rule_id"]: score for score in city.scores} for city in cities]
    lines = [
        f"程序版本 code {code}。各格 each cell: 找到/植入 found / planted（查全 recall）；误报 false / 指出 named。",
        "",
        "| 规则 rule | 应达 wanted | " + " | ".join(labels) + " |",
        "|---|---:|" + "---:|" * len(cities),
    ]
    for rule in sorted({rule for scores in by_rule for rule in scores}):
        cells = [_cell(scores.get(rule)) for scores in by_rule]
        wanted = f"{WANTED[rule]:.0%}" if rule in WANTED else ""
        lines.append(f"| `{rule}` | {wanted} | " + " | ".join(cells) + " |")
    totals = []
    for city in cities:
        named, false = (sum(score[part] for score in city.scores) for part in ("named", "false"))
        totals.append(f"{false:,} / {named:,} ({false / named:.2%})" if named else "")
    lines.append(f"| 误报合计 false alarms | < {FALSE:.0%} | " + " | ".join(totals) + " |")
    short = [f"- {label}: {text}" for label, city in zip(labels, cities, strict=True) for text in shortfalls(city)]
    return "\n".join([*lines, "", "未达 Short of what is wanted: " + ("无 nothing." if not short else ""), *short])


def _cell(score: dict[str, Any] | None) -> str:
    if score is None:
        return "–"
    recall = f" ({score['found'] / score['planted']:.1%})" if score["planted"] else ""
    left = f"，不算 left out {score['excused']:,}" if score["excused"] else ""
    return f"{score['found']:,} / {score['planted']:,}{recall}{left}；{score['false']:,} / {score['named']:,}"


def main() -> int:
    """Run the campaign, or what is left of it; ends with 1 where something falls short."""
    cities = run_campaign("findings", __doc__ or "", "findings.md", CITIES, City, find, summary)
    return 1 if any(shortfalls(city) for city in cities) else 0


if __name__ == "__main__":
    sys.exit(main())
