"""Any table by a model: what comes out of what goes in."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from identity.linkage import LinkReport, link
from identity.model import load_model
from sources.errors import UsageError

# Weights that are given, so that few rows are enough: a name and a birth date agree by chance once in a thousand.
MODEL: dict[str, Any] = {
    "model": "people",
    "fields": {
        "name": {"from": "姓名", "clean": "squash"},
        "birth": {"from": "出生日期", "clean": "date"},
        "phone": {"from": "电话", "clean": "digits"},
        "sex": "性别",
    },
    "comparisons": [
        {
            "field": "name",
            "levels": [{"exact": True, "m": 0.9, "u": 0.001}, {"edits": 1, "m": 0.05, "u": 0.002}],
            "otherwise": [0.05, 0.997],
        },
        {
            "field": "birth",
            "levels": [{"exact": True, "m": 0.9, "u": 0.001}, {"date_parts": 2, "m": 0.05, "u": 0.01}],
            "otherwise": [0.05, 0.989],
        },
        {"field": "phone", "levels": [{"exact": True, "m": 0.8, "u": 0.001}], "otherwise": [0.2, 0.999]},
    ],
    "blocking": ["name", "birth", "phone"],
    "prior": 0.001,
    "thresholds": {"link": 0.9, "review": 0.1},
}
COLUMNS = ("编号", "姓名", "出生日期", "电话", "性别")

PEOPLE = [
    ("a1", "王小明", "1980-01-02", "13900000001", "男"),
    ("a2", "王晓明", "1980/1/2", "139-0000-0001", "男"),
    ("a3", "王小明", "1980年1月2日", "", "男"),
    ("b1", "李娜", "1990-05-06", "13900000002", "女"),
    ("b2", "李娜", "1990-06-05", "13900000002", ""),
    ("c1", "乌日娜", "1975-03-03", "", "女"),
    ("d1", "", "", "", ""),
    ("d1", "", "", "", ""),
]


def model_file(folder: Path, **changes: Any) -> Path:
    path = folder / "people.yml"
    path.write_text(yaml.safe_dump(MODEL | changes, allow_unicode=True), encoding="utf-8")
    return path


def csv(path: Path, rows: Sequence[tuple[str, ...]], columns: Sequence[str] = COLUMNS) -> Path:
    frame(rows, columns).write_csv(path)
    return path


def frame(rows: Sequence[tuple[str, ...]], columns: Sequence[str] = COLUMNS) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row")


def run(folder: Path, *inputs: Path, **changes: Any) -> tuple[LinkReport, pl.DataFrame]:
    out = folder / "linked.parquet"
    report = link(load_model(model_file(folder, **changes)), inputs, out, folder / "pairs.parquet")
    return report, pl.read_parquet(out)


def groups(linked: pl.DataFrame) -> set[frozenset[str]]:
    """The clusters of several rows, by the rows' own numbers."""
    together = linked.group_by("_cluster").agg("编号")
    return {frozenset(rows) for rows in together["编号"].to_list() if len(rows) > 1}


def test_rows_of_one_thing_come_together_and_every_row_comes_out_once(tmp_path: Path) -> None:
    source = csv(tmp_path / "people.csv", PEOPLE)
    report, linked = run(tmp_path, source)
    assert groups(linked) == {frozenset({"a1", "a2", "a3"}), frozenset({"b1", "b2"})}
    assert linked.select(COLUMNS).rows() == [tuple(value or None for value in row) for row in PEOPLE]
    assert linked["_row"].to_list() == list(range(2, 10)), "lines of the file, below its header"
    assert set(linked["_input"]) == {str(source)}
    assert (report.rows, report.clusters, report.linked) == (8, 5, 2)
    strongest = dict(linked.select("编号", "_evidence").rows())
    assert strongest["a2"] == "name+birth+phone" and strongest["a3"] == "name+birth" and strongest["c1"] is None


