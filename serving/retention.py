"""How long records are kept: a policy as data, and the records that are past their time by it.

A policy is a YAML file with a name, a default and datasets that are kept otherwise:

    name: 保存期限表 2014
    default: {years: 30, after: [died, left], ground: "…"}
    datasets:
      psb.temporary_residence: {years: 5, after: [cancelled_on, permit_valid_to, died, left], ground: "…"}
      hfpc.birth_certificate: {years: permanent, ground: "…"}

`after` says when a record ended: the first of these that is known. A date column of the dataset; `died`, the person's
date of death; `left`, the end of the last stay of who has no present one. Where a record is about two people, the later
counts, once both are known. A record that is not delivered any more ended with the last delivery that had it. `ground`
is the law or rule that the years come from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import duckdb
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sources.contract import Contract, load_contracts
from sources.errors import SijikuError, UsageError
from sources.parquet import write
from sources.readers.records import identifier, literal
from sources.suppression import subjects
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

_OF_PEOPLE = ("died", "left")


class Term(BaseModel):
    """How long records of a dataset are kept after their end; `ground` says by which law or rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    years: int | Literal["permanent"]
    after: tuple[str, ...] = ()
    ground: str = Field(min_length=1)


class Policy(BaseModel):
    """A retention policy; `sha256` is of its file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    default: Term
    datasets: dict[str, Term] = {}
    sha256: str = ""

    def term(self, dataset: str) -> Term:
        """How long a dataset's records are kept."""
        return self.datasets.get(dataset, self.default)


@dataclass(frozen=True)
class Line:
    """Records of a dataset that are past their time."""

    dataset: str
    years: int
    records: int
    ground: str


@dataclass(frozen=True)
class Expired:
    """What is past its time on a date, by dataset."""

    on: date
    lines: tuple[Line, ...]

    @property
    def records(self) -> int:
        """Records of all datasets."""
        return sum(line.records for line in self.lines)


def load_policy(file: Path) -> Policy:
    """Read a policy.

    Raises:
        UsageError: it is none, or names a dataset or column that does not exist; says which.
    """
    try:
        text = file.read_bytes()
        document = yaml.safe_load(text)
        policy = Policy(**document | {"sha256": hashlib.sha256(text).hexdigest()})
    except (yaml.YAMLError, TypeError, UnicodeDecodeError):
        raise _wrong(file, "YAML") from None
    except ValidationError as error:
        raise _wrong(file, ", ".join(".".join(map(str, item["loc"])) for item in error.errors())) from None
    contracts = load_contracts()
    for dataset, term in policy.datasets.items():
        if dataset not in contracts:
            raise _wrong(file, f"datasets.{dataset}")
        dates = {column.field for column in contracts[dataset].columns if column.type == "date"}
        unknown = sorted(set(term.after) - dates - set(_OF_PEOPLE))
        if unknown or (term.years != "permanent" and not term.after):
            raise _wrong(file, f"datasets.{dataset}.after {' '.join(unknown)}")
    if set(policy.default.after) - set(_OF_PEOPLE):
        raise _wrong(file, "default.after")
    return policy


