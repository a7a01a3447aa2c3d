"""Superset itself, in a browser: as two people on PostgreSQL, and on the published file without a server.

Wants the environment that `make bi` makes, and Chromium.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, sync_playwright

from serving.labels import division_names, label
from serving.library import open_published
from serving.metrics import query_metric
from serving.superset_dashboards import DASHBOARDS, Chart, Dashboard
from tests.conftest import BuiltCity
from tests.postgres import free_port

ROOT = Path(__file__).resolve().parents[2]
SUPERSET = ROOT / ".venv-superset"
CHROMIUM = Path("/usr/bin/chromium")
DISTRICT = "150202000000"
# Who looks, and which district alone.
PEOPLE = {"planner": None, "donghe": DISTRICT}

# Of each dashboard the chart that is held to `sijiku metric` row by row: its dimensions and metrics.
BY_DISTRICT = {
    "how-many": (["district"], ["people", "floating"]),
    "missing": (["district", "bureau"], ["unseen_rate"]),
    "again": (["district"], ["repeat_collections", "collections", "repeat_rate", "repeat_cost_yuan"]),
    "service": (["district"], ["floating_coverage_rate", "registered_coverage_rate"]),
}

pytestmark = [
    pytest.mark.full,
    pytest.mark.skipif(not (SUPERSET / "bin" / "superset").exists(), reason="make bi installs Superset"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="chromium is not installed"),
]


@dataclass
class Shown:
    """What a dashboard showed: rows by columns of an answer, figures by title, hosts that answered, what failed."""

    answers: dict[tuple[str, ...], list[dict[str, Any]]] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    hosts: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    maps: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that PostgreSQL's user may pass through, which pytest's own is not for root."""
    path = Path(tempfile.mkdtemp(prefix="sijiku-bi-"))
    yield path
    serve("down", "--home", path)
    shutil.rmtree(path, ignore_errors=True)


def serve(*arguments: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "superset" / "serve.py", *arguments],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def open_dashboard(page: Page, address: str, dashboard: Dashboard) -> Shown:
    """Look at a dashboard from top to bottom until every chart has its answer."""
    shown = Shown()

    def note(response: Response) -> None:
        shown.hosts.add(response.url.split("/")[2].split(":")[0] if response.url.startswith("http") else "")
        if "/api/v1/chart/data" not in response.url:
            return
        if response.status != 200:
            shown.failed.append(f"{response.status} {response.text()[:500]}")
            return
        for result in response.json()["result"]:
            shown.answers.setdefault(tuple(result["colnames"]), []).extend(result["data"])

    page.on("response", note)
    page.goto(f"{address}/superset/dashboard/sijiku-{dashboard.name}/")
    for chart in dashboard.charts:
        holder = page.locator(f'[data-test-chart-name="{chart.title}"]')
        holder.wait_for(timeout=120_000)
        holder.scroll_into_view_if_needed()
        drawn = {"big_number_total": ".header-line", "table": "td"}.get(chart.kind, "canvas")
        holder.locator(drawn).first.wait_for(timeout=60_000)
        if chart.kind == "big_number_total":
            shown.numbers[chart.title] = holder.locator(".header-line").inner_text().strip()
        if chart.dataset == "district_map":
            shown.maps.append(
                int(holder.locator("td img").evaluate("image => image.decode().then(() => image.naturalWidth)"))
            )
    page.remove_listener("response", note)
    return shown


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


def log_in(browser: Browser, address: str, home: Path, name: str) -> Page:
    """A page of somebody who has logged in."""
    lines = (home / "accounts.txt").read_text(encoding="utf-8").splitlines()
    passwords = dict(line.split("\t")[:2] for line in lines)
    page = browser.new_context(viewport={"width": 1500, "height": 1100}, locale="zh-CN").new_page()
    page.goto(f"{address}/login/")
    page.locator("#username, input[name=username]").first.fill(name)
    page.locator("input[type=password]").fill(passwords[name])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url, timeout=90_000)
    return page


