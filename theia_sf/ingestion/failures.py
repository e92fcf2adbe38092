"""What was not loaded: files that failed as a whole, lines that are no flow records, Snowflake's notifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from theia_sf.aws.queues import receive_message
from theia_sf.ingestion.pipe import FlowPipe
from theia_sf.snowflake.query import FLOWS_TIMEOUT, fetch_all

LOADED = "LOADED"


@dataclass(frozen=True)
class IngestionError:
    """One thing that went wrong.

    Attributes:
        kind: `file` (nothing of it was loaded), `record` (a line was put aside) or `notification` (Snowflake's).
        file: its key in the bucket; empty for a notification that names none.
        row: the line in the file, for a record.
        time: when it was loaded, or failed to be.
        message: Snowflake's error, or the line itself.
    """

    kind: str
    file: str
    row: int | None
    time: datetime | str | None
    message: str


def failed_files(pipe: FlowPipe, days: int = 14) -> list[IngestionError]:
    """The files whose last attempt failed, newest first. Needs a warehouse."""
    last: dict[str, dict[str, Any]] = {}
    for attempt in pipe.copy_history(days):
        last.setdefault(str(attempt["file_name"]), attempt)
    return [
        IngestionError(
            "file", pipe.key_of(name), None, attempt["last_load_time"], str(attempt["first_error_message"] or "")
        )
        for name, attempt in last.items()
        if str(attempt["status"]).upper() != LOADED
    ]


def rejected_records(pipe: FlowPipe, limit: int) -> list[IngestionError]:
    """The newest lines that could not be read, at most `limit` (0: all). Needs a warehouse.

    Args:
        pipe: the pipe that put them aside.
        limit: how many.
    """
    sql = (
        f"SELECT sourceFile, sourceFileRow, loadedAt, rejectedRecord FROM {pipe.rejected} "  # noqa: S608 (quoted name)
        "ORDER BY loadedAt DESC, sourceFile, sourceFileRow" + (f" LIMIT {int(limit)}" if limit else "")
    )
    rows = fetch_all(pipe.connection, sql, timeout_seconds=FLOWS_TIMEOUT)
    return [IngestionError("record", file, int(row), loaded, record) for file, row, loaded, record in rows]


def notifications(pipe: FlowPipe, queue_arn: str, limit: int) -> list[IngestionError]:
    """The messages in the pipe's queue, at most `limit`; they stay there, hidden for its visibility timeout."""
    errors: list[IngestionError] = []
    for _ in range(limit):
        message = receive_message(queue_arn)
        if message is None:
            break
        errors.extend(_errors_of(pipe, message.content(), message.body))
    return errors


def _errors_of(pipe: FlowPipe, content: Any, body: str) -> list[IngestionError]:
    message = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    inner = message.get("Message", message)
    document = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    if not isinstance(document.get("messages"), list):
        return [IngestionError("notification", "", None, None, body)]
    return [
        IngestionError(
            "notification",
            pipe.key_of(name) if (name := str(entry.get("fileName", "")).lstrip("/")) else "",
            None,
            document.get("timestamp"),
            str(entry.get("firstError", "")),
        )
        for entry in document["messages"]
    ]
