"""An AWS account (moto) with a bucket and a key, the lab provider, and theia-sf as a process or in this one."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.integration.provision import lab
from tests.integration.provision.cloud import AWS_SECRET, PASSWORD, REGION, Cloud
from theia_sf.cli.main import run

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # or each failure drowns in requests
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    _host, port = server.get_host_and_port()
    yield f"http://127.0.0.1:{port}"
    server.stop()


@pytest.fixture
def cloud(aws: str, tmp_path: Path) -> Iterator[Cloud]:
    things = tmp_path / "lab"
    things.mkdir()
    account = {
        "endpoint_url": aws,
        "region_name": REGION,
        "aws_access_key_id": "testing",
        "aws_secret_access_key": AWS_SECRET,
    }
    bucket = f"state-{abs(hash(tmp_path)):x}"
    s3 = boto3.client("s3", **account)
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    kms = boto3.client("kms", **account)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG", "PYTHONPATH"}}
    with lab.serve(things) as port:
        environment = kept | {
            "AWS_ENDPOINT_URL": aws,
            "AWS_ACCESS_KEY_ID": account["aws_access_key_id"],
            "AWS_SECRET_ACCESS_KEY": account["aws_secret_access_key"],
            "AWS_REGION": REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "SNOWFLAKE_ACCOUNT": "ORG-ACCOUNT",
            "SNOWFLAKE_USER": "ADA",
            "SNOWFLAKE_PASSWORD": PASSWORD,
            "PULUMI_DEBUG_PROVIDERS": f"lab:{port}",
            "THEIA_SF_CONTEXT_FILE": str(tmp_path / "context.json"),
            "LAB_THINGS": "{}",
        }
        yield Cloud(environment, bucket, key, things, s3, kms)
    s3.close()
    kms.close()


@pytest.fixture
def command(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs theia-sf in this process: for commands that do not get as far as the engine."""
    snowflake = ModuleType("theia_sf.snowflake.connect")
    snowflake.__dict__["signed_in_account"] = lambda _settings: "LAB-ACCOUNT"
    monkeypatch.setitem(sys.modules, "theia_sf.snowflake.connect", snowflake)

    upgrade = ModuleType("theia_sf.ingestion.upgrade")
    upgrade.__dict__["pipe_upgrade"] = None
    monkeypatch.setitem(sys.modules, "theia_sf.ingestion.upgrade", upgrade)

    def call(*arguments: str) -> subprocess.CompletedProcess[str]:
        for name in os.environ.keys() - cloud.environment.keys() - {"PYTEST_CURRENT_TEST"}:
            monkeypatch.delenv(name)
        for name, value in cloud.environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = run(list(arguments))
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return call
