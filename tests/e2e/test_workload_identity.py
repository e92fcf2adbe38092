"""The trap of the role's path, as people walk into it: a function's role, a user made by hand, a sign-in that fails."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import snowflake.connector

from tests.e2e.conftest import Cli, Sandbox

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
HANDLER = """
import json, sys
from theia_sf.scheduled import handler
print(json.dumps(handler({"job": "current-user"}, None)))
"""
REFUSED = "Unable to find an associated Snowflake user for the verified AWS Caller Identity."


@dataclass
class Function:
    """What AWS makes for a function, and the environment that its code would run in."""

    name: str
    role: str
    environment: dict[str, str]

    def call(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", HANDLER],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def function(sandbox: Sandbox) -> Iterator[Function]:
    iam = sandbox.aws.client("iam")
    name = f"flows-report-role-{uuid.uuid4().hex[:8]}"
    role = iam.create_role(RoleName=name, Path="/service-role/", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    given = sandbox.aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="flows-report")["Credentials"]
    kept = {k: v for k, v in sandbox.environment().items() if k not in {"SNOWFLAKE_USER", "SNOWFLAKE_PASSWORD"}}
    environment = {
        **kept,
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
        "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
    }
    environment.pop("SNOWFLAKE_ROLE", None)
    yield Function(name, role["Arn"], environment)
    iam.delete_role(RoleName=name)


def test_the_path_of_a_functions_role(cli: Cli, sandbox: Sandbox, function: Function) -> None:
    by_hand, mended = "WIF_BY_HAND", "WIF_MENDED"
    assert "role/service-role/" in function.role
    stripped = f"arn:aws:iam::123456789012:role/{function.name}"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        connection.cursor().execute(
            f"CREATE USER {by_hand} TYPE = SERVICE DEFAULT_ROLE = PUBLIC "
            f"WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{function.role}')"
        )
        failed = function.call()
        assert failed.returncode != 0
        assert REFUSED in failed.stderr

        # where the workload runs, with the administrator's sign-in at hand in a connection file or not
        there = cli.run("workload-identity", "check", env={**function.environment, "SNOWFLAKE_USER": None})
        assert there.returncode == 1
        assert function.name in there.stdout
        assert stripped in there.stdout
        assert "CREATE USER" in there.stdout

        listed = cli.run("workload-identity", "list", check=True)
        assert by_hand in listed.stdout
        assert "path" in (listed.stdout + listed.stderr).lower()

        made = cli.run("workload-identity", "create", mended, "--role-arn", function.role, check=True)
        assert "service-role/" in made.stderr + made.stdout
        assert stripped in made.stderr + made.stdout
        returned = function.call()
        assert returned.returncode == 0, returned.stderr
        assert json.loads(returned.stdout.splitlines()[-1])["user"] == mended
        assert (
            cli.run("workload-identity", "check", env={**function.environment, "SNOWFLAKE_USER": None}).returncode == 0
        )

        taken = cli.run("workload-identity", "create", "WIF_THIRD", "--role-arn", stripped)
        assert taken.returncode != 0
        assert mended in taken.stderr
        for user in (by_hand, mended):
            cli.run("workload-identity", "delete", user, "--yes", check=True)
        assert function.call().returncode != 0
