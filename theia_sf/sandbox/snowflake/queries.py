"""Requests under way: by which a statement is watched and cancelled."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog import Warehouse, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.results import Result
    from theia_sf.sandbox.snowflake.sessions import Session

KEPT_QUERIES = 200
KEPT_RESULTS = 8
INTERRUPT_PAUSE_SECONDS = 0.02


@dataclass(eq=False)
class Query:
    """One statement of a session, from its arrival. `parameters` hold for this statement alone.

    `warehouse` is the session's; `computed_by` is the one whose compute the statement needed, if it did.
    """

    sql: str
    session: Session
    request_id: str = ""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    started: datetime = field(default_factory=now)
    ended: datetime | None = None
    tag: str = ""
    warehouse: str | None = None
    role: str = ""
    computed_by: Warehouse | None = None
    bytes_scanned: int = 0
    done: threading.Event = field(default_factory=threading.Event)
    stopped_by: SnowflakeError | None = None
    result: Result | None = None
    error: SnowflakeError | None = None

    def stop(self, reason: SnowflakeError) -> None:
        """Interrupts the statement and returns when it no longer runs; `reason` becomes its error.

        One that hasn't begun is refused when it does. DuckDB forgets an interrupt that arrives between two of the
        statements that one Snowflake statement becomes, so it is repeated.
        """
        self.stopped_by = self.stopped_by or reason
        while self.session.interrupt(self):
            time.sleep(INTERRUPT_PAUSE_SECONDS)

    @property
    def status(self) -> str:
        """RUNNING, SUCCESS or FAILED_WITH_ERROR, as the monitoring endpoint names them."""
        if not self.done.is_set():
            return "RUNNING"
        return "FAILED_WITH_ERROR" if self.error else "SUCCESS"


class QueryRegistry:
    """The last requests, by query id and by request id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queries: OrderedDict[str, Query] = OrderedDict()

    def add(self, query: Query) -> None:
        """Remembers a request; the oldest finished ones are forgotten, and the rows of all but the latest ones."""
        with self._lock:
            self._queries[query.id] = query
            for older in list(self._queries.values())[:-KEPT_RESULTS]:
                if older.done.is_set():
                    older.result = None
            for key in list(self._queries)[: max(0, len(self._queries) - KEPT_QUERIES)]:
                if self._queries[key].done.is_set():
                    del self._queries[key]

    def all(self) -> list[Query]:
        """The requests that are remembered, oldest first."""
        with self._lock:
            return list(self._queries.values())

    def get(self, query_id: str) -> Query | None:
        """The request of a query id."""
        with self._lock:
            return self._queries.get(query_id)

    def by_request(self, request_id: str) -> Query | None:
        """The latest request of a client's request id."""
        with self._lock:
            return next((q for q in reversed(self._queries.values()) if q.request_id == request_id), None)
