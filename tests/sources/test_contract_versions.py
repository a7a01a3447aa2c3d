"""A contract's new version is taken up from its file alone, and what came by an earlier one stays readable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from sources import contract as contracts
from sources.contract import load_contract, load_contracts
from sources.errors import SijikuError
from sources.generate import sources_yaml
from sources.landing import DeliveryOutcome, take_in
from sources.raw_zone import register
from sources.warehouse import open_warehouse
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery

ROOT = Path(__file__).resolve().parents[2]
RESIDENCE = "psb.temporary_residence"
SEPTEMBER, OCTOBER, NOVEMBER = "2014-09-30", "2014-10-31", "2014-11-28"
NEW = {
    "name": "wechat",
    "physicalName": "微信号",
    "logicalType": "string",
    "customProperties": [{"property": "type", "value": "text"}, {"property": "since", "value": "1.1"}],
}

Change = Callable[[dict[str, Any]], None]


class Contracts:
    """The project's contracts in a folder of their own, to be changed as whoever keeps them would."""

    def __init__(self, folder: Path, retired: Path) -> None:
        self.folder, self.retired = folder, retired

    def change(self, version: str, change: Change, **retired: list[dict[str, Any]]) -> None:
        path = self.folder / f"{RESIDENCE}.odcs.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        document["version"] = version
        change(document["schema"][0])
        path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
        self.retired.write_text(yaml.safe_dump(retired, allow_unicode=True), encoding="utf-8")
        contracts._all_contracts.cache_clear()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Contracts]:
    shutil.copytree(contracts.CONTRACTS, tmp_path / "contracts")
    shutil.copy(contracts.RETIRED, tmp_path / "retired.yml")
    monkeypatch.setattr(contracts, "CONTRACTS", tmp_path / "contracts")
    monkeypatch.setattr(contracts, "RETIRED", tmp_path / "retired.yml")
    contracts._all_contracts.cache_clear()
    yield Contracts(tmp_path / "contracts", tmp_path / "retired.yml")
    contracts._all_contracts.cache_clear()


def with_new_column(table: dict[str, Any]) -> None:
    table["properties"].append(NEW)


def with_phone_renamed(table: dict[str, Any]) -> None:
    for column in table["properties"]:
        if column["physicalName"] == "联系电话":
            column["physicalName"] = "手机号码"


def without_phone(table: dict[str, Any]) -> None:
    table["properties"] = [column for column in table["properties"] if column["physicalName"] != "联系电话"]


def with_nothing_changed(table: dict[str, Any]) -> None:
    pass


def retired(replaced_by: str | None) -> list[dict[str, Any]]:
    entry = {"dataset": RESIDENCE, "header": "联系电话", "since": "1.1", "replaced_by": replaced_by, "reason": "表式"}
    return [entry]


def rows(count: int, start: int, **values: str) -> list[dict[str, str]]:
    return [row | values for row in sample_rows(RESIDENCE, count, start)]


def refusal(outcomes: tuple[DeliveryOutcome, ...]) -> str:
    (refused,) = [outcome for outcome in outcomes if outcome.state == "refused"]
    return f"{refused.reason_zh} {refused.reason_en}"


def column(workdir: Workdir, outcomes: tuple[DeliveryOutcome, ...], header: str) -> list[str | None]:
    register(workdir, outcomes, None, "code")
    with open_warehouse(workdir, read_only=True) as connection:
        found = connection.execute(
            f'SELECT "{header}" FROM raw.psb__temporary_residence ORDER BY _record_key'
        ).fetchall()
    return [row[0] for row in found]


