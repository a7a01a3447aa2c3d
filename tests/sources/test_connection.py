"""connection.yml says where a dataset is read from, and never how to get in there."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sources.connection import Connection, read_connection
from sources.refusal import Refused

PLACE = "hrss/social_insurance/connection.yml"
FULL = "dsn_env: HRSS_DSN\ntable: public.social_insurance\nmode: full\n"
WATERMARK = "dsn_env: HRSS_DSN\ntable: 人社.参保\nmode: watermark\nwatermark: updated_at\n"


def read(tmp_path: Path, text: str | bytes) -> Connection:
    file = tmp_path / "connection.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_connection(file, PLACE)


def refusal(tmp_path: Path, text: str | bytes) -> Refused:
    with pytest.raises(Refused) as caught:
        read(tmp_path, text)
    assert PLACE in caught.value.zh and PLACE in caught.value.en
    return caught.value


def test_a_table_is_read_in_full(tmp_path: Path) -> None:
    connection = read(tmp_path, FULL)
    assert connection == Connection(dsn_env="HRSS_DSN", table="public.social_insurance", mode="full")
    assert (connection.relation, connection.name) == ('"public"."social_insurance"', "public.social_insurance")


def test_a_table_is_read_by_a_watermark_with_an_overlap_and_a_date(tmp_path: Path) -> None:
    connection = read(tmp_path, WATERMARK + "overlap: 6 hours\nextract_date: 2014-10-31\n")
    assert (connection.watermark, connection.overlap, connection.extract_date) == (
        "updated_at",
        "6 hours",
        date(2014, 10, 31),
    )
    assert connection.relation == '"人社"."参保"'


def test_a_query_may_end_in_a_semicolon_or_a_comment(tmp_path: Path) -> None:
    assert read(tmp_path, "dsn_env: A\nmode: full\nquery: SELECT 1;\n").relation == "(\nSELECT 1\n)"
    commented = read(tmp_path, "dsn_env: A\nmode: full\nquery: |\n  SELECT 1\n  -- all\n")
    assert commented.relation.splitlines() == ["(", "SELECT 1", "-- all", ")"]
    assert commented.name == "query"


def test_a_watermark_is_valid_for_its_table_and_column_alone(tmp_path: Path) -> None:
    sources = {
        read(tmp_path, text).source
        for text in (WATERMARK, WATERMARK.replace("updated_at", "id"), WATERMARK.replace("参保", "参保人"))
    }
    assert len(sources) == 3
    assert read(tmp_path, WATERMARK + "overlap: 2 days\n").source in sources


@pytest.mark.parametrize(
    "line",
    [
        "dsn: postgresql://reader:geheim@10.0.0.1/hrss",
        "dsn_env: postgres://reader@10.0.0.1/hrss",
        "# jdbc://reader:geheim@10.0.0.1/hrss",
        "password: geheim",
        "PASSWORD: geheim",
        "口令：geheim",
        "query: SELECT * FROM dblink('host=a password=geheim', 'SELECT 1')",
        "# pwd = geheim",
    ],
)
def test_a_file_that_holds_a_dsn_or_a_password_is_refused_without_repeating_it(tmp_path: Path, line: str) -> None:
    refused = refusal(tmp_path, f"{FULL}{line}\n")
    assert "第 4 行含有连接串或口令" in refused.zh
    assert "line 4 holds a DSN or a password" in refused.en
    assert not [word for word in ("geheim", "reader", "10.0.0.1") if word in str(refused)]


@pytest.mark.parametrize(
    ("text", "field", "zh"),
    [
        (FULL.replace("dsn_env: HRSS_DSN\n", ""), "dsn_env", "环境变量名"),
        (FULL.replace("HRSS_DSN", "host=10.0.0.1"), "dsn_env", "环境变量名"),
        (FULL.replace("mode: full\n", ""), "mode", "full 或 watermark"),
        (FULL.replace("full", "delta"), "mode", "full 或 watermark"),
        (FULL.replace("public.", ""), "table", "模式.表"),
        (FULL + "query: SELECT 1\n", "table", "须且只须写一个"),
        ("dsn_env: A\nmode: full\n", "table", "须且只须写一个"),
        ("dsn_env: A\nmode: full\nquery: ''\n", "query", "一条 SELECT"),
        (WATERMARK.replace("watermark: updated_at\n", ""), "watermark", "水位列的列名"),
        (WATERMARK + "overlap: soon\n", "overlap", "1 day"),
        (WATERMARK + "overlap: -1\n", "overlap", "1 day"),
        (FULL + "extract_date: 2014-02-30x\n", "extract_date", "YYYY-MM-DD"),
        (FULL + "tabel: x\n", "tabel", "没有 tabel 这样的字段"),
    ],
)
def test_a_wrong_field_is_named_with_what_it_should_be(tmp_path: Path, text: str, field: str, zh: str) -> None:
    refused = refusal(tmp_path, text)
    assert field in refused.zh and field in refused.en
    assert zh in refused.zh
    assert "10.0.0.1" not in str(refused)


@pytest.mark.parametrize(
    ("text", "zh"),
    [
        ("", "不是“字段: 值”形式的 YAML"),
        ("- a\n- b\n", "不是“字段: 值”形式的 YAML"),
        ("1: 2\n", "不是“字段: 值”形式的 YAML"),
        ("mode: full\ntable: [\n", "YAML(第 3 行)"),
        ("mode: full\nextract_date: 2014-02-30\n", "不是“字段: 值”形式的 YAML"),
        ("[" * 5000, "不是“字段: 值”形式的 YAML"),
        ("数据".encode("gb18030"), "不是可读的 UTF-8 文本"),
        (b"a" * 100_000, "超过 64 KB"),
    ],
)
def test_a_file_that_is_no_yaml_of_fields_is_refused(tmp_path: Path, text: str | bytes, zh: str) -> None:
    assert zh in refusal(tmp_path, text).zh
