"""The SELECT of a COPY, compiled for DuckDB."""

from __future__ import annotations

import duckdb
import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf.sandbox.snowpipe.transform import Transform


def evaluate(expression: str, *fields: str | None) -> object:
    select = parse_copy(f"COPY INTO t FROM (SELECT {expression} FROM @s)").select
    assert select is not None
    columns = ", ".join(f"? AS c{number}" for number in range(1, len(fields) + 1))
    with duckdb.connect() as connection:
        return connection.execute(Transform(select).sql(f"(SELECT {columns})"), list(fields)).fetchone()[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("SPLIT_PART($1, ',', 2)", "b"),
        ("SPLIT_PART($1, ',', 0)", "a"),
        ("SPLIT_PART($1, ',', -1)", "c"),
        ("SPLIT_PART($1, ',', 9)", ""),
        ("NULLIF(SPLIT_PART($1, ',', 9), '')", None),
        ("SPLIT_PART($2, ',', 1)", None),
        ("ARRAY_SIZE(SPLIT($1, ','))", 3),
        ("TRY_CAST($1 AS NUMBER(3, 0))", None),
        ("TRY_CAST('12' AS NUMBER(3, 0))", 12),
        ("NVL2($2, 'x', 'y')", "y"),
        ("NVL($2, $1)", "a,b,c"),
        ("IFF($1 LIKE 'a%', 1, 2)", 1),
        ("REGEXP_SUBSTR($1, '[b-z].*')", "b,c"),
        ("REGEXP_SUBSTR($1, 'nothing')", None),
        ("REGEXP_REPLACE($1, ',', ';')", "a;b;c"),
        ("RTRIM($1 || '\\r', '\\r')", "a,b,c"),
        ("TRIM('  x ')", "x"),
        ("LTRIM('xxa', 'x')", "a"),
        ("CASE WHEN $1 = 'a' THEN 1 WHEN LENGTH($1) = 5 THEN 2 END", 2),
        ("CONCAT($1, '-', LENGTH($1))", "a,b,c-5"),
        ("EQUAL_NULL($2, NULL)", True),
        ("SPLIT_PART($1, ',', IFF($1 = '', 1, 3))", "c"),
    ],
)
def test_functions(expression, expected):
    assert evaluate(expression, "a,b,c", None) == expected


def test_shared_parts_are_computed_once():
    select = parse_copy(
        "COPY INTO t FROM (SELECT SPLIT_PART(RTRIM($1), ',', 1), SPLIT_PART(RTRIM($1), ',', 2) FROM @s)"
    ).select
    assert select is not None
    assert Transform(select).sql("src").count("string_split") == 1


def test_an_unknown_column():
    with pytest.raises(SnowflakeError, match="invalid identifier 'NAME'"):
        evaluate("name", "x")


def test_what_the_sandbox_lacks():
    with pytest.raises(SnowflakeError, match="Unsupported feature"):
        evaluate("REGEXP_SUBSTR($1, 'a', 1, 1, 'e', 1)", "x")
