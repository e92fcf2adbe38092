"""Which attempts count as failures, and what is read out of a notification."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from theia_sf.aws.queues import Message
from theia_sf.ingestion import failures
from theia_sf.ingestion.failures import failed_files, notifications

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class History:
    """The part of FlowPipe that is asked."""

    def __init__(self, *attempts: tuple[str, str, int]) -> None:
        self._attempts = attempts

    def key_of(self, name: str) -> str:
        return f"flows/{name}"

    def copy_history(self, days: int) -> list[dict[str, Any]]:
        assert days == 14
        return [
            {
                "file_name": name,
                "status": status,
                "last_load_time": NOW - timedelta(minutes=age),
                "first_error_message": "why" if status != "Loaded" else None,
            }
            for name, status, age in self._attempts
        ]


def test_only_the_last_attempt_counts():
    found = failed_files(
        History(("a", "Loaded", 1), ("b", "Load failed", 2), ("a", "Load failed", 3), ("b", "Loaded", 4))
    )
    assert [(error.file, error.message, error.time) for error in found] == [
        ("flows/b", "why", NOW - timedelta(minutes=2))
    ]


PAYLOAD = {
    "messageType": "INGEST_FAILED_FILE",
    "timestamp": "2026-05-01T00:00:00.000Z",
    "messages": [{"fileName": "/a.gz", "firstError": "one"}, {"fileName": "/b.gz", "firstError": "two"}],
}


@pytest.mark.parametrize("body", [json.dumps({"Message": json.dumps(PAYLOAD)}), json.dumps(PAYLOAD)])
def test_a_notification_with_and_without_the_envelope(monkeypatch, body):
    queue = [Message("1", body)]
    monkeypatch.setattr(failures, "receive_message", lambda arn: queue.pop() if queue else None)
    found = notifications(History(), "arn", 5)
    assert [(error.file, error.message) for error in found] == [("flows/a.gz", "one"), ("flows/b.gz", "two")]


@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"Message": "text"}', '{"messages": 1}'])
def test_a_message_of_another_kind_is_shown_as_it_is(monkeypatch, body):
    queue = [Message("1", body)]
    monkeypatch.setattr(failures, "receive_message", lambda arn: queue.pop() if queue else None)
    assert [error.message for error in notifications(History(), "arn", 5)] == [body]
