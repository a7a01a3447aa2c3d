"""How a record changes when its desk hears of something or does something of its own accord.

Rows here carry `did_<kind>` (what happened to the person, or is done) beside their fields; kinds that never concern a
dataset have no column.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from sources.city import records
from sources.city.columns import at
from sources.city.datasets import edu, hrss, register
from sources.city.datasets.hfpc import vaccinations
from sources.city.days import desks
from sources.city.days.desks import Desk
from sources.city.days.life import DIED, EMIGRATED, JOB, LEFT, MARRIED, MOVED, PHONE, RENAMED, SETTLED, WIDOWED
from sources.city.days.newcomers import SINCE
from sources.city.errors import CORRECTED, PERSON, PLANTED, Draws
from sources.city.families import NOBODY
from sources.city.population import City
from sources.contract import Contract

RENEWED = "_renewed_"  # true of records that were renewed once: they are not again

_LATELY_DAYS = 30  # what ran out longer ago is not renewed
_DELETED_WHEN_LEFT = 0.3  # of temporary registrations; the others are cancelled
_REGISTERED_ANEW = 0.5  # of those who moved within the city: cancelled, and a new one at the new address
_STOPPED = 0.2  # of allowances that are reviewed; the others are set anew
_SET_ANEW = 1.08
_REFITTED = 1.1

_REPEATED = pl.col("_entry") % records.ENTRIES_A_PERSON == records.REPEATED_ENTRY
_MAIN = pl.col("_entry") % records.ENTRIES_A_PERSON == records.MAIN_ENTRY
# Datasets that number a person's entries so.
_BY_KIND = {
    "psb.household_register", "psb.temporary_residence", "hfpc.padis_case", "hfpc.health_record",
    "edu.student_enrollment", "hrss.employment", "housing.rental_filing", "civil.assistance", "grid.household_visit",
    "housing.public_rental",
}  # fmt: skip
_TAKEN = [
    "person", "community", "household", "phone", "name", "marital", "id_number", "left_on", "destination", "employer",
]  # fmt: skip
# Whose phone stands in a record, where it is not the main role's; the next where there is none.
_PHONE_OF = {"edu.student_enrollment": "guardian", "hfpc.immunization": "mother"}


def may_be_done(kind: str, dataset: str, desk: Desk, today: date) -> pl.Expr:
    """The records to which a desk may do a thing of its own accord."""
    is_open = _is_open(desk)
    ran_out = "permit_valid_to" if dataset == "psb.temporary_residence" else "ended_on"
    lately = pl.col(ran_out).is_between(pl.lit(today - timedelta(days=_LATELY_DAYS)), today)
    return {
        desks.REMOVE: _REPEATED & is_open,
        desks.VISIT: _is_main(dataset) & is_open,
        desks.PAY: is_open & pl.col("paid_to").is_not_null(),
        desks.GIVE: pl.col("given_on").is_null(),
        desks.FINISH: pl.col("finished_on").is_null(),
        desks.DECIDE: pl.col("status").is_in(["1", "2"]),
        desks.REVIEW: is_open,
        desks.FORMALISE: _is_main(dataset) & pl.col("record_key").str.starts_with("L") & is_open,
        desks.NAME: pl.col("name").is_null(),
        desks.RENEW: is_open & lately,
    }.get(kind, pl.lit(True))


def seen_on(rows: pl.DataFrame, desk: Desk, day: date) -> pl.DataFrame:
    """Records as they stand in the books on a day: what happens later is blank."""
    for happens, fields in desk.later.items():
        is_later = (pl.col(happens) > day).fill_null(False)
        rows = rows.with_columns(
            pl.when(~is_later).then(name).alias(name) for name in (*fields, happens) if name in rows.columns
        )
    if "active" in rows.columns:
        rows = rows.with_columns(
            pl.when(pl.col("ended_on").is_null()).then(pl.lit("1")).otherwise(pl.lit("0")).alias("active")
        )
    return rows


def revised(rows: pl.DataFrame, contract: Contract, desk: Desk, city: City, draws: Draws, today: date) -> pl.DataFrame:
    """Records in their new form, with `gone` for those that are taken out."""
    if not contract.roles:
        return rows.with_columns(
            *(
                pl.when("did_refit").then((pl.col(name) * _REFITTED).ceil().cast(pl.Int64)).otherwise(name).alias(name)
                for name in ("capacity", "staff")
            ),
            pl.lit(False).alias("gone"),
        )
    forms = _Forms(with_people(rows, contract, city, draws), contract)
    dataset, is_open = contract.dataset, _is_open(desk)
    visit = forms.flag(desks.VISIT) & pl.col("p_left_on").is_null()
    forms.put("phone", (forms.flag(PHONE) | visit) & is_open, pl.col("p_phone"))
    forms.put("name", forms.flag(RENAMED, desks.NAME) | visit, pl.col("p_name"))
    forms.put("marital", forms.flag(MARRIED, WIDOWED) | visit, pl.col("p_marital"))
    moved = (forms.flag(MOVED) | visit) & _is_main(dataset) & is_open & (pl.col("p_community") >= 0)
    if dataset == "psb.temporary_residence":
        moved &= ~pl.col("anew")
    # A station that leaves the division empty does so for the new one too.
    if dataset != "edu.student_enrollment":
        forms.put("division", moved & pl.col("division").is_not_null(), pl.col("p_division"))
    forms.put("address", moved, pl.col("p_address"))
    for name in ("updated_on", "collected_on"):
        forms.put(name, visit | (forms.flag(MOVED, LEFT, DIED) & is_open), pl.lit(today))
    _put_ends(forms, dataset, is_open, today)
    if dataset == "edu.student_enrollment":
        _put_school(forms, city, is_open, today)
    _put_works(forms, dataset, draws, today)
    gone = forms.flag(desks.REMOVE, desks.FORMALISE)
    if dataset == "psb.temporary_residence":
        gone |= forms.flag(LEFT) & is_open & pl.col("is_deleted")
    if dataset == "hfpc.maternal_service":
        # A service that was planned, of a woman who is not here any more.
        gone |= forms.flag("begin") & (pl.col("p_left_on") <= pl.col("served_on")).fill_null(False)
    corrected = pl.col(CORRECTED) | forms.flag(desks.CORRECT)
    renewed = pl.col(RENEWED) | forms.flag(desks.RENEW)
    return forms.applied(corrected.alias(CORRECTED), renewed.alias(RENEWED), gone.alias("gone"))


class _Forms:
    """The new forms of fields, as expressions over rows."""

    def __init__(self, rows: pl.DataFrame, contract: Contract) -> None:
        self.rows = rows
        self._fields = {column.field for column in contract.columns} & set(rows.columns)
        self._forms: dict[str, pl.Expr] = {}

    def flag(self, *kinds: str) -> pl.Expr:
        """Whether one of these happened."""
        found = [f"did_{kind}" for kind in kinds if f"did_{kind}" in self.rows.columns]
        return pl.any_horizontal(found) if found else pl.lit(False)

    def put(self, field: str, condition: pl.Expr, to: pl.Expr) -> None:
        """A new form of a field; nothing where the records have none such."""
        if field in self._fields:
            so_far = self._forms.get(field, pl.col(field))
            self._forms[field] = pl.when(condition).then(to).otherwise(so_far)

    def applied(self, *others: pl.Expr) -> pl.DataFrame:
        """The rows in their new form."""
        return self.rows.with_columns(*(form.alias(field) for field, form in self._forms.items()), *others)


def _put_ends(forms: _Forms, dataset: str, is_open: pl.Expr, today: date) -> None:
    """Records of people who died, went away, or changed what the record is about."""
    now, went = pl.lit(today), pl.col("p_left_on")
    gone = forms.flag(LEFT, DIED, EMIGRATED)
    if dataset in ("psb.temporary_residence", "psb.household_register"):
        ends = is_open & (gone | forms.flag(SETTLED) | (forms.flag(MOVED) & _is_main(dataset) & _anew(dataset)))
        reason = (
            pl.when(forms.flag(DIED))
            .then(pl.lit("1"))
            .when(forms.flag(SETTLED))
            .then(pl.lit("4"))
            .otherwise(pl.lit("3"))
        )
        forms.put("cancelled_on", ends, now)
        forms.put("cancel_reason", ends, reason)
    elif dataset in ("hfpc.padis_case", "edu.student_enrollment"):
        ends = is_open & (gone | (forms.flag(desks.VISIT) & went.is_not_null()))
        forms.put("left_on", ends, went)
        forms.put("transferred_to", ends, pl.col("p_destination"))
    elif dataset == "housing.rental_filing":
        forms.put("ended_on", gone & (pl.col("ended_on") > went), went)
    elif dataset == "housing.public_rental":
        forms.put("status", forms.flag(DIED), pl.lit("4"))
    else:
        if "employer" in forms.rows.columns:
            of_work = hrss.is_present_work() if dataset == "hrss.social_insurance" else _is_main(dataset)
            at_another = pl.col("employer").ne_missing(pl.col("p_employer"))
            forms.put("ended_on", is_open & forms.flag(JOB) & of_work & at_another, now)
        forms.put("ended_on", is_open & gone, went)


def _put_school(forms: _Forms, city: City, is_open: pl.Expr, today: date) -> None:
    """Children of families that moved house within their district, whose workbook it is, go to school near there."""
    rows = forms.rows
    community, stage = rows["p_community"].to_numpy(), rows["stage"].to_numpy()
    school = np.zeros(rows.height, dtype=np.int64)
    for one in edu.STAGES:
        of_stage = (stage == one) & (community != NOBODY)
        school[of_stage] = city.units.school_of(one, rows["luck"].to_numpy()[of_stage], community[of_stage])
    units = city.units.table[school]
    district = rows["division"].str.slice(0, 6)
    moves = forms.flag(MOVED) & is_open & (pl.col("p_community") >= 0) & pl.lit(units["district"] == district)
    moves &= pl.lit(units["unit_code"] != rows["unit_code"])
    kind = units["is_private"].replace_strict({True: "2", False: "1"}, return_dtype=pl.String)
    forms.put("unit_code", moves, pl.lit(units["unit_code"]))
    forms.put("school", moves, pl.lit(units["unit_name"]))
    forms.put("school_kind", moves, pl.lit(kind))
    forms.put("division", moves, pl.lit(at(city.places.communities["community"], units["community"].to_numpy())))
    forms.put("enrolled_on", moves, pl.lit(today))


def _anew(dataset: str) -> pl.Expr:
    return pl.col("anew") if dataset == "psb.temporary_residence" else pl.lit(False)


def _put_works(forms: _Forms, dataset: str, draws: Draws, today: date) -> None:
    """What a desk does of its own accord."""
    now, luck = pl.lit(today), pl.col("luck")
    forms.put("paid_to", forms.flag(desks.PAY), pl.lit(f"{today:%Y%m}"))
    forms.put("given_on", forms.flag(desks.GIVE), now)
    finishes, passes = forms.flag(desks.FINISH), luck < hrss.PASS_SHARE
    forms.put("finished_on", finishes, now)
    forms.put("certified", finishes, pl.when(passes).then(pl.lit("1")).otherwise(pl.lit("0")))
    amount = (
        pl.col("trade").replace_strict(hrss.TRADES, default=None, return_dtype=pl.Int64)
        if dataset == "hrss.training"
        else pl.lit(0)
    )
    forms.put("subsidy_yuan", finishes, amount + passes.cast(pl.Int64) * hrss.PASS_BONUS_YUAN)
    decides = forms.flag(desks.DECIDE)
    if dataset == "housing.public_rental":
        forms.put("allotted_on", decides & (pl.col("status") == "2"), now)
        forms.put("status", decides, pl.when(pl.col("status") == "1").then(pl.lit("2")).otherwise(pl.lit("3")))
    reviews = forms.flag(desks.REVIEW)
    if dataset == "civil.assistance":
        forms.put("ended_on", reviews & (luck < _STOPPED), now)
        raised = ((pl.col("monthly_yuan") * _SET_ANEW / 10).round() * 10).cast(pl.Int64)
        forms.put("monthly_yuan", reviews & (luck >= _STOPPED), raised)
    if dataset == "psb.temporary_residence":
        renews = forms.flag(desks.RENEW)
        forms.put("permit_issued_on", renews, now)
        forms.put("permit_valid_to", renews, now.dt.offset_by("1y").dt.offset_by("-1d"))


def with_people(rows: pl.DataFrame, contract: Contract, city: City, draws: Draws) -> pl.DataFrame:
    """Adds what is true of the main role's person now, as `p_<column>`, and the record's own `luck` in [0, 1).

    Of temporary registrations also `anew` (who moves is registered anew) and `is_deleted` (who left is deleted).
    """
    main = rows[PERSON + contract.roles[0].name].to_numpy()
    people = city.persons[np.maximum(main, 0)].select(_TAKEN)
    communities, origins = city.places.communities, city.places.origins
    phone = people["phone"]
    if contract.dataset in _PHONE_OF:
        other = rows[PERSON + _PHONE_OF[contract.dataset]].to_numpy()
        phone = at(city.persons["phone"], other).fill_null(phone)
    marital = people["marital"]
    if contract.dataset == "psb.household_register":
        marital = people.select(register.marital(people, rows["_style"].to_numpy(), draws)).to_series()
    entries = rows["_entry"].to_numpy()
    luck = draws.uniform("days.luck", entries)
    return rows.with_columns(
        people["community"].alias("p_community"),
        people["household"].alias("p_household"),
        people["name"].alias("p_name"),
        people["id_number"].alias("p_id_number"),
        people["left_on"].alias("p_left_on"),
        at(city.employers.table["name"], people["employer"].to_numpy()).alias("p_employer"),
        phone.alias("p_phone"),
        marital.alias("p_marital"),
        at(communities["community"], people["community"].to_numpy()).alias("p_division"),
        at(origins["code"] + "000000", people["destination"].to_numpy()).alias("p_destination"),
        people.select(records.addresses(city.places).alias("p_address")).to_series(),
        pl.Series("luck", luck),
        pl.Series("anew", luck < _REGISTERED_ANEW),
        pl.Series("is_deleted", (luck * 7) % 1 < _DELETED_WHEN_LEFT),
    )


# ---- records that come of records


def opened(rows: pl.DataFrame, contract: Contract, city: City, draws: Draws, today: date) -> pl.DataFrame:
    """New records that take the place of others, as copies of those; entries and keys are still those of the others."""
    now, dataset = pl.lit(today), contract.dataset
    if dataset == "psb.temporary_residence" and "did_moved" in rows.columns:
        return _registered_anew(with_people(rows, contract, city, draws), city, draws, today)
    if dataset == "edu.student_enrollment":
        rows = with_people(rows, contract, city, draws).filter("did_formalise")
        return rows.with_columns(("G" + pl.col("p_id_number")).alias("record_key"), now.alias(SINCE))
    if dataset == "housing.rental_filing":
        rows = with_people(rows, contract, city, draws).filter("did_renew", pl.col("p_left_on").is_null())
        begins = pl.col("ended_on").dt.offset_by("1d")
        return rows.with_columns(
            begins.alias("started_on"),
            begins.dt.offset_by("1y").dt.offset_by("-1d").alias("ended_on"),
            (pl.col("record_key").str.head(8) + f"{today:%Y}" + pl.col("record_key").str.tail(6)).alias("record_key"),
            now.alias(SINCE),
            pl.lit(False).alias(PLANTED + "person_repeated"),
        )
    return rows.clear()


def _registered_anew(rows: pl.DataFrame, city: City, draws: Draws, today: date) -> pl.DataFrame:
    """Temporary registrations at the new address of those whose earlier one is cancelled."""
    rows = rows.filter("did_moved", "anew", _MAIN, pl.col("cancelled_on").is_null(), pl.col("p_community") >= 0)
    station = city.units.table[city.units.station_of[rows["p_community"].to_numpy()]]
    township = station["township"].cast(pl.Int64)
    empty = pl.Series(draws.hit("station_without_division", township.to_numpy()))
    return rows.with_columns(
        ("Z" + station["unit_code"].str.slice(0, 8) + f"{today:%Y}").alias("prefix"),
        station["unit_code"],
        township.alias("_style"),
        empty.alias(PLANTED + "station_without_division"),
        pl.lit(False).alias(PLANTED + "person_repeated"),
        pl.when(~empty).then("p_division").alias("division"),
        pl.col("p_address").alias("address"),
        pl.lit(today).alias("registered_on"),
        pl.lit(today).alias(SINCE),
    ).with_columns((pl.col("prefix") + pl.col("record_key").str.tail(6)).alias("record_key"))


def doses_due(birth: pl.Series, earlier: date, today: date) -> pl.Series:
    """Children to whom a routine dose falls due after a day, up to another."""
    return (
        pl.DataFrame({"birth_date": birth})
        .select(pl.any_horizontal(_falls_due(months, earlier, today) for months in sorted(set(vaccinations.MONTHS))))
        .to_series()
    )


def _falls_due(months: int, earlier: date, today: date) -> pl.Expr:
    return pl.col("birth_date").dt.offset_by(f"{months}mo").is_between(earlier, today, closed="right").fill_null(False)


def doses(rows: pl.DataFrame, city: City, earlier: date, today: date) -> pl.DataFrame:
    """The doses that fall due now, not given yet, on the cards that children have.

    Args:
        rows: records of hfpc.immunization, those of the children in question among them.
    """
    here = at(city.persons["left_on"], rows[PERSON + "child"].to_numpy()).is_null()
    card = (
        rows.filter(here & doses_due(rows["birth_date"], earlier, today))
        .with_columns((pl.col("_entry") // vaccinations.ROWS_A_CHILD * vaccinations.ROWS_A_CHILD).alias("child"))
        .sort("child", "due_on", "_entry")
        .unique("child", keep="last", maintain_order=True)
    )
    new = [
        card.filter(_falls_due(months, earlier, today)).with_columns(
            (pl.col("child") + row).alias("_entry"),
            (pl.col("child_key") + f"{row + 1:02}").alias("record_key"),
            pl.lit(vaccinations.ROUTINE).alias("vaccination_kind"),
            pl.lit(vaccinations.VACCINES[row]).alias("vaccine"),
            pl.lit(int(vaccinations.DOSES[row]), rows.schema["dose"]).alias("dose"),
            pl.col("birth_date").dt.offset_by(f"{months}mo").alias("due_on"),
            pl.lit(None, pl.Date).alias("given_on"),
            pl.lit(today).alias(SINCE),
        )
        for row, months in enumerate(vaccinations.MONTHS)
    ]
    return pl.concat(new).select(rows.columns)


def _is_open(desk: Desk) -> pl.Expr:
    return pl.col(desk.ends).is_null() if desk.ends else pl.lit(True)


def _is_main(dataset: str) -> pl.Expr:
    return _MAIN if dataset in _BY_KIND else pl.lit(True)
