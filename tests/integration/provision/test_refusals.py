"""What is wrong is said in one sentence with its exit code, before anything is touched."""

from __future__ import annotations

import json
import re
import socket

import pytest

from tests.integration.provision.cloud import PREFIX
from theia_sf.provision.backend import Backend
from theia_sf.provision.locks import read_locks, release_of

LOCK = f"{PREFIX}/.pulumi/locks/organization/theia-sf/default/1.json"


@pytest.fixture
def refuse(cloud, command):
    """Calls a command that must fail, and returns what it says after checking that nothing was written."""

    def call(*arguments: str, code: int) -> str:
        before = cloud.keys("")
        done = command(*arguments)
        assert done.returncode == code, done.stderr
        assert cloud.keys("") == before
        assert done.stdout == ""
        errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert len(errors) == 1
        assert "Traceback" not in done.stderr
        return done.stderr

    return call


def test_no_credentials(cloud, refuse):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        del cloud.environment[name]
    cloud.environment["AWS_EC2_METADATA_DISABLED"] = "true"
    assert "no AWS credentials" in refuse("onboard", "--bucket-name", cloud.bucket, code=3)


def test_no_snowflake_account(cloud, refuse):
    for name in ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"):
        del cloud.environment[name]
    assert "SNOWFLAKE_ACCOUNT" in refuse("onboard", "--bucket-name", cloud.bucket, code=3)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--region", "us-west-9"], "There is no AWS region 'us-west-9'."),
        (["--bucket-name", "no-such-bucket-anywhere"], "There is no bucket no-such-bucket-anywhere."),
        (["--bucket-region", "eu-west-1"], "is in us-west-2, not in eu-west-1"),
        (["--key-id", "00000000-0000-0000-0000-000000000000"], "There is no KMS key 00000000"),
        (["--tag", "oops"], "Not a tag: 'oops'."),
        (["--stack-name", "a/b"], "Not a stack name: 'a/b'."),
    ],
)
def test_flags_that_name_nothing(cloud, refuse, arguments, words):
    assert words in refuse("onboard", "--bucket-name", cloud.bucket, *arguments, code=2)


@pytest.mark.parametrize("name", ["onboard", "plan", "offboard", "unlock"])
def test_no_bucket_and_no_context(refuse, name):
    assert "Add --bucket-name BUCKET" in refuse(name, code=2)


def test_a_stack_that_is_not_there(cloud, refuse):
    words = f"There is no stack default in s3://{cloud.bucket}/{PREFIX}."
    assert words in refuse("offboard", "--bucket-name", cloud.bucket, code=2)


def test_a_key_that_is_to_be_deleted(cloud, refuse):
    cloud.kms.schedule_key_deletion(KeyId=cloud.key, PendingWindowInDays=7)
    said = refuse("onboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key, code=1)
    assert "cannot be used" in said
    assert "aws kms cancel-key-deletion" in said


def test_another_key_than_the_stacks_own_and_none_at_all(cloud, refuse):
    cloud.onboard()
    cloud.run("context", "clear")
    other = cloud.kms.create_key()["KeyMetadata"]
    target = ("--bucket-name", cloud.bucket)
    for name in ("onboard", "plan", "offboard"):
        said = refuse(name, *target, "--key-id", other["KeyId"], code=2)
        assert f"is encrypted with another KMS key: {cloud.key} in us-west-2." in said
        assert f"Hint: Use --key-id {cloud.key} --key-region us-west-2" in said
    assert "no key was given" in refuse("plan", *target, code=2)
    cloud.kms.create_alias(AliasName=f"alias/{cloud.bucket}", TargetKeyId=cloud.key)
    arn = cloud.kms.describe_key(KeyId=cloud.key)["KeyMetadata"]["Arn"]
    for spelling in (f"alias/{cloud.bucket}", arn):
        cloud.run("plan", *target, "--key-id", spelling)


def test_a_stack_of_another_aws_account(cloud, refuse):
    state = {"checkpoint": {"latest": {"resources": [{"type": "pulumi:pulumi:Stack", "urn": "x"}]}}}
    queue = "arn:aws:sqs:us-west-2:999999999999:antrea-flows-x"
    state["checkpoint"]["latest"]["resources"][0]["outputs"] = {"sqs_queue_arn": queue}
    key = f"{PREFIX}/.pulumi/stacks/theia-sf/default.json"
    cloud.s3.put_object(Bucket=cloud.bucket, Key=key, Body=json.dumps(state))
    said = refuse("onboard", "--bucket-name", cloud.bucket, code=2)
    assert "is in AWS account 999999999999, and the credentials are of 123456789012" in said


def test_the_lock_of_another_host_needs_yes(cloud, refuse, command):
    lock = {"pid": 7, "username": "eve", "hostname": "elsewhere", "timestamp": "2026-11-20T10:00:00Z"}
    cloud.s3.put_object(Bucket=cloud.bucket, Key=LOCK, Body=json.dumps(lock))
    target = ("--bucket-name", cloud.bucket)
    held = refuse("onboard", *target, code=5)
    assert re.search(r"locked by eve@elsewhere \(pid 7\) since 2026-11-20 10:00:00 UTC\.", held)
    shown = command("unlock", *target)
    assert shown.returncode == 2
    assert "elsewhere" in shown.stdout
    assert "Add --yes to go on" in shown.stderr
    assert cloud.keys(".pulumi/locks") == [LOCK]
    listed = json.loads(command("unlock", *target, "--yes", "--output", "json").stdout)
    assert [(found["user"], found["alive"]) for found in listed] == [("eve", False)]
    assert cloud.keys(".pulumi/locks") == []


def test_only_the_dead_engines_own_lock_is_released(cloud):
    backend = Backend(cloud.s3, cloud.bucket, PREFIX, "us-west-2", "default")
    for pid, host in ((7, socket.gethostname()), (7, "elsewhere"), (8, socket.gethostname())):
        lock = {"pid": pid, "username": "eve", "hostname": host, "timestamp": "2026-11-20T10:00:00Z"}
        backend.write(f"{backend.locks_prefix}{pid}-{host}.json", json.dumps(lock).encode())
    release_of(backend, 7)
    assert sorted((lock.pid, lock.host) for lock in read_locks(backend)) == [
        (7, "elsewhere"),
        (8, socket.gethostname()),
    ]


def test_flags_of_the_original_without_meaning_say_so(refuse, command):
    said = refuse("onboard", "--workdir", "/tmp/x", "--warehouse-name", "WH", code=2)
    assert "--workdir has no effect: nothing is unpacked any more." in said
    assert "--warehouse-name has no effect: making the database needs no warehouse." in said
    assert "--workdir" not in command("onboard", "--help").stdout
