"""Messages of the queue."""

from __future__ import annotations

import json

import pytest

from theia_sf.sandbox.snowpipe.channel import ObjectCreated, events_of

RECORD = {
    "eventName": "ObjectCreated:Put",
    "s3": {"bucket": {"name": "b"}, "object": {"key": "flows/a+b%2Bc%C3%A9.gz"}},
}


def test_keys_are_decoded():
    assert events_of(json.dumps({"Records": [RECORD]})) == [ObjectCreated("b", "flows/a b+cé.gz")]


def test_an_event_that_came_by_sns():
    body = json.dumps({"Type": "Notification", "Message": json.dumps({"Records": [RECORD, RECORD]})})
    assert len(events_of(body)) == 2


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}),
        json.dumps({"Records": [RECORD | {"eventName": "ObjectRemoved:Delete"}]}),
        json.dumps({"Records": [{}]}),
        "no JSON",
        "[]",
        "null",
    ],
)
def test_everything_else_is_ignored(body):
    assert events_of(body) == []
