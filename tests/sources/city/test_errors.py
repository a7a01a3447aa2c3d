"""Each error that the truth names can be seen in the files, and is what its name says."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import polars as pl
import pytest

from sources.city.places import read
from sources.contract import Contract, Role, load_code_lists, load_contract
from tests.sources.city.conftest import NOT_KNOWN, Row, Simulated

# Kinds that public.yml names, and this simulator's own.
RULES = {
    "row_repeated",
    "person_repeated",
    "id_borrowed",
    "id_duplicated",
    "id_checksum",
    "id_malformed",
    "id_missing",
    "required_missing",
    "key_conflict",
    "division_unknown",
    "division_partial",
}
OWN = {
    "id_untidy",
    "id_first_generation",
    "name_homophone",
    "name_lookalike",
    "name_separator",
    "name_variant",
    "name_rare",
    "name_order",
    "id_outdated",
    "phone_old",
    "date_swapped",
    "date_wrong",
    "date_unreadable",
    "code_unknown",
    "code_wrong",
    "division_wrong",
    "division_superseded",
    "phone_untidy",
    "phone_mistyped",
    "phone_cut",
    "value_missing",
    "not_cancelled",
    "station_without_division",
}
COMMUNITIES = set(read("communities.csv")["community"])
OLD_CODES = dict(read("superseded_codes.csv").select("old_code", "new_code").iter_rows())
LAST_RESORT = "?abcdefghijklmnopqrstuvwxyz"  # what stands for a character that the system does not have
HALF_WIDTH = {ord(sign) + 0xFEE0: sign for sign in "0123456789Xx"}


@dataclass(frozen=True, repr=False)
class Case:
    """One planted error, the rows of its key, and whom they truly mean."""

    contract: Contract
    field: str
    rows: list[Row]
    persons: dict[str, dict[str, object]]  # by role

    @property
    def header(self) -> str:
        return next(column.header for column in self.contract.columns if column.field == self.field)

    @property
    def cells(self) -> set[str]:
        return {row.cells[self.header] for row in self.rows}

    @property
    def subject(self) -> dict[str, object]:
        """Whom the record is about: the person of its first role."""
        return self.persons[self.contract.roles[0].name]

    @property
    def is_own(self) -> bool:
        """Whether the column says something of a person in a role of the record."""
        return any(self.header in own_fields(role).values() for role in self.contract.roles)

    def true(self, attribute: str) -> str:
        """What truly belongs in the cell, of the person whose own column it is: the last such role's, as written."""
        for role in reversed(self.contract.roles):
            if self.header in own_fields(role).values() and role.name in self.persons:
                return str(self.persons[role.name][attribute])
        raise AssertionError(self.field)


def own_fields(role: Role) -> dict[str, str]:
    """A role's columns that do not speak of its mother or guardian."""
    return {name: header for name, header in role.fields.items() if not name.startswith(("mother_", "guardian_"))}


@dataclass(frozen=True, repr=False)
class Book:
    """What all cases are judged by."""

    holders: dict[str, int] = field(default_factory=dict)  # true number to person
    keys_of: dict[tuple[str, int], set[str]] = field(default_factory=dict)  # dataset and person to record keys


def check_fails(number: str) -> bool:
    weights = [2 ** (17 - place) % 11 for place in range(17)]
    total = sum(int(digit) * weight for digit, weight in zip(number, weights, strict=False))
    return "10X98765432"[total % 11] != number[17]


def tidy(text: str) -> str:
    return re.sub(r"[\s'\-]", "", text.translate(HALF_WIDTH)).upper()


def letters(name: str) -> str:
    return re.sub(r"[\s·•・.‧]", "", name)


def some(case: Case, test: Callable[[str], bool]) -> bool:
    return any(test(cell) for cell in case.cells)


def by_delivery(case: Case) -> dict[str, list[tuple[str, ...]]]:
    grouped = defaultdict(list)
    for row in case.rows:
        grouped[row.extract_date].append(tuple(row.cells.values()))
    return grouped


def same_row_twice(case: Case, book: Book) -> bool:
    return any(len(rows) > len(set(rows)) for rows in by_delivery(case).values())


def same_key_differently(case: Case, book: Book) -> bool:
    return any(len(set(rows)) > 1 for rows in by_delivery(case).values())


def twice_in_dataset(case: Case, book: Book) -> bool:
    return len(book.keys_of[case.contract.dataset, int(str(case.subject["person"]))]) > 1


