"""What people are told without asking: over a webhook, by e-mail, into a file, or all of them.

Where to is said by the environment; what is not said is not used. No alert holds a personal value: of errors only the
project's own words are passed on, and from these whatever is quoted or could be a number is taken out.

| variable | what it is |
|---|---|
| `SIJIKU_ALERT_WEBHOOK` | address that takes a POST of JSON, as the robots of WeCom and DingTalk do |
| `SIJIKU_ALERT_FILE` | file that gets a line of JSON for each alert |
| `SIJIKU_ALERT_MAIL_TO` | addresses, comma-separated |
| `SIJIKU_ALERT_MAIL_FROM`, `SIJIKU_ALERT_MAIL_SERVER` | sender, and `host:port`; wanted where mail is sent |
| `SIJIKU_ALERT_MAIL_USER`, `SIJIKU_ALERT_MAIL_PASSWORD` | for servers that ask; the connection is then encrypted |
"""

from __future__ import annotations

import json
import os
import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sources.errors import SijikuError

# A receiver that does not answer must not hold up the next alert.
TIMEOUT_SECONDS = 10
OWNER_ONLY_FILE = 0o600

Kind = Literal["failed", "blocked", "refused", "late"]
TITLES: Mapping[Kind, tuple[str, str]] = {
    "failed": ("建库失败", "A run failed"),
    "blocked": ("发布受阻，沿用旧库", "Publication was blocked, the earlier library stays"),
    "refused": ("报送批次被拒收", "Deliveries were refused"),
    "late": ("报送逾期", "Deliveries are overdue"),
}

# A value in an error's words: quoted, or digits that could be of a number, a phone or a birth date.
_QUOTED = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'|“[^”\n]*”")
_DIGITS = re.compile(r"[0-9]{6,}[0-9Xx]?")


@dataclass(frozen=True)
class Alert:
    """One thing to be told.

    `lines`: what it is about, one each, without personal values. `build`, `run`: their ids, where there is one.
    """

    kind: Kind
    lines: tuple[str, ...]
    build: str | None = None
    run: str | None = None

    @property
    def title(self) -> str:
        """What has happened, Chinese first."""
        zh, en = TITLES[self.kind]
        return f"[四级库 Sijiku] {zh} {en}"

    @property
    def text(self) -> str:
        """The whole alert as lines of text."""
        about = [f"建库 build: {self.build}"] if self.build else []
        about += [f"运行 run: {self.run}"] if self.run else []
        return "\n".join([self.title, *(f"- {line}" for line in self.lines), *about])


Channel = Callable[[Alert], None]


def masked(text: str) -> str:
    """A text without what is quoted in it and without long numbers."""
    return _DIGITS.sub("***", _QUOTED.sub("***", text))


def channels(environment: Mapping[str, str]) -> dict[str, Channel]:
    """The ways that the environment names, by name.

    Raises:
        SijikuError: an address is of the wrong form, or something that belongs to it is missing.
    """
    found: dict[str, Channel] = {}
    if url := environment.get("SIJIKU_ALERT_WEBHOOK"):
        if urlsplit(url).scheme not in ("http", "https"):
            raise _wrong("SIJIKU_ALERT_WEBHOOK", "Write it as https://host/path.")
        found["webhook"] = lambda alert: post(url, alert)
    if path := environment.get("SIJIKU_ALERT_FILE"):
        found["file"] = lambda alert: append(Path(path), alert)
    if recipients := environment.get("SIJIKU_ALERT_MAIL_TO"):
        mail = _mail(environment, [address.strip() for address in recipients.split(",")])
        found["mail"] = lambda alert: send(mail, alert)
    return found


def tell(alert: Alert, ways: Mapping[str, Channel]) -> None:
    """Tell it every way there is; one that fails keeps none of the others from being tried.

    Raises:
        SijikuError: names the ways that failed, and nothing of their addresses, which can hold keys.
    """
    failed = []
    for name, way in ways.items():
        try:
            way(alert)
        except (OSError, smtplib.SMTPException, urllib.error.URLError) as error:
            failed.append(f"{name} ({type(error).__name__})")
    if failed:
        raise SijikuError(
            f"提醒未能送出 An alert could not be sent: {', '.join(failed)}.",
            "Check the addresses in SIJIKU_ALERT_… and whether they can be reached from here.",
        )


def post(url: str, alert: Alert) -> None:
    """POST an alert as JSON: `msgtype` and `text` as robots of WeCom and DingTalk read them, `alert` in parts."""
    body = {"msgtype": "text", "text": {"content": alert.text}, "alert": as_parts(alert)}
    request = urllib.request.Request(
        url,
        data=json.dumps(body, ensure_ascii=False).encode(),
        headers={"Content-Type": "application/json; charset=utf-8"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS):
        pass


def append(path: Path, alert: Alert) -> None:
    """Write an alert as a line of JSON to the end of a file, which is its owner's only."""
    line = json.dumps(as_parts(alert), ensure_ascii=False) + "\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, OWNER_ONLY_FILE)
    with os.fdopen(handle, "a", encoding="utf-8") as file:
        file.write(line)


@dataclass(frozen=True)
class Mail:
    """A mail server and who writes to whom over it; with a user, over TLS."""

    host: str
    port: int
    sender: str
    recipients: Sequence[str]
    user: str | None
    password: str | None


def send(mail: Mail, alert: Alert) -> None:
    """Send an alert as a mail of plain text."""
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = alert.title, mail.sender, ", ".join(mail.recipients)
    message.set_content(alert.text)
    with smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_SECONDS) as server:
        if mail.user:
            server.starttls(context=ssl.create_default_context())
            server.login(mail.user, mail.password or "")
        server.send_message(message)


def as_parts(alert: Alert) -> dict[str, object]:
    """An alert as data: kind, title, lines, build, run."""
    return {"title": alert.title, **asdict(alert)}


def _mail(environment: Mapping[str, str], recipients: Sequence[str]) -> Mail:
    sender = environment.get("SIJIKU_ALERT_MAIL_FROM")
    if not sender:
        raise _wrong("SIJIKU_ALERT_MAIL_FROM", "Set the sender's address.")
    host, _, port = environment.get("SIJIKU_ALERT_MAIL_SERVER", "").rpartition(":")
    if not host or not port.isdigit():
        raise _wrong("SIJIKU_ALERT_MAIL_SERVER", "Write it as mail.example.org:25.")
    user, password = environment.get("SIJIKU_ALERT_MAIL_USER"), environment.get("SIJIKU_ALERT_MAIL_PASSWORD")
    return Mail(host, int(port), sender, recipients, user, password)


def _wrong(variable: str, remedy: str) -> SijikuError:
    return SijikuError(f"{variable} 未设置或格式不对。{variable} is not set or of the wrong form.", remedy)
