"""The commands for bucket, key and queue, against the sandbox's AWS."""

from __future__ import annotations

import io
import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from theia_sf.aws import buckets
from theia_sf.cli import console, main
from theia_sf.provision.context import Context, Identity, save

pytestmark = pytest.mark.usefixtures("sandbox_env")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main.run(list(arguments))
    out, err = capsys.readouterr()
    return code, out, err


def test_create_bucket_is_private_encrypted_and_versioned(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "create-bucket")
    match = re.fullmatch(r"Bucket name: (antrea-[a-z]+-[a-z]+-[a-z]+-[a-z]+)\n", out)
    assert code == 0
    assert match
    name = match[1]
    client = boto3.client("s3", region_name="us-west-2")
    assert client.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    rule = client.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert all(client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    assert run(capsys, "delete-bucket", "--name", name)[0] == 0


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
def test_every_region_works_and_again_is_success(capsys: pytest.CaptureFixture[str], region: str) -> None:
    name = f"again-{region}"
    arguments = ("create-bucket", "--name", name, "--region", region, "--output", "json")
    code, out, _ = run(capsys, *arguments)
    assert (code, json.loads(out)) == (0, {"bucket_name": name, "region": region, "created": True})
    code, out, _ = run(capsys, *arguments)
    assert (code, json.loads(out)["created"]) == (0, False)
    assert buckets.bucket_region(name) == region
    assert run(capsys, "delete-bucket", "--name", name, "--region", "us-west-2")[0] == 0


def test_delete_bucket_with_more_than_a_page_and_old_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "many-objects-in-here"
    buckets.create_state_bucket(name, "us-west-2")
    client = boto3.client("s3", region_name="us-west-2")
    monkeypatch.setattr(buckets, "_DELETED_AT_ONCE", 4)  # stands for the 1000 of S3's pages
    for number in range(10):
        client.put_object(Bucket=name, Key=f"k{number}", Body=b"")
    client.put_object(Bucket=name, Key="k0", Body=b"again")
    client.delete_object(Bucket=name, Key="k1")
    code, out, err = run(capsys, "delete-bucket", "--name", name)
    assert (code, out) == (1, "")
    assert f"Error: The bucket {name} is not empty.\nHint: --force" in err
    code, out, err = run(capsys, "delete-bucket", "--name", name, "--force")
    assert (code, out) == (0, "")
    assert "12 object versions" in err
    with pytest.raises(ClientError):
        client.head_bucket(Bucket=name)


def test_delete_bucket_asks_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    name = "ask-before-deleting"
    buckets.create_state_bucket(name, "us-west-2")
    client = boto3.client("s3", region_name="us-west-2")
    client.put_object(Bucket=name, Key="antrea-flows-infra/.pulumi/stacks/theia-sf/default.json", Body=b"{}")
    asked: list[str] = []

    def no(question: str, *, yes: bool) -> None:
        asked.append(question)
        raise main.TheiaError("Nothing was changed, as the answer was not yes.")

    monkeypatch.setattr(console, "is_interactive", lambda: True)
    monkeypatch.setattr(console, "confirm", no)
    assert run(capsys, "delete-bucket", "--name", name, "--force")[0] == 1
    assert asked == [
        f"Delete the bucket {name} and the 1 object version in it, among them the state of theia-sf/default?"
    ]
    code, _, err = run(capsys, "delete-bucket", "--name", name, "--force", "--yes")
    assert (code, err.splitlines()[-1]) == (0, f"Deleted the bucket {name} and 1 object version in it.")
    assert "object versions" not in err


def test_a_bucket_of_somebody_else(capsys: pytest.CaptureFixture[str], sandbox_env: Any) -> None:
    stranger = sandbox_env.aws.stranger_client("s3", "us-west-2")
    stranger.create_bucket(Bucket="bucket-of-a-stranger", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    for command in ("create-bucket", "delete-bucket"):
        code, out, err = run(capsys, command, "--name", "bucket-of-a-stranger")
        assert (code, out) == (2, "")
        assert "belongs to another AWS account" in err


def test_a_missing_queue_comes_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    _, _, err = run(capsys, "receive-sqs-message", "--queue-arn", "arn:aws:sqs:eu-west-1:123456789012:none")
    assert "Hint: `theia-sf status` shows the ARN of the stack's queue" in err


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["delete-bucket", "--name", "no-such-bucket-at-all"], 2, "There is no bucket no-such-bucket-at-all."),
        (["create-bucket", "--name", "a-b", "--prefix", "p"], 2, "--name and --prefix exclude each other."),
        (["create-bucket", "--name", "No"], 2, "'No' cannot be the name of an S3 bucket."),
        (["create-bucket", "--region", "us-wst-2"], 2, "There is no AWS region 'us-wst-2'."),
        (["delete-kms-key", "--key-id", "1234"], 2, "There is no KMS key 1234 in us-west-2."),
        (["receive-sqs-message", "--queue-arn", "q"], 2, "'q' is not an ARN."),
        (
            ["receive-sqs-message", "--queue-arn", "arn:aws:sqs:eu-west-1:123456789012:none"],
            2,
            "There is no queue none in account 123456789012, eu-west-1.",
        ),
    ],
)
def test_mistakes_are_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, sentence: str
) -> None:
    found, out, err = run(capsys, *arguments)
    assert (found, out) == (code, "")
    assert err.splitlines()[-2 if "Hint:" in err else -1] == f"Error: {sentence}"