@pytest.mark.parametrize("suffix", ["csv", "tsv", "gb18030.csv", "parquet", "xlsx"])
def test_what_form_a_table_has_is_all_the_same(tmp_path: Path, suffix: str) -> None:
    path, rows = tmp_path / f"people.{suffix}", frame(PEOPLE[:6])
    match suffix:
        case "parquet":
            rows.write_parquet(path)
        case "xlsx":
            rows.write_excel(path)
        case "gb18030.csv":
            path.write_bytes(rows.write_csv().encode("gb18030"))
        case _:
            rows.write_csv(path, separator="\t" if suffix == "tsv" else ",")
    report, linked = run(tmp_path, path)
    assert groups(linked) == {frozenset({"a1", "a2", "a3"}), frozenset({"b1", "b2"})}
    assert report.rows == 6


def test_inputs_with_other_columns_keep_them(tmp_path: Path) -> None:
    one = csv(tmp_path / "one.csv", PEOPLE[:3])
    other = csv(tmp_path / "other.csv", [(*PEOPLE[3], "x")], (*COLUMNS, "备注"))
    _, linked = run(tmp_path, one, other)
    assert linked["备注"].to_list() == [None, None, None, "x"]
    assert linked["_input"].to_list() == [str(one)] * 3 + [str(other)]


@pytest.mark.parametrize("rows", [[], PEOPLE[:1]])
def test_a_table_with_nothing_to_compare_comes_out_as_it_is(tmp_path: Path, rows: list[tuple[str, ...]]) -> None:
    learned = [{"field": "name", "levels": ["exact"]}]
    report, linked = run(tmp_path, csv(tmp_path / "few.csv", rows), comparisons=learned, training={"same": ["birth"]})
    assert linked.height == report.clusters == len(rows)
    assert report.links == 0


def test_two_different_values_keep_rows_apart_however_much_agrees(tmp_path: Path) -> None:
    rows = [
        ("m", "王小明", "1980-01-02", "13900000001", "男"),
        ("f", "王小明", "1980-01-02", "13900000001", "女"),
        ("?", "王小明", "1980-01-02", "", ""),
    ]
    report, linked = run(tmp_path, csv(tmp_path / "p.csv", rows), constraints={"differ": ["sex"]})
    assert groups(linked) == set(), "she may be either, so she is neither"
    assert report.cut == 2
    surer = [*rows[:2], ("?", "王小明", "1980-01-02", "13900000001", "")]
    surer[1] = ("f", "王小明", "1980-01-03", "13900000001", "女")
    _, linked = run(tmp_path, csv(tmp_path / "p.csv", surer), constraints={"differ": ["sex"]})
    assert groups(linked) == {frozenset({"m", "?"})}


def test_of_one_input_at_most_one_row_is_in_a_cluster_and_the_weakest_link_goes(tmp_path: Path) -> None:
    one = csv(tmp_path / "one.csv", [("1a", "王小明", "1980-01-02", "13900000001", "")])
    other = csv(
        tmp_path / "other.csv",
        [("2a", "王小明", "1980-01-02", "", ""), ("2b", "王小明", "1980-01-02", "13900000001", "")],
    )
    third = csv(tmp_path / "third.csv", [("3a", "王小明", "1980-01-02", "13900000001", "")])
    _, linked = run(tmp_path, one, other, third, constraints={"one_per_input": True})
    assert groups(linked) == {frozenset({"1a", "2b", "3a"})}
    pairs = pl.read_parquet(tmp_path / "pairs.parquet")
    assert pairs["decision"].value_counts().sort("decision").rows() == [("cut", 2), ("link", 3)]
    assert linked.filter(pl.col("编号") == "2a").select("_review", "_probability").row(0) == (True, None)


def test_one_row_of_each_input_wants_more_inputs_than_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="one_per_input"):
        run(tmp_path, csv(tmp_path / "one.csv", PEOPLE), constraints={"one_per_input": True})


