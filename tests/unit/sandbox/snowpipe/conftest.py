"""The pipe's real COPY statement, run on a table with the pipe's columns."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from theia_sf.flows.layouts import NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS
from theia_sf.sandbox.snowpipe.csv_format import CsvFormat
from theia_sf.sandbox.snowpipe.loading import Outcome, StagedFile, load_file
from theia_sf.sandbox.snowpipe.statement import parse_copy
from theia_sf_infra.copy import copy_statement

SCAN_TIME = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def _type(column: str) -> str:
    if column in TIME_COLUMNS:
        return "TIMESTAMPTZ"
    return "DECIMAL(20, 0)" if column in NUMBER_COLUMNS else "VARCHAR"


class FlowsTable:
    """A FLOWS table, and the COPY into it."""

    def __init__(self) -> None:
        self.statement = parse_copy(copy_statement("FLOWS", "FLOWSTAGE"))
        self.csv = CsvFormat.from_options(self.statement.file_format)
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")
        columns = [f"{column} {_type(column)}" for column in TABLE_COLUMNS]
        extra = "rejectedRecord VARCHAR, sourceFile VARCHAR, sourceFileRow BIGINT, loadedAt TIMESTAMPTZ"
        self.connection.execute(f"CREATE TABLE FLOWS ({', '.join(columns)}, {extra})").fetchall()

    def load_bytes(self, content: bytes, key: str = "flows/records-abc.csv") -> Outcome:
        file = StagedFile(key, io.BytesIO(content), SCAN_TIME)
        return load_file(self.connection, self.statement, self.csv, "FLOWS", file)

    def load(self, *lines: str, compress: bool = False) -> list[dict[str, Any]]:
        """Loads the lines as one file; returns all rows of the table in the order of the file."""
        content = "".join(f"{line}\n" for line in lines).encode()
        outcome = self.load_bytes(gzip.compress(content) if compress else content)
        assert outcome.error is None
        return self.rows()

    def rows(self) -> list[dict[str, Any]]:
        cursor = self.connection.execute("SELECT * FROM FLOWS ORDER BY sourceFile, sourceFileRow")
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def clear(self) -> None:
        self.connection.execute("DELETE FROM FLOWS").fetchall()


@pytest.fixture
def flows() -> Iterator[FlowsTable]:
    table = FlowsTable()
    yield table
    table.connection.close()


@pytest.fixture(scope="module")
def shared_flows() -> Iterator[Callable[[], FlowsTable]]:
    table = FlowsTable()

    def fresh() -> FlowsTable:
        table.clear()
        return table

    yield fresh
    table.connection.close()