def test_no_credentials(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    code, out, err = run(capsys, "create-bucket")
    assert (code, out) == (3, "")
    assert "Error: There are no AWS credentials." in err


def test_unknown_credentials_are_not_taken_for_a_strangers_bucket(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAXXXXXXXXXXXXXXXX")
    code, out, err = run(capsys, "create-bucket")
    assert (code, out) == (3, "")
    assert "AWS refused the credentials" in err


def test_aws_is_not_reached(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, _, err = run(capsys, "create-kms-key")
    assert code == 3
    assert "Error: AWS cannot be reached at http://127.0.0.1:9" in err


def test_keys_are_created_and_scheduled_for_deletion(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "create-kms-key")
    assert code == 0
    key = out.removeprefix("Key ID: ").strip()
    code, out, _ = run(capsys, "delete-kms-key", "--key-id", key, "--output", "json")
    assert code == 0
    assert json.loads(out)["key_id"] == key
    found = boto3.client("kms", region_name="us-west-2").describe_key(KeyId=key)["KeyMetadata"]
    assert found["KeyState"] == "PendingDeletion"
    assert run(capsys, "delete-kms-key", "--key-id", found["Arn"])[0] == 0  # again: nothing more to do


def test_a_context_of_another_account_keeps_no_key(capsys: pytest.CaptureFixture[str], sandbox: Any) -> None:
    sandbox.aws.stranger_client("s3").create_bucket(
        Bucket="strangers-state", CreateBucketConfiguration={"LocationConstraint": "us-west-2"}
    )
    theirs = Identity(aws_account="999900001111")
    save(Context("default", "strangers-state", "p", "us-west-2", "us-west-2", None, None, "DB", theirs))
    key = json.loads(run(capsys, "create-kms-key", "-o", "json")[1])
    code, _, err = run(capsys, "delete-kms-key", "--key-id", key["key_id"])
    assert code == 0, err
    # A context that counts, but whose bucket is not ours any more.
    save(Context("default", "strangers-state", "p", "us-west-2", "us-west-2", None, None, "DB", Identity()))
    key = json.loads(run(capsys, "create-kms-key", "-o", "json")[1])
    assert run(capsys, "delete-kms-key", "--key-id", key["key_id"])[0] == 2
    assert run(capsys, "delete-kms-key", "--key-id", key["key_id"], "--force")[0] == 0
    sandbox.aws.stranger_client("s3").delete_bucket(Bucket="strangers-state")


def test_a_key_that_a_state_needs_is_kept(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    name = "bucket-with-a-state"
    buckets.create_state_bucket(name, "us-west-2")
    key = json.loads(run(capsys, "create-kms-key", "-o", "json")[1])
    other = json.loads(run(capsys, "create-kms-key", "-o", "json")[1])
    state = {
        "version": 3,
        "checkpoint": {
            "latest": {
                "secrets_providers": {"type": "cloud", "state": {"url": f"awskms://{key['key_id']}?region=us-west-2"}},
                "resources": [],
            }
        },
    }
    client = boto3.client("s3", region_name="us-west-2")
    client.put_object(Bucket=name, Key="some/prefix/.pulumi/stacks/theia-sf/prod.json", Body=json.dumps(state).encode())
    save(Context("default", name, "elsewhere", "us-west-2", "us-west-2", None, None, "DB", Identity()))
    code, out, err = run(capsys, "delete-kms-key", "--key-id", key["key_id"])
    assert (code, out) == (1, "")
    assert f"Error: The state of stack prod (some/prefix) in {name} cannot be read without this key." in err
    assert run(capsys, "delete-kms-key", "--key-id", other["arn"])[0] == 0
    with monkeypatch.context() as terminal:
        terminal.setattr(console, "is_interactive", lambda: True)
        terminal.setattr("sys.stdin", io.StringIO("n\n"))
        code, _, err = run(capsys, "delete-kms-key", "--key-id", key["key_id"], "--force")
    assert code == 1
    assert f"The state of stack prod (some/prefix) in {name} cannot be read then" in err
    assert run(capsys, "delete-kms-key", "--key-id", key["key_id"], "--force")[0] == 0
    buckets.delete_bucket(name, force=True)
    assert run(capsys, "delete-kms-key", "--key-id", key["key_id"])[0] == 0


def test_receive_sqs_message(capsys: pytest.CaptureFixture[str]) -> None:
    sqs = boto3.client("sqs", region_name="eu-west-1")
    url = sqs.create_queue(QueueName="errors", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    assert run(capsys, "receive-sqs-message", "--queue-arn", arn) == (0, "", "The queue holds no message.\n")
    sqs.send_message(QueueUrl=url, MessageBody='{"pipeName": "P\\u001b[2J"}')
    shown = run(capsys, "receive-sqs-message", "--queue-arn", arn)[1].splitlines()
    assert [cell.strip() for cell in shown[1].strip("│").split("│")] == ["Message ID", "Body"]
    assert shown[3].strip("│").split("│")[1].strip() == '{"pipeName": "P\\u001b[2J"}'
    code, out, _ = run(capsys, "receive-sqs-message", "--queue-arn", arn, "--delete", "--output", "json")
    assert (code, json.loads(out)[0]["body"]) == (0, {"pipeName": "P\x1b[2J"})
    assert run(capsys, "receive-sqs-message", "--queue-arn", arn, "-o", "json")[1] == "[]\n"
    code, _, err = run(capsys, "receive-sqs-message", "--queue-arn", arn, "--region", "us-west-2")
    assert code == 2
    assert "contradicts" in err
    sqs.delete_queue(QueueUrl=url)
