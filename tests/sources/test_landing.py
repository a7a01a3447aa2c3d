"""A delivery comes in whole or not at all, and who sent it is told what to do."""

from __future__ import annotations

import json
import logging
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from sources import raw_store
from sources.contract import load_contract, load_contracts
from sources.errors import UsageError
from sources.landing import (
    DeliveryOutcome,
    find_deliveries,
    refuse_unclaimed,
    take_in,
    take_in_dataset,
)
from sources.manifest import Limits
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.deliveries import file_bytes, sample_rows, write_delivery, write_manifest

FUNDING, RESIDENCE = "finance.service_funding", "psb.temporary_residence"
VISIT, MARRIAGE = "grid.household_visit", "civil.marriage"
DAY = "2014-10-31"


def only(workdir: Workdir, landing: Path) -> DeliveryOutcome:
    (outcome,) = take_in(workdir, landing).outcomes
    return outcome


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def log(workdir: Workdir, name: str) -> list[tuple[object, ...]]:
    with open_engine(workdir) as connection:
        return connection.execute(f"{State(workdir.state).select(name)} ORDER BY _segment").fetchall()


# Accepted


@pytest.mark.parametrize("dataset", sorted(load_contracts("active")))
def test_a_delivery_in_its_bureaus_format_is_accepted(workdir: Workdir, landing: Path, dataset: str) -> None:
    write_delivery(landing, dataset, DAY, rows=sample_rows(dataset, 5))
    outcome = only(workdir, landing)
    assert (outcome.state, outcome.rows_declared, outcome.rows_read, outcome.rows_quarantined) == ("accepted", 5, 5, 0)
    assert (outcome.reason_zh, outcome.findings) == (None, ())
    bureau, name = dataset.split(".")
    folder = workdir.raw / bureau / name / f"extract_date={DAY}" / f"delivery={outcome.delivery}"
    assert [path.name for path in folder.iterdir()] == ["part-00001.parquet"]
    assert len(log(workdir, "record_ref")) == 5


def test_several_files_are_taken_in_by_name_whatever_their_order_in_the_manifest(
    workdir: Workdir, landing: Path
) -> None:
    rows = sample_rows(VISIT, 4)
    files = {"乙.xlsx": rows[:1], "甲.xlsx": rows[1:3], "a.xlsx": rows[3:]}
    folder = write_delivery(landing, VISIT, DAY, files=files)
    one = only(workdir, landing)
    write_manifest(folder, VISIT, "full", {name: len(files[name]) for name in reversed(files)})
    assert only(workdir, landing).delivery == one.delivery
    assert [(row[1], row[2]) for row in log(workdir, "delivery_file")] == [
        ("a.xlsx", 1),
        ("乙.xlsx", 2),
        ("甲.xlsx", 3),
    ]


def test_the_manifest_may_name_the_dataset_with_its_bureau(workdir: Workdir, landing: Path) -> None:
    rewritten(write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1)), dataset=FUNDING)
    assert only(workdir, landing).state == "accepted"


def test_another_delivery_of_the_same_date_is_a_new_one(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    first = only(workdir, landing)
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 2))
    second = only(workdir, landing)
    assert (first.state, second.state) == ("accepted", "accepted")
    assert first.delivery != second.delivery
    assert [row[0] for row in log(workdir, "delivery")] == [first.delivery, second.delivery]


def test_a_delta_without_rows_is_accepted(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, RESIDENCE, DAY, "delta")
    assert only(workdir, landing).state == "accepted"


def test_quarantined_rows_count_as_declared_and_keep_their_content_in_quarantine_alone(
    workdir: Workdir, landing: Path
) -> None:
    rows = sample_rows(RESIDENCE, 2)
    rows[1] |= {"登记编号": "", "姓名": "隔离人"}
    write_delivery(landing, RESIDENCE, DAY, rows=rows)
    outcome = only(workdir, landing)
    assert (outcome.state, outcome.rows_read, outcome.rows_quarantined) == ("accepted", 1, 1)
    assert [row[1:4] for row in log(workdir, "quarantined_row")] == [("temporary_residence.csv", 3, "主键为空")]
    (part,) = workdir.quarantine.rglob("*.parquet")
    with open_engine(workdir) as connection:
        assert "隔离人" in str(connection.execute(f"SELECT content FROM '{part}'").fetchall())
        for path in [*workdir.raw.rglob("*.parquet"), *workdir.state.rglob("*.parquet")]:
            assert "隔离人" not in str(connection.execute(f"SELECT * FROM '{path}'").fetchall())


