"""Making Data Docs fit to be published: they ask no other host for anything when they are opened.

Great Expectations' pages load style sheets and scripts from content networks; its index is drawn by one of those
scripts. Here scripts and foreign styles go, a small style sheet takes their place, and the index is written anew.
"""

from __future__ import annotations

import html
import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from expectations.outcome import ExpectationOutcome

# Whole elements that load something or do nothing without what they loaded.
_REMOVED = (
    re.compile(r"<script\b.*?</script>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<link\b[^>]*>", re.IGNORECASE),
    re.compile(r"<img\b[^>]*>", re.IGNORECASE),
    re.compile(r"<footer\b.*?</footer>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<style\b.*?</style>", re.DOTALL | re.IGNORECASE),
    # Buttons and filters that only the scripts gave life to.
    re.compile(r"<button\b.*?</button>", re.DOTALL | re.IGNORECASE),
    re.compile(r"<label\b.*?</label>", re.DOTALL | re.IGNORECASE),
)
_FOREIGN_LINK = re.compile(r"""\b(href|src)\s*=\s*["']https?://[^"']*["']""", re.IGNORECASE)
# When a batch was loaded: the wall clock stands in meta.build only.
_LOADED_AT = re.compile(r"\b\d{8}T\d{6}\.\d{6}Z(?=<)")

_STYLE = """<style>
body { font-family: "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", sans-serif; margin: 0 auto;
  max-width: 72rem; padding: 1rem 2rem; color: #222; line-height: 1.5; }
nav ol, nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1rem; }
h1 { font-size: 1.5rem; } h4, h5 { font-size: 1.15rem; margin: 1.5rem 0 .3rem; }
h6 { font-size: 1rem; margin: .5rem 0; }
table { border-collapse: collapse; margin: .5rem 0 1rem; width: 100%; }
th, td { border-bottom: 1px solid #ddd; padding: .3rem .6rem; text-align: left; vertical-align: top; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; }
a { color: #0b5394; } pre, code { white-space: pre-wrap; }
.card.mb-3 { display: none; } .lead { color: #555; }
.text-success { color: #256029; } .text-danger, .failed { color: #a61c00; }
.fa-check-circle::before { content: "✓"; } .fa-times::before { content: "✗"; }
.fa-exclamation-triangle::before { content: "!"; }
</style>"""


def publishable(docs: Path, outcomes: Sequence[ExpectationOutcome]) -> None:
    """Make the pages under a folder of Data Docs self-contained and write their index.

    Args:
        docs: what `build_data_docs` wrote; changed in place.
        outcomes: of the run it shows.
    """
    shutil.rmtree(docs / "static", ignore_errors=True)
    for page in sorted(docs.rglob("*.html")):
        page.write_text(self_contained(page.read_text(encoding="utf-8")), encoding="utf-8")
    (docs / "index.html").write_text(_index(docs, outcomes), encoding="utf-8")


def self_contained(page: str) -> str:
    """A page without scripts and without anything that another host would be asked for."""
    for pattern in _REMOVED:
        page = pattern.sub("", page)
    page = _LOADED_AT.sub("–", _FOREIGN_LINK.sub("", page))
    return page.replace("</head>", f"{_STYLE}\n</head>", 1)


def _index(docs: Path, outcomes: Sequence[ExpectationOutcome]) -> str:
    promised = _index_table(
        docs,
        [item for item in outcomes if item.is_blocking],
        "公开表核对 <small>Expectations on the public tables</small>",
        "公开表是否符合接口约定（字段、类型、粒度、取值、比率）；不符合的阻断发布。"
        "Whether the public tables are as the interface promises; what is not blocks the build.",
    )
    delivered = _index_table(
        docs,
        [item for item in outcomes if not item.is_blocking],
        "数据合同核对 <small>Expectations on the extracts</small>",
        "各部门报送数据是否符合数据合同；不符合的不阻断发布。"
        "Whether the bureaus' extracts hold their contracts; what does not hold never blocks a build.",
    )
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="UTF-8"><title>数据合同核对 · Expectations</title>
{_STYLE}
</head><body>
{promised}{delivered}</body></html>
"""


def _index_table(docs: Path, outcomes: Sequence[ExpectationOutcome], title: str, purpose: str) -> str:
    if not outcomes:
        return ""
    rows = "\n".join(_index_row(docs, suite, outcomes) for suite in sorted({item.suite for item in outcomes}))
    return f"""<h1>{title}</h1>
<p>{purpose}</p>
<table><thead><tr><th>表 Table</th><th class="number">行数 Rows</th><th class="number">期望 Expectations</th>
<th class="number">不符合 Not met</th><th>结果 Result</th><th>期望清单 Suite</th></tr></thead><tbody>
{rows}
</tbody></table>
"""


def _index_row(docs: Path, suite: str, outcomes: Sequence[ExpectationOutcome]) -> str:
    page = suite.replace(".", "/")
    own = [item for item in outcomes if item.suite == suite]
    failed = sum(not item.success for item in own)
    return (
        f"<tr><td>{html.escape(suite)}</td><td class='number'>{own[0].total:,}</td>"
        f"<td class='number'>{len(own)}</td><td class='number{' failed' if failed else ''}'>{failed}</td>"
        f"<td>{_link(docs, f'validations/**/*-{suite}.html', '结果 result')}</td>"
        f"<td>{_link(docs, f'expectations/{page}.html', '清单 suite')}</td></tr>"
    )


def _link(docs: Path, pattern: str, label: str) -> str:
    page = next(docs.glob(pattern)).relative_to(docs).as_posix()
    return f'<a href="{html.escape(page)}">{label}</a>'
