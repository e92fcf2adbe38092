"""Rows per second of the pipe's COPY in the sandbox, against DuckDB's own CSV reader by position on the same file."""

from __future__ import annotations

import gzip
import io
import statistics
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from theia_sf.flows.layouts import NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS
from theia_sf.sandbox.flows import FlowOptions, generate
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.loading import StagedFile, load_file
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf_infra.copy import copy_statement

ROWS = 300_000
ROUNDS = 3


def table_type(column: str) -> str:
    """The DuckDB type of a column of FLOWS."""
    if column in TIME_COLUMNS:
        return "TIMESTAMPTZ"
    return "DECIMAL(20, 0)" if column in NUMBER_COLUMNS else "VARCHAR"


def by_copy(connection: duckdb.DuckDBPyConnection, content: bytes) -> float:
    """Load the file by the pipe's own statement; return the seconds."""
    columns = ", ".join(f"{column} {table_type(column)}" for column in TABLE_COLUMNS)
    extra = "rejectedRecord VARCHAR, sourceFile VARCHAR, sourceFileRow BIGINT, loadedAt TIMESTAMPTZ"
    connection.execute(f"CREATE OR REPLACE TABLE FLOWS ({columns}, {extra})")
    statement = parse_copy(copy_statement("FLOWS", "FLOWSTAGE"))
    csv = CsvFormat.from_options(statement.file_format)
    started = time.perf_counter()
    outcome = load_file(connection, statement, csv, "FLOWS", StagedFile("f", io.BytesIO(content), datetime.now(UTC)))
    seconds = time.perf_counter() - started
    assert outcome.error is None
    assert connection.execute("SELECT COUNT(*) FROM FLOWS WHERE rejectedRecord IS NULL").fetchall() == [(ROWS,)]
    return seconds


def by_position(connection: duckdb.DuckDBPyConnection, path: Path) -> float:
    """Load the file as text columns by position, as the Go tool's COPY did; return the seconds."""
    started = time.perf_counter()
    connection.execute(
        "CREATE OR REPLACE TABLE peer AS SELECT * FROM read_csv("
        f"'{path}', header = false, delim = ',', quote = '''', all_varchar = true, strict_mode = false)"
    )
    seconds = time.perf_counter() - started
    assert connection.execute("SELECT COUNT(*) FROM peer").fetchall() == [(ROWS,)]
    return seconds


def main() -> None:
    """Print the median rates and the ratio."""
    (file,) = generate(FlowOptions(rows=ROWS, days=1, antrea="2.7"))
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flows.csv"
        path.write_bytes(gzip.decompress(file.content))
        pairs = [(by_copy(connection, file.content), by_position(connection, path)) for _ in range(ROUNDS)]
    copy, peer = (ROWS / statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"COPY of the pipe     {copy:>12,.0f} rows/s (at least 100,000)")
    print(f"read_csv by position {peer:>12,.0f} rows/s")
    print(f"ratio                {statistics.median(b / a for a, b in pairs):.2f}")


if __name__ == "__main__":
    main()