def test_the_first_quarantined_row_is_named_and_nothing_of_what_it_says(
    workdir: Workdir, landing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = sample_rows(RESIDENCE, 4)
    rows[1] |= {"登记编号": "", "姓名": "隔离人"}
    rows[2] |= {"登记编号": ""}
    write_delivery(landing, RESIDENCE, DAY, rows=rows)
    write_delivery(landing, FUNDING, DAY)
    take_in(workdir, landing)
    (line,) = (message for message in caplog.messages if message.startswith("隔离 quarantined"))
    assert "psb.temporary_residence" in line
    assert "temporary_residence.csv 第 3 行起 from row 3: 主键为空" in line
    assert "隔离人" not in line


def test_a_delivery_that_a_killed_build_took_in_is_told_of_with_the_same_words(
    workdir: Workdir, landing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = sample_rows(RESIDENCE, 2)
    rows[1] |= {"登记编号": ""}
    write_delivery(landing, RESIDENCE, DAY, rows=rows)
    first, again = only(workdir, landing), only(workdir, landing)
    assert first.first_quarantined is not None
    assert again == first
    assert caplog.messages[: len(caplog.messages) // 2] == caplog.messages[len(caplog.messages) // 2 :]


def test_unknown_columns_are_a_finding(workdir: Workdir, landing: Path) -> None:
    columns = (*load_contract(FUNDING).headers, "备注")
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1), columns=columns)
    (finding,) = only(workdir, landing).findings
    assert (finding.rule_id, finding.file) == ("column_unknown", "service_funding.csv")
    assert "备注" in finding.detail_zh


def test_the_raw_zone_is_not_written_to_again(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, FUNDING, "2014-09-30", rows=sample_rows(FUNDING, 3))
    take_in(workdir, landing)
    before = tree(workdir.raw)
    assert all(not stat.S_IMODE(path.stat().st_mode) & 0o222 for path in workdir.raw.rglob("*.parquet"))
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 4))
    take_in(workdir, landing)
    after = tree(workdir.raw)
    assert {name: after[name] for name in before} == before
    assert len(after) == 2 * len(before)


def test_a_record_keeps_its_reference_in_later_deliveries(workdir: Workdir, landing: Path) -> None:
    rows = sample_rows(RESIDENCE, 3)
    write_delivery(landing, RESIDENCE, "2014-09-30", rows=[*rows[:2], rows[1]])
    take_in(workdir, landing)
    before = {row[1]: row[2] for row in log(workdir, "record_ref")}
    write_delivery(landing, RESIDENCE, DAY, rows=rows)
    take_in(workdir, landing)
    after = log(workdir, "record_ref")
    assert len(after) == len({row[1] for row in after}) == len({row[2] for row in after}) == 3
    assert before.items() <= {row[1]: row[2] for row in after}.items()


def test_references_are_random(tmp_path: Path, landing: Path) -> None:
    write_delivery(landing, RESIDENCE, DAY, rows=sample_rows(RESIDENCE, 3))
    seen = []
    for name in ("one", "two"):
        workdir = Workdir(tmp_path / name)
        take_in(workdir, landing)
        seen.append({row[2] for row in log(workdir, "record_ref")})
    assert not seen[0] & seen[1]


# Seen before, and killed half-way


def append_build(workdir: Workdir, built_at: str) -> None:
    with open_engine(workdir) as connection:
        State(workdir.state).append(
            connection,
            "build",
            f"SELECT 'b' AS build_id, TIMESTAMP '{built_at}' AS built_at, DATE '{DAY}' AS as_of, 'c' AS code_version, "
            "1 AS deliveries, 0 AS refused, NULL AS previous_build_id",
            key="b",
        )