def write_expired(workdir: Workdir, policy: Policy, on: date | None, file: Path) -> Expired:
    """Write the records that are past their time into a Parquet file: dataset, record_key.

    Args:
        workdir: the caller holds its lock; its working warehouse is read.
        policy: how long records are kept.
        on: the date to count to; None for that of the library.
        file: to write, personal.

    Raises:
        SijikuError: the working warehouse is not whole: no build since the last erasure, or the last one failed.
    """
    if not workdir.warehouse.exists():
        raise _not_whole()
    with open_warehouse(workdir, read_only=True) as connection:
        day = on or _as_of(connection)
        # The working warehouse is open to be read only: what is worked out lies beside it.
        connection.execute('CREATE TEMP TABLE person_end (person_id VARCHAR, died DATE, "left" DATE)')
        connection.execute("""
            INSERT INTO person_end
            SELECT person.person_id, death.died, stay.left_on
            FROM library.dim_person AS person
            LEFT JOIN (
                SELECT xref.person_id, max(certificate.died_on) AS died
                FROM staging.stg_hfpc__death_certificate AS certificate
                JOIN identity.person_xref AS xref USING (record_ref)
                WHERE xref.role = 'deceased' GROUP BY xref.person_id
            ) AS death USING (person_id)
            LEFT JOIN (
                SELECT person_id, max(to_on) AS left_on FROM library.fct_residence_spell
                GROUP BY person_id HAVING NOT bool_or(is_current)
            ) AS stay USING (person_id)""")
        connection.execute("CREATE TEMP TABLE expired (dataset VARCHAR, record_key VARCHAR)")
        lines = []
        for dataset, contract in load_contracts("active").items():
            term = policy.term(dataset)
            if not contract.roles or term.years == "permanent":
                continue
            before = f"DATE {literal(day.isoformat())} - INTERVAL {int(term.years)} YEAR"
            connection.execute(
                f"INSERT INTO expired SELECT {literal(dataset)}, record_key "
                f"FROM ({_ends(contract, term.after)}) WHERE ended_on < {before}"
            )
            counted = connection.execute("SELECT count(*) FROM expired WHERE dataset = ?", [dataset]).fetchone()
            if counted and counted[0]:
                lines.append(Line(dataset, int(term.years), int(counted[0]), term.ground))
        write(connection, "FROM expired", file)
    return Expired(day, tuple(lines))


def _ends(contract: Contract, after: tuple[str, ...]) -> str:
    """SELECT of every record of a dataset: record_key, and when it ended (null where it has not)."""
    roles = ", ".join(literal(role.name) for role in subjects(contract))
    ends = ", ".join(f'people."{name}"' if name in _OF_PEOPLE else f"staged.{identifier(name)}" for name in after)
    raw = f"raw.{contract.table}"
    return f"""
        SELECT staged.record_key, CAST(coalesce({ends}, NULL) AS DATE) AS ended_on
        FROM staging.stg_{contract.table} AS staged
        LEFT JOIN (
            SELECT xref.record_ref,
                CASE WHEN count(person_end.died) = count(*) THEN max(person_end.died) END AS died,
                CASE WHEN count(person_end."left") = count(*) THEN max(person_end."left") END AS "left"
            FROM identity.person_xref AS xref LEFT JOIN person_end USING (person_id)
            WHERE xref.dataset = {literal(contract.dataset)} AND xref.role IN ({roles})
            GROUP BY xref.record_ref
        ) AS people USING (record_ref)
        UNION ALL
        SELECT said._record_key, max(delivery.extract_date)
        FROM {raw} AS said JOIN raw.delivery AS delivery ON delivery.delivery = said._delivery
        WHERE said._record_key NOT IN (SELECT record_key FROM staging.stg_{contract.table})
        GROUP BY said._record_key"""


def _as_of(connection: duckdb.DuckDBPyConnection) -> date:
    try:
        row = connection.execute("SELECT as_of FROM marker.whole").fetchone()
    except duckdb.CatalogException:
        row = None
    if row is None:
        raise _not_whole()
    return row[0]  # type: ignore[no-any-return]


def _not_whole() -> SijikuError:
    return SijikuError(
        "工作库不完整，无法判断哪些记录到期。The working warehouse is not whole: what is past its time cannot be told.",
        "请先运行 sijiku build。Run sijiku build first.",
    )


def _wrong(file: Path, what: str) -> UsageError:
    return UsageError(
        f"保存期限表 {file} 有误: {what}。The retention policy {file} is wrong: {what}.",
        "每项要有 years、after、ground，数据集与日期列须在数据合同中。"
        "Each term has years, after and ground; datasets and date columns are those of the contracts.",
    )