def test_an_added_column_is_taken_up_beside_deliveries_that_lack_it(
    workdir: Workdir, landing: Path, kept: Contracts
) -> None:
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(1, 1))
    take_in(workdir, landing)
    old = load_contract(RESIDENCE).headers
    kept.change("1.1", with_new_column)
    # One of the old version that comes late, and one of the new.
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 2), columns=old)
    write_delivery(landing, RESIDENCE, NOVEMBER, rows=rows(1, 3, 微信号="abc"), contract_version="1.1")
    outcomes = take_in(workdir, landing).outcomes
    assert [outcome.state for outcome in outcomes] == ["accepted"] * 3
    assert not [finding for outcome in outcomes for finding in outcome.findings]
    assert column(workdir, outcomes, "微信号") == [None, None, "abc"]


def test_an_added_column_stands_in_what_is_generated(kept: Contracts) -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        from make_staging import made_files
    finally:
        sys.path.pop(0)
    kept.change("1.1", with_new_column)
    made = made_files(load_contracts("active"))
    (staging,) = [text for path, text in made.items() if path.name == "stg_psb__temporary_residence.yml"]
    assert "name: wechat" in staging
    assert "微信号" in sources_yaml(load_contracts("active"))


def test_a_delivery_of_the_new_version_without_its_new_column_is_refused(
    workdir: Workdir, landing: Path, kept: Contracts
) -> None:
    old = load_contract(RESIDENCE).headers
    kept.change("1.1", with_new_column)
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 1), columns=old, contract_version="1.1")
    assert "微信号" in refusal(take_in(workdir, landing).outcomes)


@pytest.mark.parametrize("version", ["1.1", "2.0", "0.9", "1", "1.0.1", "一", ""])
def test_a_version_that_the_contract_does_not_know_is_refused(workdir: Workdir, landing: Path, version: str) -> None:
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 1), contract_version=version)
    assert "合同版本不是 1.0" in refusal(take_in(workdir, landing).outcomes)


def test_a_renamed_column_is_refused_until_the_contract_says_so(
    workdir: Workdir, landing: Path, kept: Contracts
) -> None:
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(1, 1, 联系电话="13800000001"))
    headers = tuple("手机号码" if header == "联系电话" else header for header in load_contract(RESIDENCE).headers)
    late = write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 2, 手机号码="13800000002"), columns=headers)
    refused = refusal(take_in(workdir, landing).outcomes)
    assert "联系电话" in refused
    assert "手机号码" in refused
    shutil.rmtree(late)
    kept.change("1.1", with_phone_renamed, columns=retired("手机号码"))
    old = tuple("联系电话" if header == "手机号码" else header for header in headers)
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 2, 联系电话="13800000002"), columns=old)
    write_delivery(landing, RESIDENCE, NOVEMBER, rows=rows(1, 3, 手机号码="13800000003"), contract_version="1.1")
    outcomes = take_in(workdir, landing).outcomes
    assert [outcome.state for outcome in outcomes] == ["accepted"] * 3
    assert column(workdir, outcomes, "手机号码") == ["13800000001", "13800000002", "13800000003"]


def test_a_removed_column_is_refused_until_the_contract_says_so_and_what_came_of_it_stays_in_raw(
    workdir: Workdir, landing: Path, kept: Contracts
) -> None:
    full = load_contract(RESIDENCE).headers
    short = tuple(header for header in full if header != "联系电话")
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(1, 1), columns=short)
    assert "联系电话" in refusal(take_in(workdir, landing).outcomes)
    kept.change("1.1", without_phone, columns=retired(None))
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(1, 1, 联系电话="13800000001"), columns=full)
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 2), contract_version="1.1")
    # Who still sends it by the new version is told so, like of any column that the contract does not know.
    still = rows(1, 3, 联系电话="13800000003")
    write_delivery(landing, RESIDENCE, NOVEMBER, rows=still, columns=full, contract_version="1.1")
    outcomes = take_in(workdir, landing).outcomes
    assert [outcome.state for outcome in outcomes] == ["accepted"] * 3
    assert [len(outcome.findings) for outcome in outcomes] == [0, 0, 1]
    register(workdir, outcomes, None, "code")
    parts = workdir.raw / "psb" / "temporary_residence" / "*" / "*" / "*.parquet"
    extra = duckdb.sql(f"SELECT _extra FROM read_parquet('{parts}') ORDER BY _record_key").fetchall()
    assert ["13800000001" in str(extra[0]), extra[1][0], "13800000003" in str(extra[2])] == [True, None, True]