def test_a_delivery_of_an_earlier_build_is_skipped_as_repeated(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 3))
    first = only(workdir, landing)
    append_build(workdir, "2999-01-01 00:00:00")
    before = tree(workdir.path)
    again = only(workdir, landing)
    assert again.state == "repeated"
    assert "已经接收过" in str(again.reason_zh)
    assert (again.delivery, again.rows_read) == (first.delivery, first.rows_read)
    assert tree(workdir.path) == before


def test_a_delivery_that_no_build_has_used_yet_is_still_accepted(workdir: Workdir, landing: Path) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 3))
    assert take_in(workdir, landing) == take_in(workdir, landing)
    assert len(log(workdir, "delivery")) == 1


class Killed(BaseException):
    """Stands for the end of the process."""


@pytest.mark.parametrize("survives", ["nothing", "_settle", "record_ref", "delivery_file", "quarantined_row"])
def test_a_killed_intake_is_taken_up_again(
    workdir: Workdir, landing: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, survives: str
) -> None:
    """The process ends after a step; what a second one makes of it equals what an undisturbed one makes."""
    rows = sample_rows(RESIDENCE, 3)
    rows[2]["登记编号"] = ""
    write_delivery(landing, RESIDENCE, DAY, rows=rows)
    with monkeypatch.context() as patch:
        _kill_after(patch, survives)
        with pytest.raises(Killed):
            take_in(workdir, landing)
    assert log(workdir, "delivery") == []
    outcome = only(workdir, landing)

    undisturbed = Workdir(tmp_path / "undisturbed")
    assert outcome == only(undisturbed, landing)
    assert tree(workdir.quarantine).keys() == tree(undisturbed.quarantine).keys()
    assert tree(workdir.raw).keys() == tree(undisturbed.raw).keys()
    for name in ("delivery_file", "quarantined_row"):
        assert log(workdir, name) == log(undisturbed, name)
    assert [row[1] for row in sorted(log(workdir, "record_ref"))] == ["000001", "000002"]


def _kill_after(patch: pytest.MonkeyPatch, step: str) -> None:
    append = State.append

    def appending(self: State, *args: object, **kwargs: object) -> int:
        written = append(self, *args, **kwargs)  # type: ignore[arg-type]
        if args[1] == step:
            raise Killed
        return written

    settle: Callable[[Path, Path], None] = raw_store._settle

    def settling(half: Path, target: Path) -> None:
        if step == "nothing":
            raise Killed
        settle(half, target)
        if step == "_settle" and "raw" in target.parts:
            raise Killed

    patch.setattr(State, "append", appending)
    patch.setattr(raw_store, "_settle", settling)
    # A process that is killed tidies nothing.
    patch.setattr(raw_store.shutil, "rmtree", lambda *args, **kwargs: None)


def test_halves_of_a_killed_intake_are_cleared(workdir: Workdir, landing: Path) -> None:
    half = workdir.raw / "finance" / "service_funding" / ".half-0"
    half.mkdir(parents=True)
    (half / "part-00001.parquet").write_bytes(b"half")
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    take_in(workdir, landing)
    assert not half.exists()


# Refused


def rewritten(folder: Path, **fields: object) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def with_file(folder: Path, **fields: object) -> None:
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    rewritten(folder, files=[manifest["files"][0] | fields])


def other_bytes(folder: Path, content: bytes, rows: int = 2) -> None:
    (folder / "service_funding.csv").write_bytes(content)
    write_manifest(folder, FUNDING, "full", {"service_funding.csv": rows})


def symlinked(folder: Path) -> None:
    target = folder.parent.parent / "elsewhere"
    (folder / "service_funding.csv").rename(target)
    (folder / "service_funding.csv").symlink_to(target)


def without_column(folder: Path) -> None:
    contract = load_contract(FUNDING)
    headers = ["所在区划" if header == "区划" else header for header in contract.headers]
    other_bytes(folder, file_bytes(contract, headers, sample_rows(FUNDING, 2)))


