"""What is measured. Each of these runs in a process of its own and tells when its steps start and end."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import Tell, timed
from benchmarks.units import read_floor, splink_alone
from sources.city.papers import Profile
from sources.city.simulate import simulate
from sources.contract import load_contracts
from sources.workdir import Workdir

SIMULATE = "模拟城市 Simulate"
READ_FLOOR = "读取下限 Read floor"
SPLINK_ALONE = "单用 Splink alone"


def simulate_city(tell: Tell, city: Path, scale: float, seed: int, profile: Profile) -> None:
    """Write a city's extracts."""
    timed(tell, SIMULATE, lambda: simulate(city, scale=scale, seed=seed, profile=profile))


def read_landing(tell: Tell, landing: Path) -> None:
    """The first unit, the parsing of contracts left out."""
    load_contracts()
    timed(tell, READ_FLOOR, lambda: read_floor(landing))


def link_by_splink(tell: Tell, workdir: Workdir) -> None:
    """The second unit."""
    timed(tell, SPLINK_ALONE, lambda: splink_alone(workdir))


def build_library(tell: Tell, landing: Path, workdir: Workdir, job: str = "build") -> None:
    """A build, as `sijiku build` does it: the steps of the graph, and dbt's tables as parts of theirs.

    `job`: see `run_build`.
    """
    from orchestration.run import StepEvent, run_build

    def listen(event: StepEvent) -> None:
        if event.kind == "start" or event.kind == "finish":
            tell(event.label, event.seconds)
        elif event.asset is not None and event.seconds is not None:
            tell(event.asset, event.seconds, event.label)

    run_build(workdir, landing, None, listen, job)


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