def test_what_many_rows_claim_alike_is_soon_given_to_none(tmp_path: Path) -> None:
    one = csv(tmp_path / "one.csv", [(f"1-{n}", "王小明", "1980-01-02", "", "") for n in range(200)])
    other = csv(tmp_path / "other.csv", [(f"2-{n}", "王小明", "1980-01-02", "", "") for n in range(200)])
    report, linked = run(tmp_path, one, other, constraints={"one_per_input": True})
    assert groups(linked) == set()
    assert report.cut == report.pairs == 200 * 200


def test_what_two_rows_claim_alike_is_given_to_neither(tmp_path: Path) -> None:
    one = csv(tmp_path / "one.csv", [("1a", "王小明", "1980-01-02", "", "")])
    other = csv(
        tmp_path / "other.csv", [("2a", "王小明", "1980-01-02", "", ""), ("2b", "王小明", "1980-01-02", "", "")]
    )
    report, linked = run(tmp_path, one, other, constraints={"one_per_input": True})
    assert groups(linked) == set()
    assert report.cut == 2


def test_pairs_between_the_thresholds_are_for_review(tmp_path: Path) -> None:
    rows = [("a", "王小明", "1980-01-02", "", ""), ("b", "王小明", "1991-01-05", "", ""), ("c", "李娜", "", "", "")]
    report, linked = run(tmp_path, csv(tmp_path / "p.csv", rows), thresholds={"link": 0.9, "review": 0.01})
    assert (report.review, report.links) == (1, 0)
    assert linked["_review"].to_list() == [True, True, False]
    [pair] = pl.read_parquet(tmp_path / "pairs.parquet").rows(named=True)
    assert (pair["_row_l"], pair["_row_r"], pair["decision"], pair["evidence"]) == (2, 3, "review", "name")


def town(people: int, seed: int) -> list[tuple[str, ...]]:
    """People with a second record in which something slipped."""
    luck = random.Random(seed)
    rows = []
    for n in range(people):
        name = "".join(chr(0x4E00 + luck.randrange(400)) for _ in range(3))
        birth = f"{luck.randrange(1940, 2010)}-{luck.randrange(1, 13):02}-{luck.randrange(1, 29):02}"
        phone = f"139{luck.randrange(10**8):08}"
        rows.append((f"{n}a", name, birth, phone, ""))
        slip = luck.randrange(4)
        rows.append(
            (
                f"{n}b",
                name[:2] + chr(0x5E00 + luck.randrange(400)) if slip == 0 else name,
                birth[:8] + f"{luck.randrange(1, 29):02}" if slip == 1 else birth,
                "" if slip == 2 else phone,
                "",
            )
        )
    return rows


LEARNED = {
    "comparisons": [
        {"field": "name", "levels": ["exact", {"edits": 1}], "term_frequency": True},
        {"field": "birth", "levels": ["exact", {"date_parts": 2}]},
        {"field": "phone", "levels": ["exact", {"edits": 1}]},
    ],
    "prior": {"same": [["name", "birth"]], "recall": 0.5},
    "training": {"same": ["name", "birth", "phone"], "pairs": 50_000},
}


def test_weights_are_learned_without_a_truth_and_find_who_is_who(tmp_path: Path) -> None:
    report, linked = run(tmp_path, csv(tmp_path / "town.csv", town(300, 1)), **LEARNED)
    assert groups(linked) == {frozenset({f"{n}a", f"{n}b"}) for n in range(300)}
    weights = report.weights
    assert all(levels["exact"].m > 0.5 > 0.05 > levels["exact"].u for levels in weights.values())


def test_rows_that_are_equal_do_not_make_it_look_likely_that_two_agree(tmp_path: Path) -> None:
    rows = [row for row in town(1000, 4) if row[0].endswith("a")]
    twice = rows + [(f"{row[0]}b", *row[1:]) for row in rows]
    learned = LEARNED | {"training": {"same": ["name", "birth", "phone"], "pairs": 5_000}}
    report, _ = run(tmp_path, csv(tmp_path / "town.csv", twice), **learned)
    assert report.weights["phone"]["exact"].u < 0.0005