REFUSALS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "no manifest": (
        lambda folder: (folder / "manifest.json").unlink(),
        "没有清单 manifest.json，可能尚未传完",
        "has no manifest.json",
    ),
    "manifest cut off": (
        lambda folder: (folder / "manifest.json").write_text('{"bureau": "fin'),
        "清单 manifest.json 不是完整的 UTF-8 JSON",
        "no complete UTF-8 JSON",
    ),
    "manifest in another encoding": (
        lambda folder: (folder / "manifest.json").write_bytes("{}，".encode("gb18030")),
        "不是完整的 UTF-8 JSON",
        "no complete UTF-8 JSON",
    ),
    "manifest nested beyond reason": (
        lambda folder: (folder / "manifest.json").write_text("[" * 100_000),
        "不是完整的 UTF-8 JSON",
        "no complete UTF-8 JSON",
    ),
    "manifest is a list": (lambda folder: (folder / "manifest.json").write_text("[]"), "字段缺失或格式不对", "fields"),
    "manifest without files": (lambda folder: rewritten(folder, files=[]), "格式不对: files", "wrong form: files"),
    "manifest with a wrong mode": (lambda folder: rewritten(folder, mode="all"), "格式不对: mode", "wrong form: mode"),
    "manifest with a date of no calendar": (
        lambda folder: rewritten(folder, extract_date="2014-02-30"),
        "extract_date 不是有效日期",
        "no date of the calendar",
    ),
    "manifest with rows as text": (
        lambda folder: with_file(folder, rows="2"),
        "格式不对: files.0.rows",
        "wrong form: files.0.rows",
    ),
    "manifest with negative rows": (lambda folder: with_file(folder, rows=-1), "files.0.rows", "files.0.rows"),
    "unknown version": (lambda folder: rewritten(folder, contract_version="2.0"), "合同版本不是 1.0", "is not 1.0"),
    "another bureau": (lambda folder: rewritten(folder, bureau="psb"), "清单的 bureau 与所在目录", "manifest's bureau"),
    "another dataset": (
        lambda folder: rewritten(folder, dataset="x"),
        "清单的 dataset 与所在目录",
        "manifest's dataset",
    ),
    "another date": (
        lambda folder: rewritten(folder, extract_date="2014-10-30"),
        "清单的 extract_date 与所在目录",
        "manifest's extract_date",
    ),
    "path in a name": (
        lambda folder: with_file(folder, name="../2014-09-30/service_funding.csv"),
        "清单中有不允许的文件名",
        "not allowed",
    ),
    "absolute path": (lambda folder: with_file(folder, name="/etc/passwd"), "不允许的文件名", "not allowed"),
    "backslash": (lambda folder: with_file(folder, name="a\\b.csv"), "不允许的文件名", "not allowed"),
    "glob": (lambda folder: with_file(folder, name="*.csv"), "不允许的文件名", "not allowed"),
    "hidden file": (lambda folder: with_file(folder, name=".csv"), "不允许的文件名", "not allowed"),
    "manifest as a file": (lambda folder: with_file(folder, name="manifest.json"), "不允许的文件名", "not allowed"),
    "missing file": (
        lambda folder: (folder / "service_funding.csv").unlink(),
        "文件 service_funding.csv 不在批次目录中",
        "File service_funding.csv of the manifest is not in",
    ),
    "a link instead of a file": (symlinked, "service_funding.csv 不在批次目录中", "not in the delivery folder"),
    "surplus file": (
        lambda folder: (folder / "多余.csv").write_text(""),
        "清单没有的文件 多余.csv",
        "holds 多余.csv, which the manifest does not name",
    ),
    "surplus folder": (lambda folder: (folder / "sub").mkdir(), "清单没有的文件 sub", "holds sub"),
    "file listed twice": (
        lambda folder: rewritten(
            folder, files=2 * json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
        ),
        "两次列出文件 service_funding.csv",
        "lists file service_funding.csv twice",
    ),
    "wrong hash": (
        lambda folder: with_file(folder, sha256="0" * 64),
        "文件 service_funding.csv 的 SHA-256 与清单不符",
        "its SHA-256 is not the manifest's",
    ),
    "fewer rows than declared": (
        lambda folder: with_file(folder, rows=3),
        "文件 service_funding.csv 有 2 行数据，清单为 3 行",
        "has 2 data rows; the manifest says 3",
    ),
    "more rows than declared": (
        lambda folder: with_file(folder, rows=1),
        "有 2 行数据，清单为 1 行",
        "has 2 data rows",
    ),
    "no rows": (
        lambda folder: other_bytes(folder, file_bytes(load_contract(FUNDING), load_contract(FUNDING).headers, []), 0),
        "全量批次中没有一行可用的数据",
        "without one usable row",
    ),
    "every row quarantined": (
        lambda folder: other_bytes(folder, file_bytes(load_contract(FUNDING), load_contract(FUNDING).headers, [{}]), 1),
        "全量批次中没有一行可用的数据",
        "without one usable row",
    ),
    "renamed column": (
        without_column,
        "缺少列: 区划。多出的列 所在区划",
        "lacks the column 区划. Unknown column 所在区划",
    ),
    "another encoding": (
        lambda folder: other_bytes(folder, (folder / "service_funding.csv").read_bytes().decode("gb18030").encode()),
        "编码是 UTF-8，合同要求 GB18030",
        "is in UTF-8; the contract says GB18030",
    ),
    "empty file": (lambda folder: other_bytes(folder, b"", 0), "是空的，没有表头", "is empty"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refused_delivery_says_why_and_leaves_the_earlier_view(workdir: Workdir, landing: Path, case: str) -> None:
    spoil, zh, en = REFUSALS[case]
    write_delivery(landing, FUNDING, "2014-09-30", rows=sample_rows(FUNDING, 1))
    assert only(workdir, landing).state == "accepted"
    before = (tree(workdir.raw), tree(workdir.state), tree(workdir.quarantine))
    spoil(write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 2)))
    earlier, refused = take_in(workdir, landing).outcomes
    assert earlier.state == "accepted"
    assert refused.state == "refused"
    assert zh in str(refused.reason_zh)
    assert en in str(refused.reason_en)
    assert refused.path == f"finance/service_funding/{DAY}"
    assert refused.extract_date is None or str(refused.extract_date) == DAY, "nobody is led to another day's folder"
    assert len(refused.delivery) == 64
    (finding,) = refused.findings
    assert (finding.rule_id, finding.detail_zh, finding.detail_en) == (
        "delivery_refused",
        refused.reason_zh,
        refused.reason_en,
    )
    assert (tree(workdir.raw), tree(workdir.state), tree(workdir.quarantine)) == before
    assert take_in(workdir, landing).outcomes[1] == refused


