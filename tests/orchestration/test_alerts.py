"""People are told, over real servers and into a real file, and nothing personal goes out."""

from __future__ import annotations

import json
import socketserver
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import dbt
from orchestration.alerts import Alert, channels, masked, tell
from orchestration.resources import LibraryResource
from orchestration.run import BUILD_TAG
from serving.publish import PublicationBlocked
from sources.errors import SijikuError, UsageError
from sources.workdir import Workdir
from tests.conftest import BuiltCity
from tests.postgres import free_port

ALERT = Alert("refused", ("civil.marriage: 文件缺失 A file is missing",), "20141031-abc", "run-1")


@pytest.fixture(scope="module", autouse=True)
def manifest() -> None:
    dbt.ensure_manifest()


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]  # type: ignore[index, misc]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A web server that keeps what is posted to it."""
    got: list[dict[str, Any]] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(HTTPServer(("127.0.0.1", 0), Keep)) as port:
        yield f"http://127.0.0.1:{port}", got


@contextmanager
def mail_server() -> Iterator[tuple[int, list[bytes]]]:
    """A server that takes mail as RFC 5321 has it, and keeps it."""
    got: list[bytes] = []

    class Take(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 test")
            while command := self.rfile.readline().decode().strip().upper():
                if command == "DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) != b".\r\n":
                        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
                    got.append(b"".join(lines))
                self.say("221 bye" if command == "QUIT" else "250 OK")
                if command == "QUIT":
                    return

    with serving(socketserver.TCPServer(("127.0.0.1", 0), Take)) as port:
        yield port, got


def mail_settings(port: int) -> dict[str, str]:
    return {
        "SIJIKU_ALERT_MAIL_TO": "steward@example.org, centre@example.org",
        "SIJIKU_ALERT_MAIL_FROM": "sijiku@example.org",
        "SIJIKU_ALERT_MAIL_SERVER": f"127.0.0.1:{port}",
    }


def test_an_alert_goes_every_way_that_is_set_up(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    with webhook() as (url, posted), mail_server() as (port, mails):
        ways = channels({"SIJIKU_ALERT_WEBHOOK": url, "SIJIKU_ALERT_FILE": str(file)} | mail_settings(port))
        tell(ALERT, ways)
        tell(ALERT, ways)
    assert [body["msgtype"] for body in posted] == ["text", "text"]
    assert posted[0]["text"]["content"].startswith(
        "[四级库 Sijiku] 报送批次被拒收 Deliveries were refused\n- civil.marriage"
    )
    assert posted[0]["alert"] == json.loads(file.read_text(encoding="utf-8").splitlines()[1])
    assert posted[0]["alert"]["build"] == "20141031-abc"
    mail = message_from_bytes(mails[0], policy=policy.default)
    assert mail["To"] == "steward@example.org, centre@example.org"
    assert "报送批次被拒收" in mail["Subject"]
    assert "文件缺失" in mail.get_content()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_way_that_fails_keeps_none_of_the_others_back_and_is_named_without_its_address(tmp_path: Path) -> None:
    file = tmp_path / "alerts.jsonl"
    with webhook() as (url, _):
        settings = {"SIJIKU_ALERT_WEBHOOK": f"{url}/broken", "SIJIKU_ALERT_FILE": str(file)}
        with pytest.raises(SijikuError, match=r"webhook \(HTTPError\), mail") as caught:
            tell(ALERT, channels(settings | mail_settings(free_port())))
    assert "127.0.0.1" not in str(caught.value)
    assert len(file.read_text(encoding="utf-8").splitlines()) == 1


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"SIJIKU_ALERT_WEBHOOK": "ftp://somewhere"}, "SIJIKU_ALERT_WEBHOOK"),
        ({"SIJIKU_ALERT_MAIL_TO": "a@example.org"}, "SIJIKU_ALERT_MAIL_FROM"),
        ({"SIJIKU_ALERT_MAIL_TO": "a@b.c", "SIJIKU_ALERT_MAIL_FROM": "a@b.c"}, "SIJIKU_ALERT_MAIL_SERVER"),
    ],
)
def test_what_is_set_up_wrong_is_named(settings: dict[str, str], named: str) -> None:
    with pytest.raises(SijikuError, match=named):
        channels(settings)


def test_nothing_is_set_up_where_nothing_is_said() -> None:
    assert channels({}) == {}


def test_what_is_quoted_and_what_could_be_a_number_is_taken_out() -> None:
    assert masked("cannot convert '张三' of \"李四\" at 150202198001011234 or 13947212345") == (
        "cannot convert *** of *** at *** or ***"
    )


def failed_run(error: Exception, instance: dg.DagsterInstance) -> Any:
    """The context of the sensor on a run whose only step raised an error."""

    @dg.op
    def publish() -> None:
        raise error

    @dg.job
    def broken() -> None:
        publish()

    return told_of(broken.execute_in_process(instance=instance, raise_on_error=False), instance)


def told_of(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> Any:
    """The context of the sensor on a run that failed."""
    return dg.build_run_status_sensor_context(
        sensor_name="tell_of_failures",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()


@pytest.mark.parametrize(
    ("error", "kind", "line"),
    [
        (PublicationBlocked("账不平 The ledger does not balance.", "x"), "blocked", "publish: 账不平 The ledger"),
        (UsageError("没有目录 No folder '/data/王小明'.", "x"), "failed", "publish: 没有目录 No folder ***"),
        (ValueError("王小明 13947212345"), "failed", "publish: ValueError"),
    ],
)
def test_a_failed_run_is_told_of_in_words_that_hold_no_person(
    error: Exception, kind: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.defs.alerts import tell_of_failures

    file = tmp_path / "alerts.jsonl"
    monkeypatch.setenv("SIJIKU_ALERT_FILE", str(file))
    with dg.DagsterInstance.ephemeral() as instance:
        tell_of_failures(failed_run(error, instance))
    text = file.read_text(encoding="utf-8")
    (told,) = map(json.loads, text.splitlines())
    assert told["kind"] == kind
    assert told["lines"][0].startswith(line)
    assert "王小明" not in text and "13947212345" not in text


def test_of_a_run_that_got_to_no_step_the_reason_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from orchestration.defs.alerts import tell_of_failures

    @dg.op(required_resource_keys={"library"})
    def read() -> None:
        pass

    nowhere = LibraryResource(workdir=str(tmp_path / "library"), landing=str(tmp_path / "nowhere"))

    @dg.job(resource_defs={"library": nowhere})
    def build() -> None:
        read()

    file = tmp_path / "alerts.jsonl"
    monkeypatch.setenv("SIJIKU_ALERT_FILE", str(file))
    with dg.DagsterInstance.ephemeral() as instance:
        result = build.execute_in_process(instance=instance, raise_on_error=False)
        tell_of_failures(told_of(result, instance))
    (told,) = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    assert told["kind"] == "failed"
    assert told["lines"][0].startswith("build: 没有报送目录")


def test_a_build_tells_what_it_is_the_first_to_find_and_no_other_does(built_city: BuiltCity) -> None:
    from orchestration.defs.alerts import delivery_alerts

    assert delivery_alerts(Workdir(built_city.workdir.path), "20141031-another", "run-1") == []
    assert BUILD_TAG == "sijiku/build"
