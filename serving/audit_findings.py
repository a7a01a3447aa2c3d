"""Findings one by one, as the audit site's pages of data: files that a page asks for by name, each small.

A page that is opened as a file may load scripts and nothing else, so data are scripts: `sijiku.take("<name>", <JSON>)`.
Findings lie in sets by the one bureau that may see them one by one (`serving.disclosure.shelf`), so that a copy of the
site for a bureau is the site without the other sets:

- `findings/<set>/index.js`: the pages of the set: rule, number, how many findings, first and last division, states and
  datasets with their numbers: what a filter needs to know which pages it wants;
- `findings/<set>/<rule>/head.js`: what its findings say, and the files they are in, once each;
- `findings/<set>/<rule>/<n>.js`: at most `PAGE` findings in order of division, as `ROW` has them;
- `findings/<set>/<rule>/<n>-life.js`: what builds and people did about them, where there is anything;
- `findings/<set>/ids/<start>.js`: by the first `KEY` characters of a finding's id, the rule and page it is on;
- `findings/centre/people/<start>.js`: by person surrogate, which bureau holds how many records of the person, of each
  field whether it agrees with the person's record (never the value), and the person's other findings.

Everything is put together in DuckDB; Python writes a text a file.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb

from serving.checks import columns_of
from serving.disclosure import CENTRE, shelf
from sources.interface import Table

FOLDER = "findings"
PAGE = 2_000
# What tells the findings of a library apart; they are hashes.
KEY = 16
# The places of a row: numbers are places in the lists of `build.js` and `head.js`, counted from 0.
ROW = ("finding_id", "dataset", "role", "person_ref", "division", "file", "row", "detail", "first", "last", "state")
# Of a field that a bureau holds: agrees, does not, cannot be told; not held.
AGREES, DIFFERS, UNTOLD, NONE = "1", "0", "?", "-"

_PERSON_REF = Table("identity", "person_ref")
_COLLECTION = Table("library", "fct_collection")
# Files of ids and people hold about so many each.
_IN_A_FILE = 4_000
_AT_ONCE = 20
# Of how many characters each place of a finding's id, a hash, and of a surrogate may be one.
_HEXADECIMAL = 16
_LETTERS_AND_DIGITS = 36

# A JSON object (its braces are characters 123 and 125) of rows of (key, value), in order of keys.
_OBJECT = "chr(123) || string_agg(to_json(key) || ':' || to_json(value), ',\n' ORDER BY key) || chr(125)"

_FINDINGS = f"""
CREATE OR REPLACE TEMP TABLE audit_finding AS
WITH rule AS (
    SELECT rule_id, any_value(owner_bureau) AS owner_bureau, any_value(disclose_to) AS disclose_to
    FROM quality.rule GROUP BY rule_id
)
SELECT *, CAST((place - 1) // {PAGE} AS INTEGER) AS page
FROM (
    SELECT *, row_number() OVER (
        PARTITION BY shelf, rule_id
        ORDER BY division_code NULLS FIRST, dataset, file NULLS FIRST, row NULLS FIRST, finding_id
    ) AS place
    FROM (SELECT finding.*, {shelf()} AS shelf FROM quality.finding AS finding LEFT JOIN rule USING (rule_id))
)
"""
# Each text once, with its place; a text of nothing has none.
_LISTS = """
CREATE OR REPLACE TEMP TABLE audit_detail AS
SELECT *, row_number() OVER (PARTITION BY shelf, rule_id ORDER BY detail_zh NULLS FIRST, detail_en NULLS FIRST) - 1 AS n
FROM (SELECT DISTINCT shelf, rule_id, detail_zh, detail_en FROM audit_finding);
CREATE OR REPLACE TEMP TABLE audit_file AS
SELECT *, row_number() OVER (PARTITION BY shelf, rule_id ORDER BY file) - 1 AS n
FROM (SELECT DISTINCT shelf, rule_id, file FROM audit_finding WHERE file IS NOT NULL);
"""
_HEADS = """
SELECT shelf, rule_id,
       '{"details":' || to_json(details) || ',"files":' || coalesce(to_json(files), '[]') || '}'
FROM (
    SELECT shelf, rule_id, list([detail_zh, detail_en] ORDER BY n) AS details FROM audit_detail GROUP BY ALL
) AS detail
LEFT JOIN (SELECT shelf, rule_id, list(file ORDER BY n) AS files FROM audit_file GROUP BY ALL) AS file
    USING (shelf, rule_id)
ORDER BY ALL
"""
_PAGES = """
SELECT finding.shelf, finding.rule_id, finding.page,
       '[' || string_agg(CAST(json_array(
           finding.finding_id, list_position($datasets, finding.dataset) - 1,
           list_position($roles, finding.role) - 1, finding.person_ref, finding.division_code, file.n, finding.row,
           detail.n, list_position($builds, finding.first_build) - 1, list_position($builds, finding.last_build) - 1,
           list_position($states, finding.state) - 1
       ) AS VARCHAR), ',\n' ORDER BY finding.place) || ']'
FROM audit_finding AS finding
JOIN audit_detail AS detail ON finding.shelf = detail.shelf AND finding.rule_id = detail.rule_id
    AND finding.detail_zh IS NOT DISTINCT FROM detail.detail_zh
    AND finding.detail_en IS NOT DISTINCT FROM detail.detail_en
LEFT JOIN audit_file AS file ON finding.shelf = file.shelf AND finding.rule_id = file.rule_id
    AND finding.file = file.file
WHERE finding.shelf = $shelf
GROUP BY ALL ORDER BY ALL
"""
_LIVES = f"""
SELECT shelf, rule_id, page, {_OBJECT}
FROM (
    SELECT finding.shelf, finding.rule_id, finding.page, finding.finding_id AS key,
           list(json_array(strftime(event.at, '%Y-%m-%d %H:%M'), event.kind, event.state, event.by, event.reason,
                           CAST(event.until_on AS VARCHAR)) ORDER BY event.at, event.case_event_id) AS value
    FROM quality.case AS event JOIN audit_finding AS finding USING (finding_id) GROUP BY ALL
)
GROUP BY ALL ORDER BY ALL
"""
_INDEX = """
WITH counted AS (
    SELECT shelf, rule_id, page, state, dataset, count(*) AS n, min(division_code) AS low, max(division_code) AS high,
           count(*) - count(division_code) AS placeless
    FROM audit_finding GROUP BY ALL
)
SELECT shelf, rule_id, page, sum(n)::BIGINT, min(low), max(high), sum(placeless)::BIGINT,
       list_distinct(list(list_position($states, state) - 1 ORDER BY state)),
       list_distinct(list(list_position($datasets, dataset) - 1 ORDER BY dataset))
FROM counted GROUP BY ALL ORDER BY ALL
"""
_CUBE = """
SELECT list_position($rules, rule_id) - 1, list_position($datasets, dataset) - 1,
       CASE WHEN division_code IS NOT NULL THEN substr(division_code, 1, 6) END AS district,
       list_position($states, state) - 1, count(*)
FROM audit_finding GROUP BY ALL ORDER BY ALL NULLS FIRST
"""
_IDS = f"""
SELECT start, {_OBJECT}
FROM (
    SELECT {{start}} AS start, substr(finding_id, 1, {KEY}) AS key, rule_id || '/' || page AS value
    FROM audit_finding WHERE shelf = $shelf
)
GROUP BY start ORDER BY start
"""
# The texts are put together as JSON by hand: lists of lists, and texts in order, of a million small groups take DuckDB
# four times as long.
_PEOPLE = f"""
WITH person AS (
    SELECT person_ref, array_to_string(list_sort(list(
               '["' || substr(finding_id, 1, {KEY}) || '","' || shelf || '/' || rule_id || '/' || page || '"]'
           )), ',') AS findings
    FROM audit_finding WHERE person_ref IS NOT NULL GROUP BY person_ref
),
told AS (
    SELECT ref.person_ref, collection.bureau, sum(collection.n_records)::BIGINT AS records,
           bit_or({{has}}) AS has, bit_or({{agrees}}) AS agrees, bit_or({{differs}}) AS differs
    FROM library.fct_collection AS collection JOIN identity.person_ref AS ref USING (person_id)
    SEMI JOIN person ON ref.person_ref = person.person_ref
    GROUP BY ref.person_ref, collection.bureau
),
held AS (SELECT person_ref, bureau, records, {{fields}} AS fields FROM told),
bureaus AS (
    SELECT person_ref,
           array_to_string(list_sort(list('["' || bureau || '",' || records || ',"' || fields || '"]')), ',') AS held
    FROM held GROUP BY person_ref
)
SELECT {{start}} AS start,
       chr(123) || string_agg('"' || person_ref || '":[[' || coalesce(held, '') || '],[' || findings || ']]', ',\n'
                              ORDER BY person_ref) || chr(125)
FROM person LEFT JOIN bureaus USING (person_ref)
GROUP BY start ORDER BY start
"""


# What one of these files says, entry by entry: each entry is a line.
_ENTRIES = r"""
SELECT filename, head, tail, unnest(entries) AS entry, generate_subscripts(entries, 1) AS n
FROM (
    SELECT filename, part.head, part.tail, string_split(part.body, ',' || chr(10)) AS entries
    FROM (
        SELECT filename,
               regexp_extract(content, '^(sijiku\.take\("[^"]*",[\[{])(.*)([\]}]\)\n)$',
                              ['head', 'body', 'tail'], 's') AS part
        FROM read_text({files})
    )
)
"""


def entries(files: str, tokens: str) -> str:
    """SQL: filename, head, tail, entry and n (its place) of files of this folder, and whether it names a token.

    Args:
        files: SQL of the file names, as `read_text` takes them.
        tokens: a query with one column, what an entry may name: finding ids, whole and their first `KEY` characters,
            and person surrogates.
    """
    return f"""
        WITH entry AS ({_ENTRIES.replace("{files}", files)}),
        naming AS (
            SELECT DISTINCT filename, n
            FROM (SELECT filename, n, unnest(regexp_extract_all(entry, '"([^"]*)"', 1)) AS token FROM entry)
            WHERE token IN ({tokens})
        )
        SELECT entry.*, naming.n IS NOT NULL AS names_one FROM entry LEFT JOIN naming USING (filename, n)
    """


class Lists:
    """What findings name by its place in a list, the same lists for the whole site: `build.js` holds them."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        def values(query: str) -> list[str]:
            return [value for (value,) in connection.execute(query).fetchall()]

        self.rules = values("SELECT rule_id FROM quality.rule UNION SELECT rule_id FROM quality.finding ORDER BY 1")
        self.datasets = values("SELECT DISTINCT dataset FROM quality.finding WHERE dataset IS NOT NULL ORDER BY 1")
        self.roles = values("SELECT DISTINCT role FROM quality.finding WHERE role IS NOT NULL ORDER BY 1")
        self.states = ["open", "acknowledged", "fixed", "waived", "verified"]
        self.builds = values(
            "SELECT build_id FROM (SELECT build_id, built_at FROM meta.build UNION ALL "
            "SELECT unnest([first_build, last_build]), NULL FROM quality.finding) WHERE build_id IS NOT NULL "
            "GROUP BY build_id ORDER BY max(built_at) NULLS FIRST, build_id"
        )


def script(name: str, data: str) -> str:
    """Data (JSON) as a script that hands them to the page under a name."""
    return f"sijiku.take({json.dumps(name)},{data})\n"


def write_data(folder: Path, name: str, data: Any) -> None:
    """Write data as a script into the site's folder of data, compact, keys as they come."""
    _write(folder, name, json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str))


