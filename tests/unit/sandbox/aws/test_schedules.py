"""Schedules: what EventBridge Scheduler takes and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.schedules import is_expression


@pytest.mark.parametrize(
    "expression",
    [
        "rate(1 hour)",
        "rate(5 minutes)",
        "rate(1 hours)",
        "cron(0 3 * * ? *)",
        "cron(15 10 ? * 6L 2026-2030)",
        "cron(0/5 8-17 ? * MON-FRI *)",
        "cron(0-15/1 8 ? * 2,3,4 *)",
        "cron(0 9 LW JAN,jul ? *)",
        "cron(0 9 ? * 3#1 *)",
        "at(2027-01-01T03:00:00)",
    ],
)
def test_expressions(expression: str) -> None:
    assert is_expression(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "",
        "hourly",
        "rate(0 hours)",
        "rate(1 week)",
        "rate(1h)",
        "rate(-1 hours)",
        "cron(0 3 * * *)",
        "cron(0 3 * * * *)",
        "cron(0 3 ? * ? *)",
        "cron(60 3 * * ? *)",
        "cron(*/0 3 * * ? *)",
        "cron(0 3 * FOO ? *)",
        "cron(? 3 * * ? *)",
        "at(2027-01-01)",
        "at(2027-02-30T00:00:00)",
        "0 3 * * ? *",
    ],
)
def test_what_is_no_expression(expression: str) -> None:
    assert not is_expression(expression)


def _role(cloud: Any, service: str) -> str:
    guard = {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:scheduler:us-west-2:123456789012:schedule-group/*"},
    }
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": service},
        "Condition": guard,
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = cloud.client("iam").create_role(RoleName=service.split(".", maxsplit=1)[0], AssumeRolePolicyDocument=policy)
    return role["Role"]["Arn"]


def test_a_schedule_needs_an_expression_and_a_role_that_trusts_the_scheduler(cloud: Any) -> None:
    client = cloud.client("scheduler")
    target = {
        "Arn": "arn:aws:lambda:us-west-2:123456789012:function:job",
        "RoleArn": _role(cloud, "scheduler.amazonaws.com"),
    }
    request = {"Name": "nightly", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    client.create_schedule(**request, ScheduleExpression="cron(0 3 * * ? *)")
    with pytest.raises(ClientError, match="Invalid Schedule Expression daily"):
        client.update_schedule(**request, ScheduleExpression="daily")
    foreign = {**request, "Name": "other", "Target": {**target, "RoleArn": _role(cloud, "lambda.amazonaws.com")}}
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role") as caught:
        client.create_schedule(**foreign, ScheduleExpression="rate(1 day)")
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    assert [schedule["Name"] for schedule in client.list_schedules()["Schedules"]] == ["nightly"]
    assert client.get_schedule(Name="nightly")["ScheduleExpression"] == "cron(0 3 * * ? *)"
