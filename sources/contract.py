"""The contracts of the bureaus' datasets, as plain data.

One file a dataset in the Open Data Contract Standard under `contracts/`, and one of code lists. Readers, dbt sources,
expectation suites and the simulated city all work from what is loaded here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml
from open_data_contract_standard.model import CustomProperty, OpenDataContractStandard, SchemaProperty

from sources.errors import SijikuError

CONTRACTS = Path(__file__).parent / "contracts"
RETIRED = Path(__file__).resolve().parents[1] / "interface" / "contracts" / "retired.yml"
FIRST_VERSION = "1.0"
SUFFIX = ".odcs.yaml"

Status = Literal["active", "draft"]

# What a mention of a person can take from a record. A role that says `record: all` takes those of these that the
# record has a column for, by field name.
PERSON_FIELDS = (
    "name",
    "sex",
    "id_number",
    "birth_date",
    "ethnicity",
    "phone",
    "division",
    "address",
    "hukou_division",
    "hukou_address",
    "household_key",
    "mother_name",
    "mother_id_number",
    "guardian_name",
    "guardian_id_number",
    "employer",
)

# The column that a delta file has besides those of its contract, and its values: insert, update, delete.
CHANGE_HEADER = "变更类型"
CHANGES = ("I", "U", "D")


@dataclass(frozen=True)
class Column:
    """One column: `header` as bureaus write it, `field` its English name, `type` of interface/extracts.yml.

    `unit_for`: of a column with a bureau's own unit codes, the field of divisions that it stands in for where that is
    empty: ref.unit tells where the unit is.
    `since`: the contract's version that brought it; deliveries of an earlier one need not have it.
    `level`: of a column of divisions, the coarsest level that says enough, where that is not the finest that its type
    can say: a marriage office is a district's.
    """

    header: str
    field: str
    type: str
    required: bool
    code_list: str | None
    label: str
    description: str | None
    is_personal: bool
    unit_for: str | None
    level: str | None
    since: str = FIRST_VERSION


@dataclass(frozen=True)
class RetiredColumn:
    """A column that a dataset had before a version of its contract (`since`), and the header that took its place."""

    header: str
    since: str
    replaced_by: str | None
    reason: str


@dataclass(frozen=True)
class RetiredDataset:
    """A dataset of which no delivery is taken in from a date on, and the one that took its place."""

    since: str
    replaced_by: str | None
    reason: str


@dataclass(frozen=True)
class Format:
    """How a bureau writes its files; `header_row` counts sheet rows from 1."""

    type: str
    encoding: str | None
    delimiter: str | None
    header_row: int
    footer: str | None


@dataclass(frozen=True)
class Role:
    """A person in a row: person field to header, or to a constant written `=2`."""

    name: str
    fields: dict[str, str]


@dataclass(frozen=True)
class Rhythm:
    """How often a dataset is delivered, in days from one extract date to the next, and how many days it may be late."""

    every_days: int
    grace_days: int


@dataclass(frozen=True)
class Contract:
    """What one bureau delivers as one dataset."""

    dataset: str
    name_zh: str
    bureau: str
    bureau_zh: str
    version: str
    status: Status
    purpose: str
    format: Format
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    roles: tuple[Role, ...]
    rhythm: Rhythm
    retired_columns: tuple[RetiredColumn, ...] = ()
    retired: RetiredDataset | None = None

    @property
    def table(self) -> str:
        """The dataset's name as a table: `psb__temporary_residence`."""
        return self.dataset.replace(".", "__")

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of its columns, in the contract's order."""
        return tuple(column.header for column in self.columns)

    def takes(self, version: str) -> bool:
        """Whether a delivery of a contract version can be read: the same major version, and no later a minor one."""
        parts = _version(version)
        return parts is not None and parts[0] == self._own[0] and parts <= self._own

    def headers_at(self, version: str) -> tuple[str, ...]:
        """The headers that a delivery of a version has: without columns that came later, with those retired since."""
        at = _version(version) or self._own
        still = [item for item in self.retired_columns if at < (_version(item.since) or at)]
        not_yet = {item.replaced_by for item in still}
        now = [column.header for column in self.columns if (_version(column.since) or at) <= at]
        # Of a column renamed twice, a version knows the name that was the last one then.
        return (
            *(header for header in now if header not in not_yet),
            *(item.header for item in still if item.header not in not_yet),
        )

    def earlier_headers(self, header: str) -> tuple[str, ...]:
        """What a column was called before, the last name first."""
        names = [item.header for item in self.retired_columns if item.replaced_by == header]
        return tuple(names) + tuple(earlier for name in names for earlier in self.earlier_headers(name))

    @property
    def _own(self) -> tuple[int, int]:
        own = _version(self.version)
        assert own, f"{self.dataset}: version {self.version}"
        return own

    def column(self, header: str) -> Column:
        """The column with a header; KeyError if there is none."""
        return {column.header: column for column in self.columns}[header]


