"""The function as a part of a stack: deployed, called, changed, kept by a plain onboard, and removed again."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.e2e.conftest import PROGRAM

pytestmark = pytest.mark.soak


@pytest.fixture
def theia(sandbox, tmp_path):
    """Runs theia-sf as a user does, with a context of its own; what it wrote to stdout."""
    environment = {**sandbox.environment(), "THEIA_SF_CONTEXT_FILE": str(tmp_path / "context.json")}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            env=environment,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_from_nothing_to_a_finding_in_s3_and_back(theia, sandbox, tmp_path: Path):
    theia("create-bucket", "--name", "function-state")
    key = theia("create-kms-key").rpartition(" ")[2].strip()
    theia("onboard", "--bucket-name", "function-state", "--key-id", key)
    lambda_, s3 = sandbox.aws.client("lambda"), sandbox.aws.client("s3")

    def call(name: str, event: dict[str, Any]) -> dict[str, Any]:
        answer = lambda_.invoke(FunctionName=name, Payload=json.dumps(event))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    told = json.loads(theia("workload-identity", "lambda", "--deploy", "--format", "json"))
    name = told["function_name"]
    assert call(name, {"job": "current-user"})["user"] == told["function_user"]
    for schedule in sandbox.aws.client("scheduler").list_schedules()["Schedules"]:
        if name.rpartition("-")[2] in schedule["Name"]:
            target = sandbox.aws.client("scheduler").get_schedule(Name=schedule["Name"])["Target"]
            answer = call(name, json.loads(target["Input"]))
            bucket, _, where = answer["latest"].removeprefix("s3://").partition("/")
            assert answer["latest"].startswith(told["results"])
            assert s3.head_object(Bucket=bucket, Key=where)["ContentType"].startswith("application/")

    theia("workload-identity", "lambda", "--deploy", "--job", "drop-detection", "--timeout", "60")
    theia("onboard")
    assert lambda_.get_function(FunctionName=name)["Configuration"]["Timeout"] == 60
    theia("workload-identity", "lambda", "--remove", "--yes")
    assert name not in [one["FunctionName"] for one in lambda_.list_functions()["Functions"]]
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        users = [row[0] for row in connection.cursor().execute("SHOW USERS").fetchall()]
    assert told["function_user"] not in users
    theia("offboard", "--yes")
    theia("delete-bucket", "--name", "function-state", "--yes", "--force")
