"""The session parameters that a client may set under a policy that restricts it."""

from __future__ import annotations

from typing import Final

_PREFIXES: Final = ("CLIENT_", "JDBC_", "ODBC_", "PYTHON_", "GO_", "NODE_", "NODEJS_", "DOTNET_", "PHP_", "SNOWPARK_")
"""What drivers tell the server about themselves."""

_ENDINGS: Final = ("_INPUT_FORMAT", "_OUTPUT_FORMAT", "_QUERY_RESULT_FORMAT", "_TYPE_MAPPING")

_HARMLESS: Final = frozenset(
    {
        "ABORT_DETACHED_QUERY", "ARROW_NUMBER_TO_DECIMAL", "AUTOCOMMIT", "BINARY_INPUT_FORMAT",
        "BINARY_OUTPUT_FORMAT", "C_API_QUERY_RESULT_FORMAT", "ERROR_ON_NONDETERMINISTIC_MERGE",
        "ERROR_ON_NONDETERMINISTIC_UPDATE", "JSON_INDENT", "LOCK_TIMEOUT", "MULTI_STATEMENT_COUNT",
        "QUERY_RESULT_FORMAT", "QUERY_TAG", "ROWS_PER_RESULTSET", "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS",
        "STATEMENT_TIMEOUT_IN_SECONDS", "STRICT_JSON_OUTPUT", "TIMESTAMP_DAY_IS_ALWAYS_24H", "TIMEZONE",
        "TRANSACTION_ABORT_ON_ERROR", "TRANSACTION_DEFAULT_ISOLATION_LEVEL", "TWO_DIGIT_CENTURY_START",
        "UNSUPPORTED_DDL_ACTION", "USE_CACHED_RESULT", "VALIDATE_DEFAULT_PARAMETERS", "WEEK_OF_YEAR_POLICY",
        "WEEK_START",
    }
)  # fmt: skip
"""Of https://docs.snowflake.com/en/sql-reference/parameters, those that change neither what a name means (as
SEARCH_PATH and QUOTED_IDENTIFIERS_IGNORE_CASE do) nor what may be seen. The limits among them are the client's own
while a rule does not set them."""

ROW_LIMIT: Final = "ROWS_PER_RESULTSET"
STATEMENT_TIMEOUT: Final = "STATEMENT_TIMEOUT_IN_SECONDS"
LIMITS: Final = {ROW_LIMIT: "row_limit", STATEMENT_TIMEOUT: "statement_timeout"}
"""The parameters that settings of a rule stand for."""
SEARCH_PATH: Final = "SEARCH_PATH"
CURRENT_SCHEMA: Final = "$current"
CURRENT_DATABASE: Final = "$current, $public"
"""Where Snowflake looks for unqualified names if neither account nor user say otherwise: in the current schema, then
in the database's PUBLIC (https://docs.snowflake.com/en/sql-reference/name-resolution)."""
IGNORE_QUOTES: Final = "QUOTED_IDENTIFIERS_IGNORE_CASE"


def is_harmless(name: str) -> bool:
    """Tell whether a client may set a parameter, by its name in upper case, if no rule sets it."""
    return name in _HARMLESS or name.startswith(_PREFIXES) or name.endswith(_ENDINGS)