@dataclass(frozen=True)
class CodeList:
    """Codes and their Chinese labels; `standard` names where they come from."""

    name: str
    standard: str | None
    values: dict[str, str]


def load_contract(dataset: str) -> Contract:
    """The contract of one dataset.

    Raises:
        SijikuError: there is none of that name.
    """
    contracts = load_contracts()
    if dataset not in contracts:
        raise SijikuError(
            f"没有数据集 {dataset} 的数据合同。No contract for dataset {dataset}.",
            f"Known datasets: {', '.join(contracts)}.",
        )
    return contracts[dataset]


def load_contracts(status: Status | None = None) -> dict[str, Contract]:
    """Contracts by dataset, sorted by name; only those of `status` if given."""
    return {name: contract for name, contract in _all_contracts().items() if status in (None, contract.status)}


@cache
def load_code_lists() -> dict[str, CodeList]:
    """The code lists by name."""
    documents = yaml.safe_load((CONTRACTS / "code_lists.yml").read_text(encoding="utf-8"))
    return {name: CodeList(name, body.get("standard"), body["values"]) for name, body in documents.items()}


@cache
def _all_contracts() -> dict[str, Contract]:
    columns, datasets = _all_retired()
    contracts = {
        path.name.removesuffix(SUFFIX): _from_document(OpenDataContractStandard.from_file(str(path)))
        for path in sorted(CONTRACTS.glob(f"*{SUFFIX}"))
    }
    unknown = sorted((set(columns) | set(datasets)) - set(contracts))
    if unknown:
        raise _wrong_retired(f"dataset {unknown[0]}")
    return {
        name: _with_retired(contract, columns.get(name, ()), datasets.get(name)) for name, contract in contracts.items()
    }


def _with_retired(contract: Contract, columns: tuple[RetiredColumn, ...], dataset: RetiredDataset | None) -> Contract:
    late = [column.header for column in contract.columns if not contract.takes(column.since)]
    if late:
        raise SijikuError(
            f"数据合同 {contract.dataset} 的列 {late[0]} 自更高版本起才有。"
            f"The contract of {contract.dataset} is of a version before that of its column {late[0]}.",
            "请提高合同的 version。Raise the contract's version.",
        )
    names = set(contract.headers) | {item.header for item in columns}
    for item in columns:
        if item.header in contract.headers or not (item.replaced_by is None or item.replaced_by in names):
            raise _wrong_retired(f"{contract.dataset} {item.header}")
        if not contract.takes(item.since):
            raise _wrong_retired(f"{contract.dataset} {item.header}: since {item.since}")
    return replace(contract, retired_columns=columns, retired=dataset)


def _all_retired() -> tuple[dict[str, tuple[RetiredColumn, ...]], dict[str, RetiredDataset]]:
    document = yaml.safe_load(RETIRED.read_text(encoding="utf-8")) or {}
    try:
        columns: dict[str, tuple[RetiredColumn, ...]] = {}
        for item in document.get("columns") or []:
            dataset, said = _dataset_and_rest(item)
            columns[dataset] = (*columns.get(dataset, ()), RetiredColumn(**said))
        datasets = map(_dataset_and_rest, document.get("datasets") or [])
        return columns, {dataset: RetiredDataset(**said) for dataset, said in datasets}
    except (KeyError, TypeError, AttributeError):
        raise _wrong_retired("fields") from None


