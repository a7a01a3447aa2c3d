"""A library's key is changed whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from serving import rewriting
from serving.library import query
from serving.proof import inputs_at, verify
from serving.publish import Published
from serving.rotation import Part, rotate, standing
from sources import parquet
from sources.contract import load_contract
from sources.encryption import is_encrypted
from sources.errors import SijikuError, UsageError
from sources.landing import take_in
from sources.raw_zone import register
from sources.state import State
from sources.warehouse import open_engine
from sources.workdir import Workdir
from tests.conftest import UseKey
from tests.deliveries import sample_rows, write_delivery

OLD, NEW = "the-old-key-of-a-library", "the-new-key-of-a-library"
PEOPLE = "SELECT count(*) FROM library.dim_person"
DATASET, DAY = "psb.temporary_residence", "2014-10-31"
KEY_COLUMNS = load_contract(DATASET).key
RESTRICTED = "published/b1/restricted/sijiku.duckdb"


@pytest.fixture
def library(workdir: Workdir, publish_build: Callable[..., Published], use_key: UseKey, tmp_path: Path) -> Workdir:
    """A library that was built without a key, from a delivery of three rows and one that cannot be read."""
    use_key(None)
    rows = sample_rows(DATASET, 3)
    write_delivery(tmp_path / "landing", DATASET, DAY, rows=[*rows, rows[0] | dict.fromkeys(KEY_COLUMNS, "")])
    assert [outcome.state for outcome in take_in(workdir, tmp_path / "landing").outcomes] == ["accepted"]
    with open_engine(workdir) as connection:
        State(workdir.state).append(
            connection,
            "case",
            "SELECT 'c1' AS case_event_id, 'f1' AS finding_id, NULL AS at, "
            "NULL AS kind, NULL AS state, NULL AS by, NULL AS reason, NULL AS until_on",
            key="c1",
        )
    publish_build("b1")
    return workdir


def rekey(workdir: Workdir, key: str) -> list[str]:
    with workdir.lock(may_be_rekeying=True):
        return rotate(workdir, key)


def parquet_files(workdir: Workdir) -> dict[str, bool]:
    """Every Parquet file of raw zone, quarantine and state, and whether it is encrypted."""
    return {
        file.relative_to(workdir.path).as_posix(): parquet.is_encrypted(file)
        for part in (workdir.raw, workdir.quarantine, workdir.state)
        for file in part.rglob("*.parquet")
    }


def contents(workdir: Workdir) -> dict[str, list[tuple[object, ...]]]:
    """What every Parquet file says, in its order."""
    with open_engine(workdir) as connection:
        return {
            file: connection.execute(
                f"SELECT * FROM {parquet.rows_in([workdir.path / file], 'file_row_number')}"
            ).fetchall()
            for file in parquet_files(workdir)
            if "rewritten_file" not in file
        }


def test_what_holds_persons_is_encrypted_and_then_under_another_key(library: Workdir, use_key: UseKey) -> None:
    before, said = parquet_files(library), contents(library)
    build_id = register(library, [], None, "c1").build_id
    assert {path.split("/")[0] for path in before} == {"raw", "quarantine", "state"}
    assert set(rekey(library, OLD)) == {*before, RESTRICTED}
    use_key(OLD)
    assert all(parquet_files(library).values())
    assert contents(library) == said
    assert set(rekey(library, NEW)) == {*parquet_files(library), RESTRICTED} - newest_of(library, "rewritten_file")
    with pytest.raises(SijikuError, match="another key"):
        query(library, PEOPLE)
    with pytest.raises(SijikuError, match="another key"):
        State(library.state).select("delivery")
    use_key(NEW)
    assert all(parquet_files(library).values())
    assert contents(library) == said
    assert query(library, PEOPLE).rows == [(2,)]
    assert query(library, "SELECT count(*) FROM marts.mart_population", "analysis").rows == [(4,)], "no persons, no key"
    restricted = library.current / "restricted" / "sijiku.duckdb"
    assert is_encrypted(restricted)
    assert restricted.stat().st_mode & 0o777 == 0o600
    assert {file.stat().st_mode & 0o777 for file in library.raw.rglob("*.parquet")} == {0o400}
    done = verify(library)
    assert (done.problems, done.rewritten) == ([], {*inputs_at(library.current), RESTRICTED})
    assert register(library, [], None, "c1").build_id == build_id, "it says what it said"


def newest_of(workdir: Workdir, log: str) -> set[str]:
    return {State(workdir.state).segments(log)[-1].relative_to(workdir.path).as_posix()}


def test_the_working_warehouse_goes_and_nothing_half_written_is_left_in_the_clear(library: Workdir) -> None:
    halves = (
        library.raw / "psb" / "temporary_residence" / ".half-d1" / "part-00001.parquet",
        library.state / "delivery" / ".000009-d9.parquet.half",
        library.path / ".erasing.half" / "plan" / "value.parquet",
        library.scratch / "intake" / "00001" / "lines.parquet",
    )
    for half in halves:
        half.parent.mkdir(parents=True, exist_ok=True)
        half.write_bytes(b"PAR1")
    rekey(library, NEW)
    assert not any(half.exists() for half in halves)
    assert not library.warehouse.exists()


def test_what_was_written_before_there_was_a_key_is_encrypted_under_the_one_in_use(
    library: Workdir, use_key: UseKey, tmp_path: Path
) -> None:
    use_key(OLD)
    write_delivery(tmp_path / "next", DATASET, "2014-11-01", rows=sample_rows(DATASET, 2))
    take_in(library, tmp_path / "next")
    plain = {path for path, encrypted in parquet_files(library).items() if not encrypted}
    assert plain < set(parquet_files(library))
    kept = {path: (library.path / path).read_bytes() for path in set(parquet_files(library)) - plain}
    assert set(rekey(library, OLD)) == {*plain, RESTRICTED}
    assert all(parquet_files(library).values())
    assert all((library.path / path).read_bytes() == content for path, content in kept.items())
    assert rekey(library, OLD) == []
    assert query(library, PEOPLE).rows == [(2,)]
    assert verify(library).problems == []


def test_it_is_told_what_is_encrypted_and_what_is_not(library: Workdir, use_key: UseKey) -> None:
    assert {part.name: part.encrypted for part in standing(library)} == dict.fromkeys(
        ("raw", "quarantine", "state", "warehouse", "published"), 0
    )
    assert Part("raw", 0, 1) in standing(library)
    rekey(library, NEW)
    with pytest.raises(SijikuError, match="there is no key"):
        standing(library)
    use_key(NEW)
    assert [part.plain for part in standing(library)] == [0] * 5
    assert Part("published", 1, 0) in standing(library)


def test_cut_off_before_all_copies_are_there_nothing_was_changed(
    library: Workdir, use_key: UseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(rewriting, "write_json", killed)
        with pytest.raises(KeyboardInterrupt):
            rekey(library, NEW)
    with library.lock():
        assert query(library, PEOPLE).rows == [(2,)]
    rekey(library, NEW)
    use_key(NEW)
    assert query(library, PEOPLE).rows == [(2,)]


def test_cut_off_half_way_it_is_gone_on_with_and_nobody_works_meanwhile(
    library: Workdir, use_key: UseKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, moved, said = Path.replace, [], contents(library)

    def killed(self: Path, target: Path) -> Path:
        if moved:
            raise KeyboardInterrupt
        moved.append(target)
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", killed)
        with pytest.raises(KeyboardInterrupt):
            rekey(library, NEW)
    with pytest.raises(SijikuError, match="change of keys"), library.lock():
        pass
    with pytest.raises(UsageError, match="to another key"):
        rekey(library, OLD)
    rekey(library, NEW)
    use_key(NEW)
    assert query(library, PEOPLE).rows == [(2,)]
    assert all(parquet_files(library).values())
    assert contents(library) == said
    assert verify(library).problems == []


def test_a_wrong_or_missing_old_key_changes_nothing(library: Workdir, use_key: UseKey) -> None:
    rekey(library, OLD)
    before = {path: (library.path / path).read_bytes() for path in parquet_files(library)}
    use_key("a-key-that-is-not-the-old-one")
    with pytest.raises(SijikuError, match="another key"):
        rekey(library, NEW)
    use_key(None)
    with pytest.raises(SijikuError, match="there is no key"):
        rekey(library, NEW)
    use_key(OLD)
    assert query(library, PEOPLE).rows == [(2,)]
    assert {path: (library.path / path).read_bytes() for path in parquet_files(library)} == before
