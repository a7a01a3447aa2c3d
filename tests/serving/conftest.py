"""Working warehouses written by hand in the shape of interface/public.yml, and a semantic manifest parsed by dbt."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pytest

from serving.metrics import store_saved_queries
from serving.publish import Published, publish
from sources.interface import public_tables
from sources.warehouse import open_warehouse
from sources.workdir import Workdir

PROJECT = Path(__file__).parent / "metrics_project"

# Two people in three mentions of one delivery; the numbers are of nobody, their check digits are wrong.
ROWS = """
INSERT INTO meta.build BY NAME SELECT '{build}' AS build_id, TIMESTAMP '2014-11-01 08:00:00' AS built_at,
  DATE '2014-10-31' AS as_of, 'c1' AS code_version, 1 AS deliveries, 1 AS refused;
INSERT INTO meta.delivery BY NAME
  SELECT 'd1' AS delivery, 'psb.temporary_residence' AS dataset, DATE '2014-10-31' AS extract_date, 'full' AS mode,
         1 AS files, 3 AS rows, 'accepted' AS state, NULL AS reason, '{build}' AS build_id
  UNION ALL SELECT 'd2', 'civil.marriage', DATE '2014-10-31', 'full', 1, 9, 'refused', '文件哈希不符', '{build}';
INSERT INTO quality.ledger BY NAME SELECT '{build}' AS build_id, 'psb.temporary_residence' AS dataset, 'd1' AS delivery,
  3 AS declared, 3 AS read, 0 AS quarantined, 0 AS repeated, 0 AS superseded, 0 AS deleted, 0 AS key_conflicts,
  3 AS staged, 3 AS mentions, 3 AS linked, 0 AS balance, 0 AS erased;
INSERT INTO mentions.int_person__mentions VALUES
  ('psb.temporary_residence', 'K1', 'resident', 'r1', '密甲', '150202198001010000', '13800001111'),
  ('psb.temporary_residence', 'K2', 'resident', 'r2', '密甲', '150202198001010000', NULL),
  ('psb.temporary_residence', 'K3', 'resident', 'r3', '密乙', NULL, '13900002222');
INSERT INTO identity.person_xref BY NAME
  SELECT dataset, record_key, role, record_ref, CASE name WHEN '密甲' THEN 'P1' ELSE 'P2' END AS person_id,
         'certain' AS method, 1.0 AS confidence FROM mentions.int_person__mentions;
INSERT INTO library.dim_person BY NAME
  SELECT 'P1' AS person_id, '密甲' AS name, '1' AS sex, DATE '1980-01-01' AS birth_date,
         '150202198001010000' AS id_number, '13800001111' AS phone, true AS is_floating
  UNION ALL SELECT 'P2', '密乙', '2', NULL, NULL, '13900002222', false;
INSERT INTO library.dim_division BY NAME
  SELECT unnest(['150200000000', '150202000000', '150203000000']) AS division_code,
         unnest(['包头市', '东河区', '昆都仑区']) AS name, unnest(['city', 'district', 'district']) AS level,
         DATE '1900-01-01' AS valid_from;
INSERT INTO library.fct_person_month BY NAME
  SELECT 'P1' AS person_id, DATE '2014-09-30' AS period, '150202000000' AS district_code, '1' AS sex,
         true AS is_floating
  UNION ALL SELECT 'P1', DATE '2014-10-31', '150202000000', '1', true
  UNION ALL SELECT 'P2', DATE '2014-10-31', '150203000000', '2', false;
INSERT INTO marts.mart_population BY NAME
  SELECT unnest(['150203000000', '150200000000', '150202000000']) AS division_code,
         unnest(['district', 'city', 'district']) AS level, DATE '2014-10-31' AS period, 'total' AS dimension_set,
         unnest([1, 2, 1]) AS people, unnest([0, 1, 1]) AS floating, unnest([0, 0, 0]) AS floating_in_city,
         unnest([5, 9, 4]) AS registered, unnest([1, 2, 1]) AS resident
  UNION ALL SELECT '150200000000', 'city', DATE '2014-09-30', 'total', 1, 1, 0, 8, 1;
INSERT INTO quality.rule BY NAME SELECT 'id_missing' AS rule_id, 1 AS version, '无身份号码' AS name_zh,
  'No ID number' AS name_en;
INSERT INTO quality.finding BY NAME
  SELECT 'f1' AS finding_id, 'id_missing' AS rule_id, 'psb.temporary_residence' AS dataset, 'r3' AS record_ref,
         'a.csv' AS file, 4 AS row, '公民身份号码为空' AS detail_zh, '{build}' AS first_build, 'open' AS state
  UNION ALL SELECT 'f0', 'id_missing', 'psb.temporary_residence', 'r9', 'a.csv', 9,
                   '公民身份号码为空', 'b0', 'verified';
