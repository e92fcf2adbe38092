"""The real program in the sandbox: what the lab cannot show."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import snowflake.connector

from theia_sf.provision import repair
from theia_sf.provision.pulumi_cli import find

BUCKET = "provision-test-state"
# Types whose creation can be repeated: it overwrites, adds to a set, or says IF NOT EXISTS.
REPEATABLE = {
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    "aws:s3/bucketNotification:BucketNotification",
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:sns/topic:Topic",
    "aws:sns/topicPolicy:TopicPolicy",
    "aws:sns/topicSubscription:TopicSubscription",
    "aws:sqs/queue:Queue",
    "aws:sqs/queuePolicy:QueuePolicy",
    "random:index/randomString:RandomString",
    "snowflake:index/execute:Execute",
    "snowflake:index/grantAccountRole:GrantAccountRole",
    "snowflake:index/grantPrivilegesToAccountRole:GrantPrivilegesToAccountRole",
}


@pytest.fixture
def theia_sf(sandbox, tmp_path):
    """Runs theia-sf as a process in the sandbox, with a bucket and a key of its own; returns stdout and stderr."""
    environment = {**sandbox.environment(), "THEIA_SF_CONTEXT_FILE": str(tmp_path / "context.json")}

    def call(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "theia_sf", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=170, check=False)
        assert done.returncode == code, done.stderr
        return done

    call("create-bucket", "--name", BUCKET)
    yield call
    call("delete-bucket", "--name", BUCKET, "--force")


def test_a_pipe_dropped_by_hand_is_restored_and_no_secret_is_in_the_state(sandbox, theia_sf, tmp_path):
    key = theia_sf("create-kms-key").stdout.split()[-1]
    names = json.loads(theia_sf("onboard", "--bucket-name", BUCKET, "--key-id", key, "--output", "json").stdout)

    s3 = sandbox.aws.client("s3", "us-west-2")
    secrets = [
        sandbox.env["SNOWFLAKE_PASSWORD"],
        sandbox.env["AWS_SECRET_ACCESS_KEY"],
        sandbox.env["AWS_ACCESS_KEY_ID"],
    ]
    for found in s3.list_objects_v2(Bucket=BUCKET)["Contents"]:
        content = s3.get_object(Bucket=BUCKET, Key=found["Key"])["Body"].read().decode()
        assert not [secret for secret in secrets if secret in content], found["Key"]

    # Pulumi's own command line reads the state
    cli = find()
    assert cli is not None
    (tmp_path / "Pulumi.yaml").write_text("name: theia-sf\nruntime: python\n")
    exported = subprocess.run(
        [cli.binary, "stack", "export", "--stack", "default"],
        env={**sandbox.environment(), "PULUMI_BACKEND_URL": f"s3://{BUCKET}/antrea-flows-infra?region=us-west-2"},
        cwd=tmp_path,
        capture_output=True,
        check=True,
    )
    resources = json.loads(exported.stdout)["deployment"]["resources"]
    assert "snowflake:index/pipe:Pipe" in [found["type"] for found in resources]

    # what a killed engine leaves half-made is found again by these IDs, or can be made twice
    for found in resources:
        if found.get("custom") and not found["type"].startswith("pulumi:"):
            identify = repair.IDS.get(found["type"])
            if identify is None:
                assert found["type"] in REPEATABLE
            else:
                assert identify(found["inputs"], "arn:aws:iam::123456789012:") == found["id"]

    pipe = f"{names['database_name']}.{names['schema_name']}.FLOWPIPE"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        connection.cursor().execute(f"DROP PIPE {pipe}")
    planned = json.loads(theia_sf("plan", "--exit-code", "--output", "json", code=4).stdout)
    assert "snowflake:index/pipe:Pipe" in [
        change["type"] for change in planned["changes"] if change["operation"] == "create"
    ]
    restored = theia_sf("onboard")
    assert "created snowflake Pipe pipe" in restored.stderr
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        assert connection.cursor().execute(f"DESCRIBE PIPE {pipe}").fetchone() is not None

    theia_sf("offboard", "--yes")
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        assert connection.cursor().execute(f"SHOW DATABASES LIKE '{names['database_name']}'").fetchall() == []
