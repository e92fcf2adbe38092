"""What a session starts with."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.access.support import NOON, policy, rule
from theia_sf.proxy.access.decision import Context, DeniedError
from theia_sf.proxy.users.model import Peer, ProxyUser


def _start(settings: dict[str, Any], **wanted: str) -> Context:
    user = ProxyUser("alice", frozenset(), "token")
    return policy(rule(**settings)).login(user, "flows", Context(**wanted), Peer("10.1.2.3"), NOON).context


@pytest.mark.parametrize(
    ("settings", "wanted", "expected"),
    [
        ({}, {}, Context()),
        ({}, {"role": "r", "database": '"d"', "schema": "s"}, Context(role="R", database="d", schema="S")),
        ({"role": "r"}, {"role": "admin"}, Context(role="R")),
        ({"role": '"r"'}, {}, Context(role="r")),
        ({"roles": ["x_*", "r", "s"]}, {}, Context(role="R")),
        ({"roles": ["x_*", "r"]}, {"role": "x_1"}, Context(role="X_1")),
        ({"roles": ["x_*"]}, {}, Context()),
        ({"role": "r", "roles": ["r", "s"]}, {"role": "s"}, Context(role="R")),
        ({"warehouse": "w"}, {"warehouse": "big"}, Context(warehouse="W")),
        ({"warehouses": ["w_*"]}, {"warehouse": "W_1"}, Context(warehouse="W_1")),
        ({"database": "d"}, {"database": "e"}, Context(database="D")),
        ({"database": "d"}, {"database": "e", "schema": "s"}, Context(database="D", schema="S")),
        ({"database": "d", "schema": "s"}, {"database": "e", "schema": "t"}, Context(database="D", schema="S")),
        ({"databases": ["d", "e"]}, {}, Context(database="D")),
        ({"databases": ["d", "e"]}, {"database": "e", "schema": "any"}, Context(database="E", schema="ANY")),
        ({"databases": ["d"]}, {"schema": "s"}, Context(database="D", schema="S")),
        ({"schemas": ["d.s", "e.t"]}, {}, Context(database="D", schema="S")),
        ({"schemas": ["d.s", "e.t"]}, {"database": "e", "schema": "t"}, Context(database="E", schema="T")),
        ({"schemas": ["s"], "databases": ["d"]}, {}, Context(database="D", schema="S")),
        ({"schemas": ["s"]}, {}, Context()),
    ],
)
def test_context(settings: dict[str, Any], wanted: dict[str, str], expected: Context) -> None:
    assert _start(settings, **wanted) == expected


@pytest.mark.parametrize(
    ("settings", "wanted", "told"),
    [
        ({"roles": ["r"]}, {"role": "admin"}, "the role ADMIN"),
        ({"roles": ["r"]}, {"role": '"r"'}, "the role r"),
        ({"warehouses": ["w_*"]}, {"warehouse": "big"}, "the warehouse BIG"),
        ({"databases": ["d"]}, {"database": "e"}, "the database E"),
        ({"schemas": ["d.s"]}, {"database": "d", "schema": "t"}, "the schema D.T"),
        ({"schemas": ["d.s"]}, {"schema": "t"}, "the schema D.T"),
        ({"schemas": ["d.s"]}, {"database": "e"}, "the database E"),
        ({}, {"role": ""}, ""),
        ({}, {"role": "a\nb"}, "cannot be a Snowflake name"),
        ({}, {"role": '"a\n"b"'}, "is not doubled"),
    ],
)
def test_what_is_not_allowed_is_refused(settings: dict[str, Any], wanted: dict[str, str], told: str) -> None:
    with pytest.raises(DeniedError) as denied:
        _start(settings, **wanted)

    assert told in denied.value.message
    assert denied.value.message.isprintable()
