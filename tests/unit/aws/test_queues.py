from __future__ import annotations

import json

import pytest

from theia_sf.aws.queues import Message


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("plain", "plain"),
        ('{"a": 1}', {"a": 1}),
        ("[1]", [1]),
        (
            json.dumps({"Type": "Notification", "Message": '{"pipe": "P"}'}),
            {"Type": "Notification", "Message": {"pipe": "P"}},
        ),
        (json.dumps({"Message": "words"}), {"Message": "words"}),
    ],
)
def test_content(body: str, content: object) -> None:
    assert Message("1", body).content() == content
