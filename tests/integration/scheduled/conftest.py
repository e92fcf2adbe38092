"""A function as Lambda would run it, short of Lambda: its code alone, its role's credentials, its environment."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import uuid
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.unit.flows.memory import COLUMNS, insert_statement
from tests.unit.policies.flow_records import fixture
from theia_sf.scheduled.bundle.archive import write_zip
from theia_sf.scheduled.bundle.contents import function_files

NAME = "ANTREA_SCHEDULED"
FLOWS = fixture(60)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole"}
    ],
}
# Like Lambda's runtime: the code's folder first, then what the layer would bring; no .pth file adds this checkout.
RUNTIME = """
import json, sys, time
code, packages, event, seconds = sys.argv[1:]
sys.path[:0] = [code, packages]

class Context:
    aws_request_id = "0a1b2c3d-0000-4000-8000-000000000000"
    end = time.monotonic() + float(seconds)
    def get_remaining_time_in_millis(self):
        return int((self.end - time.monotonic()) * 1000)

import theia_sf.scheduled
assert theia_sf.__file__.startswith(code), theia_sf.__file__
try:
    answer = theia_sf.scheduled.handler(json.loads(event), Context())
except Exception as error:
    answer = {"errorType": type(error).__name__, "errorMessage": str(error)}
print(json.dumps(answer))
"""


@dataclass
class Function:
    """A function: its code, its environment, and where its results go."""

    code: Path
    environment: dict[str, str]
    bucket: str
    s3: Any

    def call(self, event: dict[str, Any], *, seconds: float = 30) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """What it answers, and the lines of its log."""
        packages = sysconfig.get_path("purelib")
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", RUNTIME, str(self.code), packages, json.dumps(event), str(seconds)],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
        assert done.stderr == ""
        *log, answer = [json.loads(line) for line in done.stdout.splitlines()]
        return answer, log

    def stored(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        assert bucket == self.bucket
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def stored_keys(self) -> list[str]:
        return [one["Key"] for one in self.s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])]


@pytest.fixture(scope="module")
def account(sandbox) -> Iterator[str]:
    """A database with flows, a warehouse, and a role that may read the flows on it; all of one name."""
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        columns = ", ".join(f"{column} {kind}" for column, kind in COLUMNS.items())
        for statement in (
            f"CREATE WAREHOUSE {NAME} WAREHOUSE_SIZE = XSMALL INITIALLY_SUSPENDED = TRUE",
            f"USE WAREHOUSE {NAME}",
            f"CREATE DATABASE {NAME}",
            f"CREATE SCHEMA {NAME}.THEIA",
            f"CREATE TABLE {NAME}.THEIA.FLOWS ({columns})",
            insert_statement(f"{NAME}.THEIA.FLOWS", FLOWS).replace("\\", "\\\\"),
            f"CREATE ROLE {NAME}",
            f"GRANT USAGE ON WAREHOUSE {NAME} TO ROLE {NAME}",
            f"GRANT USAGE ON DATABASE {NAME} TO ROLE {NAME}",
            f"GRANT USAGE ON SCHEMA {NAME}.THEIA TO ROLE {NAME}",
            f"GRANT SELECT ON TABLE {NAME}.THEIA.FLOWS TO ROLE {NAME}",
        ):
            cursor.execute(statement)
        yield NAME
        for kind in ("DATABASE", "WAREHOUSE", "ROLE"):
            cursor.execute(f"DROP {kind} {NAME}")


@pytest.fixture(scope="module")
def function(sandbox, account, tmp_path_factory) -> Iterator[Function]:
    """A function whose role no Snowflake user is bound to."""
    folder = tmp_path_factory.mktemp("function")
    write_zip(folder / "function.zip", function_files())
    with zipfile.ZipFile(folder / "function.zip") as archive:
        archive.extractall(folder / "code")
    name = f"scheduled-{uuid.uuid4().hex[:8]}"
    iam, s3 = sandbox.aws.client("iam"), sandbox.aws.client("s3")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    given = sandbox.aws.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="function")["Credentials"]
    kept = ("AWS_ENDPOINT_URL", "AWS_REGION", "SNOWFLAKE_HOST", "SNOWFLAKE_PORT", "SNOWFLAKE_PROTOCOL")
    own = ("SNOWFLAKE_ACCOUNT", "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES")
    environment = {
        **{variable: sandbox.env[variable] for variable in (*kept, *own)},
        "AWS_ACCESS_KEY_ID": given["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["SessionToken"],
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "HOME": str(folder),
        "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
        "SNOWFLAKE_ROLE": account,
        "THEIA_SF_DATABASE_NAME": account,
        "THEIA_SF_WAREHOUSE_NAME": account,
        "THEIA_SF_RESULTS_BUCKET": name,
    }
    made = Function(folder / "code", environment, name, s3)
    yield made
    for one in made.stored_keys():
        s3.delete_object(Bucket=name, Key=one)
    s3.delete_bucket(Bucket=name)
    iam.delete_role(RoleName=name)


@pytest.fixture(scope="module")
def reader(sandbox, function) -> Iterator[str]:
    """The Snowflake user that the function's role is."""
    user = "SCHEDULED_READER"
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        cursor = connection.cursor()
        arn = f"arn:aws:iam::123456789012:role/{function.bucket}"
        cursor.execute(
            f"CREATE USER {user} TYPE = SERVICE DEFAULT_ROLE = {NAME} WORKLOAD_IDENTITY = (TYPE = AWS ARN = '{arn}')"
        )
        cursor.execute(f"GRANT ROLE {NAME} TO USER {user}")
        yield user
        cursor.execute(f"DROP USER {user}")