INSERT INTO quality.finding_event_due BY NAME
  SELECT 'f1' AS finding_id, '{build}' AS build_id, 'opened' AS kind, 'id_missing' AS rule_id, 4 AS row;
"""

Build = Callable[..., Workdir]
Publish = Callable[..., Published]


@pytest.fixture(scope="session")
def semantic_manifest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """dbt's semantic manifest of three metrics over person-months."""
    target = tmp_path_factory.mktemp("parsed")
    folders = f"--project-dir {PROJECT} --profiles-dir {PROJECT} --target-path {target} --log-path {target}"
    subprocess.run([sys.executable, "-m", "dbt.cli.main", "--quiet", "parse", *folders.split()], check=True)
    return target / "semantic_manifest.json"


@pytest.fixture(scope="session")
def dbt_manifest(semantic_manifest: Path) -> Path:
    """dbt's manifest of the same project."""
    return semantic_manifest.with_name("manifest.json")


@pytest.fixture
def workdir(tmp_path: Path) -> Workdir:
    workdir = Workdir(tmp_path / "library")
    workdir.create()
    return workdir


@pytest.fixture
def build(workdir: Workdir) -> Build:
    """Write the working warehouse anew as of a build, and then run SQL that changes it."""

    def write(build_id: str = "b1", change: str = "") -> Workdir:
        workdir.warehouse.unlink(missing_ok=True)
        with open_warehouse(workdir) as connection:
            for schema in ("raw", "mentions", "library", "identity", "marts", "quality", "meta", "release"):
                connection.execute(f"CREATE SCHEMA {schema}")
            for public in public_tables():
                if public.table.name != "*":
                    columns = ", ".join(f'"{name}" {type_}' for name, type_ in public.columns.items())
                    connection.execute(f"CREATE TABLE {public.table.quoted} ({columns})")
            connection.execute(
                "CREATE TABLE mentions.int_person__mentions (dataset VARCHAR, record_key VARCHAR, role VARCHAR, "
                "record_ref VARCHAR, name VARCHAR, id_number VARCHAR, phone VARCHAR);"
                "CREATE TABLE quality.finding_event_due (finding_id VARCHAR, build_id VARCHAR, kind VARCHAR, "
                "rule_id VARCHAR, dataset VARCHAR, bureau VARCHAR, record_ref VARCHAR, role VARCHAR, "
                "person_ref VARCHAR, division_code VARCHAR, file VARCHAR, row BIGINT, detail_zh VARCHAR, "
                "detail_en VARCHAR, cases_seen BIGINT);"
                "CREATE TABLE quality.rule_event_due (change_id VARCHAR, build_id VARCHAR, rule_id VARCHAR, "
                "field VARCHAR, kind VARCHAR, old_value VARCHAR, new_value VARCHAR, status_before VARCHAR, "
                "status_after VARCHAR, datasets BIGINT, datasets_changed BIGINT, divisions BIGINT, "
                "divisions_changed BIGINT);"
                "CREATE SCHEMA staging; CREATE TABLE staging.stg_raw__changed_record (record_ref VARCHAR);"
                "CREATE TABLE mentions.int_person__changed_record (dataset VARCHAR, record_key VARCHAR);"
                "CREATE VIEW raw.record_ref AS SELECT dataset, record_key, record_ref "
                "FROM mentions.int_person__mentions;"
                "CREATE TABLE library.int_person__step AS SELECT 1 AS step;"
                "CREATE TABLE library.dim_month AS SELECT DATE '2014-10-31' AS day_on;"
                "CREATE TABLE release.release_population AS SELECT '150200000000' AS division_code, 20 AS people;"
            )
            connection.execute(ROWS.format(build=build_id))
            if change:
                connection.execute(change)
        return workdir

    return write


@pytest.fixture
def publish_build(build: Build, dbt_manifest: Path, semantic_manifest: Path, tmp_path: Path) -> Publish:
    """Write the warehouse of a build, answer its saved queries and publish it, with one page of Data Docs."""

    def run(
        build_id: str = "b1",
        change: str = "",
        broken: Sequence[str] = (),
        published_before: str | None = None,
        renewed: Mapping[str, str] = MappingProxyType({}),
    ) -> Published:
        docs = tmp_path / "data_docs"
        docs.mkdir(exist_ok=True)
        (docs / "index.html").write_text("<p>数据合同核对</p>", encoding="utf-8")
        workdir = build(build_id, change)
        store_saved_queries(workdir, semantic_manifest)
        return publish(
            workdir,
            build_id,
            data_docs=docs,
            dbt_manifest=dbt_manifest,
            semantic_manifest=semantic_manifest,
            broken=broken,
            published_before=published_before,
            renewed=renewed,
        )

    return run
