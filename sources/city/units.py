"""The bureaus' units and the employers of the city: where they are, and which of them serves whom.

How many there are follows the report where it counts them: 697 places of basic health care, 446 platforms for
employment and social security, 54 training institutions, 103 family service stations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from sources.city.places import Places
from sources.city.streams import Floats, Ints, choose, generator, whole

STATION, CLINIC, HEALTH_CENTRE, SCHOOL, PLATFORM, TRAINING, CIVIL, FAMILY = "1", "2", "3", "4", "5", "6", "7", "8"
PRIMARY, JUNIOR, SENIOR = "1", "2", "3"

_HEALTH_PLACES = 697
_PLATFORMS = 446
_TRAINERS = 54
_FAMILY_STATIONS = 103
_COMMUNITIES_A_PRIMARY_SCHOOL = 4
_TOWNSHIPS_A_SENIOR_SCHOOL = 3
_PRIVATE_SCHOOLS = 0.09
_CLOSED = 0.03
_EMPLOYERS = 30_000  # at scale 1
_FIRST_DAY, _DAYS = date(1958, 1, 1), 18_000

_BUREAUS = {
    STATION: "公安局",
    CLINIC: "卫生和计划生育委员会",
    HEALTH_CENTRE: "卫生和计划生育委员会",
    SCHOOL: "教育局",
    PLATFORM: "人力资源和社会保障局",
    TRAINING: "人力资源和社会保障局",
    CIVIL: "民政局",
    FAMILY: "人力资源和社会保障局",
}
# Capacity a year (or places) and staff: low and high.
_SIZES = {
    STATION: ((8_000, 30_000), (12, 60)),
    CLINIC: ((2_000, 9_000), (3, 18)),
    HEALTH_CENTRE: ((6_000, 25_000), (20, 90)),
    SCHOOL: ((300, 2_400), (25, 180)),
    PLATFORM: ((500, 4_000), (2, 8)),
    TRAINING: ((100, 1_500), (8, 60)),
    CIVIL: ((400, 3_000), (3, 9)),
    FAMILY: ((200, 1_500), (2, 7)),
}
_COMPANY_WORDS = [
    "鹿城", "草原", "北方", "金鹿", "恒达", "宏宇", "昌盛", "兴隆", "华业", "天和", "蒙泰", "鑫源", "瑞丰", "博通",
    "嘉盛", "同创", "新城", "万佳", "稀土", "包钢", "一机", "二机", "阿尔丁", "赛汗", "黄河", "阴山", "达茂", "固阳",
    "土右", "青山", "昆河", "东河", "富强", "永胜", "华联", "方圆", "众诚", "永兴",
]  # fmt: skip
_COMPANY_KINDS = {
    "A": "农牧业", "B": "矿业", "C": "机械制造", "D": "热力", "E": "建筑工程", "F": "商贸", "G": "物流", "H": "餐饮",
    "I": "信息技术", "J": "金融服务", "K": "房地产", "L": "商务服务", "M": "技术服务", "N": "环境工程", "O": "家政服务",
    "P": "教育培训", "Q": "医疗服务", "R": "文化传媒", "S": "社会服务", "T": "国际服务",
}  # fmt: skip


@dataclass(frozen=True)
class Units:
    """Units of the bureaus.

    `table`: unit (position), unit_code, unit_name, bureau, unit_kind (STATION, …), stage (of schools, else null),
    community (position in places.communities), township, district, capacity, staff, opened_on, closed_on.
    """

    table: pl.DataFrame
    places: Places

    @cached_property
    def station_of(self) -> Ints:
        """The police station of each community: its township's."""
        return self._by_township(STATION)

    @cached_property
    def clinic_of(self) -> Ints:
        """The clinic of each community: its own where it has one, else its township's health centre."""
        own = np.full(self.places.communities.height, -1, dtype=np.int64)
        clinics = self.table.filter(pl.col("unit_kind") == CLINIC)
        own[clinics["community"].to_numpy()] = clinics["unit"].to_numpy()
        return np.where(own >= 0, own, self._by_township(HEALTH_CENTRE))

    @cached_property
    def platform_of(self) -> Ints:
        """The employment and social security platform of each community: one of its district's."""
        return self._nearest(PLATFORM)

    def school_of(self, stage: str, draw: Floats, community: Ints) -> Ints:
        """A school of a stage for each community (position): mostly the nearest, sometimes the next of the district."""
        schools = self.table.filter(pl.col("unit_kind") == SCHOOL, pl.col("stage") == stage)
        nearest = np.searchsorted(schools["community"].to_numpy(), community, side="right") - 1
        district = schools["district"].to_numpy()
        step = np.where(draw < 0.8, 0, np.where(draw < 0.9, 1, -1))
        other = np.clip(nearest + step, 0, schools.height - 1)
        at_ = np.clip(nearest, 0, schools.height - 1)
        same = district[other] == self.places.district_of.to_numpy()[community]
        return np.asarray(schools["unit"].to_numpy()[np.where(same, other, at_)], dtype=np.int64)

    def of_kind(self, kind: str) -> Ints:
        """The units of a kind."""
        return self.table.filter(pl.col("unit_kind") == kind)["unit"].to_numpy().astype(np.int64)

    def _by_township(self, kind: str) -> Ints:
        of = self.table.filter(pl.col("unit_kind") == kind).unique("township", keep="first", maintain_order=True)
        unit = self.places.communities["township"].replace_strict(of["township"], of["unit"], default=-1)
        return np.asarray(unit.to_numpy(), dtype=np.int64)

    def _nearest(self, kind: str) -> Ints:
        of = self.table.filter(pl.col("unit_kind") == kind)
        at_ = np.searchsorted(of["community"].to_numpy(), np.arange(self.places.communities.height), side="right") - 1
        return np.asarray(of["unit"].to_numpy()[np.clip(at_, 0, of.height - 1)], dtype=np.int64)