def number_of_another(case: Case, book: Book) -> bool:
    own = int(case.true("person"))
    return some(case, lambda cell: not check_fails(cell) and book.holders.get(cell, own) != own)


def never_cancelled(case: Case, book: Book) -> bool:
    (end,) = {"注销日期", "离校日期", "离开日期", "终止日期"} & {column.header for column in case.contract.columns}
    return case.subject["left_on"] is not None and all(not row.cells[end] for row in case.rows)


def division_left_empty(case: Case, book: Book) -> bool:
    return all(not row.cells["暂住地区划"] for row in case.rows)


def outside_the_list(cell: str, codes: set[str]) -> bool:
    return cell not in codes


def is_superseded(cell: str, case: Case) -> bool:
    """An old code: of the registered home where the column tells that, of people who have had no other."""
    if not case.is_own or case.subject["group"] in {"stay", "died", "emigrated"}:
        return cell in OLD_CODES
    return OLD_CODES.get(cell) == case.true("hukou_division")[:6]


def is_unknown_division(cell: str) -> bool:
    return cell[:6] in {"150208", "150231", "150240", "990101"}


SEEN: dict[str, Callable[[Case, Book], bool]] = {
    "row_repeated": same_row_twice,
    "key_conflict": same_key_differently,
    "person_repeated": twice_in_dataset,
    "id_borrowed": number_of_another,
    "id_checksum": lambda case, book: some(case, lambda cell: len(cell) == 18 and check_fails(cell)),
    "id_malformed": lambda case, book: some(case, lambda cell: not re.fullmatch("[0-9]{15}|[0-9]{17}[0-9X]", cell)),
    "id_missing": lambda case, book: some(case, lambda cell: not re.search("[1-9]", cell)),
    "id_untidy": lambda case, book: some(case, lambda cell: not cell.isascii() or len(cell) > 18 or cell[-1] == "x"),
    "id_first_generation": lambda case, book: some(case, lambda cell: re.fullmatch("[0-9]{15}", cell) is not None),
    "required_missing": lambda case, book: some(case, lambda cell: cell == ""),
    "value_missing": lambda case, book: some(case, lambda cell: cell == ""),
    "division_unknown": lambda case, book: some(case, is_unknown_division),
    "division_partial": lambda case, book: some(case, lambda cell: cell.endswith("0000" if len(cell) == 6 else "000")),
    "division_wrong": lambda case, book: case.cells <= COMMUNITIES,
    "division_superseded": lambda case, book: some(case, partial(is_superseded, case=case)),
    "name_homophone": lambda case, book: some(case, lambda cell: cell != case.true("name")),
    "name_lookalike": lambda case, book: some(case, lambda cell: cell != case.true("name")),
    "name_variant": lambda case, book: some(case, lambda cell: cell != case.true("name")),
    "name_order": lambda case, book: some(
        case, lambda cell: cell != case.true("name") and sorted(cell) == sorted(case.true("name"))
    ),
    "name_rare": lambda case, book: some(case, lambda cell: cell != case.true("name") and cell[-1] in LAST_RESORT),
    "id_outdated": lambda case, book: some(case, lambda cell: cell != case.true("id_number")),
    "phone_old": lambda case, book: some(case, lambda cell: cell != case.true("phone")),
    "name_separator": lambda case, book: some(
        case, lambda cell: cell != case.true("name") and letters(cell) == letters(case.true("name"))
    ),
    "date_swapped": lambda case, book: some(case, bool),
    "date_wrong": lambda case, book: some(case, bool),
    "date_unreadable": lambda case, book: some(
        case, lambda cell: cell in {"不详", "2014-02-30", "201413", "20111341", "九〇年", "00000000"}
    ),
    "phone_untidy": lambda case, book: some(case, lambda cell: re.fullmatch("[0-9]{11,12}", cell) is None),
    "phone_mistyped": lambda case, book: some(case, lambda cell: cell != case.true("phone")),
    "phone_cut": lambda case, book: some(case, lambda cell: len(cell) < 7),
    "not_cancelled": never_cancelled,
    "station_without_division": division_left_empty,
}


