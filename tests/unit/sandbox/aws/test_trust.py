"""Who may assume a role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from theia_sf.sandbox.aws.trust import Principal, is_trusted

ACCOUNT = "123456789012"
USER = Principal(arn=f"arn:aws:iam::{ACCOUNT}:user/theia", account=ACCOUNT)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/service-role/caller"
SESSION = Principal(
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/caller/s1",
    account=ACCOUNT,
    role_arn=ROLE_ARN,
)
LAMBDA = Principal(service="lambda.amazonaws.com")


def _policy(principal: Any, **more: Any) -> str:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.mark.parametrize(
    ("principal", "caller", "trusted"),
    [
        ({"AWS": ACCOUNT}, USER, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, USER, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, SESSION, True),
        ({"AWS": "arn:aws:iam::999900001111:root"}, USER, False),
        ({"AWS": ["arn:aws:iam::999900001111:root", USER.arn]}, USER, True),
        ({"AWS": f"{USER.arn}2"}, USER, False),
        ({"AWS": ROLE_ARN}, SESSION, True),
        ({"AWS": SESSION.arn}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/caller"}, SESSION, False),  # the path belongs to a principal's ARN
        ({"AWS": "*"}, USER, True),
        ("*", USER, True),
        ({"Service": "lambda.amazonaws.com"}, LAMBDA, True),
        ({"Service": ["scheduler.amazonaws.com", "lambda.amazonaws.com"]}, LAMBDA, True),
        ({"Service": "ec2.amazonaws.com"}, LAMBDA, False),
        ({"Service": "lambda.amazonaws.com"}, USER, False),
        ({"AWS": "*"}, LAMBDA, False),
        ("*", LAMBDA, False),
    ],
)
def test_the_principal_decides(principal: Any, caller: Principal, trusted: bool) -> None:
    assert is_trusted(_policy(principal), caller) is trusted


@pytest.mark.parametrize(
    ("action", "trusted"),
    [
        ("sts:AssumeRole", True),
        ("sts:*", True),
        (["sts:TagSession", "STS:assumerole"], True),
        ("sts:TagSession", False),
    ],
)
def test_the_action_must_be_named(action: Any, trusted: bool) -> None:
    assert is_trusted(_policy("*", Action=action), USER) is trusted


def test_the_external_id_is_asked_for() -> None:
    policy = _policy({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "secret-id"}})
    assert is_trusted(policy, USER, {"sts:externalid": "secret-id"})
    assert not is_trusted(policy, USER, {"sts:externalid": "other"})
    assert not is_trusted(policy, USER)


def test_a_condition_on_the_principal_sees_the_roles_arn_of_a_session() -> None:
    policy = _policy(
        {"AWS": ACCOUNT}, Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/service-role/*"}}
    )
    assert is_trusted(policy, SESSION)
    assert not is_trusted(policy, USER)


def test_a_denial_wins() -> None:
    allowed = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ACCOUNT}}
    denied = {"Effect": "Deny", "Action": "sts:*", "Principal": {"AWS": USER.arn}}
    policy = json.dumps({"Statement": [allowed, denied]})
    assert is_trusted(policy, SESSION)
    assert not is_trusted(policy, USER)


def test_a_single_statement_need_not_be_in_a_list() -> None:
    policy = json.dumps({"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": USER.arn}}})
    assert is_trusted(policy, USER)