def load_units(seed: int, places: Places) -> Units:
    """Draw the units; there are as many whatever the scale of the city."""
    rng = generator(seed, "units")
    communities = places.communities.with_row_index("community_at").with_columns(pl.col("community_at").cast(pl.Int64))
    first = communities.unique("township", keep="first", maintain_order=True)
    is_town = communities["community"].str.slice(9, 1) < "2"
    kinds = [
        _stations(first),
        _health_centres(first),
        _clinics(communities, first.height),
        _schools(communities, first),
        _every(communities, PLATFORM, _PLATFORMS, "劳动就业社会保障服务平台"),
        _trainers(communities.filter(is_town)),
        _every(first, CIVIL, first.height, "民政服务站", by="township_name"),
        _every(communities.filter(is_town), FAMILY, _FAMILY_STATIONS, "家庭服务站"),
    ]
    table = pl.concat(kinds).with_row_index("unit").with_columns(pl.col("unit").cast(pl.Int64))
    return Units(_sized(rng, table), places)


def _row(frame: pl.DataFrame, code: pl.Expr, name: pl.Expr, kind: str, stage: pl.Expr | None = None) -> pl.DataFrame:
    return frame.select(
        code.alias("unit_code"),
        name.alias("unit_name"),
        pl.lit(_BUREAUS[kind]).alias("bureau"),
        pl.lit(kind).alias("unit_kind"),
        (pl.lit(None, pl.String) if stage is None else stage).alias("stage"),
        pl.col("community_at").alias("community"),
        "township",
        "district",
    )


def _number(digits: int) -> pl.Expr:
    return pl.int_range(1, pl.len() + 1).cast(pl.String).str.zfill(digits)


def _short(column: str) -> pl.Expr:
    return pl.col(column).str.replace("居委会|村委会|嘎查委员会|委员会", "")


def _stations(first: pl.DataFrame) -> pl.DataFrame:
    """One police station a township; its code is of the police alone and holds no division below the district."""
    number = (pl.lit(50) + pl.col("township").rank("dense").over("district")).cast(pl.String)
    return _row(
        first,
        pl.col("district") + number + "0000",
        pl.col("district_name") + pl.col("township_name") + "派出所",
        STATION,
    )


def _health_centres(first: pl.DataFrame) -> pl.DataFrame:
    is_street = pl.col("township_name").str.ends_with("街道")
    name = pl.col("township_name") + pl.when(is_street).then(pl.lit("社区卫生服务中心")).otherwise(pl.lit("卫生院"))
    return _row(first, "WY" + _number(7), name, HEALTH_CENTRE)


def _clinics(communities: pl.DataFrame, centres: int) -> pl.DataFrame:
    """As many communities as the report's places allow have a clinic of their own."""
    chosen = communities.gather_every(1).head(communities.height)
    wanted = _HEALTH_PLACES - centres
    at_ = np.unique(np.floor(np.arange(wanted) * chosen.height / wanted).astype(int))
    return _row(chosen[at_], "WF" + _number(7), _short("community_name") + "卫生服务站", CLINIC)


