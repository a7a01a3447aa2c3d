"""Where people live and come from: real communities of Baotou, counties of origin, codes of earlier years."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl

from sources.city.streams import Floats, generator

DATA = Path(__file__).parent / "data"

CITY = "150200"
# The city's own urban districts, 市辖区; the high-tech zone lies in them.
URBAN = ("150202", "150203", "150204", "150205", "150206", "150207", "150271")
HIGH_TECH = "150271"
# The high-tech zone has a statistical code only: its people are registered, and numbered, by the district around them.
NUMBERED_BY = {"150271010": "150203", "150271020": "150204", "150271102": "150207"}
# The share of the census figure of 青山区 that is taken to live in the high-tech zone, which has none of its own.
HIGH_TECH_SHARE = 0.2
# Residents' committees are this many times as populous as village committees.
_TOWN_TO_VILLAGE = 3.0


def read(name: str) -> pl.DataFrame:
    """A file of `data/`, codes as text."""
    return pl.read_csv(DATA / name, infer_schema=False)


@dataclass(frozen=True)
class Places:
    """The city's communities with how many people they draw, and the counties of origin."""

    communities: pl.DataFrame  # community, its name, township, district, ..., weight (sums to 1 in each district)
    origins: pl.DataFrame  # code, province_name, county_name, scope, weight
    superseded: pl.DataFrame  # old_code, until_year, new_code

    @cached_property
    def district_of(self) -> pl.Series:
        """The district code of each community, by position."""
        return self.communities["district"]

    @cached_property
    def districts(self) -> list[str]:
        """District codes in order."""
        return sorted(self.communities["district"].unique().to_list())

    def community_weights(self, by_district: dict[str, float]) -> Floats:
        """Weights of communities that give each district its share."""
        share = self.communities["district"].replace_strict(by_district, return_dtype=pl.Float64).to_numpy()
        return np.asarray(share * self.communities["weight"].to_numpy())


def load_places(seed: int) -> Places:
    """Read the places; communities' sizes within a district are drawn, as none are published."""
    communities = read("communities.csv").sort("community")
    rng = generator(seed, "places")
    size = np.exp(rng.normal(0.0, 0.5, communities.height))
    town = communities["community"].str.slice(9, 1).to_numpy() < "2"
    communities = communities.with_columns(
        pl.Series("weight", size * np.where(town, _TOWN_TO_VILLAGE, 1.0)),
        pl.col("township").replace_strict(NUMBERED_BY, default=pl.col("district")).alias("id_area"),
    ).with_columns(pl.col("weight") / pl.col("weight").sum().over("district"))
    origins = read("origins.csv").with_columns(pl.col("weight").cast(pl.Float64)).sort("code")
    superseded = read("superseded_codes.csv").with_columns(pl.col("until_year").cast(pl.Int32))
    return Places(communities, origins, superseded)


def census_shares() -> dict[str, float]:
    """Share of the residents of 2010 by district, the high-tech zone cut out of 青山区."""
    rows = read("calibration.csv").filter(pl.col("kind") == "resident_share_census_2010")
    people = dict(zip(rows["code"].to_list(), rows["value"].cast(pl.Float64).to_list(), strict=True))
    people[HIGH_TECH] = people["150204"] * HIGH_TECH_SHARE
    people["150204"] *= 1 - HIGH_TECH_SHARE
    total = sum(people.values())
    return {code: count / total for code, count in people.items()}


def census_figure(kind: str) -> float:
    """A city-level figure of `calibration.csv`, in people."""
    return float(read("calibration.csv").filter(pl.col("kind") == kind)["value"].item())
