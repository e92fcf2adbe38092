"""What is refused when a COPY or a pipe is compiled, and that the pipe's own COPY is not."""

from __future__ import annotations

import pytest

from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowpipe.functions import SUPPORTED_FUNCTIONS
from theia_sf.sandbox.snowpipe.restrictions import called_functions, check_copy, check_pipe
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf_infra.copy import copy_statement

PIPE_COPY = copy_statement('"D"."S"."FLOWS"', '"D"."S"."STAGE"')

# Written out a second time, by hand, from Snowflake's documentation: a change of the list must be made on purpose.
USED = {
    "ARRAY_SIZE",
    "CONVERT_TIMEZONE",
    "IFF",
    "NULLIF",
    "NVL",
    "NVL2",
    "REGEXP_REPLACE",
    "REGEXP_SUBSTR",
    "RTRIM",
    "SPLIT",
    "SPLIT_PART",
    "TO_TIMESTAMP_LTZ",
    "TRY_CAST",
}


def test_the_pipe_calls_only_what_snowflake_lists():
    check_pipe(parse_copy(PIPE_COPY))
    assert set(called_functions(PIPE_COPY)) == USED
    assert USED <= SUPPORTED_FUNCTIONS


def test_the_pinned_list():
    assert len(SUPPORTED_FUNCTIONS) == 95
    for absent in (
        "COALESCE",
        "UPPER",
        "LOWER",
        "LEFT",
        "RIGHT",
        "TRY_TO_TIMESTAMP",
        "TRY_PARSE_JSON",
        "CONTAINS",
        "REGEXP_LIKE",
        "RLIKE",
        "REGEXP_COUNT",
        "CURRENT_TIMESTAMP",
        "ZEROIFNULL",
        "GREATEST",
    ):
        assert absent not in SUPPORTED_FUNCTIONS


def test_the_pipes_regular_expressions_are_posix():
    assert not any(construct in PIPE_COPY for construct in ("(?", "*?", "+?", "}?,", "\\\\d", "\\\\w"))


def test_the_statement_is_of_a_size_that_snowflake_takes():
    assert len(PIPE_COPY.encode()) < 100_000  # Snowflake recommends at most 1 MB (its page "Limits on query text size")


@pytest.mark.parametrize(
    ("select", "culprit"),
    [
        ("SELECT COALESCE($1, '') FROM @s", "COALESCE"),
        ("SELECT UPPER($1) FROM @s", "UPPER"),
        ("SELECT TRY_TO_TIMESTAMP($1) FROM @s", "TRY_TO_TIMESTAMP"),
        ("SELECT NVL(ZEROIFNULL($1), 1) FROM @s", "ZEROIFNULL"),
        ("SELECT my_udf($1) FROM @s", "MY_UDF"),
    ],
)
def test_functions_off_the_list(select, culprit):
    with pytest.raises(SnowflakeError, match=f"Function '{culprit}' is not supported") as caught:
        check_copy(parse_copy(f"COPY INTO t FROM ({select})"))
    assert caught.value.code == "002098"


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $1 FROM @s WHERE $1 <> ''",
        "SELECT $1 FROM @s ORDER BY 1",
        "SELECT $1 FROM @s LIMIT 3",
        "SELECT DISTINCT $1 FROM @s",
        "SELECT $1 FROM @s GROUP BY 1",
        "SELECT COUNT($1) FROM @s",
        "SELECT ROW_NUMBER() OVER (ORDER BY $1) FROM @s",
        "SELECT a.$1 FROM @s a JOIN @s b ON a.$1 = b.$1",
        "SELECT (SELECT 1), $1 FROM @s",
        "SELECT $1 FROM @s, LATERAL FLATTEN(SPLIT($1, ','))",
        "SELECT * FROM @s",
    ],
)
def test_more_than_a_simple_select(select):
    with pytest.raises(SnowflakeError, match="only supports simple SELECT from stage statements"):
        check_copy(parse_copy(f"COPY INTO t FROM ({select})"))


@pytest.mark.parametrize(
    "select",
    [
        "SELECT $1::NUMBER(3, 0) FROM @s",
        "SELECT CAST($1 AS VARCHAR(10)) FROM @s",
        "SELECT CASE WHEN ($1 = '(') THEN 'COALESCE(' ELSE $2 END FROM @s",
        "SELECT IFF($1 IN ('a', 'b'), METADATA$FILENAME, NULL) FROM @db.sc.s/path t",
    ],
)
def test_what_is_allowed(select):
    check_copy(parse_copy(f"COPY INTO t FROM ({select})"))


@pytest.mark.parametrize(
    "options",
    [
        "FILES = ('a')",
        "PURGE = TRUE",
        "FORCE = TRUE",
        "SIZE_LIMIT = 10",
        "RETURN_FAILED_ONLY = TRUE",
        "ON_ERROR = ABORT_STATEMENT",
    ],
)
def test_options_that_a_pipe_may_not_have(options):
    statement = parse_copy(f"COPY INTO t FROM (SELECT $1 FROM @s) {options}")
    check_copy(statement)
    with pytest.raises(SnowflakeError, match="invalid value"):
        check_pipe(statement)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("COPY INTO t FROM (SELECT $1 FROM @s) NONSENSE = 1", "invalid parameter 'NONSENSE'"),
        ("COPY INTO t FROM (SELECT $1 FROM @s) FILE_FORMAT = (TYPE = CSV COLOUR = RED)", "invalid parameter 'COLOUR'"),
        ("COPY INTO t FROM (SELECT $1 FROM @s) FILE_FORMAT = (TYPE = JSON)", "Unsupported feature"),
        ("COPY INTO t (a, b) FROM (SELECT $1 FROM @s)", "expecting 2 but got 1"),
        ("COPY INTO t FROM (SELECT $1 FROM @s) VALIDATION_MODE = RETURN_ERRORS", "VALIDATION_MODE"),
        ("COPY INTO t FROM (SELECT $1 FROM other)", "reads FROM a stage"),
        ("COPY INTO t FROM", "syntax error"),
        ("SELECT 1", "expected COPY INTO"),
    ],
)
def test_other_refusals(sql, message):
    with pytest.raises(SnowflakeError, match=message):
        check_copy(parse_copy(sql))


def test_names_are_resolved():
    statement = parse_copy('COPY INTO db."Schema".t (a, "b") FROM (SELECT $1, $2 FROM @DB."Schema"."My Stage"/x/y.csv)')
    assert statement.table == ("DB", "Schema", "T")
    assert statement.columns == ("A", "b")
    assert statement.stage == ("DB", "Schema", "My Stage")
    assert statement.stage_path == "x/y.csv"
