"""One test's AWS account and lab, and theia-sf as a process that works on them."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.provision.lab import TYPE

REGION = "us-west-2"
PREFIX = "antrea-flows-infra"
DRIVER = Path(__file__).with_name("driver.py")
PASSWORD = "a-password-that-nobody-may-see"
AWS_SECRET = "a-secret-key-that-nobody-may-see"


@dataclass
class Running:
    """A command at work."""

    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self) -> str:
        """What it has written to stderr so far."""
        return (self.folder / "err").read_text()

    def finish(self) -> subprocess.CompletedProcess[str]:
        """Waits for its end."""
        code = self.process.wait(timeout=120)
        return subprocess.CompletedProcess(self.process.args, code, (self.folder / "out").read_text(), self.said())


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

    def start(self, *arguments: str) -> Running:
        """Starts a command, and leaves it running."""
        folder = Path(tempfile.mkdtemp(dir=self.things.parent))
        with (folder / "out").open("w") as out, (folder / "err").open("w") as err:
            process = subprocess.Popen(
                [sys.executable, str(DRIVER), *arguments],
                env=self.environment,
                stdout=out,
                stderr=err,
                stdin=subprocess.DEVNULL,
            )
        return Running(process, folder)

    def go(self, name: str) -> None:
        """Lets a creation on hold go on."""
        (self.things / f"{name}.go").touch()

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        """Runs one command to its end and checks its exit code."""
        done = self.start(*arguments).finish()
        assert done.returncode == code, done.stderr
        return done

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
        return [resource["urn"].split("::")[-1] for resource in found if resource["type"] == TYPE]

    def there(self) -> list[str]:
        """The things in the lab."""
        return sorted(path.stem for path in self.things.glob("*.json"))


def wait_for(condition: Callable[[], object], seconds: float = 60) -> None:
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
