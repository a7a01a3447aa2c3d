"""Vaccinations of children (预防接种): a row for each dose that fell due while a child lived here, given or not.

Children live at a clinic's card. Families that move house may be given a new one, whose clinic does not know the old.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl
from scipy.special import ndtri

from sources.city import records
from sources.city.columns import at
from sources.city.datasets.hfpc import lives
from sources.city.errors import PERSON, WITHOUT, Draws
from sources.city.families import NOBODY
from sources.city.population import City, months_before
from sources.city.records import Delivery
from sources.city.streams import Bools, Floats, Ints, whole

ROUTINE, CAMPAIGN = "1", "2"
# 国家免疫规划 of 2008, months after birth; the 6-year doses of DT and MMR have no code in the interface's list.
SCHEDULE = (
    ("BCG", (0,)),
    ("HepB", (0, 1, 6)),
    ("OPV", (2, 3, 4, 48)),
    ("DTaP", (3, 4, 5, 18)),
    ("MR", (8,)),
    ("MMR", (18,)),
    ("JE", (8, 24)),
    ("MenA", (6, 9)),
    ("MenAC", (36, 72)),
    ("HepA", (18,)),
)
VACCINES = [vaccine for vaccine, months in SCHEDULE for _ in months]
DOSES = np.array([dose + 1 for _, months in SCHEDULE for dose in range(len(months))])
MONTHS = [month for _, months in SCHEDULE for month in months]
# Rows are numbered within a child: routine doses first, then the rounds of the campaign.
ROWS_A_CHILD = 32
_UNDER_YEARS = 7
_APART_DAYS = 28

# Report: 两轮脊髓炎灰质炎强化免疫, 流动应种儿童 45349 人, 实种 44393 人.
CAMPAIGN_DUE, CAMPAIGN_GIVEN = 45_349, 44_393
_CAMPAIGN_REGISTERED = 0.99
_ROUND_MONTHS_BEFORE = (10, 5)
_ROUND_DAYS = 7
_CAMPAIGN_FROM_DAYS = 60

# All below are choices: the shorter the stay, the fewer children are known, and the fewer and later their doses.
_REGISTERED = "registered"
_CARDS = {_REGISTERED: 0.99, "over_5y": 0.97, "6m_5y": 0.93, "1m_6m": 0.72, "left": 0.80}
_GIVEN = {_REGISTERED: 0.975, "over_5y": 0.955, "6m_5y": 0.93, "1m_6m": 0.82, "left": 0.90}
_DELAY_DAYS = {_REGISTERED: 7.0, "over_5y": 11.0, "6m_5y": 18.0, "1m_6m": 28.0, "left": 18.0}
_AT_BIRTH_DAYS = 0.7
_OF_THE_CHILD = 0.75  # correlation of what becomes of a dose with the child
# Who came with doses behind them: the booklet is copied, or nothing is known of them.
_BOOKLET_COPIED, _GIVEN_ELSEWHERE = 0.55, 0.93
_SECOND_CARD, _SECOND_CARD_MOVED_LATELY = 0.01, 0.3
# Without a number of their own yet: so many of the newborn, fewer with every month of the first year.
_NO_NUMBER_YET = 0.55
_MOTHER_WITHOUT_NUMBER = 0.05
_ROWS_EXPECTED = 16.0  # a child


def immunization(city: City, draws: Draws) -> list[Delivery]:
    """hfpc.immunization: doses of children under seven, and the two rounds against polio; a child's rows together."""
    children = _with_cards(_children(city, draws), city, draws)
    return [Delivery(city.date, "full", _parts(children, city, draws))]


def _children(city: City, draws: Draws) -> pl.DataFrame:
    """Who has a card: the children who live here, and those who did and left."""
    youngest = months_before(city.date, 12 * _UNDER_YEARS)
    children = lives.with_lives(city).filter(
        pl.col("birth_date") > youngest, pl.col("lives") >= 0, pl.col("birth_date") <= pl.col("until")
    )
    children = children.filter(
        pl.col("division_code").is_not_null() | pl.col("group").is_in(["left", "out", "emigrated"]),
    )
    kind = (
        pl.when(pl.col("group") == "left")
        .then(pl.lit("left"))
        .when("is_floating")
        .then("stay_band")
        .otherwise(pl.lit(_REGISTERED))
    )
    children = _with_campaign(children.with_columns(kind.alias("kind")), city, draws)
    person = children["person"].to_numpy()
    children = children.with_columns(
        pl.Series("has_card", records.covered(children, draws, _by_kind(_CARDS))),
        pl.Series("visibility", records.visibility(children, draws, "given")),
        pl.Series("has_booklet", draws.uniform("booklet", person) < _BOOKLET_COPIED),
    )
    return children.filter(pl.col("has_card") | pl.col("round").is_not_null())


