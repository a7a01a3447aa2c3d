"""What is measured. Each of these runs in a process of its own and tells when its steps start and end."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
import time
from datetime import date
from pathlib import Path

from benchmarks.measure import Tell, timed
from benchmarks.saved_queries import ask_both_ways, written_by_hand
from benchmarks.units import BareCopy, read_floor, splink_alone
from sources.city.days.arrivals import ARRIVALS, deliver
from sources.city.papers import Profile
from sources.city.simulate import simulate
from sources.contract import load_contracts
from sources.errors import SijikuError
from sources.workdir import Workdir

SIMULATE = "模拟城市 Simulate"
READ_FLOOR = "读取下限 Read floor"
SPLINK_ALONE = "单用 Splink alone"
BARE_COPY = "裸装载 Bare COPY"
SERVE = "发布到 PostgreSQL Publishing to it"
ASK = "常用查询 Saved queries, and by hand"
# Before the names of saved queries: the medians of both ways of asking, parts of that step.
SAVED, BY_HAND = "saved query/", "by hand/"
# Before the names of steps of the build of the day after.
NEXT_DAY = "次日 Day: "
# The city's first day is a Monday: what arrives on the day after is then of one working day. On a Saturday hardly
# anything does, and on a Monday three days of it.
FIRST_DAY = date(2014, 11, 3)
# Share of the records that a day changes, over a week; and of those that have to, on the day after, at least. In a town
# of less than a twentieth of a city, what a day brings is too much by chance to be held to that.
CHANGE, CHANGED = 0.0155, 0.01
HELD_FROM_SCALE = 0.05
# The line of identity's log with which clusters are done.
CLUSTERED = "identity: keeping what the next run goes on from"


def simulate_city(tell: Tell, city: Path, scale: float, seed: int, profile: Profile, days: int) -> None:
    """Write a city's extracts."""
    timed(tell, SIMULATE, lambda: _simulate(city, scale, seed, profile, days))


def _simulate(city: Path, scale: float, seed: int, profile: Profile, days: int) -> None:
    summary = simulate(city, scale=scale, seed=seed, profile=profile, date=FIRST_DAY, days=days, change=CHANGE)
    for day in summary.days:
        if scale >= HELD_FROM_SCALE and day.changed < CHANGED:
            raise SijikuError(
                f"{day.date} changes {day.changed:.2%} of the records, not {CHANGED:.0%}.",
                "Choose another seed, or raise CHANGE in benchmarks/works.py.",
            )


def read_landing(tell: Tell, landing: Path) -> None:
    """The first unit, the parsing of contracts left out."""
    load_contracts()
    timed(tell, READ_FLOOR, lambda: read_floor(landing))


def link_by_splink(tell: Tell, workdir: Workdir) -> None:
    """The second unit."""
    timed(tell, SPLINK_ALONE, lambda: splink_alone(workdir))


def build_library(tell: Tell, landing: Path, workdir: Workdir, job: str = "build", before: str = "") -> None:
    """A build, as `sijiku build` does it: the steps of the graph; dbt's tables and what identity logs as parts of
    theirs.

    `job`: see `run_build`. `before`: goes before the names of steps.
    """
    from orchestration.run import StepEvent, run_build

    def listen(event: StepEvent) -> None:
        name = before + event.label
        if event.kind == "start" or event.kind == "finish":
            if event.kind == "finish" and event.label == identity_step():
                told.end()
            tell(name, event.seconds)
        elif event.asset is not None and event.seconds is not None:
            tell(before + event.asset, event.seconds, name)

    told = _Told(tell, before)
    logging.getLogger("sijiku.identity").addHandler(told)
    try:
        run_build(workdir, landing, None, listen, job)
    finally:
        logging.getLogger("sijiku.identity").removeHandler(told)


class _Told(logging.Handler):
    """Takes the time between the lines in which identity says what it does next."""

    def __init__(self, tell: Tell, before: str) -> None:
        super().__init__(logging.INFO)
        self._tell = tell
        self._before = before
        self._last: tuple[str, float] | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        if str(record.msg).startswith("identity: "):
            self.end(record.created)
            self._last = (str(record.msg), record.created)

    def end(self, at: float | None = None) -> None:
        """The last of them is done."""
        if self._last is not None:
            line, began = self._last
            self._tell(self._before + line, (time.time() if at is None else at) - began, self._before + identity_step())
        self._last = None


def build_next_day(tell: Tell, city: Path, workdir: Workdir) -> None:
    """What arrived on the first day after, as `sijiku build` takes it in."""
    [day, *_] = sorted(path.name for path in (city / ARRIVALS).iterdir())
    deliver(city, date.fromisoformat(day), city / "landing")
    build_library(tell, city / "landing", workdir, before=NEXT_DAY)


def ask_saved_queries(tell: Tell, workdir: Workdir) -> None:
    """Saved queries from the tables that the build stored, and the same questions by hand, the fourth unit."""

    def ask() -> None:
        for asked in ask_both_ways(workdir, written_by_hand()):
            tell(f"{SAVED}{asked.name}", asked.saved, ASK)
            tell(f"{BY_HAND}{asked.name}", asked.by_hand, ASK)

    timed(tell, ASK, ask)


def serve_library(tell: Tell, workdir: Workdir) -> None:
    """Publish to a PostgreSQL server of one's own; then load the same bytes into bare tables, the third unit."""
    from expectations.grains import keys_by_table
    from serving.local_postgres import free_port, initialise, start, stop
    from serving.postgres import DSN_VARIABLE, publish_postgres

    with tempfile.TemporaryDirectory(prefix="sijiku-pg-") as folder:
        root, port, password = Path(folder), free_port(), secrets.token_urlsafe()
        initialise(root, "bench", password)
        start(root, port, {})
        try:
            dsn = f"host=127.0.0.1 port={port} dbname=postgres user=bench password={password}"
            os.environ[DSN_VARIABLE] = dsn
            timed(tell, SERVE, lambda: publish_postgres(workdir, None, keys=keys_by_table()))
            with BareCopy(dsn, root) as bare:
                timed(tell, BARE_COPY, bare.load)
        finally:
            stop(root)


def raw_zone_steps() -> set[str]:
    """The names of the steps that take deliveries in and register them."""
    from orchestration.defs.landing import landing_asset, unclaimed
    from orchestration.defs.raw_zone import raw_zone
    from orchestration.run import LABEL_TAG

    assets = [*map(landing_asset, load_contracts("active").values()), unclaimed, raw_zone]
    return {str(asset.op.tags[LABEL_TAG]) for asset in assets}


def identity_step() -> str:
    """The name under which the graph runs identity."""
    from orchestration.defs.identity import identity
    from orchestration.run import LABEL_TAG

    return str(identity.op.tags[LABEL_TAG])


def staging_step() -> str:
    """The name of the step that makes staging and mentions."""
    from orchestration.defs.dbt_models import staging
    from orchestration.run import LABEL_TAG

    return str(staging.op.tags[LABEL_TAG])
