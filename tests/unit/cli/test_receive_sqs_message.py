"""What the table of `receive-sqs-message` shows of a message."""

from __future__ import annotations

import json

import pytest

from theia_sf.aws.queues import Message
from theia_sf.cli.receive_sqs_message import table_rows

PAYLOAD = {
    "messageType": "INGEST_FAILED_FILE",
    "timestamp": "2026-05-01T00:00:00.000Z",
    "pipeName": "DB.THEIA.FLOWS_PIPE",
    "stageLocation": "s3://bucket/flows/",
    "messages": [{"fileName": "/a.gz", "firstError": "one"}, {"fileName": "/b.gz", "firstError": "two"}],
}


@pytest.mark.parametrize("body", [json.dumps(PAYLOAD), json.dumps({"Message": json.dumps(PAYLOAD)})])
def test_each_failed_file_is_a_row(body: str) -> None:
    assert table_rows(Message("1", body)) == [
        {
            "Time": "2026-05-01T00:00:00.000Z",
            "Pipe": "DB.THEIA.FLOWS_PIPE",
            "File": f"s3://bucket/flows/{name}",
            "Error": error,
        }
        for name, error in (("a.gz", "one"), ("b.gz", "two"))
    ]


@pytest.mark.parametrize("body", ["no JSON", "[1]", '{"messages": 1}', '{"messages": []}', '{"messages": ["x"]}'])
def test_a_message_of_another_kind_is_shown_as_it_is(body: str) -> None:
    assert table_rows(Message("id-1", body)) == [{"Message ID": "id-1", "Body": body}]
