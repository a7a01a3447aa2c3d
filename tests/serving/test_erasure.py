"""Who is erased is nowhere any more, does not come back, and what was done can be proved."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from serving.erasure import Order, go_on, is_unfinished, lift, plan_person, plan_records
from serving.proof import verify
from serving.publish import Published
from sources.errors import SijikuError, UsageError
from sources.landing import take_in
from sources.parquet import is_encrypted, rows_in
from sources.state import State
from sources.suppression import key_file
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.conftest import UseKey
from tests.deliveries import sample_rows, write_delivery

ORDER = Order("person", "档案科", "本人申请")
STAY, DOSE, WEDDING = "psb.temporary_residence", "hfpc.immunization", "civil.marriage"
# The published example of GB 11643-1999, and another of the same area whose check character was worked out.
NUMBER, OTHER_NUMBER = "11010519491231002X", "110105194912310038"
OLD_FORM = "110105491231002"
# Long enough that no file has them by chance.
KEY, HER = "stay-of-hers-1", "person-of-hers-1"


def stay(key: str, name: str, number: str, phone: str = "13800001111") -> dict[str, Any]:
    return sample_rows(STAY, 1)[0] | {"登记编号": key, "姓名": name, "公民身份号码": number, "联系电话": phone}


def dose(key: str, child: str, mother: str, number: str) -> dict[str, Any]:
    return sample_rows(DOSE, 1)[0] | {
        "接种编号": key,
        "儿童姓名": child,
        "儿童身份证号": "",
        "母亲姓名": mother,
        "母亲身份证号": number,
        "联系电话": "13800001111",
    }


def wedding(key: str, wife: str, number: str) -> dict[str, Any]:
    return sample_rows(WEDDING, 1)[0] | {
        "登记字号": key,
        "男方姓名": "别男",
        "男方证件号": OTHER_NUMBER,
        "女方姓名": wife,
        "女方证件号": number,
    }


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    """密甲 stays, has a child and is married; 别乙 only stays, 别丙 bears her number by mistake."""
    folder = tmp_path / "landing"
    write_delivery(
        folder,
        STAY,
        "2014-09-30",
        rows=[
            stay(KEY, "密甲", NUMBER),
            stay("K2", "别乙", OTHER_NUMBER, "13900002222"),
            stay("K3", "别丙", NUMBER, ""),
        ],
    )
    write_delivery(folder, DOSE, "2014-09-30", rows=[dose("D1", "小密", "密甲", NUMBER)])
    write_delivery(folder, WEDDING, "2014-09-30", rows=[wedding("W1", "密甲", OLD_FORM)])
    return folder


PERSONS = {
    (STAY, KEY, "resident"): HER,
    (STAY, "K2", "resident"): "P2",
    (STAY, "K3", "resident"): "P3",
    (DOSE, "D1", "child"): "P4",
    (DOSE, "D1", "mother"): HER,
    (WEDDING, "W1", "husband"): "P5",
    (WEDDING, "W1", "wife"): "P0",
}


@pytest.fixture
def library(workdir: Workdir, landing: Path) -> Workdir:
    """The deliveries taken in and who is who, as a build leaves it in state; P0 was merged into P1."""
    with workdir.lock():
        take_in(workdir, landing)
    return who_is_who(workdir, PERSONS)


def who_is_who(workdir: Workdir, persons: Mapping[tuple[str, str, str], str]) -> Workdir:
    state = State(workdir.state)
    links = ", ".join(
        f"('{dataset}', '{key}', '{role}', '{person}')" for (dataset, key, role), person in persons.items()
    )
    with open_engine(workdir) as connection:
        state.append(
            connection,
            "person_assignment",
            f"SELECT record_ref, role, person_id FROM (VALUES {links}) AS link(dataset, record_key, role, person_id) "
            f"JOIN ({state.select('record_ref')}) USING (dataset, record_key)",
            key="b1.1",
        )
        state.append(
            connection,
            "person_event",
            "SELECT 'e' || id AS event_id, 'b1' AS build_id, id AS person_id, kind, other AS other_person_id, "
            f"'' AS reason FROM (VALUES ('{HER}', 'created', NULL), ('P0', 'merged', '{HER}'), "
            "('P2', 'created', NULL)) AS event(id, kind, other)",
            key="b1.1",
        )
        state.append(connection, "person_ref", f"SELECT '{HER}' AS person_id, 'ref1' AS person_ref", key="b1.1")
    return workdir


def rows(workdir: Workdir, dataset: str, *headers: str) -> list[tuple[Any, ...]]:
    """What the raw zone has of a dataset, by delivery."""
    listed = ", ".join(f'"{header}"' for header in headers)
    with open_engine(workdir) as connection:
        there = rows_in([f"raw/{dataset.replace('.', '/')}/*/*/*.parquet"], root=workdir.path)
        return connection.execute(f"SELECT {listed} FROM {there} ORDER BY ALL").fetchall()


def log(workdir: Workdir, name: str, columns: str) -> list[tuple[Any, ...]]:
    with open_engine(workdir) as connection:
        return connection.execute(
            f"SELECT {columns} FROM ({State(workdir.state).select(name)}) ORDER BY ALL"
        ).fetchall()


def erase(workdir: Workdir, person: str = HER) -> None:
    with workdir.lock():
        plan_person(workdir, ORDER, person)
        go_on(workdir)


def texts(workdir: Workdir) -> Iterator[tuple[str, str]]:
    """Every file of a workdir as text: Parquet as its rows, others as their bytes."""
    with duckdb.connect() as connection:
        for path in sorted(path for path in workdir.path.rglob("*") if path.is_file() and not path.is_symlink()):
            yield path.name, path.read_text(encoding="utf-8", errors="replace")
            if path.suffix == ".parquet":
                yield path.name, str(connection.execute(f"FROM read_parquet('{path}')").fetchall())


def digests(workdir: Workdir) -> dict[str, str]:
    return {
        path.relative_to(workdir.path).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in workdir.path.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def test_the_person_goes_and_others_stay_without_her(library: Workdir) -> None:
    erase(library)
    assert rows(library, STAY, "登记编号", "姓名", "公民身份号码") == [
        ("K2", "别乙", OTHER_NUMBER),
        ("K3", "别丙", None),
    ]
    assert rows(library, DOSE, "接种编号", "儿童姓名", "母亲姓名", "母亲身份证号", "联系电话") == [
        ("D1", "小密", None, None, None)
    ]
    assert rows(library, WEDDING, "登记字号", "男方姓名", "女方姓名", "女方证件号") == [("W1", "别男", None, None)]


def test_state_knows_nothing_of_her_under_any_number(library: Workdir) -> None:
    erase(library)
    assert {person for (person,) in log(library, "person_assignment", "person_id")} == {"P2", "P3", "P4", "P5"}
    assert log(library, "person_event", "person_id") == [("P2",)]
    assert log(library, "person_ref", "person_id") == []
    assert {key for (key,) in log(library, "record_ref", "record_key")} == {"K2", "K3", "D1", "W1"}


def test_a_former_number_is_the_same_person(library: Workdir) -> None:
    erase(library, "P0")
    assert {person for (person,) in log(library, "person_assignment", "person_id")} == {"P2", "P3", "P4", "P5"}


def test_nothing_of_hers_is_left_in_any_file(library: Workdir) -> None:
    words = {"密甲", NUMBER, OLD_FORM, "13800001111", HER, KEY}
    assert {word for _, text in texts(library) for word in words if word in text} == words
    erase(library)
    for name, text in texts(library):
        assert not {word for word in words if word in text}, name


def test_the_next_deliveries_bring_nobody_back(library: Workdir, landing: Path) -> None:
    erase(library)
    back = [
        stay(KEY, "密甲", "", ""),
        stay("K9", "密某", f" {NUMBER[:17]}ｘ"),
        stay("K3", "别丙", NUMBER),
        stay("K4", "别丁", ""),
    ]
    write_delivery(landing, STAY, "2014-10-31", rows=back)
    write_delivery(
        landing, DOSE, "2014-10-31", rows=[dose("D1", "小密", "密甲", ""), dose("D2", "小密", "密甲", NUMBER)]
    )
    with library.lock():
        assert not take_in(library, landing).of("refused")
    assert rows(library, STAY, "登记编号", "公民身份号码") == [
        ("K2", OTHER_NUMBER),
        ("K3", None),
        ("K3", None),
        ("K4", None),
    ]
    assert rows(library, DOSE, "接种编号", "儿童姓名", "母亲姓名") == [
        ("D1", "小密", None),
        ("D1", "小密", None),
        ("D2", "小密", None),
    ]
    assert {key for (key,) in log(library, "record_ref", "record_key")} == {"K2", "K3", "K4", "D1", "D2", "W1"}
    counted = log(library, "delivery", "dataset, rows_read, rows_erased")
    assert (STAY, 4, 2) in counted
    assert (DOSE, 2, 0) in counted


def test_a_row_says_the_same_as_one_that_never_named_her(library: Workdir, landing: Path, tmp_path: Path) -> None:
    erase(library)
    never = Workdir(tmp_path / "never")
    never.create()
    write_delivery(landing, DOSE, "2014-09-30", rows=[dose("D1", "小密", "", "") | {"联系电话": ""}])
    with never.lock():
        take_in(never, landing, [DOSE])
    assert rows(library, DOSE, "_content_hash") == rows(never, DOSE, "_content_hash")


def test_the_suppression_list_is_of_keyed_hashes_and_its_key_is_the_owners(library: Workdir) -> None:
    erase(library)
    lines = log(library, "suppression", "kind, dataset, hash")
    assert {kind for kind, _, _ in lines} == {"record", "role", "number", "exempt", "person"}
    assert all(len(hash_) == 64 for _, _, hash_ in lines)
    assert key_file(library).stat().st_mode & 0o777 == 0o400
    key_file(library).chmod(0o444)
    with library.lock(), pytest.raises(SijikuError, match="Others can read"):
        plan_person(library, ORDER, "P2")
        go_on(library)


def test_without_the_key_no_delivery_is_taken_in(library: Workdir, landing: Path) -> None:
    erase(library)
    key_file(library).unlink()
    write_delivery(landing, STAY, "2014-10-31", rows=[stay("K4", "别丁", "")])
    with library.lock(), pytest.raises(SijikuError, match="key of the suppression list"):
        take_in(library, landing)


def test_what_was_done_stands_in_state_without_personal_values(library: Workdir) -> None:
    erase(library)
    assert log(library, "erasure", 'kind, "by", reason, persons, records, raw_rows, blanked_rows') == [
        ("person", "档案科", "本人申请", 1, 4, 1, 3)
    ]
    assert log(library, "erased_row", "dataset, rows") == [(STAY, 1)]


def test_a_record_goes_with_all_who_stand_in_it_and_its_key_does_not_come_back(library: Workdir, landing: Path) -> None:
    with library.lock():
        plan_records(library, Order("record", "档案科", "误报"), [(DOSE, "D1")])
        go_on(library)
    assert rows(library, DOSE, "接种编号") == []
    assert (KEY,) in rows(library, STAY, "登记编号")
    write_delivery(landing, DOSE, "2014-10-31", rows=[dose("D1", "小密", "密甲", NUMBER)])
    write_delivery(landing, STAY, "2014-10-31", rows=[stay(KEY, "密甲", NUMBER)])
    with library.lock():
        take_in(library, landing)
    assert rows(library, DOSE, "接种编号") == []
    assert (KEY, NUMBER) in rows(library, STAY, "登记编号", "公民身份号码"), "she herself was not erased"


def test_what_was_lifted_may_come_in_again(library: Workdir, landing: Path) -> None:
    erase(library)
    ((erasure_id,),) = log(library, "erasure", "erasure_id")
    with library.lock():
        lift(library, Order("lift", "档案科", "本人重新登记"), erasure_id)
        with pytest.raises(UsageError, match="no erasure"):
            lift(library, Order("lift", "档案科", "x"), "none")
        write_delivery(landing, STAY, "2014-10-31", rows=[stay(KEY, "密甲", NUMBER)])
        take_in(library, landing)
    assert (KEY, NUMBER) in rows(library, STAY, "登记编号", "公民身份号码")


def test_what_could_not_be_read_goes_too_and_does_not_come_back(library: Workdir, landing: Path) -> None:
    keyless = [stay("", "密甲", NUMBER), stay("", "别乙", OTHER_NUMBER), stay("K8", "别戊", "")]
    for date, is_erased in (("2014-10-31", False), ("2014-11-30", True)):
        write_delivery(landing, STAY, date, rows=keyless)
        with library.lock():
            take_in(library, landing)
        if not is_erased:
            erase(library)
    with duckdb.connect() as connection:
        kept = connection.execute(
            f"SELECT row, content FROM read_parquet('{library.quarantine}/*/*/*/*/*.parquet') ORDER BY ALL"
        ).fetchall()
    assert [row for row, content in kept if content is None] == [2, 2]
    assert all(OTHER_NUMBER in content for _, content in kept if content is not None)
    assert len(log(library, "quarantined_row", "row")) == 4, "that they could not be read is still known"


def test_a_dry_run_changes_nothing(library: Workdir) -> None:
    before = digests(library)
    with library.lock():
        found = plan_person(library, ORDER, HER, is_dry_run=True)
    assert digests(library) == before
    assert (found.persons, found.records) == (1, 4)


CUT_OFF = {
    "before any file is written": "write_new",
    "before it is entered": "_enter",
    "before the files are moved": "rewriting.move_into_place",
    "before the plan is taken away": "_read_done",
}


@pytest.mark.parametrize("where", CUT_OFF)
def test_cut_off_anywhere_it_is_gone_on_with(library: Workdir, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with library.lock():
        plan_person(library, ORDER, HER)
        with monkeypatch.context() as patch:
            patch.setattr(f"serving.erasure.{CUT_OFF[where]}", killed)
            with pytest.raises(KeyboardInterrupt):
                go_on(library)
    assert is_unfinished(library)
    with pytest.raises(SijikuError, match="cut off"), library.lock():
        pass
    with library.lock(may_be_erasing=True):
        go_on(library)
    assert not is_unfinished(library)
    assert rows(library, STAY, "登记编号") == [("K2",), ("K3",)]
    assert len(log(library, "erasure", "erasure_id")) == 1
    assert log(library, "erased_row", "rows") == [(1,)]
    assert {path.name for path in library.path.iterdir()} >= {"warehouse", "scratch", "state"}
    assert not library.erasing.exists()


def test_under_a_key_plan_and_new_files_are_encrypted(
    workdir: Workdir, landing: Path, use_key: UseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_key(None)
    take_in(workdir, landing)
    library = who_is_who(workdir, PERSONS)
    use_key("a-key-of-sixteen-characters")

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    plan_person(library, ORDER, HER)
    with monkeypatch.context() as patch:
        patch.setattr("serving.rewriting.finish", killed)
        with pytest.raises(KeyboardInterrupt):
            go_on(library)
    written = list(library.erasing.rglob("*.parquet"))
    assert {path.relative_to(library.erasing).parts[0] for path in written} == {"plan", "new"}
    assert all(map(is_encrypted, written))
    go_on(library)
    assert rows(library, STAY, "登记编号") == [("K2",), ("K3",)]


def test_half_of_the_files_moved_is_gone_on_with(library: Workdir, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[Path] = []
    replace = Path.replace

    def killed(self: Path, target: Path) -> Path:
        if len(moved) == 2:
            raise KeyboardInterrupt
        moved.append(target)
        return replace(self, target)

    with library.lock():
        plan_person(library, ORDER, HER)
        with monkeypatch.context() as patch:
            patch.setattr(Path, "replace", killed)
            with pytest.raises(KeyboardInterrupt):
                go_on(library)
        go_on(library)
    assert rows(library, STAY, "登记编号") == [("K2",), ("K3",)]
    assert {person for (person,) in log(library, "person_assignment", "person_id")} == {"P2", "P3", "P4", "P5"}


def test_nobody_of_that_number_and_no_such_record_is_wrong_usage(library: Workdir) -> None:
    with library.lock():
        with pytest.raises(UsageError, match="Nobody has"):
            plan_person(library, ORDER, "P7")
        with pytest.raises(UsageError, match="no record of that key"):
            plan_records(library, ORDER, [(STAY, "K7")])
        with pytest.raises(UsageError, match="who erases and why"):
            plan_person(library, Order("person", " ", "x"), HER)
        with pytest.raises(UsageError, match="unfinished"):
            go_on(library)


@pytest.fixture
def published(workdir: Workdir, publish_build: Callable[..., Published]) -> Workdir:
    """A build with two people in three mentions (tests/serving/conftest.py), and state that knows them."""
    publish_build("b1")
    state = State(workdir.state)
    with open_engine(workdir) as connection:
        keys = (
            "(VALUES ('K1', 'r1', 'P1'), ('K2', 'r2', 'P1'), ('K3', 'r3', 'P2')) "
            "AS known(record_key, record_ref, person_id)"
        )
        state.append(
            connection, "record_ref", f"SELECT '{STAY}' AS dataset, record_key, record_ref FROM {keys}", key="d1"
        )
        state.append(
            connection, "person_assignment", f"SELECT record_ref, 'resident' AS role, person_id FROM {keys}", key="b1.1"
        )
    return workdir


def test_a_published_build_has_nothing_of_her_and_the_others_whole(published: Workdir) -> None:
    erase(published, "P2")
    file = published.current / "restricted" / "sijiku.duckdb"
    assert file.stat().st_mode & 0o777 == 0o600
    assert "密乙".encode() not in file.read_bytes()
    for part in ("restricted", "analysis"):
        with duckdb.connect(str(published.current / part / "sijiku.duckdb"), read_only=True) as connection:
            found = connection.execute("SELECT finding_id FROM quality.finding ORDER BY ALL").fetchall()
            assert found == [("f0",)], "f1 was about her record"
    told = {page.read_text(encoding="utf-8") for page in (published.current / "site" / "data").rglob("*.js")}
    assert not [text for text in told if '"f1"' in text], "nor is it on a page of the site"
    assert [text for text in told if '"f0"' in text]
    for text in told:
        json.loads(text[text.index(",") + 1 : text.rindex(")")])
    with duckdb.connect(str(file), read_only=True) as connection:
        assert connection.execute("SELECT person_id FROM library.dim_person").fetchall() == [("P1",)]
        assert len(connection.execute("FROM library.fct_person_month").fetchall()) == 2
        assert connection.execute("SELECT sum(people) FROM marts.mart_population").fetchall() == [(5,)], "figures stand"


def test_what_an_erasure_rewrote_is_accounted_for_and_what_somebody_changed_is_not(published: Workdir) -> None:
    erase(published, "P2")
    done = verify(published)
    assert done.problems == []
    assert done.rewritten >= {"published/b1/restricted/sijiku.duckdb", "published/b1/analysis/sijiku.duckdb"}
    erase(published, "P1")
    assert verify(published).problems == [], "twice rewritten"
    file = published.current / "restricted" / "sijiku.duckdb"
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.write_bytes(whole)
    assert [problem.path for problem in verify(published).problems] == ["published/b1/restricted/sijiku.duckdb"]


def test_the_next_builds_manifest_has_the_hashes_of_the_rewritten_files(
    published: Workdir, publish_build: Callable[..., Published]
) -> None:
    erase(published, "P2")
    publish_build("b2", "UPDATE meta.build SET previous_build_id = 'b1'")
    assert verify(published).problems == []
