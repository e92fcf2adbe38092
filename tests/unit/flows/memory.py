"""A FLOWS table in memory: fakesnow's Snowflake over DuckDB, in the test's own process."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from fakesnow.instance import FakeSnow

from theia_sf.flows.source import readable_flows

COLUMNS = {
    "flowStartSeconds": "TIMESTAMP_TZ",
    "flowEndSeconds": "TIMESTAMP_TZ",
    "sourceIP": "VARCHAR",
    "destinationIP": "VARCHAR",
    "destinationTransportPort": "NUMBER(5,0)",
    "protocolIdentifier": "NUMBER(3,0)",
    "sourcePodName": "VARCHAR",
    "sourcePodNamespace": "VARCHAR",
    "destinationPodName": "VARCHAR",
    "destinationPodNamespace": "VARCHAR",
    "destinationServicePortName": "VARCHAR",
    "ingressNetworkPolicyName": "VARCHAR",
    "ingressNetworkPolicyRuleAction": "NUMBER(3,0)",
    "egressNetworkPolicyName": "VARCHAR",
    "egressNetworkPolicyRuleAction": "NUMBER(3,0)",
    "flowType": "NUMBER(3,0)",
    "sourcePodLabels": "VARCHAR",
    "destinationPodLabels": "VARCHAR",
    "clusterUUID": "VARCHAR",
    "rejectedRecord": "VARCHAR",
}
_ROWS_PER_INSERT = 1000


class MemorySource:
    """A flow source over a table of the columns that analyses read."""

    def __init__(self) -> None:
        connection = FakeSnow().connect(database="ANTREA_TEST", schema="THEIA")
        self._cursor = connection.cursor()
        self._loaded: list[dict[str, Any]] | None = None
        self._duckdb = connection._duck_conn
        self.flows = readable_flows('"ANTREA_TEST"."THEIA"."FLOWS"')
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
    rows = ("(" + ", ".join(_literal(record.get(column)) for column in COLUMNS) + ")" for record in records)
    return f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES {', '.join(rows)}"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"
