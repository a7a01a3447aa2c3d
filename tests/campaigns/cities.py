"""Campaigns over simulated cities of several seeds, profiles and sizes: each is measured, remembered, thrown away."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from sources.code_version import code_version
from sources.workdir import Workdir
from tests.campaigns.command import ROOT, done_before, keep, succeed, write_page


class Measured(Protocol):
    """What was found in a city, which these three name."""

    @property
    def seed(self) -> int: ...
    @property
    def profile(self) -> str: ...
    @property
    def scale(self) -> float: ...


_City = TypeVar("_City", bound=Measured)


@contextmanager
def simulated(work: Path, seed: int, profile: str, scale: float) -> Iterator[tuple[Path, Workdir]]:
    """A city's folder, with landing and truth, and a workdir for its library; both go when the block ends well."""
    home = work / f"{seed}-{profile}-{scale}"
    shutil.rmtree(home, ignore_errors=True)
    city = home / "city"
    succeed(["simulate", "--out", str(city), "--scale", str(scale), "--seed", str(seed), "--profile", profile])
    yield city, Workdir(home / "library")
    shutil.rmtree(home)


def run_campaign(
    name: str,
    description: str,
    page: str,
    cities: Sequence[str],
    kind: type[_City],
    measure: Callable[[Path, int, str, float], _City],
    summary: Callable[[Sequence[_City], str], str],
) -> list[_City]:
    """Measure cities as the command line asks, those that were not measured before; print the summary of all.

    What was found is kept in `--work` as JSON lines, so that a campaign that is stopped goes on where it was.

    Args:
        name: of the campaign: of its markers on the page, and of its folder in var/.
        description: for `--help`.
        page: in docs/, which the summary goes to with `--write`.
        cities: seed:profile:scale of each that is measured where none is named.
        kind: a dataclass, what is found in a city.
        measure: finds it: (folder to work in, seed, profile, scale).
        summary: of all cities and the version of the code.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--city", action="append", help="seed:profile:scale, as often as wanted")
    parser.add_argument("--work", type=Path, default=Path("var") / name, help="where it works, and remembers")
    parser.add_argument("--write", action="store_true", help=f"put the tables into docs/{page}")
    options = parser.parse_args()
    code = code_version()
    work = options.work.resolve() / code
    work.mkdir(parents=True, exist_ok=True)
    record = work / "cities.jsonl"
    known = {(city.seed, city.profile, city.scale): city for city in done_before(record, kind)}
    found = []
    for wanted in options.city or cities:
        seed, profile, scale = wanted.split(":")
        key = int(seed), profile, float(scale)
        if key not in known:
            print(f"{wanted} …", flush=True)
            known[key] = measure(work, *key)
            keep(record, known[key])
        found.append(known[key])
    text = summary(found, code)
    print(text)
    if options.write:
        write_page(name, text, ROOT / "docs" / page)
    return found