def expected_number(city: BuiltCity, chart: Chart, district: str | None) -> str:
    metric = chart.params["metric"]
    where = {"district": district} if district else {}
    (row,) = query_metric(city.workdir, [metric], where=where).rows
    form = {",d": ",.0f", ",.0f": ",.0f", ".1%": ".1%", ".2f": ".2f"}[chart.params["y_axis_format"]]
    return f"{float(row[0]):{form}}"


def check(city: BuiltCity, shown: Shown, dashboard: Dashboard, district: str | None) -> None:
    """Figures are those of `sijiku metric`, all of the city or of the district alone; nothing came from elsewhere."""
    assert not shown.failed
    assert shown.hosts <= {"127.0.0.1", ""}
    assert len(shown.maps) == 1 and shown.maps[0] > 0
    for chart in dashboard.charts:
        if chart.kind == "big_number_total":
            assert shown.numbers[chart.title] == expected_number(city, chart, district), chart.title
    with open_published(city.workdir, "analysis") as library:
        names = division_names(library)
    districts = {row["district_name"] for rows in shown.answers.values() for row in rows if "district_name" in row}
    assert districts == {names[district]} if district else len(districts) > 9
    by, metrics = BY_DISTRICT[dashboard.name]
    given = query_metric(city.workdir, metrics, by, where={"district": district} if district else {})
    expected = {
        tuple(label(dimension, code, names) for dimension, code in zip(by, row, strict=False)): row[len(by) :]
        for row in given.rows
        if None not in row
    }
    columns = [f"{dimension}_name" for dimension in by]
    found = next(rows for answer, rows in shown.answers.items() if set(answer) >= {*columns, *metrics})
    assert {tuple(row[column] for column in columns) for row in found} == set(expected)
    for row in found:
        its = expected[tuple(row[column] for column in columns)]
        assert [float(row[metric]) for metric in metrics] == pytest.approx([float(value) for value in its])


def test_each_person_sees_the_own_figures_on_every_dashboard(
    built_city: BuiltCity, home: Path, browser: Browser
) -> None:
    port = free_port()
    serve("up", "--workdir", built_city.workdir.path, "--home", home, "--superset", SUPERSET, "--port", str(port))
    address = f"http://127.0.0.1:{port}"
    for person, district in PEOPLE.items():
        page = log_in(browser, address, home, person)
        for dashboard in DASHBOARDS:
            check(built_city, open_dashboard(page, address, dashboard), dashboard, district)
    # who read is known by name, not as Superset; and keys and passwords are nobody else's to read
    read = (home / "postgres" / "log").read_text(encoding="utf-8")
    for person in PEOPLE:
        assert f"{person}@sijiku LOG:  AUDIT: SESSION" in read
    for secret in ("accounts.txt", "passwords.json", "pgpass", "secret_key"):
        assert (home / secret).stat().st_mode & 0o077 == 0
    told = json.loads((home / "passwords.json").read_text(encoding="utf-8"))
    assert not [name for name, password in told.items() if password in (home / "superset.log").read_text("utf-8")]


def test_the_same_dashboards_stand_on_the_published_file_without_a_server(
    built_city: BuiltCity, home: Path, browser: Browser
) -> None:
    port = free_port()
    file = built_city.workdir.current / "analysis" / "sijiku.duckdb"
    where = ("--workdir", built_city.workdir.path, "--home", home, "--superset", SUPERSET)
    serve("up", *where, "--port", str(port), "--database", f"duckdb:///{file.absolute()}")
    assert not (home / "postgres" / "data" / "postmaster.pid").exists()
    address = f"http://127.0.0.1:{port}"
    page = log_in(browser, address, home, "planner")
    for dashboard in DASHBOARDS:
        check(built_city, open_dashboard(page, address, dashboard), dashboard, None)
