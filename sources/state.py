"""State: append-only logs that are inputs of every build.

A log is a folder of numbered Parquet segments. A segment appears whole (written aside, then renamed) and is never
changed but by an erasure or a change of keys, which leave it its name and enter the change (serving/rewriting.py).
Appending under a key that is there already does nothing, so a build that was killed can simply run again.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sources.errors import SijikuError
from sources.parquet import check_readable, rows_in, write
from sources.workdir import OWNER_ONLY_FILE


@dataclass(frozen=True)
class Log:
    """What a log holds: columns as DuckDB types, and whether people or other systems write it.

    Logs with `authored` enter the build id: a new line in one of them is a reason to build again.
    """

    columns: dict[str, str]
    authored: bool = False


LOGS: dict[str, Log] = {
    # Deliveries that were accepted, in order of acceptance (segment number).
    "delivery": Log(
        {
            "delivery": "VARCHAR",
            "dataset": "VARCHAR",
            "bureau": "VARCHAR",
            "extract_date": "DATE",
            "mode": "VARCHAR",
            "contract_version": "VARCHAR",
            "files": "BIGINT",
            "rows_declared": "BIGINT",
            "rows_read": "BIGINT",
            "rows_quarantined": "BIGINT",
            "accepted_at": "TIMESTAMP",
            # Of the rows read, those that the suppression list kept out of the raw zone.
            "rows_erased": "BIGINT",
        }
    ),
    # The files of accepted deliveries; `position` is their order by name, from 1.
    "delivery_file": Log(
        {
            "delivery": "VARCHAR",
            "file": "VARCHAR",
            "position": "BIGINT",
            "rows_declared": "BIGINT",
            "rows_read": "BIGINT",
            "rows_quarantined": "BIGINT",
            "unknown_columns": "VARCHAR[]",
        }
    ),
    # Rows of accepted deliveries that went into quarantine, where their content is.
    "quarantined_row": Log(
        {
            "delivery": "VARCHAR",
            "file": "VARCHAR",
            "row": "BIGINT",
            "reason_zh": "VARCHAR",
            "reason_en": "VARCHAR",
        }
    ),
    # How far a dataset that is read from a database was taken, with the delivery that reached it; the newest of an
    # accepted delivery counts. `source` is a hash of relation and column, `value` as the database writes it.
    "watermark": Log(
        {
            "dataset": "VARCHAR",
            "source": "VARCHAR",
            "delivery": "VARCHAR",
            "column_name": "VARCHAR",
            "value": "VARCHAR",
        }
    ),
    # The random surrogate of every record key ever seen.
    "record_ref": Log({"dataset": "VARCHAR", "record_key": "VARCHAR", "record_ref": "VARCHAR"}),
    # Which person number a mention was given, each time that changed; the newest segment counts.
    "person_assignment": Log({"record_ref": "VARCHAR", "role": "VARCHAR", "person_id": "VARCHAR"}),
    "person_event": Log(
        {
            "event_id": "VARCHAR",
            "build_id": "VARCHAR",
            "person_id": "VARCHAR",
            "kind": "VARCHAR",
            "other_person_id": "VARCHAR",
            "reason": "VARCHAR",
        }
    ),
    # The random surrogate under which findings name a person; restricted alone maps it to person_id.
    "person_ref": Log({"person_id": "VARCHAR", "person_ref": "VARCHAR"}),
    # Changes in a finding's life that builds see: opened, verified, reopened; and what it said, so that one that is
    # gone can still be read. `cases_seen` is the newest segment of the log `case` that the build knew: what people did
    # about an earlier life of the finding says nothing about this one. The rows of a build are the table
    # quality.finding_event_due. No personal values.
    "finding_event": Log(
        {
            "finding_id": "VARCHAR",
            "build_id": "VARCHAR",
            "kind": "VARCHAR",
            "rule_id": "VARCHAR",
            "dataset": "VARCHAR",
            "bureau": "VARCHAR",
            "record_ref": "VARCHAR",
            "role": "VARCHAR",
            "person_ref": "VARCHAR",
            "division_code": "VARCHAR",
            "file": "VARCHAR",
            "row": "BIGINT",
            "detail_zh": "VARCHAR",
            "detail_en": "VARCHAR",
            "cases_seen": "BIGINT",
        }
    ),
    # What people did about findings (整改事项), as they or another system wrote it. No personal values.
    "case": Log(
        {
            "case_event_id": "VARCHAR",
            "finding_id": "VARCHAR",
            "at": "TIMESTAMP",
            "kind": "VARCHAR",
            "state": "VARCHAR",
            "by": "VARCHAR",
            "reason": "VARCHAR",
            "until_on": "DATE",
        },
        authored=True,
    ),
    # How people changed what rules are judged by. `field`: severity, threshold_rate or threshold_count; values as text,
    # null for no threshold. `kind`: set, or back to the catalogue's own value. `old_value` held when it was said.
    "rule_change": Log(
        {
            "change_id": "VARCHAR",
            "rule_id": "VARCHAR",
            "rule_version": "BIGINT",
            "field": "VARCHAR",
            "kind": "VARCHAR",
            "old_value": "VARCHAR",
            "new_value": "VARCHAR",
            "by": "VARCHAR",
            "reason": "VARCHAR",
            "at": "TIMESTAMP",
            "until_on": "DATE",
        },
        authored=True,
    ),
    # When such a change first took effect, or ended, and what the verdicts of that build were under the old value and
    # under the new; also what the catalogue itself says, first (`introduced`) and whenever it says something else. The
    # rows of a build are the table quality.rule_event_due.
    "rule_event": Log(
        {
            "change_id": "VARCHAR",
            "build_id": "VARCHAR",
            "rule_id": "VARCHAR",
            "field": "VARCHAR",
            "kind": "VARCHAR",
            "old_value": "VARCHAR",
            "new_value": "VARCHAR",
            "status_before": "VARCHAR",
            "status_after": "VARCHAR",
            "datasets": "BIGINT",
            "datasets_changed": "BIGINT",
            "divisions": "BIGINT",
            "divisions_changed": "BIGINT",
        }
    ),
    # What people decided about two mentions: same person, different persons, or unsure. The smaller (record_ref, role)
    # stands left. The newest decision about a pair counts. `probability`: what linking gave it when it was asked.
    # `file_sha256`: the workbook that it came in.
    "decision": Log(
        {
            "decision_id": "VARCHAR",
            "at": "TIMESTAMP",
            "by": "VARCHAR",
            "record_ref_l": "VARCHAR",
            "role_l": "VARCHAR",
            "record_ref_r": "VARCHAR",
            "role_r": "VARCHAR",
            "decision": "VARCHAR",
            "note": "VARCHAR",
            "probability": "DOUBLE",
            "file_sha256": "VARCHAR",
        },
        authored=True,
    ),
    "build": Log(
        {
            "build_id": "VARCHAR",
            "built_at": "TIMESTAMP",
            "as_of": "DATE",
            "code_version": "VARCHAR",
            "deliveries": "BIGINT",
            "refused": "BIGINT",
            "previous_build_id": "VARCHAR",
        }
    ),
    # What the scorecards of a published build said, of bureaus and of areas (`bureau` null), each of the month that the
    # build is of: those of later months are held against it. No personal values.
    "scorecard": Log(
        {
            "build_id": "VARCHAR",
            "period": "DATE",
            "division_code": "VARCHAR",
            "bureau": "VARCHAR",
            "measure": "VARCHAR",
            "value": "DOUBLE",
        }
    ),
    # What auditors found when they held a sample of a rule's findings to paper files; the newest about a finding of a
    # sample counts. `findings`: how many the rule had when the sample was drawn. No personal values.
    "audit_result": Log(
        {
            "sample_id": "VARCHAR",
            "rule_id": "VARCHAR",
            "findings": "BIGINT",
            "finding_id": "VARCHAR",
            "result": "VARCHAR",
            "by": "VARCHAR",
            "note": "VARCHAR",
            "at": "TIMESTAMP",
        }
    ),
    # What was erased, by whom and why: `kind` person, record, retention, or lift. Counts; no personal values, and
    # `reason` is to hold none. `policy_sha256`: of the retention policy that it followed.
    "erasure": Log(
        {
            "erasure_id": "VARCHAR",
            "at": "TIMESTAMP",
            "by": "VARCHAR",
            "kind": "VARCHAR",
            "reason": "VARCHAR",
            "policy_sha256": "VARCHAR",
            "persons": "BIGINT",
            "records": "BIGINT",
            "raw_rows": "BIGINT",
            "blanked_rows": "BIGINT",
            "state_lines": "BIGINT",
            "published_rows": "BIGINT",
            "files": "BIGINT",
        },
        authored=True,
    ),
    # Keyed hashes of what was erased, by which it is kept out of later deliveries (sources/suppression.py).
    "suppression": Log(
        {"erasure_id": "VARCHAR", "kind": "VARCHAR", "dataset": "VARCHAR", "hash": "VARCHAR"}, authored=True
    ),
    # Rows that an erasure took out of an accepted delivery: a fate of the ledger.
    "erased_row": Log({"erasure_id": "VARCHAR", "delivery": "VARCHAR", "dataset": "VARCHAR", "rows": "BIGINT"}),
    # The files that an erasure or a change of keys rewrote (`cause`: erasure, rotation), with their hash before and
    # after: so a manifest's hash that no longer fits is accounted for, or is not.
    "rewritten_file": Log(
        {
            "cause_id": "VARCHAR",
            "cause": "VARCHAR",
            "path": "VARCHAR",
            "bytes_before": "BIGINT",
            "sha256_before": "VARCHAR",
            "bytes_after": "BIGINT",
            "sha256_after": "VARCHAR",
        }
    ),
    # The hash of each published build's manifest, chained to that of the build before it; the newest of a build counts
    # (a damaged one is published anew).
    "manifest": Log(
        {
            "build_id": "VARCHAR",
            "sha256": "VARCHAR",
            "previous_build_id": "VARCHAR",
            "previous_sha256": "VARCHAR",
        }
    ),
}

_SEGMENT = re.compile(r"^(\d{6})-([0-9A-Za-z_.-]+)\.parquet$")


class State:
    """The logs under a workdir's `state/`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def segments(self, log: str) -> list[Path]:
        """The segments of a log, oldest first."""
        _definition(log)
        folder = self.root / log
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if _SEGMENT.match(path.name))

    def append(self, connection: duckdb.DuckDBPyConnection, log: str, query: str, *, key: str) -> int:
        """Append the rows of a query as one segment and return how many there were.

        Args:
            connection: where `query` runs.
            log: a name in LOGS; the query's columns must be those of the log, by name.
            query: a SELECT.
            key: letters, digits, dot, dash, underscore. A segment with this key is never written twice: then nothing
                is done and 0 returned. No rows write no segment.
        """
        columns = _definition(log).columns
        segments = self.segments(log)
        if any(_SEGMENT.match(path.name).group(2) == key for path in segments):  # type: ignore[union-attr]
            return 0
        number = int(segments[-1].name[:6]) + 1 if segments else 1
        name = f"{number:06d}-{key}.parquet"
        if not _SEGMENT.match(name):
            raise ValueError(f"not a segment key: {key!r}")
        folder = self.root / log
        folder.mkdir(parents=True, exist_ok=True)
        half = folder / f".{name}.half"
        listed = ", ".join(f'CAST("{column}" AS {type_}) AS "{column}"' for column, type_ in columns.items())
        written = write(connection, f"SELECT {listed} FROM ({query})", half)
        if written == 0:
            half.unlink()
            return 0
        with open(half, "rb") as handle:
            os.fsync(handle.fileno())
        half.chmod(OWNER_ONLY_FILE)
        half.rename(folder / name)
        return written

    def select(self, log: str) -> str:
        """A SELECT over a whole log: its columns, and `_segment` (BIGINT), which grows with time.

        Paths in it are relative to the workdir, so that it can stand in a view of the working warehouse.

        Raises:
            SijikuError: the log is encrypted and there is no key, or another one.
        """
        columns = _definition(log).columns
        listed = ", ".join(f'CAST("{column}" AS {type_}) AS "{column}"' for column, type_ in columns.items())
        empty = ", ".join(f'CAST(NULL AS {type_}) AS "{column}"' for column, type_ in columns.items())
        segments = self.segments(log)
        if not segments:
            return f"SELECT {empty}, CAST(NULL AS BIGINT) AS _segment WHERE false"
        check_readable(segments[-1])
        there = rows_in([f"{self.root.name}/{log}/*.parquet"], "filename", "union_by_name", root=self.root.parent)
        # The empty row gives old segments the columns that their log got later.
        return (
            f"SELECT {listed}, CAST(regexp_extract(filename, '([0-9]+)-[^/]*$', 1) AS BIGINT) AS _segment "
            f"FROM (SELECT {empty} WHERE false UNION ALL BY NAME SELECT * FROM {there})"
        )

    def before_rotations(self, connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], str]:
        """The hash that a file had before a change of keys, by its path in the workdir and its hash afterwards."""
        if not self.segments("rewritten_file"):
            return {}
        rows = connection.execute(
            f"SELECT path, sha256_after, sha256_before FROM ({self.select('rewritten_file')}) WHERE cause = 'rotation'"
        ).fetchall()
        return {(str(path), str(after)): str(before) for path, after, before in rows}

    def authored_hash(self, before: Mapping[tuple[str, str], str] | None = None) -> str:
        """SHA-256 over every segment of the logs that people and other systems write.

        `before`: of `before_rotations`; what says the same under another key is the same.
        """
        digest = hashlib.sha256()
        for name in sorted(log for log, definition in LOGS.items() if definition.authored):
            for path in self.segments(name):
                digest.update(f"{name}/{path.name}\n".encode())
                found = hashlib.sha256(path.read_bytes()).hexdigest()
                while earlier := (before or {}).get((f"{self.root.name}/{name}/{path.name}", found)):
                    found = earlier
                digest.update(bytes.fromhex(found))
        return digest.hexdigest()


def _definition(log: str) -> Log:
    try:
        return LOGS[log]
    except KeyError:
        raise SijikuError(f"No such state log: {log}.", f"Known logs: {', '.join(sorted(LOGS))}.") from None
