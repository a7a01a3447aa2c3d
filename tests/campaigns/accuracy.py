"""How good is who-is-who, on simulated cities of several seeds, profiles and sizes.

    python -m tests.campaigns.accuracy --city 1:normal:0.05 --city 2:hard:0.05 --city 1:normal:1.0

Each city (seed:profile:scale) is simulated, taken in, linked in full and held to its truth; no city's results have a
part in how the next is linked, for thresholds and weights are files of the code. `--write` puts the tables into
docs/identity.md, between its markers.

What was found is kept in `--work` as JSON lines, so that a campaign that is stopped goes on where it was. A campaign
runs one code: do not change files while it lasts.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from identity.evaluation import evaluate
from identity.pipeline import identify
from identity.population import POPULATION
from orchestration.run import run_build
from tests.campaigns.cities import run_campaign, simulated

CITIES = (
    "11:normal:0.05",
    "12:normal:0.05",
    "13:normal:0.05",
    "11:hard:0.05",
    "12:hard:0.05",
    "11:clean:0.05",
    "11:normal:1.0",
)

# What the scopes of `identity.evaluation` are called on the page.
_SCOPES = {
    "overall": "全部 overall",
    "floating": "流动人口 floating",
    "registered": "户籍人口 registered",
    "male": "男 male",
    "female": "女 female",
    "children": "儿童 children under 15",
    "long names": "长姓名（多为蒙古族）long names, mostly Mongolian",
    "no valid number": "无有效号码的记录 records without a valid number",
}


@dataclass(frozen=True)
class City:
    """How one city was linked: `scores` are those of `identity.evaluation.Score`, overall and by group."""

    seed: int
    profile: str
    scale: float
    mentions: int
    seconds: float
    scores: list[dict[str, Any]]


def link(work: Path, seed: int, profile: str, scale: float) -> City:
    """Simulate a city, take it in, link it, and hold it to its truth; the city is thrown away."""
    with simulated(work, seed, profile, scale) as (city, workdir):
        run_build(workdir, city / "landing", None, lambda _: None, job="intake")
        began = time.perf_counter()
        report = identify(workdir, "accuracy")
        seconds = time.perf_counter() - began
        result = evaluate(workdir, city / "truth")
        scores = [vars(score) for score in (result.overall, *result.groups)]
    return City(seed, profile, scale, report.mentions, round(seconds, 1), scores)


def summary(cities: Sequence[City], code: str) -> str:
    """The tables for docs/identity.md: each city as a whole, then the groups of each."""
    head = (
        "| 种子 seed | 质量 profile | 规模 scale | 记录 mentions | 查准 precision | 查全 recall | 人数误差 people "
        "| 流动人口误差 floating people | 完全正确 exact |"
    )
    lines = [
        f"程序版本 code {code}；阈值 threshold {POPULATION.thresholds.link}，事先 listed beforehand "
        f"{POPULATION.listed}，权重 weights `identity/weights.json`。",
        "",
        head,
        "|---:|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for city in cities:
        overall, *groups = city.scores
        floating = next(group for group in groups if group["scope"] == "floating")
        lines.append(
            f"| {city.seed} | {city.profile} | {city.scale} | {city.mentions:,} | {overall['precision']:.6f} "
            f"| {overall['recall']:.5f} | {overall['miscounted']:+.2%} | {floating['miscounted']:+.2%} "
            f"| {overall['exact']:.2%} |"
        )
    lines += [
        "",
        "按群体 By group：查准 precision / 查全 recall / 完全正确 exact",
        "",
        "| 群体 group | " + " | ".join(f"{city.seed} {city.profile} {city.scale}" for city in cities) + " |",
        "|---|" + "---|" * len(cities),
    ]
    for place, scope in enumerate(score["scope"] for score in cities[0].scores):
        cells = [
            f"{score['precision']:.5f} / {score['recall']:.4f} / {score['exact']:.1%}"
            for score in (city.scores[place] for city in cities)
        ]
        lines.append(f"| {_SCOPES[scope]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Run the campaign, or what is left of it."""
    run_campaign("accuracy", __doc__ or "", "identity.md", CITIES, City, link, summary)
    return 0


if __name__ == "__main__":
    sys.exit(main())
