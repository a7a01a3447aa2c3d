"""The audit site of a published library: static pages that open as files, offline, from any folder.

`write_site` writes the whole of it, the information centre's copy. Findings lie in it in sets, one for each bureau that
may see them one by one and one for the centre alone (`serving.disclosure.shelf`); `copy_for` makes the copy that a
bureau may have: without the others' sets, and without what is not its own to see.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import duckdb

from serving import area_pages
from serving.audit import ASSETS, FRONT, LINKAGE, PAGE, audit_page, front_page, shell
from serving.audit_data import write_tables
from serving.audit_findings import FOLDER, Lists, write_data, write_findings
from serving.checks import columns_of
from serving.linkage_page import QUALITY, linkage_page
from sources.contract import load_contracts
from sources.errors import UsageError
from sources.interface import Table

DATA = "data"
SHELVES = "shelves"
_ASSETS = ("style.css", "site.js")
# Pages that the script fills: file name to its part.
_SHELLS = {
    "findings.html": "findings",
    "rules.html": "rules",
    "bureaus.html": "bureaus",
    "areas.html": "areas",
    "bias.html": "bias",
    "unseen.html": "unseen",
    "survey.html": "survey",
    "repeat.html": "repeat",
}


def write_site(
    connection: duckdb.DuckDBPyConnection, build_id: str, site: Path, *, dbt_manifest: Path | None = None
) -> None:
    """Write the site into a folder, the same for the same build.

    Args:
        connection: on a library that passed its blocking checks.
        build_id: the build that the pages are about.
        site: a folder, made if it is not there.
        dbt_manifest: dbt's `manifest.json`, from which lineage is told; None for none.
    """
    tables: Sequence[Table] = list(columns_of(connection))
    assets, data = site / "assets", site / DATA
    assets.mkdir(parents=True)
    for name in _ASSETS:
        shutil.copyfile(ASSETS / name, assets / name)
    lists = Lists(connection)
    shelves = write_findings(connection, data, lists)
    has = write_tables(connection, data, build_id, lists=lists, shelves=shelves, manifest=dbt_manifest)
    pages = {PAGE: audit_page(connection, build_id), FRONT: front_page(connection, build_id)}
    if QUALITY in tables:
        pages[LINKAGE] = linkage_page(connection, build_id)
        has |= {"linkage"}
    if set(tables) >= area_pages.NEEDED:
        pages |= area_pages.area_pages(connection, build_id)
    shown = {name for name in has if "/" not in name}
    pages |= {page: shell(page, part, shown) for page, part in _SHELLS.items()}
    for name, page in pages.items():
        (site / name).write_text(page, encoding="utf-8")


def copy_for(site: Path, bureau: str, folder: Path) -> None:
    """Copy a site as a bureau may have it: all pages and totals, its own findings one by one, nobody else's.

    Args:
        site: as `write_site` left it.
        bureau: whose copy.
        folder: to make; it must not be there.

    Raises:
        UsageError: there is no such bureau, or the folder is there already.
    """
    bureaus = {contract.bureau for contract in load_contracts().values()}
    if bureau not in bureaus:
        raise UsageError(
            f"没有部门 {bureau!r}。There is no bureau {bureau!r}.", f"Bureaus: {', '.join(sorted(bureaus))}."
        )
    if folder.exists():
        raise UsageError(f"{folder} 已存在。{folder} is there already.", "Name a folder that is not there.")
    sets = site / DATA / FOLDER
    others = {path.name for path in sets.iterdir() if path.name != bureau}
    shutil.copytree(site, folder, ignore=lambda path, names: others & set(names) if Path(path) == sets else set[str]())
    write_data(folder / DATA, SHELVES, [bureau] if (sets / bureau).is_dir() else [])
