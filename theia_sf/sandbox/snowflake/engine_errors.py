"""DuckDB's and fakesnow's errors as Snowflake would word them, as far as the message allows to tell."""

from __future__ import annotations

import re

import duckdb
import snowflake.connector.errors

from theia_sf.sandbox.snowflake.errors import SnowflakeError

_UNKNOWN_COLUMN = re.compile(r'Referenced column "([^"]+)" not found|does not have a column named "([^"]+)"')
_UNKNOWN_FUNCTION = re.compile(r"(?:Scalar|Aggregate|Table) Function with name (\S+) does not exist", re.IGNORECASE)
_BAD_NUMBER = re.compile(
    r"Could not convert string '([^']*)' to (?:U?INT|DECIMAL|DOUBLE|FLOAT|HUGEINT|BIGINT)", re.IGNORECASE
)

# DuckDB's exception -> number, SQL state, text (empty: DuckDB's own)
_BY_TYPE: dict[type[duckdb.Error], tuple[int, str, str]] = {
    duckdb.InterruptException: (604, "57014", "SQL execution canceled"),
    duckdb.OutOfRangeException: (100046, "22003", ""),
    duckdb.ConstraintException: (100072, "22000", ""),
    duckdb.OutOfMemoryException: (300005, "XX000", "Statement ran out of memory."),
}


def from_duckdb(error: duckdb.Error) -> SnowflakeError:
    """The Snowflake error of an exception that DuckDB raised."""
    message = _first_line(str(error))
    if isinstance(error, duckdb.ConversionException) and (bad := _BAD_NUMBER.search(message)):
        return SnowflakeError(100038, "22018", f"Numeric value '{bad[1]}' is not recognized")
    if isinstance(error, duckdb.BinderException | duckdb.CatalogException | duckdb.ParserException):
        return _compilation(message)
    for kind, (errno, sqlstate, text) in _BY_TYPE.items():
        if isinstance(error, kind):
            return SnowflakeError(errno, sqlstate, text or message)
    return SnowflakeError(100035, "22000", message)


def from_connector(error: snowflake.connector.errors.Error) -> SnowflakeError:
    """The Snowflake error of an exception that fakesnow raised."""
    message = str(error.raw_msg if hasattr(error, "raw_msg") and error.raw_msg else error.msg)
    errno = error.errno or 1003
    if errno in {2043, 2003} and (_UNKNOWN_COLUMN.search(message) or _UNKNOWN_FUNCTION.search(message)):
        return _compilation(message)
    if errno == 100035 and (bad := _BAD_NUMBER.search(message)):  # noqa: PLR2004 - fakesnow's number for conversions
        return SnowflakeError(100038, "22018", f"Numeric value '{bad[1]}' is not recognized")
    if errno == 9999:  # noqa: PLR2004 - fakesnow's "not implemented"
        return SnowflakeError(2, "0A000", f"Unsupported feature '{_first_line(message)}'.")
    return SnowflakeError(errno, error.sqlstate or "42000", _first_line(message) if errno != 1003 else message)  # noqa: PLR2004 - syntax errors keep all lines


def _compilation(message: str) -> SnowflakeError:
    if column := _UNKNOWN_COLUMN.search(message):
        name = column[1] or column[2]
        return SnowflakeError(904, "42000", f"SQL compilation error:\ninvalid identifier '{name}'")
    if function := _UNKNOWN_FUNCTION.search(message):
        return SnowflakeError(2140, "42601", f"SQL compilation error:\nUnknown function {function[1].upper()}")
    return SnowflakeError(1003, "42000", f"SQL compilation error:\n{_first_line(message)}")


def _first_line(message: str) -> str:
    return message.strip().splitlines()[0] if message.strip() else message
