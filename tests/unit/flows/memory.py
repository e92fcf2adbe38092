"""A FLOWS table in memory: fakesnow's Snowflake over DuckDB, in the test's own process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from fakesnow.instance import FakeSnow

from theia_sf.flows.layouts import NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS
from theia_sf.flows.source import readable_flows, rejected_lines

# Every number has the width of a counter, which is all that a test can tell.
COLUMNS = {
    column: "TIMESTAMP_TZ" if column in TIME_COLUMNS else "NUMBER(20,0)" if column in NUMBER_COLUMNS else "VARCHAR"
    for column in TABLE_COLUMNS
} | {"rejectedRecord": "VARCHAR", "sourceFile": "VARCHAR", "sourceFileRow": "NUMBER(38,0)", "loadedAt": "TIMESTAMP_TZ"}
_ROWS_PER_INSERT = 1000


class MemorySource:
    """A flow source over a table of every column."""

    def __init__(self) -> None:
        connection = FakeSnow().connect(database="ANTREA_TEST", schema="THEIA")
        self._cursor = connection.cursor()
        self._loaded: list[dict[str, Any]] | None = None
        self._duckdb = connection._duck_conn
        self.flows = readable_flows('"ANTREA_TEST"."THEIA"."FLOWS"')
        self.rejected = rejected_lines('"ANTREA_TEST"."THEIA"."FLOWS"')
        self._run(f"CREATE TABLE FLOWS ({', '.join(f'{name} {kind}' for name, kind in COLUMNS.items())})")

    def rows(self, sql: str, params: Any) -> Iterator[tuple[Any, ...]]:
        yield from self._run(sql, dict(params)).fetchall()

    def load(self, records: list[dict[str, Any]]) -> MemorySource:
        """Replace what the table holds; nothing is done for the list that it holds already."""
        if records is self._loaded:
            return self
        self._loaded = records
        self._run("DELETE FROM FLOWS")
        for start in range(0, len(records), _ROWS_PER_INSERT):
            # Straight into DuckDB: fakesnow takes minutes to translate so long a statement.
            self._duckdb.execute(insert_statement("ANTREA_TEST.THEIA.FLOWS", records[start : start + _ROWS_PER_INSERT]))
        return self

    def _run(self, sql: str, params: Any = None) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # fakesnow's use of DuckDB's Arrow output
            return self._cursor.execute(sql, params)


def insert_statement(table: str, records: list[dict[str, Any]]) -> str:
    """The statement that inserts these records, in standard SQL: a backslash is no escape."""
    given = {column for record in records for column in record}
    columns = [column for column in COLUMNS if column in given]
    assert set(columns) == given, f"not columns: {given - set(columns)}"
    rows = ("(" + ", ".join(_literal(record.get(column)) for column in columns) + ")" for record in records)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {', '.join(rows)}"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"
