"""Write the lists in docs/privacy.md that follow from contracts and roles: `python scripts/make_privacy.py`.

`tests/test_privacy_page.py` fails when the page is not what this writes.
"""

from __future__ import annotations

import re
from pathlib import Path

from serving.postgres_access import AREAS, BUREAU, EVERYTHING, OPEN, ROLES
from sources.contract import load_contracts

PAGE = Path(__file__).resolve().parents[1] / "docs" / "privacy.md"

_SEES = {
    **dict.fromkeys(EVERYTHING, "全市各行，不含个人 every row, no persons"),
    **dict.fromkeys(AREAS, "本区划及下级各行，不含个人 rows of its division and beneath, no persons"),
    BUREAU: (
        "本部门各行；不分部门的表全部，或限本区划，不含个人 "
        "rows of its bureau; of tables that know no bureau all, or its division's; no persons"
    ),
}


def fields() -> str:
    """What is held, by dataset: personal fields, and how many others."""
    lines = ["| 数据集 dataset | 个人字段 personal fields | 其他字段 others |", "|---|---|---|"]
    for dataset, contract in sorted(load_contracts("active").items()):
        personal = [f"{column.header} `{column.field}`" for column in contract.columns if column.is_personal]
        others = len(contract.columns) - len(personal)
        lines.append(f"| `{dataset}` {contract.bureau_zh} | {'、'.join(personal) or '无 none'} | {others} |")
    return "\n".join(lines)


def roles() -> str:
    """Who sees what in PostgreSQL."""
    lines = [
        "| 身份 role | 所见 what it sees |",
        "|---|---|",
        *(f"| `sijiku_{role}` | {_SEES[role]} |" for role in ROLES),
    ]
    tables = "、".join(f"`{table}`" for table in sorted(OPEN, key=str))
    return "\n".join(lines) + f"\n\n不分区划、各身份可见 Of no area, for every role: {tables}。"


def filled(page: str) -> str:
    """The page with its lists as they should be."""
    for name, text in (("fields", fields()), ("roles", roles())):
        page, times = re.subn(
            rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
            lambda found, text=text: found.group(1) + text + "\n" + found.group(2),  # type: ignore[misc]
            page,
            flags=re.DOTALL,
        )
        assert times == 1, f"docs/privacy.md has no place for {name}"
    return page


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
