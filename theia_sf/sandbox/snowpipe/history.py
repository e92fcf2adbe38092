"""What was loaded: the rows of COPY_HISTORY, and the load history of tables that a COPY by hand looks into."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from theia_sf.sandbox.snowpipe.loading import Outcome
from theia_sf.sandbox.snowpipe.staging import StagedObject
from theia_sf.sandbox.snowpipe.statement import Name

BULK_HISTORY = timedelta(days=64)
"""How long a table remembers the files that COPY statements loaded (docs: "Load metadata")."""


@dataclass(frozen=True)
class LoadRecord:
    """One attempt to load one file."""

    table: Name
    pipe: Name | None
    location: str
    file: StagedObject
    outcome: Outcome
    received: datetime | None
    finished: datetime

    @property
    def status(self) -> str:
        """As COPY answers it."""
        return "LOADED" if self.outcome.error is None else "LOAD_FAILED"

    def history_row(self) -> dict[str, Any]:
        """The columns of the table function COPY_HISTORY."""
        outcome = self.outcome
        pipe: tuple[str | None, ...] = self.pipe or (None, None, None)
        failed = outcome.error is not None
        return {
            "FILE_NAME": self.file.relative_name,
            "STAGE_LOCATION": self.location,
            "LAST_LOAD_TIME": self.finished,
            "ROW_COUNT": outcome.rows_loaded,
            "ROW_PARSED": outcome.rows_parsed,
            "FILE_SIZE": self.file.size,
            "FIRST_ERROR_MESSAGE": outcome.error,
            "FIRST_ERROR_LINE_NUMBER": outcome.error_line,
            "FIRST_ERROR_CHARACTER_POS": 1 if failed else None,
            "FIRST_ERROR_COLUMN_NAME": None,
            "ERROR_COUNT": 1 if failed else 0,
            "ERROR_LIMIT": 1,
            "STATUS": "Load failed" if failed else "Loaded",
            "TABLE_CATALOG_NAME": self.table[0],
            "TABLE_SCHEMA_NAME": self.table[1],
            "TABLE_NAME": self.table[2],
            "PIPE_CATALOG_NAME": pipe[0],
            "PIPE_SCHEMA_NAME": pipe[1],
            "PIPE_NAME": pipe[2],
            "PIPE_RECEIVED_TIME": self.received,
        }

    def copy_row(self) -> tuple[Any, ...]:
        """The columns that a COPY answers (`COPY_COLUMNS`)."""
        outcome = self.outcome
        failed = outcome.error is not None
        return (
            self.file.url,
            self.status,
            outcome.rows_parsed,
            outcome.rows_loaded,
            1,
            1 if failed else 0,
            outcome.error,
            outcome.error_line,
            1 if failed else None,
            None,
        )


COPY_COLUMNS = (
    "file",
    "status",
    "rows_parsed",
    "rows_loaded",
    "error_limit",
    "errors_seen",
    "first_error",
    "first_error_line",
    "first_error_character",
    "first_error_column_name",
)


class LoadHistory:
    """All attempts since the account began; safe for threads."""

    def __init__(self) -> None:
        self._records: list[LoadRecord] = []
        self._lock = threading.Lock()

    def add(self, record: LoadRecord) -> None:
        """Remembers an attempt."""
        with self._lock:
            self._records.append(record)

    def all(self) -> list[LoadRecord]:
        """The attempts, oldest first."""
        with self._lock:
            return list(self._records)

    def of_table(self, table: Name, start: datetime, end: datetime) -> list[LoadRecord]:
        """The attempts that ended within [start, end], newest first."""
        with self._lock:
            records = [r for r in self._records if r.table == table and start <= r.finished <= end]
        return sorted(records, key=lambda record: record.finished, reverse=True)

    def loaded_by_hand(self, table: Name, now: datetime) -> set[tuple[str, str]]:
        """(key, ETag) of what COPY statements have loaded into a table; pipes keep a history of their own."""
        with self._lock:
            return {
                (r.file.key, r.file.etag)
                for r in self._records
                if r.table == table and r.pipe is None and r.status == "LOADED" and r.finished > now - BULK_HISTORY
            }
