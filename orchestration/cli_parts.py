"""What sub-commands have in common: where the library lives, and how lines that were refused are told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

DONE, REFUSED, WRONG_USAGE = 0, 1, 2
SHOWN = 50

WorkdirOption = Annotated[
    Path, typer.Option("--workdir", help="库所在的目录 Where the library lives.", show_default=False)
]


def say(text: str) -> None:
    """What was done, on one line of any length."""
    Console().print(f"[green]✔[/green] {text}", highlight=False, soft_wrap=True)


def tell_refused(lines: Sequence[str]) -> None:
    """Name what was refused or is wrong, each with its reason, on stderr; and exit with 1 if there is any."""
    errors = Console(stderr=True)
    for line in lines[:SHOWN]:
        errors.print(f"✘ {line}", markup=False, highlight=False, soft_wrap=True)
    if len(lines) > SHOWN:
        errors.print(f"另有 {len(lines) - SHOWN} 处 more.", highlight=False)
    if lines:
        raise typer.Exit(REFUSED)