def _by_kind(values: dict[str, float]) -> pl.Expr:
    return pl.col("kind").replace_strict(values, return_dtype=pl.Float64)


def _with_campaign(children: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Adds `round` (0 or 1: the first of the two rounds a child was due in, else null) and `is_given` (in each round).

    The report's floating children are the youngest who were due; registered children of the same ages were due too.
    """
    rounds = [months_before(city.date, months) for months in _ROUND_MONTHS_BEFORE]

    def due(on: int) -> pl.Expr:
        old_enough = pl.col("birth_date") + pl.duration(days=_CAMPAIGN_FROM_DAYS) <= rounds[on]
        return old_enough & (pl.col("came_on").is_null() | (pl.col("came_on") <= rounds[on]))

    lives_here = pl.col("division_code").is_not_null()
    pool = children.filter(due(1), lives_here).sort("birth_date", "person", descending=[True, False])
    floating = pool.filter("is_floating").head(records.at_scale(city.persons, CAMPAIGN_DUE))
    oldest = floating["birth_date"].min() if floating.height else city.date
    others = pool.filter(~pl.col("is_floating"), pl.col("birth_date") >= oldest)
    given = records.most_visible(floating, draws, records.at_scale(city.persons, CAMPAIGN_GIVEN), "campaign")
    given_to_others = records.covered(others, draws, _CAMPAIGN_REGISTERED, "campaign")
    called = pl.concat(
        part.select("person", pl.when(due(0)).then(0).otherwise(1).alias("round"), pl.Series("is_given", mask))
        for part, mask in ((floating, given), (others, given_to_others))
    )
    return children.join(called, on="person", how="left", maintain_order="left")


def _with_cards(children: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """The child's card, and the card before it of those who moved: community, key, and the day of the change."""
    person = children["person"].to_numpy()
    lately = pl.col("moved_house_on").is_not_null() & (pl.col("previous_community") >= 0)
    luck = pl.Series(draws.uniform("second_card", person))
    moves = luck < pl.when(lately).then(_SECOND_CARD_MOVED_LATELY).otherwise(_SECOND_CARD)
    since = pl.max_horizontal("came_on", "birth_date")
    moved_on = lives.between(since, pl.col("until"), draws.uniform("second_card.when", person))
    other = pl.Series(whole(draws.uniform("second_card.where", person), city.places.communities.height))
    children = children.with_columns(
        pl.when(moves).then(pl.when(lately).then("moved_house_on").otherwise(moved_on)).alias("new_card_on"),
        pl.when(lately).then("previous_community").otherwise(other).alias("first_community"),
    )
    cards = pl.concat(
        [
            children.select("person", "birth_date", pl.col("lives").alias("community"), pl.lit(0).alias("card")),
            children.filter(pl.col("new_card_on").is_not_null()).select(
                "person", "birth_date", pl.col("first_community").alias("community"), pl.lit(1).alias("card")
            ),
        ]
    )
    cards = _keyed(cards, city)
    now, before = (cards.filter(pl.col("card") == card).select("person", "child_key") for card in (0, 1))
    return (
        children.join(now, on="person", how="left", maintain_order="left")
        .join(before.rename({"child_key": "first_child_key"}), on="person", how="left", maintain_order="left")
        .sort(lives.district_codes(city, "lives"), "child_key")
    )


def _keyed(cards: pl.DataFrame, city: City) -> pl.DataFrame:
    """儿童编码: district, clinic, year of birth, serial within them."""
    clinic = lives.clinic_units(city).cast(pl.String).str.zfill(4)
    year = pl.col("birth_date").dt.year().cast(pl.String)
    return (
        cards.with_columns((lives.district_codes(city) + clinic + year).alias("prefix"))
        .sort("prefix", "birth_date", "person", "card")
        .with_columns((pl.col("prefix") + records.serial("prefix", digits=5)).alias("child_key"))
    )


def _parts(children: pl.DataFrame, city: City, draws: Draws) -> Iterator[pl.DataFrame]:
    for some in lives.in_parts(children, _ROWS_EXPECTED):
        rows = pl.concat([_routine(some, draws), _campaign(some, city, draws)]).sort("child", "due_on", "row")
        yield _fields(rows, some, city, draws)


def _routine(children: pl.DataFrame, draws: Draws) -> pl.DataFrame:
    """Routine doses: child (position in the frame), row (place in the schedule), due_on, given_on, is_elsewhere."""
    born, until = _day_numbers(children["birth_date"]), _day_numbers(children["until"])
    came = np.maximum(_day_numbers(children["came_on"].fill_null(children["birth_date"])), born)
    due = np.stack([_day_numbers(children["birth_date"].dt.offset_by(f"{months}mo")) for months in MONTHS], axis=1)
    luck = _Luck(children, draws)
    given = np.empty_like(due)
    is_elsewhere = np.zeros(due.shape, dtype=bool)
    before_coming = due < came[:, None]
    for row, dose in enumerate(DOSES):
        begins = due[:, row] + luck.delay(row)
        previous = given[:, row - 1] if dose > 1 else None
        if previous is not None:
            begins = np.maximum(begins, previous + _APART_DAYS)
        elsewhere = before_coming[:, row] & (begins < came) & luck.is_given_elsewhere(row)
        # A dose that was missed elsewhere is made up for here.
        begins = np.where(before_coming[:, row] & ~elsewhere, np.maximum(begins, came + luck.delay(row) + 5), begins)
        is_given = (elsewhere | luck.is_given(row)) & (begins <= until)
        # Nobody is given a second dose before the first; of doses elsewhere that nobody copied, it is taken as given.
        if previous is not None:
            is_given &= (previous != _NEVER) | (before_coming[:, row - 1] & ~luck.has_booklet)
        given[:, row] = np.where(is_given, begins, _NEVER)
        is_elsewhere[:, row] = elsewhere
    known = ~before_coming | luck.has_booklet[:, None]
    has_row = known & (due <= until[:, None]) & children["has_card"].to_numpy()[:, None]
    child, place = np.nonzero(has_row)
    given_on = given[has_row]
    return pl.DataFrame(
        {
            "child": child,
            "row": place,
            "due_on": pl.Series(due[has_row].astype(np.int32)).cast(pl.Date),
            "given_on": at(pl.Series(np.maximum(given_on, 0).astype(np.int32)).cast(pl.Date), _kept(given_on)),
            "is_elsewhere": is_elsewhere[has_row],
        }
    )


_NEVER = -10_000  # long before any day of a child's life, in days since 1970


def _kept(given_on: Ints) -> Ints:
    return np.where(given_on == _NEVER, NOBODY, np.arange(len(given_on)))


def _day_numbers(days: pl.Series) -> Ints:
    """Days since 1970."""
    return days.cast(pl.Int32).cast(pl.Int64).to_numpy()


class _Luck:
    """What becomes of each dose of some children."""

    def __init__(self, children: pl.DataFrame, draws: Draws) -> None:
        self._entries = children["person"].to_numpy() * ROWS_A_CHILD
        self._draws = draws
        self._visibility = children["visibility"].to_numpy()
        kinds = children.select(_by_kind(_GIVEN).alias("given"), _by_kind(_DELAY_DAYS).alias("delay"))
        self._threshold = ndtri(1 - kinds["given"].to_numpy())
        self._delay = kinds["delay"].to_numpy()
        self.has_booklet: Bools = children["has_booklet"].to_numpy()

    def delay(self, row: int) -> Ints:
        """Days between due and given."""
        mean: Floats = np.full_like(self._delay, _AT_BIRTH_DAYS) if MONTHS[row] == 0 else self._delay
        return lives.long_tailed_days(self._draws.uniform("delay", self._entries + row), mean)

    def is_given(self, row: int) -> Bools:
        """Whether it is given at all: much of it the child's, the rest the dose's own."""
        own = ndtri(np.clip(self._draws.uniform("given.dose", self._entries + row), 1e-12, 1 - 1e-12))
        seen = _OF_THE_CHILD * self._visibility + np.sqrt(1 - _OF_THE_CHILD**2) * own
        return np.asarray(seen > self._threshold)

    def is_given_elsewhere(self, row: int) -> Bools:
        """Whether a dose due before the child came was given there."""
        return np.asarray(self._draws.uniform("given.elsewhere", self._entries + row) < _GIVEN_ELSEWHERE)


def _campaign(children: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    """Doses of the two rounds, in the same columns."""
    called = children.with_row_index("child").filter(pl.col("round").is_not_null())
    parts = []
    for number, months in enumerate(_ROUND_MONTHS_BEFORE):
        due = called.filter(pl.col("round") <= number)
        luck = draws.uniform(f"campaign.{number}", due["person"].to_numpy())
        day = pl.lit(months_before(city.date, months))
        given_on = day + pl.duration(days=pl.lit(pl.Series(whole(luck, _ROUND_DAYS))))
        parts.append(
            due.select(
                pl.col("child").cast(pl.Int64),
                pl.lit(len(VACCINES) + number, pl.Int64).alias("row"),
                day.alias("due_on"),
                pl.when("is_given").then(given_on).alias("given_on"),
                pl.lit(False).alias("is_elsewhere"),
            )
        )
    return pl.concat(parts)


def _fields(rows: pl.DataFrame, children: pl.DataFrame, city: City, draws: Draws) -> pl.DataFrame:
    own = children.select(
        *("person", "name", "sex", "birth_date", "phone", "mother", "lives"),
        *("new_card_on", "first_community", "child_key", "first_child_key"),
        *_numbers_not_known(children, city, draws),
    ).with_columns(
        *(
            at(city.persons[field], children["mother"].to_numpy()).alias(f"mother_{field}")
            for field in ("name", "phone")
        )
    )
    is_first = (pl.col("due_on") < pl.col("new_card_on")).fill_null(False)
    rows = pl.concat([own[rows["child"]], rows.drop("child")], how="horizontal").with_columns(
        pl.when(is_first).then("first_community").otherwise("lives").alias("community"),
        pl.when(is_first).then("first_child_key").otherwise("child_key").alias("child_key"),
        pl.col("row").clip(0, len(VACCINES) - 1).alias("place"),
    )
    is_routine = pl.col("row") < len(VACCINES)
    vaccine, dose = pl.Series(VACCINES), pl.Series(DOSES)
    round_ = pl.col("row") - (len(VACCINES) - 1)
    return rows.select(
        (pl.col("person") * ROWS_A_CHILD + pl.col("row")).alias("_entry"),
        lives.clinic_units(city).alias("_style"),
        pl.lit(None, pl.String).alias("_change"),
        ("预防接种_" + lives.district_codes(city, "lives") + ".csv").alias("_file"),
        pl.col("person").alias(PERSON + "child"),
        pl.col("mother").alias(PERSON + "mother"),
        pl.col(f"^{WITHOUT}.*$"),
        (pl.col("child_key") + (pl.col("row") + 1).cast(pl.String).str.zfill(2)).alias("record_key"),
        "child_key",
        "name",
        "sex",
        "birth_date",
        "mother_name",
        records.community_codes(city.places).alias("division"),
        pl.when(is_routine).then(pl.lit(ROUTINE)).otherwise(pl.lit(CAMPAIGN)).alias("vaccination_kind"),
        pl.when(is_routine).then(vaccine.gather(rows["place"])).otherwise(pl.lit("OPV")).alias("vaccine"),
        pl.when(is_routine).then(dose.gather(rows["place"])).otherwise(round_).alias("dose"),
        "due_on",
        "given_on",
        pl.when(~pl.col("is_elsewhere")).then(lives.clinic_names(city)).alias("institution"),
        pl.coalesce("mother_phone", "phone").alias("phone"),
    )


def _numbers_not_known(children: pl.DataFrame, city: City, draws: Draws) -> list[pl.Series]:
    """Babies who are not registered yet have no number; some mothers were not asked for theirs."""
    person = children["person"].to_numpy()
    age = children.select(lives.years_old(pl.lit(city.date))).to_series()
    is_baby = children["birth_date"] > months_before(city.date, 12)
    not_yet = pl.Series(draws.uniform("no_number", person)) < _NO_NUMBER_YET * (1 - age)
    not_asked = pl.Series(draws.uniform("mother_not_asked", person) < _MOTHER_WITHOUT_NUMBER)
    return [(is_baby & not_yet).alias(WITHOUT + "id_number"), not_asked.alias(WITHOUT + "mother_id_number")]
