"""The way from an open session to the flows of a database."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from theia_sf.flows.databases import find_database
from theia_sf.flows.snowflake_source import SnowflakeFlowSource
from theia_sf.snowflake.warehouse import warehouse_for

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from theia_sf.snowflake.settings import ConnectionSettings

_MIN_TIMEOUT: Final = 1.0  # seconds; what a statement gets when signing in and the warehouse took all the time


@contextmanager
def flows_of(
    connection: SnowflakeConnection,
    settings: ConnectionSettings,
    *,
    database: str | None,
    warehouse: str | None,
    deadline: float,
) -> Generator[SnowflakeFlowSource]:
    """Choose the database, take a warehouse, and give it back at the end.

    Args:
        connection: an open session.
        settings: what it was opened with.
        database: name of the database; None to look for one.
        warehouse: name of the warehouse; None for a temporary one.
        deadline: the `time.monotonic()` at which a statement over the flows is to have ended.

    Raises:
        UsageError: there is no such database or warehouse, or it is not clear which database is meant.
        TheiaError: a warehouse may not be made.
    """
    name = find_database(connection, settings, database)
    with warehouse_for(connection, warehouse):
        left = max(_MIN_TIMEOUT, deadline - time.monotonic())
        yield SnowflakeFlowSource(connection, name, timeout_seconds=left)
