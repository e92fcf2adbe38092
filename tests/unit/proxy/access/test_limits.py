"""Parameters that a rule sets, and what remains of the client's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.proxy.access.support import NOON, SESSION, policy, refusal, rule, run
from theia_sf.proxy.access.decision import Context, Grant
from theia_sf.proxy.users.model import Peer, ProxyUser

LIMITED = policy(rule(row_limit=1000, statement_timeout=60, parameters={"query_tag": "proxy"}))


def _login(**settings: Any) -> Grant:
    user = ProxyUser("alice", frozenset(), "token")
    return policy(rule(**settings)).login(user, "flows", Context(), Peer("10.1.2.3"), NOON)


def test_a_session_starts_with_the_limits() -> None:
    grant = _login(row_limit=1000, statement_timeout=60, parameters={"query_tag": "proxy"})

    assert grant.merge({"rows_per_resultset": 0, "Query_Tag": "mine", "TIMEZONE": "UTC"}) == {
        "TIMEZONE": "UTC",
        "ROWS_PER_RESULTSET": 1000,
        "STATEMENT_TIMEOUT_IN_SECONDS": 60,
        "QUERY_TAG": "proxy",
    }


@pytest.mark.parametrize(
    ("wanted", "limit"),
    [
        ({}, 1000),
        ({"rows_per_resultset": 0}, 1000),
        ({"ROWS_PER_RESULTSET": 10}, 10),
        ({"rows_per_resultset": "10"}, 10),
        ({"Rows_Per_ResultSet": 1_000_000}, 1000),
        ({"ROWS_PER_RESULTSET": -1}, 1000),
        ({"ROWS_PER_RESULTSET": None}, 1000),
        ({"ROWS_PER_RESULTSET": "all"}, 1000),
        ({"ROWS_PER_RESULTSET": float("inf")}, 1000),
        ({"ROWS_PER_RESULTSET": 0, "rows_per_resultset": 1_000_000}, 1000),
    ],
)
def test_of_two_limits_the_lower_one_holds(wanted: dict[str, Any], limit: int) -> None:
    merged = run(LIMITED, "select 1", parameters=wanted).merge(wanted)

    assert merged["ROWS_PER_RESULTSET"] == limit
    assert [name for name in merged if name.upper() == "ROWS_PER_RESULTSET"] == ["ROWS_PER_RESULTSET"]


def test_the_timeout_is_the_proxys_own_too() -> None:
    grant = run(LIMITED, "select 1", parameters={"statement_timeout_in_seconds": 3600})

    assert grant.timeout == 60
    assert grant.parameters["STATEMENT_TIMEOUT_IN_SECONDS"] == 60


def test_where_names_matter_only_parameters_that_change_none_remain() -> None:
    access = policy(rule(schemas=["ANTREA_X.THEIA"]))
    wanted = {
        "search_path": "secret.s",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": True,
        "NEW_PARAMETER_OF_SNOWFLAKE": 1,
        "AUTOCOMMIT": False,
        "CLIENT_RESULT_CHUNK_SIZE": 48,
        "MULTI_STATEMENT_COUNT": 2,
        "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "JSON",
    }

    merged = run(access, "select 1", parameters=wanted).merge(wanted)

    assert merged == {
        "AUTOCOMMIT": False,
        "CLIENT_RESULT_CHUNK_SIZE": 48,
        "MULTI_STATEMENT_COUNT": 2,
        "PYTHON_CONNECTOR_QUERY_RESULT_FORMAT": "JSON",
        "SEARCH_PATH": "$current",
        "QUOTED_IDENTIFIERS_IGNORE_CASE": False,
    }


def test_names_are_looked_for_in_what_is_allowed_alone() -> None:
    assert _login(schemas=["A.S"]).merge({})["SEARCH_PATH"] == "$current"
    assert _login(databases=["A"]).merge({})["SEARCH_PATH"] == "$current, $public"
    assert _login().merge({"SEARCH_PATH": "x"}) == {"SEARCH_PATH": "x"}


def test_a_limit_on_roles_leaves_no_secondary_ones() -> None:
    assert _login(role="a").secondary_roles is False
    assert _login(roles=["a", "b"]).secondary_roles is False
    assert _login(databases=["a"]).secondary_roles is True


@pytest.mark.parametrize("stage", ["@secret.s.st/x", "@~/x", "@st/x", "s3://bucket/x", "", "@SYSTEMBIND"])
def test_bound_rows_come_from_the_drivers_own_stage(stage: str) -> None:
    access = policy(rule(schemas=["ANTREA_X.THEIA"]))

    assert refusal(access, "insert into t values (?)", SESSION, bind_stage=stage) is not None
    assert refusal(access, "insert into t values (?)", SESSION, bind_stage="@SYSTEMBIND/1f") is None
    assert refusal(policy(rule()), "insert into t values (?)", SESSION, bind_stage=stage) is None
