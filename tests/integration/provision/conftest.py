"""An AWS account (moto), the lab provider, and theia-sf as a process that works on them."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

sys.path.insert(0, str(Path(__file__).parent))  # the driver process imports the lab by this name too
import lab

REGION = "us-west-2"
PREFIX = "antrea-flows-infra"
DRIVER = Path(__file__).with_name("driver.py")
SECRET = "a-password-that-nobody-may-see"


@dataclass
class Cloud:
    """One test's bucket, key and lab, and the environment that leads to them."""

    environment: dict[str, str]
    bucket: str
    key: str
    things: Path
    s3: Any
    kms: Any

    def declare(self, things: dict[str, dict[str, Any]]) -> None:
        """What the program asks for from now on."""
        self.environment["LAB_THINGS"] = json.dumps(things)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(DRIVER), *arguments],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end and checks its exit code."""
        process = self.start(*arguments)
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == code, stderr
        return subprocess.CompletedProcess(arguments, process.returncode, stdout, stderr)

    def onboard(self, *more: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run("onboard", "--bucket-name", self.bucket, "--key-id", self.key, *more, code=code)

    def keys(self, folder: str) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=f"{PREFIX}/{folder}").get("Contents", [])
        return [entry["Key"] for entry in found]

    def state(self) -> dict[str, Any]:
        content = self.s3.get_object(Bucket=self.bucket, Key=f"{PREFIX}/.pulumi/stacks/theia-sf/default.json")
        return json.loads(content["Body"].read())["checkpoint"]["latest"]

    def recorded(self) -> list[str]:
        """The things in the state."""
        found = self.state().get("resources", [])
        return [resource["urn"].split("::")[-1] for resource in found if resource["type"] == lab.TYPE]

    def there(self) -> list[str]:
        """The things in the lab."""
        return sorted(path.stem for path in self.things.glob("*.json"))


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
        "aws_secret_access_key": "a-secret-key-that-nobody-may-see",
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
            "SNOWFLAKE_PASSWORD": SECRET,
            "PULUMI_DEBUG_PROVIDERS": f"lab:{port}",
            "THEIA_SF_CONTEXT_FILE": str(tmp_path / "context.json"),
            "LAB_THINGS": "{}",
        }
        yield Cloud(environment, bucket, key, things, s3, kms)
    s3.close()
    kms.close()


def wait_for(condition: Callable[[], object], seconds: float = 20) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def engines(parent: int) -> list[int]:
    """The Pulumi engines among a process's children."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"--non-interactive" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def interrupt(process: subprocess.Popen[str], times: int = 1, number: int = signal.SIGINT) -> tuple[str, str]:
    """Sends a signal, once or twice, and returns stdout and stderr."""
    for _ in range(times):
        process.send_signal(number)
        time.sleep(0.5)
    return process.communicate(timeout=60)