@pytest.fixture(scope="module")
def cases(hard: Simulated) -> dict[str, list[Case]]:
    """Planted errors by kind."""
    persons = {row["person"]: row for row in hard.truth("persons").iter_rows(named=True)}
    meant: dict[tuple[str, str], dict[str, dict[str, object]]] = defaultdict(dict)
    for dataset, key, role, person in hard.truth("mentions").iter_rows():
        meant[dataset, key][role] = persons[person]
    rows: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in hard.rows:
        rows[row.dataset, "|".join(row.cells[header] for header in load_contract(row.dataset).key)].append(row)
    found: dict[str, list[Case]] = defaultdict(list)
    for dataset, key, kind, column in hard.truth("planted").iter_rows():
        found[kind].append(Case(load_contract(dataset), column, rows[dataset, key], meant[dataset, key]))
    return found


@pytest.fixture(scope="module")
def book(hard: Simulated) -> Book:
    keys_of = defaultdict(set)
    for dataset, key, _, person in hard.truth("mentions").iter_rows():
        keys_of[dataset, person].add(key)
    return Book(dict(hard.truth("persons").select("id_number", "person").iter_rows()), keys_of)


def test_a_hard_city_has_every_kind_of_error(cases: dict[str, list[Case]]) -> None:
    assert set(cases) == RULES | OWN


@pytest.mark.parametrize("kind", sorted((RULES | OWN) - {"id_duplicated", "code_unknown", "code_wrong"}))
def test_each_error_can_be_seen_in_the_files(kind: str, cases: dict[str, list[Case]], book: Book) -> None:
    unseen = [case.field for case in cases[kind] if not SEEN[kind](case, book)]
    assert not unseen, f"{len(unseen)} of {len(cases[kind])} errors {kind} leave no trace"


def test_codes_are_outside_their_list_or_another_one_of_it(cases: dict[str, list[Case]]) -> None:
    lists = load_code_lists()
    for kind in ("code_unknown", "code_wrong"):
        for case in cases[kind]:
            code_list = case.contract.column(case.header).code_list
            codes = set(lists[code_list].values) if code_list else {str(code) for code in range(1, 100)}
            assert some(case, partial(outside_the_list, codes=codes)) == (kind == "code_unknown")


def test_a_duplicated_number_stands_on_records_of_two_people(hard: Simulated) -> None:
    planted = hard.truth("planted").filter(pl.col("kind") == "id_duplicated").select("dataset", "record_key")
    meant = planted.join(hard.truth("mentions"), on=["dataset", "record_key"]).join(
        hard.truth("persons").select("person", "id_number", "sex", "birth_date"), on="person"
    )
    numbers: dict[str, set[int]] = defaultdict(set)
    by_key = {(row.dataset, next(iter(row.cells.values()))): row for row in hard.rows}
    for dataset, key, person in meant.select("dataset", "record_key", "person").iter_rows():
        row = by_key.get((dataset, key))
        for column in load_contract(dataset).columns:
            if row and column.type == "id_number" and row.cells[column.header]:
                numbers[tidy(row.cells[column.header])].add(person)
    assert any(len(holders) > 1 for holders in numbers.values())


def test_a_normal_city_differs_from_a_clean_one_only_where_the_truth_says(clean: Simulated, normal: Simulated) -> None:
    """Names and numbers of people: every other one is as true as in the clean city."""
    planted = {
        (dataset, key, column)
        for dataset, key, column in normal.truth("planted").select("dataset", "record_key", "field").iter_rows()
    }
    persons = {row["person"]: row for row in normal.truth("persons").iter_rows(named=True)}
    meant = {(dataset, key, role): person for dataset, key, role, person in normal.truth("mentions").iter_rows()}
    conflicts = {
        key for key, kind in normal.truth("planted").select("record_key", "kind").iter_rows() if kind == "key_conflict"
    }
    wrong = Counter[tuple[str, str]]()
    for row in normal.rows:
        contract = load_contract(row.dataset)
        key = "|".join(row.cells[header] for header in contract.key)
        for role in contract.roles:
            for attribute in {"name", "id_number"} & set(role.fields):
                column = contract.column(role.fields[attribute])
                if (row.dataset, key, column.field) in planted or key in conflicts:
                    continue
                if not row.cells[column.header] and (row.dataset, column.field) in NOT_KNOWN:
                    continue
                if (row.dataset, key, role.name) not in meant:
                    wrong[row.dataset, column.field] += row.cells[column.header] != ""
                    continue
                person = persons[meant[row.dataset, key, role.name]]
                wrong[row.dataset, column.field] += row.cells[column.header] != person[attribute]
    assert not +wrong
