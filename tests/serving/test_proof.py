"""What was published, what it was made of and the order of builds: each changed byte is found and named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from serving.cases import CaseLine, enter
from serving.proof import entry, verify
from serving.publish import Published
from sources.errors import UsageError
from sources.workdir import Workdir

Publish = Callable[..., Published]
SECOND = "UPDATE meta.build SET previous_build_id = 'b1'"


@pytest.fixture
def library(workdir: Workdir, publish_build: Publish) -> Workdir:
    """Two builds; between them somebody entered a case."""
    publish_build("b1")
    enter(workdir, [CaseLine(1, "f1", "acknowledged", "户政科")])
    publish_build("b2", SECOND)
    return workdir


def manifest(workdir: Workdir, build: str) -> dict[str, object]:
    text = (workdir.published / build / "manifest.json").read_text(encoding="utf-8")
    return json.loads(text)  # type: ignore[no-any-return]


def flip(file: Path) -> None:
    """Change one bit in the middle."""
    whole = bytearray(file.read_bytes())
    whole[len(whole) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(whole)


def wrong(workdir: Workdir) -> list[tuple[str, str]]:
    return [(problem.build_id, problem.path) for problem in verify(workdir).problems]


def test_builds_as_they_were_published_verify(library: Workdir) -> None:
    done = verify(library)
    assert (done.problems, done.builds, done.chain) == ([], 2, 2)
    assert done.files > len(list((library.published / "b2").rglob("*.parquet")))


def test_a_build_is_chained_to_the_one_before_and_names_what_it_was_made_of(library: Workdir) -> None:
    first, second = manifest(library, "b1"), manifest(library, "b2")
    assert first["previous"] is None
    assert second["previous"]["build_id"] == "b1"  # type: ignore[index]
    made_of = {item["path"] for item in second["inputs"]}  # type: ignore[attr-defined]
    assert {path.split("/")[1] for path in made_of} == {"build", "case", "finding_event", "manifest"}
    assert made_of > {item["path"] for item in first["inputs"]}  # type: ignore[attr-defined]


CHANGED = {
    "a table": "published/b1/restricted/sijiku.duckdb",
    "a page": "published/b1/site/audit.html",
    "what somebody said": "state/case",
    "what a build saw": "state/finding_event/000001-b1.parquet",
}


@pytest.mark.parametrize("what", CHANGED)
def test_a_changed_bit_is_found_and_named(library: Workdir, what: str) -> None:
    path = CHANGED[what]
    file = library.path / path
    if file.is_dir():
        (file,) = file.glob("*.parquet")
        path = file.relative_to(library.path).as_posix()
    flip(file)
    assert {named for _, named in wrong(library)} == {path}


def test_what_is_missing_or_was_added_is_named(library: Workdir) -> None:
    folder = library.published / "b2"
    (folder / "site" / "index.html").unlink()
    (folder / "site" / "more.html").write_text("x", encoding="utf-8")
    assert wrong(library) == [("b2", "published/b2/site/more.html"), ("b2", "published/b2/site/index.html")]


def test_who_changes_a_page_and_the_manifest_with_it_is_found_by_the_chain(library: Workdir) -> None:
    page = library.published / "b1" / "site" / "index.html"
    page.write_text("all is well", encoding="utf-8")
    file = library.published / "b1" / "manifest.json"
    document = manifest(library, "b1")
    document["files"] = [
        entry(file.parent, page) if item["path"] == "site/index.html" else item
        for item in document["files"]  # type: ignore[attr-defined]
    ]
    file.write_text(json.dumps(document), encoding="utf-8")
    assert wrong(library) == [("b1", "published/b1/manifest.json")]


def test_a_build_taken_out_of_the_chain_is_missed(library: Workdir) -> None:
    (first,) = (library.state / "manifest").glob("*-b1.*.parquet")
    first.unlink()
    assert ("b2", "state/manifest") in wrong(library)
    assert ("b1", "published/b1/manifest.json") in wrong(library)


def test_a_build_that_was_cleared_away_stays_in_the_chain(library: Workdir) -> None:
    shutil.rmtree(library.published / "b1")
    done = verify(library)
    assert (done.problems, done.builds, done.chain) == ([], 1, 2)


def test_a_damaged_build_published_anew_is_chained_again(library: Workdir, publish_build: Publish) -> None:
    flip(library.published / "b2" / "restricted" / "sijiku.duckdb")
    publish_build("b2", SECOND)
    done = verify(library)
    assert (done.problems, done.chain) == ([], 2)


def test_the_command_names_what_is_wrong_and_ends_with_1(library: Workdir) -> None:
    run, where = CliRunner().invoke, ["audit", "verify", "--workdir", str(library.path)]
    good = run(app, where)
    assert (good.exit_code, verify(library).end in good.output) == (0, True)
    flip(library.published / "b1" / "site" / "audit.html")
    bad = run(app, where)
    assert bad.exit_code == 1
    assert "published/b1/site/audit.html" in "".join(bad.output.split())


def test_where_nothing_was_published_there_is_nothing_to_verify(workdir: Workdir) -> None:
    with pytest.raises(UsageError, match="Nothing is published"):
        verify(workdir)
