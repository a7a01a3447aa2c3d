"""A simulated city is whole, the same every time, and as dirty as it says."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from sources.city.datasets import BUILDERS
from sources.city.simulate import simulate
from sources.contract import load_contract
from sources.errors import UsageError
from tests.sources.city.conftest import DAY, NOT_KNOWN, SCALE, Simulated

TINY = 0.001


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_manifests_say_what_the_files_hold(normal: Simulated) -> None:
    found = Counter((row.dataset, row.extract_date, row.file) for row in normal.rows)
    manifests = sorted(normal.out.glob("landing/*/*/*/manifest.json"))
    assert len(manifests) == len(BUILDERS) + 1  # the police deliver their registrations in two
    for manifest in manifests:
        said = json.loads(manifest.read_text(encoding="utf-8"))
        assert manifest.parent == normal.out / "landing" / said["bureau"] / said["dataset"] / said["extract_date"]
        names = {file["name"] for file in said["files"]}
        assert names | {"manifest.json"} == {path.name for path in manifest.parent.iterdir()}
        for file in said["files"]:
            content = (manifest.parent / file["name"]).read_bytes()
            assert file["sha256"] == hashlib.sha256(content).hexdigest()
            dataset = f"{said['bureau']}.{said['dataset']}"
            assert file["rows"] == found[dataset, said["extract_date"], file["name"]]


def test_every_column_of_the_contracts_is_there_and_no_other(normal: Simulated) -> None:
    for row in normal.rows:
        extra = {"变更类型"} if row.dataset == "psb.temporary_residence" and row.extract_date == "2014-10-31" else set()
        assert set(row.cells) == set(load_contract(row.dataset).headers) | extra


def test_police_registrations_come_as_a_full_and_a_delta_with_all_changes(normal: Simulated) -> None:
    rows = [row for row in normal.rows if row.dataset == "psb.temporary_residence"]
    full = {row.cells["登记编号"] for row in rows if row.extract_date == "2014-09-30"}
    changes = {row.cells["登记编号"]: row.cells["变更类型"] for row in rows if row.extract_date == "2014-10-31"}
    assert set(changes.values()) == {"I", "U", "D"}
    for key, change in changes.items():
        assert (key in full) == (change != "I")


def test_an_update_changes_something(clean: Simulated) -> None:
    rows = [row for row in clean.rows if row.dataset == "psb.temporary_residence"]
    full = {row.cells["登记编号"]: row.cells for row in rows if row.extract_date == "2014-09-30"}
    for row in rows:
        if row.cells.get("变更类型") == "U":
            before = full[row.cells["登记编号"]]
            assert {header: row.cells[header] for header in before} != before


def test_household_visits_are_one_workbook_per_township(normal: Simulated) -> None:
    visits = [row for row in normal.rows if row.dataset == "grid.household_visit"]
    assert len({row.file for row in visits}) > 70
    assert all(row.file.startswith("入户采集_1502") and row.file.endswith(".xlsx") for row in visits)


def test_funding_covers_three_years_all_districts_services_beneficiaries_and_sources(clean: Simulated) -> None:
    lines = [row.cells for row in clean.rows if row.dataset == "finance.service_funding"]
    assert {line["年度"] for line in lines} == {"2012", "2013", "2014"}
    assert len({line["区划"] for line in lines}) == 10
    assert {line["服务项目"] for line in lines} == set("123456")
    assert {line["受益对象"] for line in lines} == set("129")
    assert {line["资金来源"] for line in lines} == set("1234")
    for line in lines:
        assert 0 <= float(line["决算万元"]) <= float(line["拨付万元"]) <= float(line["预算万元"])


def test_every_way_to_write_a_date_occurs(clean: Simulated) -> None:
    shapes = Counter(
        "".join("9" if sign.isdigit() else sign for sign in row.cells["采集日期"])
        for row in clean.rows
        if row.dataset == "grid.household_visit"
    )
    for shape in ("99999999", "9999-99-99", "9999-9-9", "9999/9/9", "9999年9月9日", "99999"):
        assert shapes[shape] > 0, shape


def test_floating_people_are_found_less_often_the_shorter_they_stay(clean: Simulated) -> None:
    visited = clean.truth("mentions").filter(pl.col("dataset") == "grid.household_visit")["person"].unique()
    persons = clean.truth("persons").with_columns(pl.col("person").is_in(visited.to_list()).alias("found"))
    here = persons.filter(pl.col("division_code").is_not_null())
    registered = here.filter(pl.col("group") == "stay")["found"].mean()
    by_stay = dict(here.filter("is_floating").group_by("stay_band").agg(pl.col("found").mean()).iter_rows())
    assert registered == pytest.approx(0.90, abs=0.04)
    assert 0.5 < by_stay["1m_6m"] < by_stay["6m_5y"] < by_stay["over_5y"] < 0.95


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("psb.temporary_residence", "grid.household_visit"),
        ("psb.temporary_residence", "hfpc.padis_case"),
        ("grid.household_visit", "hfpc.health_record"),
    ],
)
def test_who_is_missing_in_one_list_is_likelier_to_be_missing_in_another(
    clean: Simulated, one: str, other: str
) -> None:
    floating = clean.truth("persons").filter(pl.col("is_floating"), pl.col("stay_band") == "6m_5y")["person"]
    mentions = clean.truth("mentions")

    def missing(dataset: str) -> pl.Series:
        return ~floating.is_in(mentions.filter(pl.col("dataset") == dataset)["person"].unique().implode())

    in_one, in_other = missing(one), missing(other)
    both = (in_one & in_other).mean()
    assert both > 1.15 * in_one.mean() * in_other.mean()  # type: ignore[operator]


def test_a_clean_city_has_no_errors_and_every_row_leads_to_its_person(clean: Simulated) -> None:
    assert clean.truth("planted").is_empty()
    assert clean.summary.planted == {}
    mentions = {
        (dataset, key, role): person
        for dataset, key, role, person in clean.truth("mentions")
        .select("dataset", "record_key", "role", "person")
        .iter_rows()
    }
    persons = {
        person: (name, number)
        for person, name, number in clean.truth("persons").select("person", "name", "id_number").iter_rows()
    }
    seen, wrong = set(), Counter[str]()
    for row in clean.rows:
        contract = load_contract(row.dataset)
        key = "|".join(row.cells[header] for header in contract.key)
        for role in contract.roles:
            if (row.dataset, key, role.name) not in mentions:
                named = [row.cells[role.fields[field]] for field in ("name", "id_number") if field in role.fields]
                wrong[row.dataset] += any(named)
                continue
            person = mentions[row.dataset, key, role.name]
            seen.add((row.dataset, key, role.name))
            for field, true in zip(("name", "id_number"), persons[person], strict=True):
                column = contract.column(role.fields[field]) if field in role.fields else None
                if column and (row.cells[column.header] or (row.dataset, column.field) not in NOT_KNOWN):
                    wrong[row.dataset] += row.cells[column.header] != true
    assert not +wrong
    assert not seen.symmetric_difference(mentions)


def test_in_a_clean_city_nobody_has_two_registrations_open_at_once(clean: Simulated) -> None:
    rows = [row.cells for row in clean.rows if row.dataset == "psb.temporary_residence" and "变更类型" not in row.cells]
    open_ = Counter(row["公民身份号码"] for row in rows if not row["注销日期"])
    assert max(open_.values()) == 1
    assert max(Counter(row["公民身份号码"] for row in rows).values()) > 1


def test_truth_names_every_person_once_per_record_and_role(hard: Simulated) -> None:
    mentions = hard.truth("mentions")
    assert not mentions.select("dataset", "record_key", "role").is_duplicated().any()
    assert mentions["person"].is_in(hard.truth("persons")["person"].to_list()).all()


def test_a_hard_city_has_about_three_times_the_errors(normal: Simulated, hard: Simulated) -> None:
    ordinary, many = sum(normal.summary.planted.values()), sum(hard.summary.planted.values())
    assert many / ordinary == pytest.approx(3.0, abs=0.3)
    for kind in ("id_checksum", "id_missing", "name_homophone", "division_unknown", "person_repeated"):
        assert hard.summary.planted[kind] / normal.summary.planted[kind] == pytest.approx(3.0, abs=0.9), kind


def test_the_same_people_live_in_a_city_of_any_profile(clean: Simulated, hard: Simulated) -> None:
    assert clean.truth("persons").equals(hard.truth("persons"))


def test_the_same_city_has_the_same_bytes_whatever_the_number_of_threads(tmp_path: Path) -> None:
    first, second = tmp_path / "a" / "city", tmp_path / "b" / "city"
    simulate(first, TINY, seed=5, profile="hard", date=DAY)
    program = (
        "from datetime import date; from pathlib import Path; from sources.city.simulate import simulate; "
        f"simulate(Path({str(second)!r}), {TINY}, seed=5, profile='hard', date=date(2014, 10, 31))"
    )
    subprocess.run([sys.executable, "-c", program], env={**os.environ, "POLARS_MAX_THREADS": "1"}, check=True)
    assert hashes(first) == hashes(second)


def test_another_seed_is_another_city(tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(tmp_path / str(seed), TINY, seed=seed, date=DAY)
    one, two = (hashes(tmp_path / str(seed)) for seed in (1, 2))
    assert one["truth/persons.parquet"] != two["truth/persons.parquet"]


@pytest.mark.parametrize("day", [date(2014, 12, 31), date(2015, 2, 28), date(2016, 2, 29), date(2014, 3, 1)])
def test_a_city_can_be_made_on_any_day(tmp_path: Path, day: date) -> None:
    summary = simulate(tmp_path / "city", TINY, date=day)
    assert (tmp_path / "city" / "landing" / "grid" / "household_visit" / day.isoformat()).is_dir()
    assert summary.floating == round(580_000 * TINY)


def test_a_folder_with_other_things_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match="another folder"):
        simulate(tmp_path, TINY)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_city_may_be_replaced_by_another_and_what_a_killed_run_left_is_swept_up(tmp_path: Path) -> None:
    out = tmp_path / "city"
    out.mkdir()
    (tmp_path / ".city.half" / "landing").mkdir(parents=True)
    (tmp_path / ".city.half" / "landing" / "rest").write_text("left over", encoding="utf-8")
    simulate(out, TINY, seed=1)
    simulate(out, TINY, seed=2)
    assert json.loads((out / "city.json").read_text(encoding="utf-8"))["seed"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["city"]
    assert not list(out.rglob("rest"))


def test_the_folder_one_stands_in_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    simulate(Path("."), TINY)
    assert (tmp_path / "here" / "landing").is_dir()


@pytest.mark.parametrize(
    ("argument", "value"), [("scale", 0.0), ("scale", -1.0), ("scale", 50.0), ("profile", "filthy"), ("seed", -1)]
)
def test_wrong_usage_names_the_remedy_and_writes_nothing(tmp_path: Path, argument: str, value: object) -> None:
    arguments = {"scale": TINY, argument: value}
    with pytest.raises(UsageError, match="Give"):
        simulate(tmp_path / "city", **arguments)  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_progress_is_told_in_words_without_personal_data(tmp_path: Path) -> None:
    told: list[str] = []
    simulate(tmp_path / "city", TINY, progress=told.append)
    persons = pl.read_parquet(tmp_path / "city" / "truth" / "persons.parquet")
    assert len(told) >= 6
    text = "\n".join(told)
    assert not any(number in text for number in persons["id_number"])


def test_the_summary_counts_what_was_written(normal: Simulated) -> None:
    assert normal.summary.rows == dict(Counter(row.dataset for row in normal.rows))
    assert normal.summary.persons == normal.truth("persons").height
    assert normal.summary.floating == round(580_000 * SCALE)
    assert sum(normal.summary.planted.values()) == normal.truth("planted").height