def write_findings(connection: duckdb.DuckDBPyConnection, folder: Path, lists: Lists) -> list[str]:
    """Write every finding; the sets are returned, the centre's among them.

    Args:
        connection: on a library with `quality.finding`, `quality.rule`, `quality.case`; the people's part is written
            where it has `identity.person_ref` and `library.fct_collection`.
        folder: the site's folder of data.
        lists: that rows refer to.
    """
    connection.execute(_FINDINGS)
    connection.execute(_LISTS)
    places = {name: getattr(lists, name) for name in ("datasets", "states")}
    rows = places | {"roles": lists.roles, "builds": lists.builds}
    lives = set()
    for name, rule, page, text in _each(connection, _LIVES):
        lives.add((name, rule, page))
        _write(folder, f"{FOLDER}/{name}/{rule}/{page}-life", text)
    pages: dict[str, list[list[Any]]] = {CENTRE: []}
    for name, rule, page, *told in connection.execute(_INDEX, places).fetchall():
        pages.setdefault(name, []).append([lists.rules.index(rule), page, *told, int((name, rule, page) in lives)])
    for name, rule, text in _each(connection, _HEADS):
        _write(folder, f"{FOLDER}/{name}/{rule}/head", text)
    for name, listed in sorted(pages.items()):
        for _, rule, page, text in _each(connection, _PAGES, rows | {"shelf": name}):
            _write(folder, f"{FOLDER}/{name}/{rule}/{page}", text)
        digits = _digits(sum(page[2] for page in listed), _HEXADECIMAL)
        starts = []
        for start, text in _each(connection, _IDS.format(start=_start("finding_id", digits)), {"shelf": name}):
            starts.append(start)
            _write(folder, f"{FOLDER}/{name}/ids/{start}", text)
        write_data(folder, f"{FOLDER}/{name}/index", {"pages": listed, "ids": digits, "starts": starts})
    write_data(folder, "cube", connection.execute(_CUBE, places | {"rules": lists.rules}).fetchall())
    write_data(folder, f"{FOLDER}/{CENTRE}/fields", _write_people(connection, folder))
    for table in ("audit_finding", "audit_detail", "audit_file"):
        connection.execute(f"DROP TABLE temp.{table}")
    return sorted(pages)