def test_a_delta_without_change_types_is_refused(workdir: Workdir, landing: Path) -> None:
    headers = load_contract(RESIDENCE).headers
    write_delivery(landing, RESIDENCE, DAY, "delta", rows=sample_rows(RESIDENCE, 1), columns=headers)
    assert "缺少列: 变更类型" in str(only(workdir, landing).reason_zh)


def test_a_delta_with_another_change_type_is_refused(workdir: Workdir, landing: Path) -> None:
    row = sample_rows(RESIDENCE, 1)[0] | {"变更类型": "删"}
    write_delivery(landing, RESIDENCE, DAY, "delta", rows=[row])
    assert "第 2 行的变更类型不是 I、U、D" in str(only(workdir, landing).reason_zh)


def test_a_workbook_that_is_none_is_refused(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, VISIT, DAY, rows=sample_rows(VISIT, 1))
    (folder / "household_visit.xlsx").write_text("采集编号,姓名", encoding="utf-8")
    write_manifest(folder, VISIT, "full", {"household_visit.xlsx": 1})
    outcome = only(workdir, landing)
    assert "household_visit.xlsx 不是可读的 Excel 工作簿" in str(outcome.reason_zh)


@pytest.mark.parametrize(
    ("limits", "zh"),
    [
        (Limits(file_bytes=10), "超过上限 10"),
        (Limits(manifest_bytes=10), "超过 10 字节"),
        (Limits(files=0), "上限 0"),
    ],
)
def test_a_delivery_beyond_its_limits_is_refused(workdir: Workdir, landing: Path, limits: Limits, zh: str) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    (outcome,) = take_in(workdir, landing, limits=limits).outcomes
    assert zh in str(outcome.reason_zh)


def test_a_dataset_that_is_not_taken_in_yet_is_refused_as_such(workdir: Workdir, landing: Path) -> None:
    folder = landing / "exchange" / "inbound" / DAY
    folder.mkdir(parents=True)
    write_manifest(folder, "exchange.inbound", "full", {})
    (outcome,) = refuse_unclaimed(workdir, landing)
    assert "本版本尚不接收数据集 exchange.inbound(区域交换)" in str(outcome.reason_zh)
    assert "does not take in dataset exchange.inbound yet" in str(outcome.reason_en)


