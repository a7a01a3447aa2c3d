"""The desks at which bureaus keep their records: how often each delivers, and what it hears of people, how late.

No figure of this is in the report: all are choices. `interface/extracts.yml` says what a delivery looks like, not how
often one comes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np

from sources.city.days.life import DIED, EMIGRATED, JOB, LEFT, MARRIED, MOVED, NUMBER, PHONE, RENAMED, SETTLED, WIDOWED
from sources.city.errors import Draws
from sources.city.streams import Ints

# What a desk does to a record of its own accord on a day. Of one record one thing a day.
CORRECT = "correct"  # name, number and birth date are held against the papers
VISIT = "visit"  # somebody calls, and asks everything anew
PAY = "pay"  # contributions come in
REMOVE = "remove"  # the second of two records of one person is taken back
GIVE = "give"  # a dose that fell due is given
FINISH = "finish"  # a course ends
DECIDE = "decide"  # an application goes a step further
REVIEW = "review"  # an allowance is set anew, or stopped
FORMALISE = "formalise"  # a pupil's temporary number is replaced by the formal one
RENEW = "renew"  # what ran out is issued anew, or let again
NAME = "name"  # a newborn has a name by now
REFIT = "refit"  # places and staff of a unit change

Rhythm = Literal["daily", "workdays", "weekly", "monthly"]


@dataclass(frozen=True)
class Desk:
    """One dataset's desk.

    `rhythm`, `on`: daily, on workdays, weekly on a weekday (Monday is 0), monthly on a day. `mode`: a full delivery
    replaces the earlier view. `begins`: field with the day from which a record of newcomers stands in the books.
    `later`: field with the day of a later event, to the fields that come with it. `hears`: by what happened to people,
    the share of records whose desk hears of it, and after how many days on average. `works`: by what the desk does of
    its own accord, its share of the records a day. `ends`: field with the day of a record's end, and what ends it.
    """

    rhythm: Rhythm
    begins: str
    on: int = 0
    mode: Literal["full", "delta"] = "delta"
    later: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hears: dict[str, tuple[float, float]] = field(default_factory=dict)
    works: dict[str, float] = field(default_factory=dict)
    ends: str | None = None

    def delivers_on(self, day: date) -> bool:
        """Whether it extracts a delivery at the end of a day."""
        if self.rhythm == "workdays":
            return day.weekday() < _SATURDAY
        if self.rhythm == "weekly":
            return day.weekday() == self.on
        return self.rhythm == "daily" or day.day == self.on

    def work_on(self, draws: Draws, entries: Ints, number: int, activity: float) -> Ints:
        """What the desk does to each record on a day, as a position in `works`; -1 for nothing."""
        luck = draws.uniform(f"days.{number}.work", entries)
        bounds = np.cumsum(list(self.works.values())) * activity
        return (
            np.where(luck < bounds[-1], np.searchsorted(bounds, luck, side="right"), -1)
            if len(bounds)
            else (np.full(len(entries), -1))
        )


_SATURDAY = 5
_RARELY = {NUMBER: (1.0, 10.0)}

DESKS: dict[str, Desk] = {
    "psb.household_register": Desk(
        "daily",
        "registered_on",
        later={"cancelled_on": ("cancel_reason",)},
        hears={
            **_RARELY,
            RENAMED: (1.0, 1.0),
            PHONE: (0.25, 20.0),
            DIED: (0.8, 8.0),
            EMIGRATED: (1.0, 1.0),
            MARRIED: (0.5, 12.0),
            WIDOWED: (0.5, 12.0),
        },
        works={CORRECT: 0.002, REMOVE: 0.002},
        ends="cancelled_on",
    ),
    "psb.temporary_residence": Desk(
        "daily",
        "registered_on",
        later={
            "permit_issued_on": ("permit_kind", "permit_number", "permit_valid_to"),
            "cancelled_on": ("cancel_reason",),
        },
        hears={
            **_RARELY,
            RENAMED: (0.3, 20.0),
            PHONE: (0.4, 5.0),
            MOVED: (0.6, 5.0),
            LEFT: (0.7, 5.0),
            DIED: (0.8, 6.0),
            SETTLED: (0.95, 1.0),
        },
        works={CORRECT: 0.002, REMOVE: 0.003, RENEW: 0.02},
        ends="cancelled_on",
    ),
    "hfpc.padis_case": Desk(
        "weekly",
        "updated_on",
        on=0,
        later={"left_on": ()},
        hears={**_RARELY, MOVED: (0.5, 8.0), LEFT: (0.5, 8.0), DIED: (0.6, 8.0), MARRIED: (0.6, 8.0)},
        works={CORRECT: 0.001, VISIT: 0.004, REMOVE: 0.003},
        ends="left_on",
    ),
    "hfpc.health_record": Desk(
        "workdays",
        "created_on",
        later={"updated_on": ()},
        hears={**_RARELY, MOVED: (0.3, 15.0), PHONE: (0.3, 15.0)},
        works={CORRECT: 0.001, VISIT: 0.003, REMOVE: 0.002},
    ),
    "hfpc.immunization": Desk(
        "workdays",
        "due_on",
        later={"given_on": ()},
        hears={**_RARELY, PHONE: (0.3, 15.0)},
        works={CORRECT: 0.001, GIVE: 0.015},
    ),
    "hfpc.maternal_service": Desk("weekly", "served_on", on=2, hears=_RARELY, works={CORRECT: 0.0005}),
    "hfpc.birth_certificate": Desk("workdays", "issued_on", hears=_RARELY, works={CORRECT: 0.0005, NAME: 0.01}),
    "hfpc.death_certificate": Desk("workdays", "died_on", hears=_RARELY, works={CORRECT: 0.001}),
    "edu.student_enrollment": Desk(
        "weekly",
        "enrolled_on",
        on=4,
        later={"left_on": ("transferred_to",)},
        hears={
            **_RARELY,
            PHONE: (0.5, 8.0),
            MOVED: (0.4, 8.0),
            LEFT: (0.9, 3.0),
            EMIGRATED: (0.9, 3.0),
            RENAMED: (0.6, 10.0),
        },
        works={CORRECT: 0.001, FORMALISE: 0.01},
        ends="left_on",
    ),
    "hrss.social_insurance": Desk(
        "workdays",
        "enrolled_on",
        later={"ended_on": ()},
        hears={
            **_RARELY,
            RENAMED: (0.3, 15.0),
            PHONE: (0.2, 15.0),
            LEFT: (0.6, 15.0),
            DIED: (0.9, 10.0),
            EMIGRATED: (0.6, 15.0),
            JOB: (0.9, 3.0),
        },
        works={CORRECT: 0.0002, PAY: 0.004},
        ends="ended_on",
    ),
    "hrss.employment": Desk(
        "weekly",
        "registered_on",
        on=1,
        later={"ended_on": ()},
        hears={**_RARELY, PHONE: (0.2, 15.0), LEFT: (0.5, 15.0), DIED: (0.7, 10.0), JOB: (0.9, 3.0)},
        works={CORRECT: 0.001, REMOVE: 0.002},
        ends="ended_on",
    ),
    "hrss.training": Desk(
        "monthly",
        "started_on",
        on=5,
        later={"finished_on": ("certified", "subsidy_yuan")},
        hears=_RARELY,
        works={CORRECT: 0.0005, FINISH: 0.02},
    ),
    "housing.rental_filing": Desk(
        "weekly",
        "started_on",
        on=3,
        hears={**_RARELY, PHONE: (0.2, 10.0), LEFT: (0.3, 10.0)},
        works={CORRECT: 0.001, REMOVE: 0.002, RENEW: 0.02},
    ),
    "housing.public_rental": Desk(
        "monthly",
        "applied_on",
        on=10,
        mode="full",
        later={"allotted_on": ()},
        hears={**_RARELY, PHONE: (0.4, 10.0), MOVED: (0.6, 10.0), DIED: (0.8, 20.0)},
        works={CORRECT: 0.001, DECIDE: 0.005},
    ),
    "civil.marriage": Desk("weekly", "registered_on", on=0, works={CORRECT: 0.0005}),
    "civil.assistance": Desk(
        "monthly",
        "started_on",
        on=6,
        later={"ended_on": ()},
        hears={**_RARELY, MOVED: (0.4, 20.0), DIED: (0.8, 15.0)},
        works={CORRECT: 0.001, REVIEW: 0.002},
        ends="ended_on",
    ),
    "grid.household_visit": Desk(
        "workdays", "collected_on", hears={}, works={CORRECT: 0.001, VISIT: 0.003, REMOVE: 0.002}
    ),
    "ref.unit": Desk("monthly", "opened_on", on=1, mode="full", works={REFIT: 0.002}),
}
