"""Every statement that has ended, as the views of ACCOUNT_USAGE tell of it and as credits are computed from it."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog_base import now
from theia_sf.sandbox.snowflake.errors import SnowflakeError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.results import Result

KEPT = 10_000
KEPT_TEXT = 10_000
"""Characters of a statement that are kept; Snowflake keeps 100,000."""
PASSWORD = re.compile(r"(\bpassword\s*=\s*)'(?:[^'\\]|''|\\.)*'", re.IGNORECASE)


def redacted(sql: str) -> str:
    """A statement without the password that it sets, as histories show it."""
    return PASSWORD.sub(r"\1'********'", sql)


@dataclass(frozen=True)
class Finished:
    """One statement that has ended.

    `warehouse_size` and `auto_suspend` (seconds, None: never) are those of the warehouse that ran it; the size is None
    if the statement needed none.
    """

    id: str
    text: str
    type: str
    database: str | None
    schema: str | None
    session_id: int
    user: str
    role: str
    warehouse: str | None
    warehouse_size: str | None
    auto_suspend: int | None
    tag: str
    started: datetime
    ended: datetime
    bytes_scanned: int
    rows_produced: int | None
    error: SnowflakeError | None

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended - self.started).total_seconds()


class QueryLog:
    """The account's finished statements, the latest ones only. An array binding is one statement, of many runs."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Finished] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, query: Query, result: Result | None, error: SnowflakeError | None) -> None:
        """Notes how a statement ended: with a result or with an error."""
        session, warehouse = query.session, query.computed_by
        rows = None if result is None else result.table.num_rows if result.table is not None else len(result.values)
        entry = Finished(
            id=query.id,
            text=redacted(query.sql)[:KEPT_TEXT],
            type=_type(query.sql),
            database=session.database,
            schema=session.schema,
            session_id=session.id,
            user=session.user,
            role=query.role,
            warehouse=query.warehouse,
            warehouse_size=warehouse.size if warehouse else None,
            auto_suspend=warehouse.auto_suspend if warehouse else None,
            tag=query.tag,
            started=query.started,
            ended=now(),
            bytes_scanned=query.bytes_scanned,
            rows_produced=rows,
            error=error,
        )
        with self._lock:
            self._entries[entry.id] = entry
            while len(self._entries) > KEPT:
                self._entries.popitem(last=False)

    def all(self) -> list[Finished]:
        """The statements, oldest first."""
        with self._lock:
            return list(self._entries.values())


def _type(sql: str) -> str:
    """What kind of statement it is: its first word."""
    word = re.search(r"\b[a-z]+\b", sql, re.IGNORECASE)
    name = word[0].upper() if word else "UNKNOWN"
    return "SELECT" if name == "WITH" else name
