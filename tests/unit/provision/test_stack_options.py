"""What a stack remembers, and how a request changes it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from theia_sf.errors import TheiaError, UsageError
from theia_sf.provision.request import FunctionRequest, Schedule, ServiceUser, StackRequest
from theia_sf.provision.stack_options import Function, StackOptions, changed

REQUEST = StackRequest("default", "bucket", "us-west-2")
AGENT = ServiceUser("AGENT", public_key="MII")
GRAFANA = ServiceUser("GRAFANA", role_arn="arn:aws:iam::123456789012:role/grafana")
FUNCTION = Function(
    code_key="lambda/a.zip",
    code_hash="a",
    layer_key="lambda/b.zip",
    layer_hash="b",
    architecture="arm64",
    runtime="python3.13",
    timeout_seconds=30,
    memory_megabytes=1024,
    schedules=(Schedule("drop-detection", "rate(1 day)", '{"job": "drop-detection"}'),),
    environment={"SNOWFLAKE_ACCOUNT": "ORG-ACCOUNT"},
)
FULL = StackOptions({"team": "net"}, "SHARED", (AGENT, GRAFANA), FUNCTION)


@pytest.mark.parametrize(
    ("remembered", "request_", "wanted"),
    [
        (StackOptions(), {}, StackOptions()),
        (FULL, {}, FULL),
        (StackOptions(), {"tags": {"a": "b"}}, StackOptions(tags={"a": "b"})),
        (FULL, {"tags": {"a": "b"}}, replace(FULL, tags={"a": "b"})),
        (FULL, {"tags": {}}, replace(FULL, tags=None)),
        (FULL, {"reader_warehouse": "OTHER"}, replace(FULL, reader_warehouse="OTHER")),
        (FULL, {"reader_warehouse": ""}, replace(FULL, reader_warehouse=None)),
        (StackOptions(service_users=(GRAFANA,)), {"service_users": (AGENT,)}, FULL.service_users),
        (FULL, {"removed_service_users": ("AGENT",)}, replace(FULL, service_users=(GRAFANA,))),
        (
            FULL,
            {"service_users": (ServiceUser("AGENT", role_arn="r"),)},
            replace(FULL, service_users=(ServiceUser("AGENT", role_arn="r"), GRAFANA)),
        ),
        (FULL, {"remove_function": True}, replace(FULL, function=None)),
    ],
)
def test_a_request_changes_what_it_names_and_nothing_else(
    remembered: StackOptions, request_: dict[str, Any], wanted: StackOptions | tuple[ServiceUser, ...]
):
    found = changed(remembered, replace(REQUEST, **request_))
    assert (found.service_users if isinstance(wanted, tuple) else found) == wanted


def test_a_function_takes_the_place_of_the_one_before():
    other = replace(FUNCTION, code_hash="c")
    assert changed(FULL, REQUEST, other) == replace(FULL, function=other)


@pytest.mark.parametrize(
    ("remembered", "request_", "message", "hint"),
    [
        (FULL, {"removed_service_users": ("BOB",)}, "has no service user BOB", "It has AGENT, GRAFANA."),
        (StackOptions(), {"removed_service_users": ("BOB",)}, "has no service user BOB", "theia-sf status"),
        (StackOptions(), {"remove_function": True}, "has no function", "--deploy"),
    ],
)
def test_what_the_stack_does_not_have_cannot_be_removed(remembered, request_, message, hint):
    with pytest.raises(UsageError, match=message) as refused:
        changed(remembered, replace(REQUEST, **request_))
    assert hint in str(refused.value.hint)


def test_a_stack_of_an_earlier_version_remembers_nothing():
    assert StackOptions.from_outputs({"region": "us-west-2"}) == StackOptions()


@pytest.mark.parametrize("text", ["no json", "[]", '{"service_users": [{"name": "A", "oidc": "x"}]}'])
def test_options_of_a_later_version_are_not_lost_silently(text):
    with pytest.raises(TheiaError, match="cannot be read"):
        StackOptions.from_outputs({"options": text})


def test_only_users_that_were_just_asked_for_get_their_key_set():
    users = json.loads(FULL.config(["AGENT"])["theia-sf:service-users"])
    assert {user["name"]: user["given"] for user in users} == {"AGENT": True, "GRAFANA": False}


@pytest.mark.parametrize(
    ("request_", "changes"),
    [({}, False), ({"tags": {}}, True), ({"reader_warehouse": ""}, True), ({"remove_function": True}, True)],
)
def test_a_request_knows_whether_it_changes_options(request_, changes):
    assert replace(REQUEST, **request_).changes_options is changes
    assert (replace(REQUEST, **request_).to_repeat is not None) is changes


def test_after_an_interruption_a_function_is_deployed_again_by_its_own_command():
    function = FunctionRequest(
        Path("function.zip"), Path("layer.zip"), "arm64", FUNCTION.schedules, 30, "python3.13", 1024
    )
    assert "repeat theia-sf workload-identity lambda --deploy" in (replace(REQUEST, function=function).to_repeat or "")