def test_a_retired_dataset_is_taken_in_up_to_its_last_day(workdir: Workdir, landing: Path, kept: Contracts) -> None:
    entry = {"dataset": RESIDENCE, "since": OCTOBER, "replaced_by": "grid.household_visit", "reason": "合并"}
    kept.change("1.0", with_nothing_changed, datasets=[entry])
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(1, 1))
    write_delivery(landing, RESIDENCE, OCTOBER, rows=rows(1, 2))
    outcomes = take_in(workdir, landing).outcomes
    assert [outcome.state for outcome in outcomes] == ["accepted", "refused"]
    assert "grid.household_visit" in refusal(outcomes)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_nothing_changed, {"columns": retired(None)}),  # still in the contract
        (without_phone, {"columns": retired("没有")}),  # replaced by nothing that there is
        (without_phone, {"columns": [retired(None)[0] | {"since": "1.2"}]}),  # by a version to come
        (without_phone, {"columns": [{"dataset": RESIDENCE, "header": "联系电话"}]}),
        (without_phone, {"columns": [retired(None)[0] | {"dataset": "psb.none"}]}),
    ],
)
def test_an_entry_that_does_not_fit_the_contracts_is_an_error(
    kept: Contracts, change: Change, said: dict[str, Any]
) -> None:
    kept.change("1.1", change, **said)
    with pytest.raises(SijikuError, match=r"retired\.yml"):
        load_contracts()


def test_a_column_since_a_version_to_come_is_an_error(kept: Contracts) -> None:
    kept.change("1.0", with_new_column)
    with pytest.raises(SijikuError, match="微信号"):
        load_contracts()


@pytest.mark.full
def test_from_the_contract_alone_the_new_column_reaches_staging(tmp_path: Path) -> None:
    """The project as it is, with one YAML replaced and `make generate`'s commands run; then the job `intake`."""
    project, landing, workdir = tmp_path / "project", tmp_path / "landing", tmp_path / "library"
    for folder in ("sources", "identity", "expectations", "serving", "orchestration", "interface", "scripts"):
        shutil.copytree(ROOT / folder, project / folder)
    shutil.copytree(ROOT / "dbt_project", project / "dbt_project", ignore=shutil.ignore_patterns("target", "logs"))
    shutil.copy(ROOT / "pyproject.toml", project)
    Contracts(project / "sources" / "contracts", project / "interface" / "contracts" / "retired.yml").change(
        "1.1", with_new_column
    )
    write_delivery(landing, RESIDENCE, SEPTEMBER, rows=rows(2, 1))
    headers = (*load_contract(RESIDENCE).headers, "微信号")
    delivered = rows(2, 2, 微信号="abc")
    write_delivery(landing, RESIDENCE, OCTOBER, rows=delivered, columns=headers, contract_version="1.1")
    python(project, "-m", "sources.generate")
    python(project, "scripts/make_staging.py")
    python(
        project,
        "-c",
        "from pathlib import Path; from orchestration.run import run_build; from sources.workdir import Workdir; "
        f"run_build(Workdir(Path({str(workdir)!r})), Path({str(landing)!r}), None, lambda event: None, job='intake')",
    )
    with open_warehouse(Workdir(workdir), read_only=True) as connection:
        found = connection.execute("SELECT DISTINCT wechat FROM staging.stg_psb__temporary_residence").fetchall()
    assert found == [("abc",)]


def python(project: Path, *arguments: str) -> None:
    environment = os.environ | {"PYTHONPATH": str(project), "SIJIKU_MEMORY": "2GB", "SIJIKU_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
