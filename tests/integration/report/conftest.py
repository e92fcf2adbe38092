"""A database with flows in the session's sandbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import snowflake.connector

from tests.unit.flows.memory import COLUMNS, insert_statement
from tests.unit.policies.flow_records import fixture

FLOWS = fixture(300)
REJECTED = [{"rejectedRecord": "not,a,flow"}, {"rejectedRecord": "'; DROP TABLE FLOWS; --"}]


@pytest.fixture(scope="module")
def database(sandbox) -> Iterator[str]:
    """The name of a database with a FLOWS table of its own; dropped at the end."""
    name = "ANTREA_REPORT"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE WAREHOUSE IF NOT EXISTS REPORT_WH WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE")
        cursor.execute("USE WAREHOUSE REPORT_WH")
        cursor.execute(f"CREATE DATABASE {name}")
        cursor.execute(f"CREATE SCHEMA {name}.THEIA")
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
        cursor.execute(f"CREATE TABLE {name}.THEIA.FLOWS ({columns})")
        for rows in (FLOWS, REJECTED):
            cursor.execute(insert_statement(f"{name}.THEIA.FLOWS", rows).replace("\\", "\\\\"))
        yield name
        cursor.execute(f"DROP DATABASE {name}")
        cursor.execute("DROP WAREHOUSE REPORT_WH")
