"""The household survey of floating people (流动人口动态监测): a sample, without names, that stands for all of them.

Two stages in each district: communities with a probability proportional to how many eligible people live there
(systematic sampling), then the same number of people in each. So everyone in a district has the same chance, and the
weights, its inverse, add up to the eligible people. A community that is drawn twice counts as two sampling units, each
with people of its own.

Where the city knows the truth of an answer it is given; what it does not know (income, health, wishes) is a choice.
Coded answers count from 1 in the order of the national list the item has, or as the comments here say; 1 is yes and 2
no. A question that does not apply is empty.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from sources.city import records
from sources.city.datasets.hrss import has_package
from sources.city.errors import Draws
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Floats, Ints, choose, whole

_RESPONDENTS = 2_000
_LARGEST_SHARE = 10  # at most one of so many eligible people is asked
_PEOPLE_A_UNIT = 20
_UNITS_A_STRATUM = 2  # at least, so that a variance can be estimated
_FROM_YEARS, _UNDER_YEARS = 15, 60
_ROUND_DAYS = 10
_IN_FLOW = ("within", "far", "near")

_EDUCATION = {"90": "1", "80": "2", "70": "3", "60": "4", "40": "4", "30": "5", "20": "6", "10": "7"}  # low to high
_MARITAL = {"10": "1", "20": "2", "30": "5", "40": "4"}  # 1 未婚 2 初婚 3 再婚 4 离婚 5 丧偶
_SCOPE = {"跨省": "1", "区内跨盟市": "2", "市内跨旗县": "3"}
_SECTIONS = "ABCDEFGHIJKLMNOPQRST"
# 1 负责人 2 专业技术 3 办事人员 4 商业服务业 5 农林牧渔 6 生产运输建筑, by section of GB/T 4754.
_OCCUPATIONS = {
    **dict.fromkeys("FGHIKLORT", "4"), **dict.fromkeys("MPQ", "2"), **dict.fromkeys("JS", "3"), "A": "5",
    **dict.fromkeys("BCDEN", "6"),
}  # fmt: skip
_INCOME_YUAN = {"1": 2200, "2": 2400, "3": 2900, "4": 3200, "5": 3700, "6": 4600, "7": 6500}  # by education
_SETTLES = {"1m_6m": 0.25, "6m_5y": 0.45, "over_5y": 0.66}
_HEALTH_RECORD = {"1m_6m": 0.14, "6m_5y": 0.62, "over_5y": 0.71}

_TAKEN = [
    "person", "group", "household", "sex", "birth_date", "ethnicity", "marital", "married_on", "education",
    "hukou_type", "hukou_division", "division_code", "community", "arrived_on", "dwelling", "reason", "industry",
    "employer", "is_floating", "flow_scope", "stay_band", "reach",
]  # fmt: skip


def dynamic_monitoring(city: City, draws: Draws) -> list[Delivery]:
    """survey.dynamic_monitoring: one round, asked in the days up to the city's date."""
    people = _with_truth(_sample(eligible(city), draws), city)
    back = pl.lit(pl.Series(whole(draws.uniform("surveyed", people["person"].to_numpy()), _ROUND_DAYS)))
    # Nobody is asked before they have been here for a month.
    asked = pl.max_horizontal(pl.lit(city.date) - pl.duration(days=back), pl.col("arrived_on").dt.offset_by("1mo"))
    people = people.with_columns(asked.alias("surveyed_on")).sort("unit", "turn")
    answers: dict[str, pl.Expr] = {}
    for part in (_basics, _work, _health, _family):
        answers |= part(people, draws)
    rows = people.select(
        (pl.col("person") * records.ENTRIES_A_PERSON).alias("_entry"),
        pl.lit(0).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        pl.lit(f"动态监测_{city.date:%Y%m%d}.csv").alias("_file"),
        (f"D{city.date:%Y%m}" + pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(5)).alias("record_key"),
        "stratum",
        pl.col("unit").cast(pl.String).alias("sampling_unit"),
        (pl.col("division_code").str.slice(0, 6) + "000000").alias("division"),
        pl.col("weight").round(6).cast(pl.String),
        "surveyed_on",
        *(answer.alias(item) for item, answer in answers.items()),
    )
    return [Delivery(city.date, "full", [rows])]


