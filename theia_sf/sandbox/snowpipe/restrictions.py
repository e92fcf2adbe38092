"""What Snowflake refuses when a COPY or a pipe is compiled.

A SELECT inside of a COPY reads one stage, without clauses, and calls functions of a list
(docs.snowflake.com/en/user-guide/data-load-transform); a pipe's COPY has no options that name files or repeat loads
(docs.snowflake.com/en/sql-reference/sql/create-pipe, "Usage notes").
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# sqlglot's trees are untyped.

from __future__ import annotations

import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType  # pyright: ignore[reportPrivateImportUsage] - its documented place

from theia_sf.sandbox.snowflake.errors import SnowflakeError, invalid_value, unsupported
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.functions import OPERATORS, SUPPORTED_FUNCTIONS
from theia_sf.sandbox.snowpipe.statement import CopyStatement

_CLAUSES = [
    "where",
    "group",
    "having",
    "order",
    "limit",
    "offset",
    "joins",
    "laterals",
    "distinct",
    "qualify",
    "windows",
    "with_",
    "cluster",
    "sort",
    "pivots",
]
_COPY_OPTIONS = frozenset(
    [
        "FILES",
        "PATTERN",
        "ON_ERROR",
        "SIZE_LIMIT",
        "PURGE",
        "RETURN_FAILED_ONLY",
        "MATCH_BY_COLUMN_NAME",
        "ENFORCE_LENGTH",
        "TRUNCATECOLUMNS",
        "FORCE",
        "LOAD_UNCERTAIN_FILES",
        "VALIDATION_MODE",
    ]
)
_NOT_IN_A_PIPE = ("FILES", "SIZE_LIMIT", "PURGE", "FORCE", "RETURN_FAILED_ONLY", "VALIDATION_MODE")
_DATA_TYPE_BEFORE = frozenset({"AS", "::"})


def check_copy(statement: CopyStatement) -> None:
    """Compiles a COPY as far as the file format, the options and the SELECT go.

    Raises:
        SnowflakeError: 002098 for a SELECT beyond what a COPY may do, 001008 for options, 000002 for what Snowflake
            has and the sandbox lacks.
    """
    for name in statement.options:
        if name not in _COPY_OPTIONS:
            raise SnowflakeError(1003, "42000", f"SQL compilation error:\ninvalid parameter '{name}'")
    CsvFormat.from_options(statement.file_format)
    if statement.select is None:
        msg = "COPY without a SELECT"
        raise unsupported(msg)
    if on_error(statement, "ABORT_STATEMENT") not in {"ABORT_STATEMENT", "SKIP_FILE"}:
        msg = f"ON_ERROR = {statement.options['ON_ERROR']}"
        raise unsupported(msg)
    if "VALIDATION_MODE" in statement.options:
        msg = "the VALIDATION_MODE parameter does not support COPY statements that transform data"
        raise _refused(msg)
    if "MATCH_BY_COLUMN_NAME" in statement.options:
        raise SnowflakeError(
            1003, "42000", "SQL compilation error:\nmatch_by_column_name is not supported with copy transform."
        )
    _check_select(statement, statement.select)


def check_pipe(statement: CopyStatement) -> None:
    """Compiles a pipe's COPY: as `check_copy`, and without the options that a pipe may not have.

    Raises:
        SnowflakeError: see `check_copy`; 001008 for an option that a pipe refuses.
    """
    check_copy(statement)
    for name in _NOT_IN_A_PIPE:
        if statement.options.get(name) not in {None, False}:
            raise invalid_value(statement.options[name], name)
    if on_error(statement, "SKIP_FILE") == "ABORT_STATEMENT":
        msg = "ABORT_STATEMENT"
        raise invalid_value(msg, "ON_ERROR")


def on_error(statement: CopyStatement, default: str) -> str:
    """What to do with a file that cannot be loaded: SKIP_FILE or ABORT_STATEMENT."""
    return str(statement.options.get("ON_ERROR", default)).upper()


def _check_select(statement: CopyStatement, select: exp.Select) -> None:
    simple = not any(select.args.get(clause) for clause in _CLAUSES) and not any(
        node is not select for node in select.find_all(exp.Select)
    )
    if not simple or select.find(exp.Window, exp.AggFunc, exp.Star):
        msg = "COPY statement only supports simple SELECT from stage statements for import."
        raise _refused(msg)
    for name in called_functions(statement.text):
        if name not in SUPPORTED_FUNCTIONS:
            msg = f"Function '{name}' is not supported in a COPY transformation."
            raise _refused(msg)
    if statement.columns and len(statement.columns) != len(select.expressions):
        raise SnowflakeError(
            2057,
            "42601",
            "SQL compilation error:\nInsert value list does not match column list expecting "
            f"{len(statement.columns)} but got {len(select.expressions)}",
        )


def called_functions(copy_text: str) -> list[str]:
    """The names that a COPY's SELECT calls, as written (the syntax tree maps several names to one), upper-cased."""
    tokens = sqlglot.tokenize(copy_text, read="snowflake")
    words = ["" if token.token_type is TokenType.STRING else token.text.upper() for token in tokens]
    start = next((n for n, word in enumerate(words) if word == "SELECT"), len(words))
    end = _end_of_parenthesis(words, start)
    calls: list[str] = []
    for n in range(start, end):
        before = words[n - 1]
        is_name = words[n].replace("_", "").isalnum()
        if is_name and words[n + 1 : n + 2] == ["("] and words[n] not in OPERATORS and before not in _DATA_TYPE_BEFORE:
            calls.append(words[n])
    return calls


def _end_of_parenthesis(words: list[str], start: int) -> int:
    depth = 0
    for n in range(start, len(words)):
        depth += (words[n] == "(") - (words[n] == ")")
        if depth < 0:
            return n
    return len(words)


def _refused(reason: str) -> SnowflakeError:
    """002098, with Snowflake's wording for clauses; for functions it names the culprit."""
    return SnowflakeError(2098, "0A000", f"SQL compilation error:\n{reason}")
