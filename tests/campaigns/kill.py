"""Builds killed at random moments, and what the next build makes of it.

    python -m tests.campaigns.kill --kills 30 --seed 1

A small city is built once; then later deliveries arrive. Kills come in rows. A row starts from a copy of that library:
a build of the new deliveries is killed (SIGKILL) at a random moment of a step, half the time with dbt's process and
half the time without; the next build goes on from what is left, with no other help, and is killed in its turn. After
each kill it is asked whether the published library is whole (every file has the manifest's hash, and opens) and still
the earlier one, or the new one where publishing had got so far. The build after the last kill of a row is left alone,
and must end with the tables of a build that nobody disturbed.

What became of each kill is kept in `--work` as JSON lines, so that a campaign that is stopped goes on where it was.
`--write` puts the summary into docs/reliability.md, between its markers. A campaign runs one code: do not change files
while it lasts.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import duckdb

from orchestration.run import published_build
from serving.publish import is_whole
from sources.code_version import code_version
from sources.contract import load_contract
from sources.manifest import file_sha256
from sources.workdir import Workdir
from tests.campaigns.command import SIJIKU, copy, done_before, environment, folders, keep, run, succeed, write_page
from tests.same_library import differences

# Kind of step, in Chinese and English, to what its steps' names begin with.
KINDS: dict[str, tuple[str, str]] = {
    "landing": ("接收", "landing__"),
    "raw zone": ("原始区登记", "raw_zone"),
    "staging": ("规整", "staging"),
    "identity": ("识别", "identity"),
    "library": ("库与指标表", "library"),
    "expectations": ("数据检查", "docs__expectations"),
    "metrics": ("指标", "metrics"),
    "publishing": ("发布", "published__current"),
}
# The new deliveries: full ones of these datasets, under a date after every other.
FOLLOWING = ("psb/temporary_residence", "hfpc/immunization", "hfpc/health_record", "hrss/employment")
FOLLOWING_DATE = "2014-11-28"

_LINE = re.compile(r"^(\S+ \S+) DEBUG sijiku\.orchestration: (\w+): (start|finish)")
_LOOK_SECONDS = 0.02
_BUILD_SECONDS = 3600


@dataclass(frozen=True)
class Kill:
    """What became of one kill.

    Attributes:
        number: from 1.
        aimed_at: the kind of step that it was meant for.
        step: the step that was running by the build's own log.
        seconds: after the step's start.
        with_dbt: whether dbt's process was killed with the build's.
        is_whole: the published library was the earlier one, all its files by the manifest's hashes, and opened.
        is_resumed: the next build, with nothing done by hand, came to where it was killed in its turn, or ended well.
        differences: of the last kill of a row: tables that are not those of the undisturbed build.
        message: what the next build said, if it did not end well.
        is_last: it is the last of its row.
    """

    number: int
    aimed_at: str
    step: str
    seconds: float
    with_dbt: bool
    is_whole: bool
    is_resumed: bool
    differences: list[str]
    message: str = ""
    is_last: bool = True

    @property
    def is_good(self) -> bool:
        """Whether nothing was lost by the kill."""
        return self.is_whole and self.is_resumed and not self.differences


@dataclass(frozen=True)
class Ground:
    """What every kill starts from: an earlier library, the landing folder with new deliveries, and how it should end.

    `seconds`: step to how long it took undisturbed.
    """

    landing: Path
    earlier: Path
    undisturbed: Path
    seconds: dict[str, float]


def prepare(work: Path, landing: Path | None = None, earlier: Path | None = None, scale: float = 0.0005) -> Ground:
    """Make the ground in a folder, or take the one that is there.

    Args:
        work: where to.
        landing, earlier: a city's landing folder and the library built from it, copied; simulated and built if None.
        scale: of the city that is simulated.
    """
    ground = Ground(work / "landing", work / "earlier", work / "undisturbed", {})
    if not (work / "ready").exists():
        for folder in (ground.landing, ground.earlier, ground.undisturbed):
            shutil.rmtree(folder, ignore_errors=True)
        if landing is None or earlier is None:
            succeed(["simulate", "--out", str(work / "city"), "--scale", str(scale)])
            shutil.copytree(work / "city" / "landing", ground.landing)
            succeed(["build", *folders(ground.landing, ground.earlier)])
        else:
            shutil.copytree(landing, ground.landing)
            copy(earlier, ground.earlier)
        for dataset in FOLLOWING:
            _deliver_again(ground.landing / dataset)
        copy(ground.earlier, ground.undisturbed)
        succeed(["build", *folders(ground.landing, ground.undisturbed)])
        (work / "ready").touch()
    lines = _log_lines(_newest_log(ground.undisturbed))
    starts = {step: at for at, step, what in lines if what == "start"}
    seconds = {step: (at - starts[step]).total_seconds() for at, step, what in lines if what == "finish"}
    return Ground(ground.landing, ground.earlier, ground.undisturbed, seconds)


def kill_in_a_row(ground: Ground, trial: Path, first: int, kinds: Sequence[str], seed: int | str) -> list[Kill]:
    """Copy the earlier library, kill one build after another of it, each in a step of a kind; let the last one end.

    Args:
        first: number of the first kill.
        kinds: of KINDS, one for each kill.
        seed: for the step of each kind, the moment, and whether dbt is killed too.
    """
    copy(ground.earlier, trial)
    current = trial / "published" / "current"
    earlier = os.readlink(current)
    kills: list[Kill] = []
    for number, kind in enumerate(kinds, start=first):
        chance = random.Random(f"{seed}/{number}")
        steps = sorted(step for step in ground.seconds if step.startswith(KINDS[kind][1]))
        if kind == "landing":  # of the many small ones, those that have something to take in
            following = {dataset.replace("/", "__") for dataset in FOLLOWING}
            steps = [step for step in steps if step.removeprefix("landing__") in following]
        step, share, with_dbt = chance.choice(steps), chance.random(), chance.random() < 0.5
        for _ in range(4):
            try:
                hit = _kill_once(ground, trial, step, share * ground.seconds[step], with_dbt)
            except _EndedBadly as ended:
                if not kills:
                    raise RuntimeError(f"undisturbed, a build failed: {ended}") from None
                return [*kills[:-1], replace(kills[-1], is_resumed=False, is_last=True, message=str(ended))]
            if hit is not None:
                break
            # It was faster than the undisturbed one and over already, or a kill in the last moments of publishing had
            # left nothing to do: this one begins a row of its own.
            copy(ground.earlier, trial)
            share /= 2
        else:
            raise RuntimeError(f"no build could be killed in {step}")
        # Killed in the last moments of publishing, the new library may be there already.
        whole = is_whole(current) and _opens(current)
        whole = whole and os.readlink(current) in {earlier, published_build(Workdir(ground.undisturbed))}
        kills.append(Kill(number, kind, hit[0], round(hit[1], 2), with_dbt, whole, True, [], is_last=False))
    again = run(["build", *folders(ground.landing, trial)])
    resumed = again.returncode == 0
    differing = differences(current, ground.undisturbed / "published" / "current") if resumed else ["not built"]
    message = "" if resumed else again.stderr[-2000:]
    return [
        *kills[:-1],
        replace(kills[-1], is_resumed=resumed, differences=differing, message=message, is_last=True),
    ]


class _EndedBadly(Exception):
    """A build that was to be killed failed before."""


def _kill_once(ground: Ground, trial: Path, step: str, delay: float, with_dbt: bool) -> tuple[str, float] | None:
    """Kill a build so many seconds after a step began; the step that was running, and for how long. None: too late.

    Raises:
        _EndedBadly: it failed by itself.
    """
    logs_before = set((trial / "logs").iterdir())
    said = trial.with_name(f"{trial.name}.stderr")
    with said.open("wb") as errors:
        process = subprocess.Popen(
            [str(SIJIKU), "build", *folders(ground.landing, trial)],
            stdout=subprocess.DEVNULL,
            stderr=errors,
            env=environment(),
            start_new_session=True,
        )
    try:
        began = _wait_for(process, trial, logs_before, step)
        while began is not None and process.poll() is None and time.monotonic() < began + delay:
            time.sleep(_LOOK_SECONDS)
        if began is None or process.poll() is not None:
            if process.poll():
                raise _EndedBadly(said.read_text(encoding="utf-8", errors="replace")[-2000:])
            return None
    finally:
        if process.poll() is None:
            if with_dbt:
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()
            process.wait()
    lines = _log_lines(max(set((trial / "logs").iterdir()) - logs_before))
    return lines[-1][1], time.monotonic() - began


def _wait_for(process: subprocess.Popen[bytes], trial: Path, logs_before: set[Path], step: str) -> float | None:
    deadline = time.monotonic() + _BUILD_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        for log in set((trial / "logs").iterdir()) - logs_before:
            if any(line[1:] == (step, "start") for line in _log_lines(log)):
                return time.monotonic()
        time.sleep(_LOOK_SECONDS)
    return None


def _log_lines(log: Path) -> list[tuple[datetime, str, str]]:
    found = map(_LINE.match, log.read_text(encoding="utf-8").splitlines())
    return [(datetime.fromisoformat(line[1].replace(",", ".")), line[2], line[3]) for line in found if line]


def _newest_log(workdir: Path) -> Path:
    return max((workdir / "logs").glob("build-*.log"))


def _opens(published: Path) -> bool:
    connection = duckdb.connect(str(published / "restricted" / "sijiku.duckdb"), read_only=True)
    try:
        row = connection.execute("SELECT count(*) FROM library.dim_person").fetchone()
        return row is not None and row[0] > 0
    finally:
        connection.close()


def _deliver_again(dataset: Path) -> None:
    """The newest full delivery of a CSV dataset once more, under a later date and without every tenth row."""
    manifests = {
        folder: json.loads((folder / "manifest.json").read_text(encoding="utf-8")) for folder in dataset.iterdir()
    }
    newest = max(folder for folder, manifest in manifests.items() if manifest["mode"] == "full")
    format_ = load_contract(f"{dataset.parent.name}.{dataset.name}").format
    encoding, delimiter = format_.encoding or "utf-8", format_.delimiter or ","
    target = dataset / FOLLOWING_DATE
    target.mkdir()
    files = []
    for file in manifests[newest]["files"]:
        with (newest / file["name"]).open(encoding=encoding, newline="") as source:
            header, *rows = csv.reader(source, delimiter=delimiter)
        kept = [row for number, row in enumerate(rows, start=1) if number % 10]
        with (target / file["name"]).open("w", encoding=encoding, newline="") as copy:
            csv.writer(copy, delimiter=delimiter, lineterminator="\r\n").writerows([header, *kept])
        files.append(file | {"rows": len(kept), "sha256": file_sha256(target / file["name"])})
    manifest = manifests[newest] | {"extract_date": FOLLOWING_DATE, "files": files}
    (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def plan(kills: int, seed: int) -> list[str]:
    """The kinds of step to aim at, each as often as the others, in an order that the seed draws."""
    kinds = [list(KINDS)[number % len(KINDS)] for number in range(kills)]
    random.Random(seed).shuffle(kinds)
    return kinds


def summary(kills: Sequence[Kill], seed: int, scale: float, code: str) -> str:
    """The campaign's table for docs/reliability.md."""
    with_dbt = sum(item.with_dbt for item in kills)
    lines = [
        f"{len(kills)} 次强制终止（SIGKILL），随机种子 {seed}，规模 {scale}，程序版本 {code}；"
        f"{with_dbt} 次连同 dbt 进程，其余只终止建库进程。",
        f"{len(kills)} kills, seed {seed}, scale {scale}, code {code}; {with_dbt} with dbt's process, the others of "
        "the build's alone.",
        "",
        "| 环节 step | 终止 kills | 已发布的库完好 published library whole | 下次建库自行继续 next build went on |",
        "|---|---:|---:|---:|",
    ]
    rows = [
        (f"{zh} {kind}", [item for item in kills if item.step.startswith(prefix)])
        for kind, (zh, prefix) in KINDS.items()
    ]
    seen = {item.number for _, items in rows for item in items}
    rows += [("其他 other", [item for item in kills if item.number not in seen])]
    rows += [("**合计 all**", list(kills))]
    lines += [
        f"| {name} | {len(items)} | {sum(k.is_whole for k in items)} | {sum(k.is_resumed for k in items)} |"
        for name, items in rows
        if items
    ]
    ends = [item for item in kills if item.is_last]
    same = sum(item.is_good for item in ends)
    lines += [
        "",
        f"{len(ends)} 串连续终止，{same} 串之后的建库与未受扰者逐表相同。"
        f"{len(ends)} rows of kills; after {same} of them the build that was left alone had the tables of an "
        "undisturbed one.",
    ]
    bad = [item for item in kills if not item.is_good]
    if bad:
        lines += ["", *(f"- {k.number}: {k.step}, {k.seconds} s: {'; '.join(k.differences[:5])}" for k in bad)]
    return "\n".join(lines)


