"""Flow records in the FLOWS table of a Snowflake database."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import TYPE_CHECKING, Any

from theia_sf.flows.source import Parameters, readable_flows, rejected_lines
from theia_sf.snowflake.identifiers import qualified
from theia_sf.snowflake.query import stream

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_SCHEMA = "THEIA"
_TABLE = "FLOWS"


class SnowflakeFlowSource:
    """The FLOWS table of a database that `theia-sf onboard` made.

    Args:
        connection: an open connection whose session has a warehouse.
        database: the database's name, as it stands in SHOW DATABASES.
        timeout_seconds: how long one statement may take before it is cancelled.
    """

    def __init__(self, connection: SnowflakeConnection, database: str, *, timeout_seconds: float) -> None:
        self.database = database
        self._connection = connection
        self._timeout_seconds = ceil(timeout_seconds)
        table = qualified(database, _SCHEMA, _TABLE)
        self.flows = readable_flows(table)
        self.rejected = rejected_lines(table)

    def rows(self, sql: str, params: Parameters) -> Iterator[tuple[Any, ...]]:
        """Run one statement and yield its rows as they arrive, a batch at a time.

        Raises:
            TheiaError: when the statement fails or takes too long.
        """
        return stream(self._connection, sql, dict(params), self._timeout_seconds)