def eligible(city: City) -> pl.DataFrame:
    """Floating people of 15 to 59 years who live here, with `district`: whom the sample stands for."""
    born_after, born_upto = (months_before(city.date, 12 * years) for years in (_UNDER_YEARS, _FROM_YEARS))
    return (
        city.persons.select(_TAKEN)
        .filter(
            "is_floating",
            pl.col("group").is_in(_IN_FLOW),
            pl.col("birth_date") > born_after,
            pl.col("birth_date") <= born_upto,
        )
        .with_columns(pl.col("division_code").str.slice(0, 6).alias("district"))
    )


# ---- the sample


def _sample(people: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Respondents with stratum, unit (sampling unit, numbered in no order of places), turn in it, and weight."""
    luck = pl.Series("luck", draws.uniform("order", people["person"].to_numpy()))
    people = people.with_columns(luck).sort("district", "community", "luck")
    district = people["district"].to_numpy()
    codes, first, size = np.unique(district, return_index=True, return_counts=True)
    units, people_a_unit = _allocation(size, people.select("community").n_unique())
    start = draws.uniform("start", codes.astype(np.int64))
    community = people["community"].to_numpy()
    drawn = [
        _two_stages(community[at : at + n], int(wanted), people_a_unit, u) + np.array([[at], [0], [0], [0]])
        for at, n, wanted, u in zip(first, size, units, start, strict=True)
    ]
    stratum = np.repeat(np.arange(len(codes)), [one.shape[1] for one in drawn])
    person, hit, turn, taken = np.concatenate(drawn, axis=1)
    hits = stratum * 10_000 + hit
    number = np.argsort(np.argsort(draws.uniform("unit", np.unique(hits)), kind="stable"), kind="stable") + 1
    asked: pl.DataFrame = people[person]
    return asked.with_columns(
        pl.Series("stratum", [str(one + 1) for one in stratum], dtype=pl.String),
        pl.Series("unit", number[np.searchsorted(np.unique(hits), hits)]),
        pl.Series("turn", turn),
        pl.Series("weight", size[stratum] / units[stratum] / taken),
    )


def _allocation(size: Ints, communities: int) -> tuple[Ints, int]:
    """Sampling units of each stratum, in proportion to its people, and how many people are asked in each."""
    total = int(size.sum())
    wanted = min(_RESPONDENTS, total // _LARGEST_SHARE)
    least = _UNITS_A_STRATUM if wanted >= 2 * _UNITS_A_STRATUM * len(size) else 1
    # A small city has few people in a community: then fewer are asked in more of them.
    people_a_unit = int(np.clip(total // (2 * max(communities, 1)), least, _PEOPLE_A_UNIT))
    spare = max(wanted // people_a_unit - least * len(size), 0)
    share = spare * size / max(total, 1)
    units = np.floor(share).astype(np.int64)
    largest_rest = np.argsort(units - share, kind="stable")[: spare - int(units.sum())]
    units[largest_rest] += 1
    return np.minimum(units + least, np.maximum(size // 2, 1)), people_a_unit


def _two_stages(community: Ints, units: int, people_a_unit: int, start: float) -> Ints:
    """Draw units and people of one stratum.

    Args:
        community: of each of the stratum's people, in order of community, and in no order within one.

    Returns:
        Four rows: position of the person, unit, turn in the unit, and how many are asked in the unit.
    """
    n = len(community)
    points = np.floor((np.arange(units) + start) * n / units).astype(np.int64)
    drawn = community[points]
    begin, end = np.searchsorted(community, drawn, "left"), np.searchsorted(community, drawn, "right")
    times = np.searchsorted(drawn, drawn, "right") - np.searchsorted(drawn, drawn, "left")
    which = np.arange(units) - np.searchsorted(drawn, drawn, "left")
    # Units in the same community take every other person, or every third …
    turn = np.arange(people_a_unit)
    at = begin[:, None] + which[:, None] + turn[None, :] * times[:, None]
    there = at < end[:, None]
    unit, turns = np.nonzero(there)
    return np.stack([at[there], unit, turns, there.sum(axis=1)[unit]])


# ---- the truth that answers rest on


def _with_truth(sample: pl.DataFrame, city: City) -> pl.DataFrame:
    """Add age, children, youngest, eldest (birth dates), small_child, living, working, package."""
    persons = city.persons.select("household", "birth_date", "mother", "father", "division_code", "industry")
    here = pl.col("division_code").is_not_null()
    kids = pl.concat(
        persons.filter(pl.col(parent) >= 0).select(pl.col(parent).alias("person"), "birth_date", here.alias("here"))
        for parent in ("mother", "father")
    )
    small = pl.col("birth_date") > months_before(city.date, 12 * 7)
    children = (
        kids.join(sample.select("person"), on="person", how="semi")
        .group_by("person")
        .agg(
            pl.len().cast(pl.Int64).alias("children"),
            pl.col("here").sum().cast(pl.Int64).alias("children_here"),
            pl.col("birth_date").max().alias("youngest"),
            pl.col("birth_date").min().alias("eldest"),
            (small & pl.col("here")).any().alias("small_child"),
        )
    )
    homes = (
        persons.filter(here)
        .join(sample.select("household").unique(), on="household", how="semi")
        .group_by("household")
        .agg(
            pl.len().cast(pl.Int64).alias("living"),
            pl.col("industry").is_not_null().sum().cast(pl.Int64).alias("working"),
        )
    )
    joined = sample.join(children, on="person", how="left", maintain_order="left").join(
        homes, on="household", how="left", maintain_order="left"
    )
    return joined.with_columns(
        pl.col("children", "children_here").fill_null(0),
        pl.col("small_child").fill_null(False),
        pl.Series("package", has_package(joined, city.seed)),
        ((pl.lit(city.date) - pl.col("birth_date")).dt.total_days() / 365.25).floor().cast(pl.Int64).alias("age"),
        pl.lit(city.date).alias("today"),
    )


class _Luck:
    """Draws of one sample: a column for each item."""

    def __init__(self, people: pl.DataFrame, draws: Draws) -> None:
        self._person = people["person"].to_numpy()
        self._draws = draws

    def draw(self, item: str) -> Floats:
        return self._draws.uniform(item, self._person)

    def number(self, item: str) -> pl.Expr:
        """In [0, 1)."""
        return pl.lit(pl.Series(self.draw(item)))

    def code(self, item: str, *shares: float) -> pl.Expr:
        """1, 2, 3 … with these shares."""
        return pl.lit(pl.Series(choose(self.draw(item), shares) + 1).cast(pl.String))

    def yes(self, item: str, chance: pl.Expr | float) -> pl.Expr:
        """1 or 2."""
        return _yes(self.number(item) < chance)

    def count(self, item: str, *shares: float) -> pl.Expr:
        """0, 1, 2 … with these shares."""
        return pl.lit(pl.Series(choose(self.draw(item), shares)))


def _yes(condition: pl.Expr) -> pl.Expr:
    return pl.when(condition).then(pl.lit("1")).otherwise(pl.lit("2"))


def _if(condition: pl.Expr, answer: pl.Expr) -> pl.Expr:
    """An answer where the question applies."""
    return pl.when(condition).then(answer)


def _month(day: str | pl.Expr) -> pl.Expr:
    return (pl.col(day) if isinstance(day, str) else day).dt.strftime("%Y%m")


def _listed(codes: dict[str, str], column: str, last: str) -> pl.Expr:
    """A two-digit code of a national list as a number, 其他 (99) the last."""
    numbers = {word: last if code == "99" else code.lstrip("0") for word, code in codes.items()}
    return pl.col(column).replace_strict(numbers, default=last, return_dtype=pl.String)


# ---- the four parts


def _basics(people: pl.DataFrame, draws: Draws) -> dict[str, pl.Expr]:
    """A 基本情况."""
    luck = _Luck(people, draws)
    arrived, born = pl.col("arrived_on").dt.year().cast(pl.Int64), pl.col("birth_date").dt.year().cast(pl.Int64)
    came_grown = arrived - born >= 18
    cities = 1 + pl.when(came_grown).then(luck.count("a15", 0.55, 0.27, 0.12, 0.04, 0.02)).otherwise(0)
    earlier = pl.max_horizontal(arrived - (cities - 1) * (1 + luck.count("a16", 0.5, 0.3, 0.2)), born + 16)
    family = pl.col("living") + pl.when(pl.col("living") == 1).then(luck.count("a11", 0.25, 0.3, 0.3, 0.15)).otherwise(
        luck.count("a11", 0.7, 0.2, 0.1)
    )
    return {
        "a01": pl.col("sex"),
        "a02": _month("birth_date"),
        "a03": pl.col("ethnicity").str.strip_chars_start("0"),
        "a04": pl.col("education").replace_strict(_EDUCATION, return_dtype=pl.String),
        "a05": pl.col("hukou_type"),
        "a06": pl.col("marital").replace_strict(_MARITAL, return_dtype=pl.String),
        "a07": pl.col("hukou_division"),
        "a08": pl.col("flow_scope").replace_strict(_SCOPE, return_dtype=pl.String),
        "a09": _month("arrived_on"),
        "a10": _listed(records.FLOW_REASON, "reason", "10"),
        "a11": family,
        "a12": pl.col("living"),
        "a13": pl.col("children"),
        "a14": pl.col("children_here"),
        "a15": cities,
        "a16": pl.when(cities > 1).then(pl.min_horizontal(earlier, arrived)).otherwise(arrived),
    }


def _work(people: pl.DataFrame, draws: Draws) -> dict[str, pl.Expr]:
    """B 就业与收入支出."""
    luck = _Luck(people, draws)
    works, employed = pl.col("industry").is_not_null(), pl.col("employer") >= 0
    section = pl.col("industry").replace_strict(
        {one: str(place) for place, one in enumerate(_SECTIONS, start=1)}, default=None, return_dtype=pl.String
    )
    # 1 料理家务 2 上学 3 找工作 4 退休或丧失劳动能力 5 其他
    idle = (
        pl.when(pl.col("age") < 20)
        .then(pl.lit("2"))
        .when(pl.col("small_child") & (pl.col("sex") == "2"))
        .then(pl.lit("1"))
        .when(pl.col("age") >= 55)
        .then(pl.lit("4"))
        .otherwise(luck.code("b02", 0.35, 0.02, 0.4, 0.08, 0.15))
    )
    level = pl.col("education").replace_strict(_EDUCATION).replace_strict(_INCOME_YUAN, return_dtype=pl.Int64)
    own = pl.when(works).then(level * (0.6 + 0.9 * luck.number("b09"))).otherwise(0.0)
    others = (pl.col("working") - works.cast(pl.Int64)) * 2600 * (0.7 + 0.6 * luck.number("b10"))
    household = _tens(own + others + pl.when(pl.col("working") == 0).then(1200.0).otherwise(0.0))
    spent = _tens(household * (0.45 + 0.4 * luck.number("b11")))
    rent = pl.when(pl.col("dwelling") == "rent").then(_tens(spent * (0.12 + 0.2 * luck.number("b13")))).otherwise(0)
    sends = pl.when(luck.number("sends") < 0.5).then(_tens((household - spent) * 0.6 * luck.number("b14"))).otherwise(0)
    trained = luck.yes("b17", 0.22)
    return {
        "b01": _yes(works),
        "b02": _if(~works, idle),
        "b03": _if(works, pl.col("industry").replace_strict(_OCCUPATIONS, default=None, return_dtype=pl.String)),
        "b04": section,
        # 1 机关事业 2 国有集体 3 私营 4 个体 5 三资 6 无单位
        "b05": pl.when(works & employed)
        .then(luck.code("b05", 0.04, 0.16, 0.76, 0.02, 0.02))
        .when(works)
        .then(luck.code("b05.own", 0, 0, 0, 0.8, 0, 0.2)),
        # 1 雇员 2 雇主 3 自营劳动者 4 其他
        "b06": pl.when(works & employed).then(pl.lit("1")).when(works).then(luck.code("b06", 0, 0.15, 0.75, 0.1)),
        "b07": _if(works & employed, pl.when("package").then(pl.lit("1")).otherwise(luck.yes("b07", 0.35))),
        "b08": _if(works, 36 + pl.lit(pl.Series(whole(luck.draw("b08"), 41)))),
        "b09": _if(works, _tens(own)),
        "b10": household,
        "b11": spent,
        "b12": _tens(spent * (0.35 + 0.15 * luck.number("b12"))),
        "b13": rent,
        "b14": sends,
        "b15": _listed(records.DWELLING, "dwelling", "8"),
        "b16": pl.col("living") * (8 + pl.lit(pl.Series(whole(luck.draw("b16"), 18)))),
        "b17": trained,
        # 1 政府认定机构 2 用人单位 3 其他
        "b18": _if(trained == "1", luck.code("b18", 0.45, 0.4, 0.15)),
        "b19": _if(~works, luck.yes("b19", 0.08)),
    }


def _tens(yuan: pl.Expr) -> pl.Expr:
    return ((yuan / 10).floor() * 10).cast(pl.Int64)


def _health(people: pl.DataFrame, draws: Draws) -> dict[str, pl.Expr]:
    """C 基本公共卫生和医疗服务."""
    luck = _Luck(people, draws)
    works, package = pl.col("industry").is_not_null(), pl.col("package")
    ill = luck.yes("c08", 0.24 + 0.004 * (pl.col("age") - 15))
    # 1 社区卫生服务机构 2 综合或专科医院 3 私人诊所 4 药店 5 未就诊
    where = luck.code("c09", 0.24, 0.34, 0.12, 0.16, 0.14)
    farmer = pl.col("hukou_type") == "1"
    residents = ~package & ~farmer & (luck.number("c13") < 0.35)
    cooperative = ~package & farmer & (luck.number("c14") < 0.72)
    known = pl.col("stay_band").replace_strict(_HEALTH_RECORD, default=0.1, return_dtype=pl.Float64)
    return {
        "c01": luck.yes("c01", known),
        "c02": luck.count("c02", 0.3, 0.28, 0.2, 0.12, 0.06, 0.04),
        "c03": _if(works, luck.yes("c03", 0.38)),
        "c04": luck.yes("c04", 0.36),
        "c05": luck.yes("c05", 0.45),
        "c06": luck.yes("c06", 0.40),
        "c07": _if(pl.col("small_child"), luck.yes("c07", 0.95)),
        "c08": ill,
        "c09": _if(ill == "1", where),
        # 1 病轻 2 费用高 3 没有时间 4 其他
        "c10": _if((ill == "1") & (where == "5"), luck.code("c10", 0.55, 0.25, 0.12, 0.08)),
        "c11": _if(ill == "1", luck.yes("c11", 0.13)),
        "c12": _yes(package),
        "c13": _yes(residents),
        "c14": _yes(cooperative),
        "c15": _yes(package | (luck.number("c15") < 0.2)),
        "c16": _yes(package),
        "c17": _yes(package),
        "c18": _yes(package & (luck.number("c18") < 0.35)),
    }


def _family(people: pl.DataFrame, draws: Draws) -> dict[str, pl.Expr]:
    """D 婚育情况与计划生育服务."""
    luck = _Luck(people, draws)
    ever_married = pl.col("marital") != "10"
    mother = (pl.col("sex") == "2") & (pl.col("children") > 0)
    # Of former marriages no day is known: before the eldest child, or some years after coming of age.
    some_day = pl.col("birth_date") + pl.duration(days=(7305 + 1500 * luck.number("d01")).cast(pl.Int64))
    former = pl.min_horizontal(some_day, pl.col("eldest") - pl.duration(days=270), "today")
    born_here = pl.col("youngest") >= pl.col("arrived_on")
    stays = pl.col("stay_band").replace_strict(_SETTLES, default=0.2, return_dtype=pl.Float64)
    return {
        "d01": _if(ever_married, _month(pl.min_horizontal(pl.coalesce("married_on", former), "surveyed_on"))),
        "d02": pl.col("children"),
        "d03": _month("youngest"),
        # 1 本地 2 户籍地 3 其他
        "d04": _if(
            pl.col("children") > 0, pl.when(born_here).then(pl.lit("1")).otherwise(luck.code("d04", 0, 0.85, 0.15))
        ),
        "d05": _if(mother, luck.yes("d05", 0.8)),
        "d06": _if(mother, 1 + luck.count("d06", 0.03, 0.05, 0.1, 0.16, 0.24, 0.18, 0.12, 0.08, 0.04)),
        "d07": _if(mother, luck.yes("d07", 0.68)),
        "d08": _if(mother, luck.yes("d08", 0.42)),
        "d09": _if(mother, luck.yes("d09", 0.61)),
        "d10": _if((pl.col("sex") == "2") & pl.col("age").is_between(18, 49), luck.yes("d10", 0.55)),
        "d11": luck.count("d11", 0.22, 0.24, 0.2, 0.14, 0.1, 0.06, 0.04),
        # 1 很满意 … 5 很不满意
        "d12": luck.code("d12", 0.2, 0.42, 0.28, 0.07, 0.03),
        "d13": luck.yes("d13", stays * 0.8),
        "d14": luck.yes("d14", stays + 0.15),
    }