def _dataset_and_rest(item: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    # YAML reads versions and dates as such where they are not quoted.
    said = {key: None if value is None else str(value) for key, value in item.items()}
    return str(said.pop("dataset")), said


def _wrong_retired(what: str) -> SijikuError:
    return SijikuError(
        f"{RETIRED.name} 与数据合同不符: {what}。{RETIRED.name} does not fit the contracts: {what}.",
        "每项要有 dataset、since、replaced_by、reason，列还要有 header，且已不在合同中。"
        "Each entry has dataset, since, replaced_by and reason; one of a column its header, which is in no contract.",
    )


def _version(text: str) -> tuple[int, int] | None:
    """Major and minor of `1.2`; None for anything else."""
    major, _, minor = text.partition(".")
    known = all(part.isascii() and part.isdigit() for part in (major, minor))
    return (int(major), int(minor)) if known else None


def _from_document(document: OpenDataContractStandard) -> Contract:
    assert document.id and document.name and document.version and document.schema_ and document.domain
    assert document.description and document.description.purpose and document.team
    assert document.status in ("active", "draft"), f"{document.id}: status {document.status}"
    table = document.schema_[0]
    custom = _custom(table.customProperties)
    properties = table.properties or []
    columns = tuple(_column(document.id, item) for item in properties)
    keys = sorted((item for item in properties if item.primaryKey), key=lambda item: item.primaryKeyPosition or 0)
    return Contract(
        dataset=document.id,
        name_zh=document.name,
        bureau=document.domain,
        bureau_zh=getattr(document.team, "name", None) or document.domain,
        version=document.version,
        status=document.status,  # type: ignore[arg-type]
        purpose=document.description.purpose,
        format=Format(
            type=str(table.physicalType),
            encoding=custom.get("encoding"),
            delimiter=custom.get("delimiter"),
            header_row=int(custom.get("headerRow", 1)),
            footer=custom.get("footer"),
        ),
        key=tuple(str(item.physicalName) for item in keys),
        columns=columns,
        roles=tuple(Role(name, _expand(mapping, columns)) for name, mapping in custom.get("personRoles", {}).items()),
        rhythm=_rhythm(document),
    )


def _rhythm(document: OpenDataContractStandard) -> Rhythm:
    """Frequency and latency of the contract's service level, both in days."""
    promised = {item.property: item for item in document.slaProperties or []}
    assert {"frequency", "latency"} <= set(promised), f"{document.id}: how often it is delivered is not said"
    frequency, latency = promised["frequency"], promised["latency"]
    assert frequency.unit == latency.unit == "d", f"{document.id}: frequency and latency are in days"
    return Rhythm(every_days=int(str(frequency.value)), grace_days=int(str(latency.value)))


def _column(dataset: str, item: SchemaProperty) -> Column:
    assert item.name and item.physicalName, f"{dataset}: a column without name or header"
    custom = _custom(item.customProperties)
    return Column(
        header=item.physicalName,
        field=item.name,
        type=custom["type"],
        required=bool(item.required),
        code_list=custom.get("codeList"),
        label=item.businessName or item.physicalName,
        description=item.description,
        is_personal=item.classification == "personal",
        unit_for=custom.get("unitFor"),
        level=custom.get("level"),
        since=str(custom.get("since", FIRST_VERSION)),
    )


def _expand(mapping: dict[str, str], columns: tuple[Column, ...]) -> dict[str, str]:
    own = {column.field: column.header for column in columns}
    given = {field: header for field, header in mapping.items() if field != "record"}
    if mapping.get("record") != "all":
        return given
    return {field: own[field] for field in PERSON_FIELDS if field in own} | given


def _custom(properties: list[CustomProperty] | None) -> dict[str, Any]:
    return {str(item.property): item.value for item in properties or []}