def test_neither_the_order_of_rows_nor_the_number_of_threads_matters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = town(200, 2)
    first, linked = run(tmp_path, csv(tmp_path / "town.csv", rows), **LEARNED)
    random.Random(3).shuffle(rows)
    monkeypatch.setenv("SIJIKU_THREADS", "1")
    second, again = run(tmp_path, csv(tmp_path / "town.csv", rows), **LEARNED)
    assert groups(linked) == groups(again)
    assert first.weights == second.weights
    known = ["编号", "_probability", "_evidence", "_review"]
    assert linked.select(known).sort("编号").rows() == again.select(known).sort("编号").rows()


def test_a_value_that_fifty_thousand_rows_share_is_left_out_and_said_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    luck = random.Random(1)
    rows = [(str(n), "王", "", f"139{luck.randrange(10**8):08}" if n < 40_000 else "", "") for n in range(50_000)]
    rows[0] = ("0", "王", "1980-01-02", "13900000001", "")
    rows += [("x", *rows[0][1:])]
    with caplog.at_level(logging.WARNING, logger="sijiku"):
        report, linked = run(tmp_path, csv(tmp_path / "many.csv", rows), **LEARNED | {"prior": 0.00001})
    assert report.rows == linked.height == 50_001
    assert report.pairs < 200
    assert frozenset({"0", "x"}) in groups(linked)
    [shared] = report.shared
    assert (shared.key, shared.values, shared.records, shared.alone) == (("name",), 1, 50_001, 10_000)
    assert "name" in caplog.text and "王" not in caplog.text


def test_there_are_never_more_pairs_than_the_limit(tmp_path: Path) -> None:
    rows = [(str(n), f"王{chr(0x4E00 + n % (20 if n < 400 else 500))}", "", "", "") for n in range(1400)]
    report, _ = run(tmp_path, csv(tmp_path / "p.csv", rows), limits={"pairs": 2000})
    assert 0 < report.pairs <= 2000
    assert report.shared[0].key == ("name",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("people.csv", "编号,姓名,电话,性别\n1,a,b,c\n", "出生日期"),
        ("people.csv", "编号,姓名,出生日期,电话,性别,姓名\n", "姓名"),
        ("people.csv", "编号,姓名,出生日期,电话,性别,_cluster\n", "_cluster"),
        ("people.csv", "编号,姓名,出生日期,电话,性别\n1,2,3,4,5,6\n", "line 2"),
        ("people.csv", "", "people.csv"),
        ("people.xlsx", "no workbook", "people.xlsx"),
        ("people.parquet", "no Parquet", "people.parquet"),
        ("people.doc", "", "people.doc"),
    ],
)
def test_an_input_that_cannot_be_read_whole_is_refused_and_nothing_written(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said) as raised:
        run(tmp_path, tmp_path / name)
    assert raised.value.remedy
    assert {path.name for path in tmp_path.iterdir()} == {name, "people.yml"}


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    source = csv(tmp_path / "p.csv", PEOPLE)
    before = source.read_bytes()
    with pytest.raises(UsageError, match="overwritten"):
        link(load_model(model_file(tmp_path)), [source], source)
    assert source.read_bytes() == before


def test_the_command_links_files_and_says_what_came_of_it(tmp_path: Path) -> None:
    one, other = csv(tmp_path / "one.csv", PEOPLE[:3]), csv(tmp_path / "other.csv", PEOPLE[3:])
    command = [str(Path(sys.executable).parent / "sijiku"), "link", "--model", str(model_file(tmp_path)), "--input"]
    out = tmp_path / "out.parquet"
    done = subprocess.run(
        [*command, str(one), str(other), "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(out).height == 8
    assert "link: scoring" in done.stderr
    assert "clusters" in done.stdout and str(out) in done.stdout.replace("\n", "")
    assert "王" not in done.stdout + done.stderr
    refused = subprocess.run([*command, str(tmp_path / "none.csv"), "--out", str(out)], capture_output=True, text=True)
    assert refused.returncode == 2
    assert "none.csv" in refused.stderr
