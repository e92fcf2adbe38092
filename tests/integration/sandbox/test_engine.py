"""A real Pulumi engine runs the real program against the sandbox's providers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector
from pulumi import automation as auto

from theia_sf.provision.pulumi_cli import find
from theia_sf_infra.pipeline import program

# Importing the AWS SDK warns of every deprecated class that it holds, none of which is used.
pytestmark = pytest.mark.filterwarnings("ignore:.*has been deprecated in favor of:DeprecationWarning")


@pytest.fixture
def stack(sandbox_env: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[auto.Stack]:
    for name in [name for name in os.environ if name.startswith("SNOWFLAKE_")]:
        monkeypatch.delenv(name)  # the program must not see it
    cli = find()
    assert cli is not None, "no Pulumi CLI: run `make pulumi`"
    backend = auto.ProjectBackend(url=f"file://{tmp_path}")
    options = auto.LocalWorkspaceOptions(
        env_vars={"PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_SKIP_UPDATE_CHECK": "true"},
        pulumi_command=auto.PulumiCommand(root=str(cli.binary.parent.parent)),
        project_settings=auto.ProjectSettings(name="theia-sf", runtime="python", backend=backend),
    )
    made = auto.create_or_select_stack("engine-test", "theia-sf", program=program, opts=options)
    made.set_config("theia-sf:region", auto.ConfigValue("us-west-2"))
    yield made
    made.destroy()


def _execute(sandbox: Any, *statements: str) -> list[tuple[Any, ...]]:
    connection = snowflake.connector.connect(**sandbox.snowflake)
    try:
        rows: list[tuple[Any, ...]] = []
        for statement in statements:
            rows = connection.cursor().execute(statement).fetchall()
        return rows
    finally:
        connection.close()


def _left(sandbox: Any, suffix: str) -> list[str]:
    """Everything in both accounts whose name holds the stack's suffix."""
    aws = sandbox.aws
    iam = aws.client("iam")
    names = [bucket["Name"] for bucket in aws.client("s3").list_buckets()["Buckets"]]
    names += aws.client("sqs").list_queues().get("QueueUrls", [])
    names += [topic["TopicArn"] for topic in aws.client("sns").list_topics()["Topics"]]
    names += [item["SubscriptionArn"] for item in aws.client("sns").list_subscriptions()["Subscriptions"]]
    names += [role["RoleName"] for role in iam.list_roles()["Roles"]]
    names += [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
    for kind in ("DATABASES", "INTEGRATIONS", "WAREHOUSES", "ROLES", "PIPES IN ACCOUNT", "TASKS IN ACCOUNT"):
        names += [str(row) for row in _execute(sandbox, f"SHOW {kind}")]
    return [name for name in names if suffix in name.lower()]


def test_up_preview_refresh_drift_and_destroy(stack: auto.Stack, sandbox: Any) -> None:
    first = stack.up()
    changes = first.summary.resource_changes or {}
    assert set(changes) == {"create"}
    outputs = {key: output.value for key, output in first.outputs.items()}
    suffix = outputs["bucket_name"].removeprefix("antrea-flows-")
    assert outputs["database_name"] == f"ANTREA_{suffix.upper()}"
    assert len(_left(sandbox, suffix)) > 10

    everything = {"same": changes["create"]}
    assert stack.preview().change_summary == everything
    assert stack.refresh().summary.resource_changes == everything

    # By hand: the queue and the pipe go, the task is suspended, the trust policy of a role is changed.
    sqs = sandbox.aws.client("sqs")
    sqs.delete_queue(QueueUrl=sqs.get_queue_url(QueueName=outputs["bucket_name"])["QueueUrl"])
    schema = f"{outputs['database_name']}.{outputs['schema_name']}"
    task = f"{schema}.{outputs['task_name']}"
    _execute(sandbox, f"DROP PIPE {schema}.{outputs['pipe_name']}", f"ALTER TASK {task} SUSPEND")
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:TagSession"}
    other = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = f"antrea-sf-storage-iam-role-{suffix}"
    sandbox.aws.client("iam").update_assume_role_policy(RoleName=role, PolicyDocument=other)

    drift = stack.refresh().summary.resource_changes or {}
    assert drift["delete"] == 4  # the queue's policy went with the queue, what the reader may do with the pipe with it
    assert drift["update"] >= 2
    restored = stack.up().summary.resource_changes or {}
    assert restored["create"] == 4
    assert restored["update"] >= 2
    assert stack.preview().change_summary == everything
    assert _execute(sandbox, f"SHOW TASKS IN SCHEMA {schema}")
    trusted = sandbox.aws.client("iam").get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Action"] == "sts:AssumeRole"

    stack.destroy()
    assert _left(sandbox, suffix) == []
