"""Dagster as it runs for good: its own daemon, its memory in PostgreSQL, the schedule switched on, and nobody there."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from dagster._core.scheduler.instigation import InstigatorType, ScheduleInstigatorData

from orchestration import dbt
from orchestration.run import AS_OF_TAG, BUILD_TAG, MANNER_TAG, published_build
from serving.library import open_published
from sources.contract import CHANGE_HEADER, load_contracts
from sources.workdir import Workdir
from tests.deliveries import sample_rows, write_delivery
from tests.orchestration.test_alerts import webhook
from tests.orchestration.test_every_dataset import DELTA, deliver
from tests.postgres import Database

# The daemon writes down every table that a run will make, one by one, before the run starts.
pytestmark = pytest.mark.full

PROGRAMS = Path(sys.executable).parent
WORKSPACE = ("-w", str(dbt.PROJECT.parent / "orchestration" / "workspace.yaml"))
SCHEDULED = {"dagster/schedule_name": "nightly"}
ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
DAY_SECONDS = 86_400
LATEST = "2014-12-12"


@dataclass(frozen=True)
class Site:
    """Where a library is built for good: folders, what Dagster and the builds are told by the environment, and what was
    posted to the webhook."""

    landing: Path
    workdir: Workdir
    alerts: Path
    environment: Mapping[str, str]
    posted: list[dict[str, object]]

    def run(self, program: str, *arguments: str) -> None:
        """One of Dagster's programs, to its end."""
        ended = subprocess.run(
            [PROGRAMS / program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr

    @contextmanager
    def daemon(self, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        """Dagster's daemon, which is stopped at the end with all that it started."""
        with (
            log.open("wb") as said,
            subprocess.Popen(
                [PROGRAMS / "dagster-daemon", "run", *WORKSPACE],
                env=self.environment,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(60)
                finally:
                    # A run is in a process of its own, and would go on.
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def site(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Dagster's settings for production; every way of telling that needs no mail server."""
    dbt.ensure_manifest()
    home = tmp_path / "dagster"
    home.mkdir()
    shutil.copy(dbt.PROJECT.parent / "orchestration" / "dagster.production.yaml", home / "dagster.yaml")
    with webhook() as (url, posted):
        given = {
            "DAGSTER_HOME": str(home),
            "SIJIKU_DAGSTER_DSN": f"postgresql://dagster:s3cret@127.0.0.1:{database.server.port}/{database.name}",
            "SIJIKU_LANDING": str(tmp_path / "landing"),
            "SIJIKU_WORKDIR": str(tmp_path / "library"),
            "SIJIKU_ALERT_FILE": str(tmp_path / "alerts.jsonl"),
            "SIJIKU_ALERT_WEBHOOK": url,
            "SIJIKU_MEMORY": "2GB",
            "SIJIKU_THREADS": "2",
        }
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        database.execute("CREATE ROLE dagster LOGIN PASSWORD 's3cret'", "GRANT ALL ON SCHEMA public TO dagster")
        yield Site(
            tmp_path / "landing",
            Workdir(tmp_path / "library"),
            tmp_path / "alerts.jsonl",
            dict(os.environ),
            posted,
        )
        database.execute("DROP OWNED BY dagster CASCADE", "DROP ROLE dagster")


def switch_on_a_day_ago(site: Site, instance: dg.DagsterInstance) -> None:
    """Switch the schedule on, and let that have been yesterday: since then it was 2:00 in Beijing once, or is now."""
    site.run("dagster", "schedule", "start", "nightly", *WORKSPACE)
    (state,) = instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE)
    assert isinstance(state.instigator_data, ScheduleInstigatorData)
    cron, began = state.instigator_data.cron_schedule, state.instigator_data.start_timestamp
    assert cron == "0 2 * * *" and began
    instance.update_instigator_state(state.with_data(ScheduleInstigatorData(cron, began - DAY_SECONDS)))


def wait_for(process: subprocess.Popen[bytes], log: Path, is_so: Callable[[], bool], minutes: int) -> None:
    """Look again and again until something is so, for as long as the daemon runs."""
    last = time.monotonic() + 60 * minutes
    while not is_so():
        assert process.poll() is None and time.monotonic() < last, log.read_text(encoding="utf-8")[-6000:]
        time.sleep(1)


def told(site: Site) -> list[dict[str, object]]:
    """The alerts in the file."""
    return [json.loads(line) for line in site.alerts.read_text("utf-8").splitlines()] if site.alerts.exists() else []


def scheduled(instance: dg.DagsterInstance) -> list[dg.DagsterRun]:
    """The runs that the schedule asked for and that have ended."""
    return list(instance.get_runs(dg.RunsFilter(tags=SCHEDULED, statuses=ENDED)))


def test_the_schedule_starts_a_run_by_itself_and_people_are_told_that_it_failed(site: Site, tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    with dg.DagsterInstance.get() as instance:
        switch_on_a_day_ago(site, instance)
        with site.daemon(log) as process:
            wait_for(process, log, lambda: bool(told(site)), 10)
        (run,) = scheduled(instance)
    assert (run.job_name, run.status) == ("build", dg.DagsterRunStatus.FAILURE)
    (alert,) = told(site)
    assert (alert["kind"], alert["run"]) == ("failed", run.run_id)
    assert isinstance(alert["lines"], list) and alert["lines"][0].startswith("build: 没有报送目录")
    assert [post["alert"] for post in site.posted] == [alert]


def test_a_night_goes_from_the_schedule_to_a_published_library_and_tells_what_is_overdue(
    site: Site, tmp_path: Path, database: Database
) -> None:
    contracts = load_contracts("active")
    for contract in contracts.values():
        deliver(site.landing, contract)
    rows = [row | {CHANGE_HEADER: "I"} for row in sample_rows("civil.marriage", 3, 50)]
    write_delivery(site.landing, "civil.marriage", LATEST, "delta", rows)
    ago = time.time() - 3600
    for path in site.landing.rglob("*"):
        os.utime(path, (ago, ago))

    log = tmp_path / "daemon.log"
    with dg.DagsterInstance.get() as instance:
        switch_on_a_day_ago(site, instance)
        with site.daemon(log) as process:
            wait_for(process, log, lambda: bool(scheduled(instance)), 30)
            wait_for(process, log, lambda: bool(told(site)), 10)
        (run,) = scheduled(instance)
        assert run.status is dg.DagsterRunStatus.SUCCESS, log.read_text(encoding="utf-8")[-6000:]
        made = {key.path[0] for key in instance.get_asset_keys() if instance.get_latest_materialization_event(key)}

    build = published_build(site.workdir)
    assert build and {BUILD_TAG: build, AS_OF_TAG: LATEST, MANNER_TAG: "full"}.items() <= run.tags.items()
    with open_published(site.workdir) as library:
        assert library.execute("SELECT count(*) > 0 FROM library.dim_person").fetchone() == (True,)
    assert {"landing", "raw", "staging", "mentions", "identity", "library", "quality", "marts", "published"} <= made
    with psycopg.connect(database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert not list((tmp_path / "dagster").rglob("*.db"))

    (alert,) = told(site)
    assert (alert["kind"], alert["build"], alert["run"]) == ("late", build, run.run_id)
    overdue = {
        name
        for name, contract in contracts.items()
        if name != "civil.marriage"
        and date.fromisoformat(DELTA) + timedelta(days=contract.rhythm.every_days + contract.rhythm.grace_days)
        < date.fromisoformat(LATEST)
    }
    lines = alert["lines"]
    assert isinstance(lines, list)
    assert overdue and sorted(line.split(": ")[0] for line in lines) == sorted(overdue)
    assert [post["alert"] for post in site.posted] == [alert]
