"""Which records are past their time, by a policy that is data."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from serving.retention import load_policy, write_expired
from sources.errors import SijikuError, UsageError
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

SHIPPED = Path(__file__).parents[2] / "docs" / "retention.yml"
POLICY = """
name: 试行
default: {years: permanent, ground: 试行}
datasets:
  psb.temporary_residence: {years: 5, after: [cancelled_on, died, left], ground: 试行第五条}
  civil.marriage: {years: 10, after: [died], ground: 试行第六条}
"""
# K1 was cancelled long ago, K2 lately; K3's person died long ago, K4's left long ago and K5's did and is back; K6
# has not been delivered for long. W1's couple are both dead, of W2's one is.
WAREHOUSE = """
CREATE SCHEMA marker; CREATE SCHEMA staging; CREATE SCHEMA identity; CREATE SCHEMA library; CREATE SCHEMA raw;
CREATE TABLE marker.whole AS SELECT 'b1' AS build_id, DATE '2014-10-31' AS as_of;
CREATE TABLE staging.stg_psb__temporary_residence AS
  SELECT unnest(['K1', 'K2', 'K3', 'K4', 'K5']) AS record_key, unnest(['r1', 'r2', 'r3', 'r4', 'r5']) AS record_ref,
         unnest([DATE '2009-10-30', DATE '2009-10-31', NULL, NULL, NULL]) AS cancelled_on;
CREATE TABLE staging.stg_civil__marriage AS
  SELECT unnest(['W1', 'W2']) AS record_key, unnest(['w1', 'w2']) AS record_ref;
CREATE TABLE staging.stg_hfpc__death_certificate AS
  SELECT unnest(['c3', 'c7']) AS record_ref, unnest([DATE '2003-01-01', DATE '2004-01-01']) AS died_on;
CREATE TABLE identity.person_xref AS SELECT * FROM (VALUES
  ('psb.temporary_residence', 'r1', 'resident', 'P1'), ('psb.temporary_residence', 'r2', 'resident', 'P2'),
  ('psb.temporary_residence', 'r3', 'resident', 'P3'), ('psb.temporary_residence', 'r4', 'resident', 'P4'),
  ('psb.temporary_residence', 'r5', 'resident', 'P5'), ('hfpc.death_certificate', 'c3', 'deceased', 'P3'),
  ('hfpc.death_certificate', 'c7', 'deceased', 'P7'), ('civil.marriage', 'w1', 'husband', 'P3'),
  ('civil.marriage', 'w1', 'wife', 'P7'), ('civil.marriage', 'w2', 'husband', 'P3'),
  ('civil.marriage', 'w2', 'wife', 'P4')) AS link(dataset, record_ref, role, person_id);
CREATE TABLE library.dim_person AS SELECT unnest(['P1', 'P2', 'P3', 'P4', 'P5', 'P7']) AS person_id;
CREATE TABLE library.fct_residence_spell AS SELECT * FROM (VALUES
  ('P4', DATE '2008-01-01', false), ('P5', DATE '2008-01-01', false), ('P5', NULL, true))
  AS spell(person_id, to_on, is_current);
CREATE TABLE raw.delivery AS SELECT unnest(['d1', 'd2']) AS delivery,
  unnest([DATE '2008-06-30', DATE '2014-10-31']) AS extract_date;
CREATE TABLE raw.psb__temporary_residence AS SELECT * FROM (VALUES
  ('K1', 'd2'), ('K6', 'd1'), ('K7', 'd1'), ('K7', 'd2')) AS said(_record_key, _delivery);
CREATE TABLE raw.civil__marriage AS SELECT 'W1' AS _record_key, 'd2' AS _delivery;
"""


@pytest.fixture
def built(workdir: Workdir) -> Workdir:
    with open_warehouse(workdir) as connection:
        connection.execute(WAREHOUSE)
    return workdir


def policy(folder: Path, text: str = POLICY) -> Path:
    file = folder / "policy.yml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_record_is_past_its_time_by_its_own_date_its_persons_or_its_last_delivery(
    built: Workdir, tmp_path: Path
) -> None:
    found = write_expired(built, load_policy(policy(tmp_path)), None, tmp_path / "expired.parquet")
    expired = duckdb.sql(f"FROM read_parquet('{tmp_path / 'expired.parquet'}') ORDER BY ALL").fetchall()
    assert expired == [
        ("civil.marriage", "W1"),
        ("psb.temporary_residence", "K1"),
        ("psb.temporary_residence", "K3"),
        ("psb.temporary_residence", "K4"),
        ("psb.temporary_residence", "K6"),
    ]
    assert found.on == date(2014, 10, 31)
    assert [(line.dataset, line.records, line.ground) for line in found.lines] == [
        ("civil.marriage", 1, "试行第六条"),
        ("psb.temporary_residence", 4, "试行第五条"),
    ]


def test_it_is_counted_to_the_date_that_is_asked_for(built: Workdir, tmp_path: Path) -> None:
    found = write_expired(built, load_policy(policy(tmp_path)), date(2009, 1, 1), tmp_path / "expired.parquet")
    assert [(line.dataset, line.records) for line in found.lines] == [("psb.temporary_residence", 1)]


def test_without_a_whole_warehouse_nothing_can_be_told(workdir: Workdir, tmp_path: Path) -> None:
    for is_there in (False, True):
        if is_there:
            with open_warehouse(workdir) as connection:
                connection.execute("CREATE TABLE nothing (a INTEGER)")
        with pytest.raises(SijikuError, match="not whole"):
            write_expired(workdir, load_policy(policy(tmp_path)), None, tmp_path / "expired.parquet")


def test_the_policy_that_is_shipped_is_one() -> None:
    shipped = load_policy(SHIPPED)
    assert shipped.term("psb.temporary_residence").years == 5
    assert shipped.term("hrss.employment") == shipped.default
    assert len(shipped.sha256) == 64


WRONG = {
    "a dataset that there is not": (POLICY + "  psb.none: {years: 1, after: [died], ground: x}\n", "psb.none"),
    "a column that is no date": (POLICY.replace("cancelled_on", "name"), "after name"),
    "no ground": (POLICY.replace(", ground: 试行第六条", ""), "ground"),
    "no years": (POLICY.replace("years: 10, ", ""), "years"),
    "nothing to count from": (POLICY.replace("after: [died], ", ""), "civil.marriage.after"),
    "no YAML": ("name: [", "YAML"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_policy_that_is_wrong_names_where(what: str, tmp_path: Path) -> None:
    text, said = WRONG[what]
    with pytest.raises(UsageError, match=said):
        load_policy(policy(tmp_path, text))
