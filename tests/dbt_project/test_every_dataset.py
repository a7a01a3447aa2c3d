"""What every contract promises, on all datasets alike: staging keeps what came, and every role is a mention."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sources.contract import Column, Contract, load_contracts

CONTRACTS = load_contracts("active")
WITH_PEOPLE = {dataset: contract for dataset, contract in CONTRACTS.items() if contract.roles}

# What people and their programs write where a value of some type should stand.
UGLY: list[str | None] = [
    None, "", " ", "\u3000", "无", "不详", "未知", "/", "-", "0", "０", "1", "1.0", "01", "１", "99", "男", "是",
    "20140503", "2014-5-3", "2014年5月3日", "41762", "41762.0", "20140230", "201410", "2014年10月", "201413", "去年",
    "12.5", "1,234.50", "-3", "1.5E+3", "12万", "99999999999999999999", "15020219800101001x", "150202800101001",
    "1.5020219800101E+17", "1502", "150202", "150202001012", "150202001012.0", "999999999999", "13800000000",
    "+86 138-0000-0000", "ＡＢＣ\u3000", "\ufeffx", "x|y", "'; drop table x; --", "王\n伟", "那顺·巴雅尔", "𠮷田",
]  # fmt: skip

# Says who it is: any of these makes a mention.
NAMING = ("name", "id_number", "birth_date")
SAID = {"name": "王伟", "id_number": "15020219800101001X", "birth_date": "1980-01-01"}


def statuses(project: Path) -> dict[str, tuple[str, ...]]:
    """What staging may say of a value, by type; `from_unit` besides where a unit stands in."""
    spec = importlib.util.spec_from_file_location("make_staging", project.parent / "scripts" / "make_staging.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    known: dict[str, tuple[str, ...]] = module.STATUSES
    return known


def values(contract: Contract) -> list[Column]:
    """The columns besides the key."""
    return [column for column in contract.columns if column.header not in contract.key]


def ugly_rows(contract: Contract) -> list[dict[str, str | None]]:
    """A row for each ugly text, which stands in every column besides the key."""
    key = dict.fromkeys(contract.key, "")
    return [
        key
        | {contract.key[0]: f"{number:03d}"}
        | dict.fromkeys(contract.key[1:], "1")
        | {column.header: text for column in values(contract)}
        for number, text in enumerate(UGLY)
    ]


def roles_said(contract: Contract, headers: set[str]) -> set[str]:
    """The roles that a row with a value under these headers speaks of."""
    return {
        role.name
        for role in contract.roles
        if headers & {role.fields[field] for field in NAMING if field in role.fields}
    }


def role_rows(contract: Contract) -> Iterator[tuple[str, dict[str, str | None], set[str]]]:
    """(key, row, roles that it speaks of): for every role a row with its name alone, its number alone, its birth alone.

    And one that names nobody, in the words in which people say so.
    """
    for role in contract.roles:
        for field in NAMING:
            header = role.fields.get(field, "")
            if header and header not in contract.key:
                yield f"{role.name} {field}", {header: SAID[field]}, roles_said(contract, {header})
    nobody = {role.fields[field]: "不详" for role in contract.roles for field in NAMING if field in role.fields}
    yield "nobody", dict(nobody), set()


@pytest.fixture(scope="module")
def ugly(small_warehouse: Any, delivery: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = small_warehouse(
        tmp_path_factory.mktemp("ugly"),
        [delivery(dataset, ugly_rows(contract)) for dataset, contract in CONTRACTS.items()],
    )
    made.build("config.schema:staging config.schema:mentions resource_type:seed")
    return made


@pytest.fixture(scope="module")
def roles(small_warehouse: Any, delivery: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    made = small_warehouse(
        tmp_path_factory.mktemp("roles"),
        [
            delivery(
                dataset,
                [
                    dict.fromkeys(contract.key, "1") | {contract.key[0]: key} | row
                    for key, row, _ in role_rows(contract)
                ],
            )
            for dataset, contract in WITH_PEOPLE.items()
        ],
    )
    made.build("config.schema:staging config.schema:mentions resource_type:seed")
    return made


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_every_typed_value_is_kept_as_it_came_beside_a_status(ugly: Any, project: Path, dataset: str) -> None:
    contract = CONTRACTS[dataset]
    known = statuses(project)
    staged = f"staging.stg_{contract.table} order by record_key"
    assert ugly.rows(f"select count(*) from staging.stg_{contract.table}") == [(len(UGLY),)]
    for column in values(contract):
        if column.type == "text":
            continue
        kept = ugly.rows(f"select {column.field}_raw from {staged}")
        assert [text for (text,) in kept] == UGLY, column.header
        if column.type not in known:
            continue
        said = ugly.rows(f"select {column.field}_status, {column.field} is null from {staged}")
        assert {status for status, _ in said} <= set(known[column.type]), column.header
        assert said[0][0] == "missing", column.header
        never_null = {"ok", "valid", "cleaned", "upgraded_15", "community", "partial", "known", "superseded"}
        assert not [status for status, is_null in said if status in never_null and is_null], column.header


@pytest.mark.parametrize("dataset", CONTRACTS)
def test_codes_are_of_their_list_or_none(ugly: Any, dataset: str) -> None:
    contract = CONTRACTS[dataset]
    for column in values(contract):
        if column.type == "code" and column.code_list:
            strange = ugly.rows(
                f"select count(*) from staging.stg_{contract.table} as staged where {column.field} is not null and not "
                f"exists (select 1 from seeds.code_list as listed where listed.unified_code = staged.{column.field} "
                f"and listed.list = '{column.code_list}')"
            )
            assert strange == [(0,)], column.header


@pytest.mark.parametrize("dataset", WITH_PEOPLE)
def test_a_role_makes_a_mention_when_its_name_number_or_birth_is_said(roles: Any, dataset: str) -> None:
    expected = {
        (f"{key}{'|1' * (len(WITH_PEOPLE[dataset].key) - 1)}", role)
        for key, _, spoken_of in role_rows(WITH_PEOPLE[dataset])
        for role in spoken_of
    }
    assert expected
    found = roles.rows(f"select record_key, role from mentions.int_person__mentions where dataset = '{dataset}'")
    assert set(found) == expected
    assert len(found) == len(expected)


def test_a_constant_sex_is_that_of_the_role(roles: Any) -> None:
    constant = {
        (dataset, role.name): role.fields["sex"][1:]
        for dataset, contract in WITH_PEOPLE.items()
        for role in contract.roles
        if role.fields.get("sex", "").startswith("=")
    }
    assert ("hfpc.birth_certificate", "father") in constant
    for (dataset, role), sex in constant.items():
        assert roles.rows(
            f"select distinct sex from mentions.int_person__mentions where dataset = '{dataset}' and role = '{role}'"
        ) == [(sex,)]


def test_what_is_about_no_person_mentions_none(roles: Any, ugly: Any) -> None:
    impersonal = set(CONTRACTS) - set(WITH_PEOPLE)
    assert impersonal == {"finance.service_funding", "ref.unit", "survey.dynamic_monitoring"}
    for warehouse in (roles, ugly):
        mentioned = {dataset for (dataset,) in warehouse.rows("select dataset from mentions.int_person__mentions")}
        assert not mentioned & impersonal


def test_parents_and_guardians_are_named_in_the_childs_mention_and_have_their_own(
    small_warehouse: Any, delivery: Any, tmp_path: Path
) -> None:
    place = "150202001012"
    warehouse = small_warehouse(
        tmp_path,
        [
            delivery(
                "hfpc.birth_certificate",
                [
                    {
                        "record_key": "unnamed",
                        "birth_date": "2014-05-03",
                        "mother_name": "李娜",
                        "mother_id_number": "11010519491231002X",
                        "mother_hukou_division": "410102",
                        "father_name": "不详",
                        "division": place,
                    }
                ],
            ),
            delivery(
                "hfpc.immunization",
                [
                    {
                        "record_key": "1",
                        "name": "王伟",
                        "sex": "1",
                        "mother_name": "李娜",
                        "division": place,
                        "phone": "13800000000",
                    }
                ],
            ),
            delivery(
                "edu.student_enrollment",
                [
                    {
                        "record_key": "L1",
                        "name": "王伟",
                        "division": place,
                        "guardian_name": "单雄信",
                        "guardian_id_number": "15020219800101001x",
                        "phone": "13800000000",
                    }
                ],
            ),
        ],
    )
    warehouse.build("config.schema:staging config.schema:mentions resource_type:seed")
    columns = (
        "dataset, role, name, sex, cast(birth_date as varchar), division_code, hukou_division, phone, "
        "mother_name_key, mother_id_number, guardian_name_key, guardian_id_number"
    )
    number = "11010519491231002X"
    assert warehouse.rows(f"select {columns} from mentions.int_person__mentions order by dataset, role") == [
        ("edu.student_enrollment", "guardian", "单雄信", None, None, place, None, "13800000000", *[None] * 4),
        (
            *("edu.student_enrollment", "student", "王伟", None, None, place, None, "13800000000"),
            *(None, None, "shanxiongxin", "15020219800101001X"),
        ),
        ("hfpc.birth_certificate", "child", None, None, "2014-05-03", place, None, None, "lina", number, None, None),
        ("hfpc.birth_certificate", "mother", "李娜", "2", None, place, "410102000000", None, *[None] * 4),
        ("hfpc.immunization", "child", "王伟", "1", None, place, None, "13800000000", "lina", *[None] * 3),
        ("hfpc.immunization", "mother", "李娜", "2", None, place, None, "13800000000", *[None] * 4),
    ]  # fmt: skip


def test_where_a_division_is_missing_that_of_the_unit_stands_in(
    small_warehouse: Any, delivery: Any, tmp_path: Path
) -> None:
    units = {
        "150203520000": "150203001000",
        "S1": "150202001012",
        "LOST": "999999",
        "NOWHERE": None,
    }
    registrations: list[tuple[str | None, str | None, str, str]] = [
        ("150203520000", None, "150203001999", "from_unit"),
        ("１５０２０３５２００００", "不详", "150203001999", "from_unit"),
        ("150203520000.0", None, "150203001999", "from_unit"),
        ("150203520000", "150202001012", "150202001012", "community"),
        ("150203520000", "150277001012", "150299999999", "unknown"),
        ("UNLISTED", None, "150299999999", "missing"),
        ("LOST", None, "150299999999", "missing"),
        ("NOWHERE", None, "150299999999", "missing"),
        (None, None, "150299999999", "missing"),
    ]
    base = {"name": "王伟", "sex": "1", "hukou_division": "410102", "registered_on": "20141031"}
    warehouse = small_warehouse(
        tmp_path,
        [
            delivery("ref.unit", [{"unit_code": code, "division": division} for code, division in units.items()]),
            delivery(
                "psb.temporary_residence",
                [
                    {"record_key": str(number), **base, "unit_code": unit, "division": division}
                    for number, (unit, division, *_) in enumerate(registrations)
                ],
            ),
            delivery("edu.student_enrollment", [{"record_key": "G1", "name": "王伟", "unit_code": "S1"}]),
        ],
    )
    warehouse.build("config.schema:staging config.schema:mentions resource_type:seed")
    mentioned = "select division_code, division_status from mentions.int_person__mentions"
    assert warehouse.rows(f"{mentioned} where dataset = 'psb.temporary_residence' order by record_key") == [
        (code, status) for *_, code, status in registrations
    ]
    assert warehouse.rows(f"{mentioned} where dataset = 'edu.student_enrollment'") == [("150202001012", "from_unit")]
    # what came stays beside it: the bureau still left the column empty
    assert warehouse.rows("select division_raw from staging.stg_edu__student_enrollment") == [(None,)]
