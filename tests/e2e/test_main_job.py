"""The main job by hand, from the first bucket to the last: flows of every record layout in one bucket."""

from __future__ import annotations

import time

import pytest
import snowflake.connector
import yaml

from tests.e2e.conftest import Cli, Sandbox
from theia_sf.sandbox.flows import FlowOptions, generate

RELEASES = ["1.9", "1.10", "1.13", "1.15", "2.0", "2.6", "2.7"]
ROWS = 400


def buckets_and_more(sandbox: Sandbox) -> dict[str, list[str]]:
    """Everything that the two accounts hold, by kind."""
    aws = sandbox.aws
    iam = aws.client("iam")
    held = {
        "buckets": [b["Name"] for b in aws.client("s3").list_buckets()["Buckets"]],
        "queues": aws.client("sqs").list_queues().get("QueueUrls", []),
        "topics": [t["TopicArn"] for t in aws.client("sns").list_topics()["Topics"]],
        "roles": [r["RoleName"] for r in iam.list_roles()["Roles"]],
        "policies": [p["PolicyName"] for p in iam.list_policies(Scope="Local")["Policies"]],
    }
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        for kind in ("DATABASES", "WAREHOUSES", "INTEGRATIONS", "ROLES"):
            cursor = connection.cursor()
            cursor.execute(f"SHOW {kind}")
            column = [d[0] for d in cursor.description].index("name")
            held[kind.lower()] = sorted(row[column] for row in cursor.fetchall())
    return held


@pytest.fixture(scope="module")
def empty(sandbox: Sandbox) -> dict[str, list[str]]:
    return buckets_and_more(sandbox)


def test_from_the_first_bucket_to_the_last(empty: dict[str, list[str]], cli: Cli, sandbox: Sandbox) -> None:
    bucket = "theia-sf-e2e-by-hand"
    made = cli.run("create-bucket", "--name", bucket, check=True)
    assert made.stdout.strip() == f"Bucket name: {bucket}"
    key = cli.run("create-kms-key", check=True).stdout.strip().removeprefix("Key ID: ")

    onboarded = cli.run("onboard", "--bucket-name", bucket, "--key-id", key, check=True)
    rows = [line.split("│")[1].strip() for line in onboarded.stdout.splitlines() if line.startswith("│")]
    assert rows == [
        "Region",
        "Bucket Name",
        "Bucket Flows Folder",
        "Snowflake Database Name",
        "Snowflake Schema Name",
        "Snowflake Flows Table Name",
        "SNS Topic ARN",
        "SQS Queue ARN",
    ]
    assert "s3Uploader:" in onboarded.stdout

    outputs = cli.json("status")
    s3 = sandbox.aws.client("s3")
    for seed, release in enumerate(RELEASES):
        for file in generate(FlowOptions(rows=ROWS, days=5, seed=seed, antrea=release)):
            s3.put_object(Bucket=outputs["bucket_name"], Key=f"flows/{file.name}", Body=file.content)
    until = time.monotonic() + 60
    while (status := cli.json("status", "--warehouse-name", outputs["reader_warehouse_name"]))["rows"] < ROWS * len(
        RELEASES
    ):
        assert time.monotonic() < until, status
    assert (status["rows"], status["rejected_rows"], status["pipe_state"]) == (ROWS * len(RELEASES), 0, "RUNNING")

    recommended = cli.run("policy-recommendation", check=True)
    documents = list(yaml.safe_load_all(recommended.stdout))
    kinds = {document["kind"] for document in documents}
    assert kinds == {"NetworkPolicy", "ClusterNetworkPolicy"}
    assert {document["apiVersion"] for document in documents} == {"crd.antrea.io/v1beta1"}
    assert cli.run("policy-recommendation", check=True).stdout == recommended.stdout
    assert isinstance(cli.json("drop-detection"), list)

    cli.run("offboard", "--yes", check=True)
    cli.run("delete-kms-key", "--key-id", key, check=True)
    cli.run("delete-bucket", "--name", bucket, "--force", check=True)
    assert buckets_and_more(sandbox) == empty
    description = sandbox.aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    assert description["KeyState"] == "PendingDeletion"

    said = "".join(cli.seen)
    assert sandbox.snowflake["password"] not in said
    assert sandbox.env["AWS_SECRET_ACCESS_KEY"] not in said
