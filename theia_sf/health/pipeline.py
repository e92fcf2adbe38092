"""How a pipeline is doing. Without a warehouse only statements that Snowflake answers for free are sent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from snowflake.connector import SnowflakeConnection

from theia_sf.snowflake.errors import ObjectNotFoundError, StatementFailedError
from theia_sf.snowflake.identifiers import identifier, like_pattern, literal, qualified
from theia_sf.snowflake.query import FLOWS_TIMEOUT, fetch_all, fetch_records
from theia_sf.snowflake.warehouse import warehouse_for


@dataclass(frozen=True)
class PipelineNames:
    """The objects to look at, as the stack's outputs name them."""

    database: str
    schema: str
    table: str
    pipe: str
    task: str


def free_status(connection: SnowflakeConnection, names: PipelineNames) -> dict[str, Any]:
    """Return pipe, task and table as SHOW and SYSTEM$PIPE_STATUS tell them: no warehouse, no cost.

    Times are RFC 3339 text as Snowflake gives it, or datetimes; None is what Snowflake does not tell. `missing` names
    the objects that are not there, or that the role may not see.

    Raises:
        StatementFailedError, ConnectionFailedError: as `theia_sf.snowflake.query.execute`.
    """
    pipe = _pipe(connection, names)
    task = _show(connection, "TASKS", names.task, names)
    table = _show(connection, "TABLES", names.table, names)
    looked_for = ((pipe, f"pipe {names.pipe}"), (task, f"task {names.task}"), (table, f"table {names.table}"))
    return {
        **_pipe_status(pipe),
        "task_state": task.get("state"),
        "task_schedule": task.get("schedule"),
        "task_suspended_because": task.get("last_suspended_reason"),
        "rows": table.get("rows"),
        "bytes": table.get("bytes"),
        "missing": [name for found, name in looked_for if not found],
    }


def _pipe(connection: SnowflakeConnection, names: PipelineNames) -> dict[str, Any]:
    pipe = literal(qualified(names.database, names.schema, names.pipe))
    try:
        return json.loads(fetch_all(connection, f"SELECT SYSTEM$PIPE_STATUS({pipe})")[0][0])
    except ObjectNotFoundError:
        return {}


def _pipe_status(answer: dict[str, Any]) -> dict[str, Any]:
    return {
        "pipe_state": answer.get("executionState"),
        "files_pending": answer.get("pendingFileCount"),
        "last_load": answer.get("lastIngestedTimestamp"),
        "last_file": answer.get("lastIngestedFilePath"),
        "last_notification": answer.get("lastReceivedMessageTimestamp"),
        "ingestion_error": answer.get("lastPipeErrorMessage") or answer.get("error") or answer.get("fault"),
        "ingestion_error_at": answer.get("lastPipeErrorTimestamp") or answer.get("lastPipeFaultTimestamp"),
    }


def _show(connection: SnowflakeConnection, kind: str, name: str, names: PipelineNames) -> dict[str, Any]:
    where = qualified(names.database, names.schema)
    try:
        rows = fetch_records(connection, f"SHOW {kind} LIKE {like_pattern(name)} IN SCHEMA {where}")
    except ObjectNotFoundError:  # not even the schema
        return {}
    found = [row for row in rows if str(row.get("name", "")).upper() == name.upper()]
    return found[0] if found else {}


def paid_status(connection: SnowflakeConnection, names: PipelineNames, warehouse: str) -> dict[str, Any]:
    """Return what takes a warehouse: rows loaded and rejected, the newest flow, and the retention task's last run.

    Raises:
        UsageError: the warehouse is not there.
        StatementFailedError, ConnectionFailedError: as `theia_sf.snowflake.query.execute`.
    """
    table = qualified(names.database, names.schema, names.table)
    with warehouse_for(connection, warehouse):
        rows, rejected, newest = fetch_all(
            connection,
            f"SELECT COUNT(*), COUNT(rejectedRecord), MAX(flowEndSeconds) FROM {table}",  # noqa: S608 (quoted name)
            timeout_seconds=FLOWS_TIMEOUT,
        )[0]
        run = _last_run(connection, names)
    return {"rows": rows - rejected, "rejected_rows": rejected, "newest_flow": newest, **run}


def _last_run(connection: SnowflakeConnection, names: PipelineNames) -> dict[str, Any]:
    """Look up the last run that has ended; the role may lack the privilege to see the history (MONITOR)."""
    sql = (
        "SELECT completed_time, state, error_message "  # noqa: S608 (quoted names)
        f"FROM TABLE({identifier(names.database)}.INFORMATION_SCHEMA.TASK_HISTORY(TASK_NAME => {literal(names.task)})) "
        "WHERE completed_time IS NOT NULL ORDER BY completed_time DESC LIMIT 1"
    )
    try:
        found = fetch_all(connection, sql, timeout_seconds=FLOWS_TIMEOUT)
    except StatementFailedError:
        found = []
    when, state, error = found[0] if found else (None, None, None)
    return {"last_task_run": when, "last_task_state": state, "last_task_error": error}
