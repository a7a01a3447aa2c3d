"""Draw the end of a build as the README shows it: `make pictures`, after `make run`."""

from __future__ import annotations

import html
import io
import re
import sys
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI

from orchestration.report import print_areas, print_findings, print_ledger
from serving.library import summary
from sources.workdir import Workdir

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
WIDTH = 96
_TEXT = re.compile(r'(<text [^>]*textLength=")([\d.]+)("[^>]*>)([^<]+)</text>')


def draw(workdir: Workdir) -> str:
    """The summary of the published build as SVG that fetches nothing."""
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    built = summary(workdir)
    console.rule("[bold]建库完成 The library is built[/bold]")
    print_areas(console, built)
    print_findings(console, built.findings)
    print_ledger(console, built.ledger)
    svg = console.export_svg(title="make run", theme=MONOKAI, unique_id="summary")
    svg = re.sub(r"@font-face\s*\{.*?\}\s*", "", svg, flags=re.DOTALL)
    return _TEXT.sub(_widened, svg)


def _widened(text: re.Match[str]) -> str:
    """Rich gives every character the width of a Latin one; a Chinese one takes two cells."""
    start, length, rest, content = text.groups()
    plain = html.unescape(content)
    return f"{start}{float(length) / len(plain) * cell_len(plain):g}{rest}{content}</text>"


if __name__ == "__main__":
    (IMAGES / "summary.svg").write_text(draw(Workdir(Path(sys.argv[1]))), encoding="utf-8")
