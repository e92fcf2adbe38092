from __future__ import annotations

import pytest

from theia_sf.provision.repair import repair


def pending(kind: str, inputs: dict[str, str], operation: str = "creating") -> dict[str, object]:
    return {
        "type": operation,
        "resource": {"urn": f"urn:pulumi:default::theia-sf::{kind}::x", "type": kind, "inputs": inputs},
    }


@pytest.mark.parametrize(
    ("kind", "inputs", "identifier"),
    [
        ("aws:s3/bucket:Bucket", {"bucket": "antrea-flows-1"}, "antrea-flows-1"),
        ("aws:iam/role:Role", {"name": "r"}, "r"),
        ("aws:iam/policy:Policy", {"name": "p"}, "arn:aws-cn:iam::123456789012:policy/p"),
        ("snowflake:index/database:Database", {"name": "ANTREA_1"}, "ANTREA_1"),
        ("snowflake:index/schema:Schema", {"database": "A", "name": "THEIA"}, '"A"."THEIA"'),
        ("snowflake:index/pipe:Pipe", {"database": "A", "schema": "B", "name": "C"}, "A|B|C"),
        ("snowflake:index/task:Task", {"database": "A", "schema": "B", "name": "C"}, '"A"."B"."C"'),
        ("snowflake:index/notificationIntegration:NotificationIntegration", {"name": "N"}, "N"),
        ("snowflake:index/serviceUser:ServiceUser", {"name": "GRAFANA", "comment": "c"}, "GRAFANA"),
        ("aws:scheduler/schedule:Schedule", {"name": "s"}, "default/s"),
    ],
)
def test_a_pending_creation_becomes_a_resource_to_look_up(kind, inputs, identifier):
    deployment = {"resources": [], "pending_operations": [pending(kind, inputs)]}
    adopted = repair(deployment, "aws-cn", "123456789012", lambda _: True)
    assert [found["id"] for found in deployment["resources"]] == [identifier]
    assert adopted == [deployment["resources"][0]["urn"]]
    assert deployment["pending_operations"] == []


def test_creations_that_can_be_repeated_and_other_operations_are_only_cleared():
    role = pending("aws:iam/role:Role", {"name": "r"}, "deleting")
    deployment = {"resources": [], "pending_operations": [pending("aws:sqs/queue:Queue", {"name": "q"}), role]}
    assert repair(deployment, "aws", "1", lambda _: True) == []
    assert deployment == {"resources": [], "pending_operations": []}


def test_a_resource_that_is_recorded_already_is_not_entered_twice():
    role = pending("aws:iam/role:Role", {"name": "r"})
    deployment = {"resources": [dict(role["resource"], id="r")], "pending_operations": [role]}
    assert repair(deployment, "aws", "1", lambda _: True) == []
    assert len(deployment["resources"]) == 1


def test_a_user_whose_name_somebody_else_chose_too_is_left_alone():
    user = pending("snowflake:index/serviceUser:ServiceUser", {"name": "GRAFANA", "comment": "c"})
    deployment = {"resources": [], "pending_operations": [user]}
    assert repair(deployment, "aws", "1", lambda _: False) == []
    assert deployment == {"resources": [], "pending_operations": []}