def _write_people(connection: duckdb.DuckDBPyConnection, folder: Path) -> dict[str, Any]:
    """What bureaus hold of each person with findings; the fields that are compared, and how the files are named."""
    tables = columns_of(connection)
    if not {_PERSON_REF, _COLLECTION} <= set(tables):
        return {"fields": [], "people": 1, "starts": []}
    known = tables[_COLLECTION]
    fields = [name.removeprefix("has_") for name in known if name.startswith("has_")]
    # A bit a field: three numbers to put together instead of as many truths as there are fields, three times over.
    bits = {field: 1 << place for place, field in enumerate(fields)}
    told = " || ".join(
        f"CASE WHEN has & {bit} = 0 THEN '{NONE}' WHEN differs & {bit} > 0 THEN '{DIFFERS}' "
        f"WHEN agrees & {bit} > 0 THEN '{AGREES}' ELSE '{UNTOLD}' END"
        for bit in bits.values()
    )
    masks = {
        name: " + ".join(f"CASE WHEN {condition.format(field)} THEN {bit} ELSE 0 END" for field, bit in bits.items())
        for name, condition in {
            "has": "collection.has_{}",
            "agrees": "collection.{}_agrees",
            "differs": "NOT collection.{}_agrees",
        }.items()
    }
    counted = connection.execute("SELECT count(DISTINCT person_ref) FROM audit_finding").fetchone()
    assert counted is not None
    digits = _digits(counted[0], _LETTERS_AND_DIGITS)
    query = _PEOPLE.format(
        fields=told or "''",
        start=_start("person_ref", digits),
        **{name: mask or "0" for name, mask in masks.items()},
    )
    starts = []
    for start, text in _each(connection, query):
        starts.append(start)
        _write(folder, f"{FOLDER}/{CENTRE}/people/{start}", text)
    return {"fields": fields, "people": digits, "starts": starts}


def _digits(number: int, characters: int) -> int:
    """How many characters of a key name a file, so that none holds much more than `_IN_A_FILE`.

    Args:
        number: of keys.
        characters: of how many each place of a key may be one.
    """
    return max(1, math.ceil(math.log(max(number, 1) / _IN_A_FILE, characters)))


def _start(column: str, digits: int) -> str:
    return f"regexp_replace(lower(substr({column}, 1, {digits})), '[^0-9a-z]', '_', 'g')"


def _each(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any] | None = None
) -> Iterator[Sequence[Any]]:
    """Rows of a query that are whole files, a few at a time."""
    cursor = connection.execute(query, values) if values else connection.execute(query)
    while rows := cursor.fetchmany(_AT_ONCE):
        yield from rows


def _write(folder: Path, name: str, text: str) -> None:
    file = folder / f"{name}.js"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(script(name, text), encoding="utf-8")
