"""Loads one file into a table: all of its rows or none."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (sqlglot's trees and DuckDB's relations are untyped)

from __future__ import annotations

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import IO, Any

import duckdb

from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.files import DamagedFileError, line_blocks
from theia_sf.sandbox.snowpipe.statement import CopyStatement, parse_copy
from theia_sf.sandbox.snowpipe.transform import Transform


@dataclass(frozen=True)
class Outcome:
    """How loading a file ended. `error` is the reason why nothing of it was loaded, None if all of it was."""

    rows_parsed: int
    rows_loaded: int
    error: str | None = None
    error_line: int | None = None


@dataclass(frozen=True)
class StagedFile:
    """A file to load. `key` is what METADATA$FILENAME tells, `body` its bytes, seekable."""

    key: str
    body: IO[bytes]
    scan_time: datetime


def load_file(cursor: Any, statement: CopyStatement, csv: CsvFormat, table: str, file: StagedFile) -> Outcome:
    """Runs a COPY for one file, in a transaction of its own.

    Args:
        cursor: a DuckDB cursor of the caller's own, outside of a transaction.
        statement: a checked COPY with a SELECT.
        csv: the format of the file.
        table: the target as DuckDB names it, quoted.
        file: what to load.

    Raises:
        SnowflakeError: the COPY itself is wrong (no such table or column), whatever the file holds.
    """
    insert = _insert(statement.text, csv, table)
    parsed = loaded = 0
    try:
        with _transaction(cursor):
            for block in _ahead(line_blocks(file.body, file.key, replace_invalid=csv.replace_invalid)):
                cursor.register("staged_lines", block)
                values = {"key": file.key, "scanned": file.scan_time}
                loaded += cursor.execute(insert, values).fetchall()[0][0]
                parsed += block.num_rows
                cursor.unregister("staged_lines")
    except duckdb.CatalogException as error:
        raise SnowflakeError(2003, "02000", f"SQL compilation error:\n{_first_line(error)}") from error
    except duckdb.BinderException as error:
        raise SnowflakeError(904, "42000", f"SQL compilation error:\n{_first_line(error)}") from error
    except (DamagedFileError, duckdb.Error) as error:
        return Outcome(parsed, 0, error=_first_line(error), error_line=parsed + 1)
    return Outcome(loaded, loaded)


@lru_cache(maxsize=64)
def _insert(copy_text: str, csv: CsvFormat, table: str) -> str:
    """The INSERT for a block of lines, registered as `staged_lines`."""
    statement = parse_copy(copy_text)
    assert statement.select is not None  # noqa: S101 - check_copy has seen to it
    transform = Transform(statement.select)
    fields = csv.source_sql("staged_lines", transform.field_count)
    source = (
        f'(SELECT * RENAME (number AS "METADATA$FILE_ROW_NUMBER"), $key AS "METADATA$FILENAME", '  # noqa: S608 - quoted names
        f'$scanned AS "METADATA$START_SCAN_TIME" FROM ({fields}))'
    )
    columns = ", ".join(quoted(column) for column in statement.columns)
    return f"INSERT INTO {table} {f'({columns})' if columns else ''} {transform.sql(source)}"


@contextmanager
def _transaction(cursor: Any) -> Generator[None]:
    cursor.execute("BEGIN")
    try:
        yield
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
    cursor.execute("COMMIT")


def _ahead(blocks: Iterator[Any]) -> Iterator[Any]:
    """The same blocks, the next one being prepared by a thread while the caller works on one."""
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="snowpipe-reader") as reader:
        upcoming = reader.submit(next, blocks, None)
        while (block := upcoming.result()) is not None:
            upcoming = reader.submit(next, blocks, None)
            yield block


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
