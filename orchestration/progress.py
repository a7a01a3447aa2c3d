"""A build as it goes on, for the eye: a line when a step starts, another when it ends."""

from __future__ import annotations

import logging
from collections import Counter

from rich.console import Console

from orchestration.run import StepEvent


class Progress:
    """Prints step events. On a terminal the running step stands at the bottom with what it has made so far."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._made: Counter[str] = Counter()
        self._status = console.status("") if console.is_terminal else None

    def __enter__(self) -> Progress:
        if self._status:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status:
            self._status.stop()

    def __call__(self, event: StepEvent) -> None:
        if event.kind == "start":
            self._show(event.label)
        elif event.kind == "asset":
            self._made[event.step] += 1
            if self._status:
                self._show(f"{event.label}  {self._made[event.step]}/{event.total}  [dim]{event.asset}[/dim]")
        elif event.kind == "finish":
            made = self._made[event.step]
            tables = f"  [dim]{made} 张表 tables[/dim]" if made > 1 else ""
            self._console.print(
                f"[green]✔[/green] {event.label}{tables}  [dim]{event.seconds:.1f} s[/dim]", highlight=False
            )
        else:
            self._console.print(f"[red]✘[/red] {event.label}", highlight=False)

    def _show(self, text: str) -> None:
        if self._status:
            self._status.update(text)
        else:
            self._console.print(f"… {text}", highlight=False)


class ConsoleHandler(logging.Handler):
    """The project's own log lines, dimmed, between the steps they belong to."""

    def __init__(self, console: Console) -> None:
        super().__init__(level=logging.INFO)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        self._console.print(f"    {record.getMessage()}", style=style, highlight=False, markup=False)
