"""Lambda functions of the sandbox run for real: the answers, errors and logs that their callers see."""

from __future__ import annotations

import base64
import io
import json
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

CODE = """
import os, subprocess, sys, time
import boto3

def identity(event, context):
    print("asked for", event["what"])
    return {
        "arn": boto3.client("sts").get_caller_identity()["Arn"],
        "mine": os.environ["MINE"],
        "name": context.function_name,
        "request": context.aws_request_id,
        "remaining": context.get_remaining_time_in_millis(),
        "home": os.environ["HOME"] == os.environ["TMPDIR"],
        "foreign": sorted(name for name in os.environ if name.startswith(("THEIA_SF_", "PULUMI_", "MOTO_"))),
    }

def fails(event, context):
    raise ValueError("no such flow")

def sleeps(event, context):
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print("child", child.pid, flush=True)
    time.sleep(60)

def leaves(event, context):
    os._exit(3)

def prints(event, context):
    for _ in range(3000):
        print("x" * 1000)
    return "done"

def stores(event, context):
    boto3.client("s3").put_object(Bucket=event["bucket"], Key="result", Body=b"1")
"""


class Lab:
    """A function of the sandbox whose handler can be changed."""

    def __init__(self, sandbox: Any) -> None:
        self.name = f"job-{uuid.uuid4().hex[:8]}"
        self.client: Any = sandbox.aws.client("lambda")
        self.logs: Any = sandbox.aws.client("logs")

    def invoke(self, handler: str, event: Any = None, *, timeout: int = 20, **more: Any) -> tuple[dict[str, Any], Any]:
        self.client.update_function_configuration(FunctionName=self.name, Handler=f"app.{handler}", Timeout=timeout)
        answer = self.client.invoke(FunctionName=self.name, Payload=json.dumps(event), **more)
        body = answer["Payload"].read()
        return answer, json.loads(body) if body else None

    def log(self) -> list[str]:
        group = f"/aws/lambda/{self.name}"
        return [event["message"] for event in self.logs.filter_log_events(logGroupName=group)["events"]]


def _zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("app.py", CODE)
    return stream.getvalue()


@pytest.fixture(scope="module")
def lab(sandbox: Any) -> Iterator[Lab]:
    made = Lab(sandbox)
    iam = sandbox.aws.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=made.name, Path="/service-role/", AssumeRolePolicyDocument=policy)["Role"]["Arn"]
    made.client.create_function(
        FunctionName=made.name,
        Role=role,
        Runtime="python3.13",
        Handler="app.identity",
        Code={"ZipFile": _zip()},
        Environment={"Variables": {"MINE": "1"}},
    )
    yield made
    made.client.delete_function(FunctionName=made.name)
    iam.delete_role(RoleName=made.name)
    made.logs.delete_log_group(logGroupName=f"/aws/lambda/{made.name}")


def test_a_function_runs_as_its_role_and_its_log_is_kept(sandbox: Any, lab: Lab) -> None:
    answer, result = lab.invoke("identity", {"what": "me"}, LogType="Tail")
    assert answer["StatusCode"] == 200
    assert "FunctionError" not in answer
    expected = f"arn:aws:sts::{sandbox.aws.account_id}:assumed-role/{lab.name}/{lab.name}"
    assert (result["arn"], result["mine"], result["name"]) == (expected, "1", lab.name)
    assert result["home"]
    assert result["foreign"] == []
    assert 0 < result["remaining"] <= 20_000
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {result['request']} Version: $LATEST\nasked for me\n" in tail
    assert "asked for me" in lab.log()


def test_an_exception_is_the_answer(lab: Lab) -> None:
    answer, result = lab.invoke("fails")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (result["errorType"], result["errorMessage"]) == ("ValueError", "no such flow")
    assert 'raise ValueError("no such flow")' in result["stackTrace"][-1]
    assert "[ERROR] ValueError: no such flow" in lab.log()


def test_a_missing_handler_and_a_dead_process_are_told(lab: Lab) -> None:
    assert lab.invoke("missing")[1]["errorType"] == "Runtime.HandlerNotFound"
    answer, result = lab.invoke("leaves")
    assert (answer["FunctionError"], result["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert result["errorMessage"].endswith("Runtime exited with error: exit status 3")


def test_a_function_out_of_time_ends_with_all_its_processes(lab: Lab) -> None:
    begun = time.monotonic()
    answer, result = lab.invoke("sleeps", timeout=2)
    assert time.monotonic() - begun < 15
    assert (answer["FunctionError"], result["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert result["errorMessage"].endswith("Task timed out after 2.00 seconds")
    child = next(line for line in lab.log() if line.startswith("child")).split()[1]
    assert not _alive(int(child))


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_log_without_end_is_cut(lab: Lab) -> None:
    _, result = lab.invoke("prints")
    assert result == "done"
    assert "[more output was dropped]" in lab.log()


def test_an_event_is_worked_off_in_the_background(sandbox: Any, lab: Lab) -> None:
    s3 = sandbox.aws.client("s3")
    s3.create_bucket(Bucket=lab.name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    answer, result = lab.invoke("stores", {"bucket": lab.name}, InvocationType="Event")
    assert (answer["StatusCode"], result) == (202, None)
    assert _within_seconds(10, lambda: s3.list_objects_v2(Bucket=lab.name)["KeyCount"] == 1)
    s3.delete_object(Bucket=lab.name, Key="result")
    s3.delete_bucket(Bucket=lab.name)


def _within_seconds(seconds: int, happened: Callable[[], bool]) -> bool:
    for _ in range(seconds * 10):
        if happened():
            return True
        time.sleep(0.1)
    return False


def test_an_event_must_be_json_and_the_function_must_exist(lab: Lab) -> None:
    with pytest.raises(ClientError) as caught:
        lab.client.invoke(FunctionName=lab.name, Payload=b"{")
    assert caught.value.response["Error"]["Code"] == "InvalidRequestContentException"
    with pytest.raises(ClientError) as caught:
        lab.client.invoke(FunctionName="nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert lab.client.invoke(FunctionName=lab.name, InvocationType="DryRun")["StatusCode"] == 204