def main() -> int:
    """Run the campaign, or what is left of it; 1 where something was lost by a kill."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--in-a-row", type=int, default=5, help="kills before a build is left alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scale", type=float, default=0.0005)
    parser.add_argument("--work", type=Path, default=Path("var/kill"), help="where it works, and remembers")
    parser.add_argument("--write", action="store_true", help="put the summary into docs/reliability.md")
    options = parser.parse_args()
    work, code = options.work.resolve(), code_version()
    work = work / code
    work.mkdir(parents=True, exist_ok=True)
    ground = prepare(work, scale=options.scale)
    record = work / f"seed-{options.seed}.jsonl"
    kills = done_before(record, Kill)[: options.kills]
    kinds = plan(options.kills, options.seed)
    while len(kills) < options.kills:
        row = kinds[len(kills) : len(kills) + options.in_a_row]
        results = kill_in_a_row(ground, work / "trial", len(kills) + 1, row, options.seed)
        for result in results:
            kills.append(result)
            verdict = "ok" if result.is_good else "LOST"
            print(f"{result.number}/{options.kills} {verdict}: {result.step} after {result.seconds} s", flush=True)
        # A row is kept whole: one that was interrupted begins anew.
        for result in results:
            keep(record, result)
        if len(results) < len(row):
            break
    text = summary(kills, options.seed, options.scale, code)
    print(text)
    if options.write:
        write_page("kill", text)
    return 0 if all(item.is_good for item in kills) else 1


if __name__ == "__main__":
    sys.exit(main())
