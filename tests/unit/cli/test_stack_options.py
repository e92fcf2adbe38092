"""The options of onboard and plan that change what a stack is made with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from theia_sf.cli.stack_options import ChangeFlags, changes
from theia_sf.errors import UsageError
from theia_sf.provision.request import ServiceUser, StackRequest

REQUEST = StackRequest("default", "bucket", "us-west-2")
NOTHING: dict[str, Any] = {
    "tag": None,
    "reader_warehouse": None,
    "service_user": None,
    "role_arn": None,
    "public_key": None,
    "remove_service_user": None,
}
ROLE = "arn:aws:iam::123456789012:role/service-role/grafana"


def changed(**given: Any) -> StackRequest:
    return changes(ChangeFlags(**{**NOTHING, **given}))(REQUEST)


def test_without_options_nothing_changes():
    assert changed() == REQUEST
    assert not changed().changes_options


@pytest.mark.parametrize(
    ("given", "tags", "warehouse"),
    [
        ({"tag": ["a=b", "c="]}, {"a": "b", "c": ""}, None),
        ({"tag": ["default"]}, {}, None),
        ({"reader_warehouse": "shared"}, None, "SHARED"),
        ({"reader_warehouse": '"Shared"'}, None, "Shared"),
        ({"reader_warehouse": "default"}, None, ""),
    ],
)
def test_an_option_changes_and_default_goes_back(given, tags, warehouse):
    request = changed(**given)
    assert (request.tags, request.reader_warehouse) == (tags, warehouse)


def test_a_roles_path_is_taken_out_and_said_so(capsys):
    assert changed(service_user="grafana", role_arn=ROLE).service_users == (
        ServiceUser("GRAFANA", role_arn="arn:aws:iam::123456789012:role/grafana"),
    )
    assert "path service-role/ was taken out" in capsys.readouterr().err


def test_removals_are_folded_and_counted_once():
    assert changed(remove_service_user=["agent", "AGENT", '"Bob"']).removed_service_users == ("AGENT", "Bob")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"service_user": "A"}, "would sign in in no way"),
        ({"service_user": "A", "role_arn": ROLE, "public_key": Path("k")}, "would sign in in two ways"),
        ({"role_arn": ROLE}, "--role-arn was given without the user"),
        ({"public_key": Path("k")}, "--public-key was given without the user"),
        ({"service_user": "A", "role_arn": "arn:aws:iam::123456789012:user/me"}, "is an IAM user, not a role"),
        ({"service_user": "", "role_arn": ROLE}, "cannot be a Snowflake name"),
        ({"service_user": "a", "role_arn": ROLE, "remove_service_user": ["A"]}, "cannot be made and removed at once"),
        ({"reader_warehouse": ""}, "cannot be a Snowflake name"),
        ({"tag": ["default", "a=b"]}, "Not a tag: 'default'"),
        ({"tag": [""]}, "Not a tag"),
    ],
)
def test_options_that_do_not_go_together_are_refused(given, message):
    with pytest.raises(UsageError, match=message):
        changed(**given)
