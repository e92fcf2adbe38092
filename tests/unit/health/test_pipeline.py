from __future__ import annotations

import json
from typing import Any

import pytest

from theia_sf.health import pipeline
from theia_sf.health.pipeline import PipelineNames, free_status
from theia_sf.snowflake.errors import ObjectNotFoundError

NAMES = PipelineNames("ANTREA_X", "THEIA", "FLOWS", "FLOWPIPE", "DELETE_STALE_FLOWS")
# The keys of SYSTEM$PIPE_STATUS: https://docs.snowflake.com/en/sql-reference/functions/system_pipe_status
STATUS = {
    "executionState": "RUNNING",
    "pendingFileCount": 3,
    "lastIngestedTimestamp": "2026-01-02T03:04:05.678Z",
    "lastIngestedFilePath": "records-abc.csv.gz",
    "lastReceivedMessageTimestamp": "2026-01-02T03:04:00Z",
    "notificationChannelName": "arn:aws:sqs:us-west-2:1:sf-snowpipe",
}


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def fetch_all(_: Any, sql: str, *__: Any, **___: Any) -> list[tuple[Any, ...]]:
        seen.append(sql)
        return [(json.dumps(STATUS),)]

    def fetch_records(_: Any, sql: str) -> list[dict[str, Any]]:
        seen.append(sql)
        if sql.startswith("SHOW TASKS"):
            return [{"name": "DELETE_STALE_FLOWS", "state": "started", "schedule": "USING CRON 0 0 * * * UTC"}]
        return [{"name": "FLOWS_OLD", "rows": 1, "bytes": 2}, {"name": "FLOWS", "rows": 7, "bytes": 99}]

    monkeypatch.setattr(pipeline, "fetch_all", fetch_all)
    monkeypatch.setattr(pipeline, "fetch_records", fetch_records)
    return seen


def test_free_status(statements: list[str]) -> None:
    connection: Any = None
    assert free_status(connection, NAMES) == {
        "pipe_state": "RUNNING",
        "files_pending": 3,
        "last_load": "2026-01-02T03:04:05.678Z",
        "last_file": "records-abc.csv.gz",
        "last_notification": "2026-01-02T03:04:00Z",
        "ingestion_error": None,
        "ingestion_error_at": None,
        "task_state": "started",
        "task_schedule": "USING CRON 0 0 * * * UTC",
        "task_suspended_because": None,
        "rows": 7,
        "bytes": 99,
        "missing": [],
    }


def test_what_is_missing_is_named_and_the_rest_still_told(
    statements: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> Any:
        raise ObjectNotFoundError("does not exist")

    connection: Any = None
    monkeypatch.setattr(pipeline, "fetch_all", gone)
    found = free_status(connection, NAMES)
    assert (found["missing"], found["pipe_state"], found["task_state"]) == (["pipe FLOWPIPE"], None, "started")
    monkeypatch.setattr(pipeline, "fetch_records", lambda *_: [])
    assert free_status(connection, NAMES)["missing"] == ["pipe FLOWPIPE", "task DELETE_STALE_FLOWS", "table FLOWS"]
    monkeypatch.setattr(pipeline, "fetch_records", gone)
    assert free_status(connection, NAMES)["missing"] == ["pipe FLOWPIPE", "task DELETE_STALE_FLOWS", "table FLOWS"]


def test_nothing_that_is_asked_needs_a_warehouse(statements: list[str]) -> None:
    connection: Any = None
    free_status(connection, NAMES)
    assert statements == [
        """SELECT SYSTEM$PIPE_STATUS('"ANTREA_X"."THEIA"."FLOWPIPE"')""",
        r'''SHOW TASKS LIKE 'DELETE\\_STALE\\_FLOWS' IN SCHEMA "ANTREA_X"."THEIA"''',
        '''SHOW TABLES LIKE 'FLOWS' IN SCHEMA "ANTREA_X"."THEIA"''',
    ]