def _schools(communities: pl.DataFrame, first: pl.DataFrame) -> pl.DataFrame:
    """Schools of three stages; 学校标识码 has ten digits."""
    near = communities.gather_every(_COMMUNITIES_A_PRIMARY_SCHOOL)
    frames = [
        (near, PRIMARY, "小学", "21"),
        (first, JUNIOR, "中学", "31"),
        (first.gather_every(_TOWNSHIPS_A_SENIOR_SCHOOL), SENIOR, "高级中学", "34"),
    ]
    return pl.concat(
        _row(
            frame,
            pl.lit(prefix + "15") + _number(6),
            pl.concat_str(
                pl.lit("包头市"),
                "district_name",
                _short("community_name" if stage == PRIMARY else "township_name"),
                pl.lit(word),
            ),
            SCHOOL,
            pl.lit(stage),
        )
        for frame, stage, word, prefix in frames
    )


def _every(frame: pl.DataFrame, kind: str, wanted: int, word: str, by: str = "community_name") -> pl.DataFrame:
    wanted = min(wanted, frame.height)
    chosen = frame[np.floor(np.arange(wanted) * frame.height / wanted).astype(int)]
    return _row(chosen, pl.lit(f"J{kind}") + pl.col("district") + _number(4), _short(by) + word, kind)


def _trainers(towns: pl.DataFrame) -> pl.DataFrame:
    chosen = towns[np.floor(np.arange(_TRAINERS) * towns.height / _TRAINERS).astype(int)]
    words = pl.Series([_COMPANY_WORDS[n % len(_COMPANY_WORDS)] for n in range(_TRAINERS)])
    return _row(chosen, "PX" + _number(6), pl.lit("包头市") + words + _number(2) + "职业培训学校", TRAINING)


def _sized(rng: np.random.Generator, table: pl.DataFrame) -> pl.DataFrame:
    n = table.height
    kind = table["unit_kind"].to_list()
    draw = rng.random((2, n))
    low_high = np.array([_SIZES[one] for one in kind], dtype=np.float64)  # n x (capacity, staff) x (low, high)
    sizes = [low_high[:, i, 0] + draw[i] * (low_high[:, i, 1] - low_high[:, i, 0]) for i in range(2)]
    opened = [_FIRST_DAY + timedelta(days=int(day)) for day in np.floor(rng.random(n) * _DAYS)]
    # A few clinics, platforms and family stations were closed lately; nobody is served there any more.
    may_close = np.isin(kind, [FAMILY, TRAINING]) & (rng.random(n) < _CLOSED)
    private = rng.random(n) < _PRIVATE_SCHOOLS
    return table.with_columns(
        pl.Series("capacity", sizes[0].astype(np.int64)),
        pl.Series("staff", sizes[1].astype(np.int64)),
        pl.Series("opened_on", opened),
        pl.when(pl.Series(may_close)).then(pl.lit(date(2013, 6, 30))).alias("closed_on"),
        pl.Series("is_private", private & (table["unit_kind"] == SCHOOL).to_numpy()),
    )


@dataclass(frozen=True)
class Employers:
    """Employers, in order of industry. `table`: employer (position), name, industry, community (position)."""

    table: pl.DataFrame

    @staticmethod
    def draw(seed: int, scale: float, places: Places) -> Employers:
        """So many employers as the scale has."""
        rng = generator(seed, "employers")
        sections = list(_COMPANY_KINDS)
        n = max(20 * len(sections), round(_EMPLOYERS * scale))
        industry = np.sort(whole(rng.random(n), len(sections)))
        town = (places.communities["community"].str.slice(9, 1) < "2").to_numpy()
        community = choose(rng.random(n), places.communities["weight"].to_numpy() * np.where(town, 1.0, 0.2))
        frame = pl.DataFrame(
            {
                "employer": np.arange(n),
                "industry": pl.Series([sections[at] for at in industry]),
                "community": community,
                "word": pl.Series([_COMPANY_WORDS[at] for at in whole(rng.random(n), len(_COMPANY_WORDS))]),
                "other": pl.Series([_COMPANY_WORDS[at] for at in whole(rng.random(n), len(_COMPANY_WORDS))]),
            }
        )
        kind = pl.col("industry").replace_strict(_COMPANY_KINDS)
        return Employers(
            frame.select(
                "employer",
                (pl.lit("包头市") + pl.col("word") + pl.col("other") + kind + "有限公司").alias("name"),
                "industry",
                "community",
            )
        )

    def pick(self, industry: npt.NDArray[np.object_], draw: Floats) -> Ints:
        """An employer of each industry; the first of an industry have many more people; -1 where there is none."""
        sections = self.table["industry"].to_numpy()
        result = np.full(len(industry), -1, dtype=np.int64)
        for section in _COMPANY_KINDS:
            mask = industry == section
            first, last = np.searchsorted(sections, section, "left"), np.searchsorted(sections, section, "right")
            result[mask] = first + np.floor(draw[mask] ** 3 * (last - first)).astype(np.int64)
        return result