def test_an_unknown_dataset_is_refused_with_the_one_that_is_meant(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, RESIDENCE, DAY, rows=sample_rows(RESIDENCE, 1))
    folder.parent.rename(folder.parent.with_name("temporary_residences"))
    (outcome,) = refuse_unclaimed(workdir, landing)
    assert outcome.dataset == "psb.temporary_residences"
    assert "是否为 psb.temporary_residence？" in str(outcome.reason_zh)
    assert take_in_dataset(workdir, landing, load_contract(RESIDENCE)) == []


def test_files_beside_the_dated_folders_are_refused(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    shutil.copytree(folder, folder.parent, dirs_exist_ok=True)
    states = {outcome.path: outcome.state for outcome in take_in(workdir, landing).outcomes}
    assert states == {"finance/service_funding": "refused", f"finance/service_funding/{DAY}": "accepted"}


def test_a_folder_that_is_no_date_is_refused(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    folder.rename(folder.with_name("新的"))
    assert "extract_date 与所在目录" in str(only(workdir, landing).reason_zh)


def test_a_hidden_folder_is_an_upload_in_progress(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    folder.rename(folder.with_name(".2014-10-31.part"))
    assert find_deliveries(landing) == []


def test_one_bad_delivery_does_not_keep_the_others_out(workdir: Workdir, landing: Path) -> None:
    for dataset in load_contracts("active"):
        write_delivery(landing, dataset, DAY, rows=sample_rows(dataset, 1))
    (landing / "civil" / "marriage" / DAY / "manifest.json").unlink()
    states = {outcome.dataset: outcome.state for outcome in take_in(workdir, landing).outcomes}
    assert states == dict.fromkeys(load_contracts("active"), "accepted") | {MARRIAGE: "refused"}


def test_a_refused_delivery_comes_in_once_it_is_put_right(workdir: Workdir, landing: Path) -> None:
    folder = write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 2), contract_version="9")
    assert only(workdir, landing).state == "refused"
    write_manifest(folder, FUNDING, "full", {"service_funding.csv": 2})
    assert only(workdir, landing).state == "accepted"


def test_no_person_is_named_in_outcomes_or_logs(
    workdir: Workdir, landing: Path, caplog: pytest.LogCaptureFixture
) -> None:
    person = {"姓名": "赵某某", "公民身份号码": "11010519491231002X", "联系电话": "13800000000", "暂住地址": "某某路"}
    rows = [row | person for row in sample_rows(RESIDENCE, 3)]
    rows[1]["登记编号"] = ""
    rows[2]["变更类型"] = "赵某某"
    with caplog.at_level(logging.DEBUG):
        for mode, day in (("full", "2014-09-30"), ("delta", DAY)):
            write_delivery(landing, RESIDENCE, day, mode, rows=rows)
        outcomes = take_in(workdir, landing).outcomes
    said = caplog.text + repr(outcomes)
    assert [outcome.state for outcome in outcomes] == ["accepted", "refused"]
    assert not [value for value in person.values() if value in said]


# Which folder is meant


def test_no_landing_folder_is_wrong_usage(workdir: Workdir, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no landing folder"):
        take_in(workdir, tmp_path / "nowhere")


@pytest.mark.parametrize("given", ["", "landing/finance", "landing/finance/service_funding"])
def test_a_folder_above_or_below_the_landing_folder_is_answered_with_the_right_one(
    workdir: Workdir, tmp_path: Path, landing: Path, given: str
) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    with pytest.raises(UsageError, match=f"Use --landing {landing}"):
        take_in(workdir, tmp_path / given)


def test_an_empty_landing_folder_brings_nothing(workdir: Workdir, landing: Path) -> None:
    assert take_in(workdir, landing).outcomes == ()


def test_a_relative_landing_folder_is_found(workdir: Workdir, landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_delivery(landing, FUNDING, DAY, rows=sample_rows(FUNDING, 1))
    monkeypatch.chdir(landing.parent)
    assert only(workdir, Path(landing.name)).state == "accepted"
    assert Path(os.getcwd()) == landing.parent
