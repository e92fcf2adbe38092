"""The installed `theia-sf` as a process, in an environment that points at a sandbox of its own."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.integration.conftest import Sandbox, sandbox

__all__ = ["Cli", "Sandbox", "Stack", "sandbox"]  # the fixture is found by its name here

PROGRAM = Path(sys.executable).with_name("theia-sf")


@dataclass
class Cli:
    """Runs `theia-sf` and returns what a user would see."""

    environment: dict[str, str]
    directory: Path
    seen: list[str] = field(default_factory=list)

    def run(
        self, *arguments: str, check: bool = False, env: dict[str, str | None] | None = None, timeout: float = 120
    ) -> subprocess.CompletedProcess[str]:
        environment = {**self.environment, **{k: v for k, v in (env or {}).items() if v is not None}}
        for name in [k for k, v in (env or {}).items() if v is None]:
            environment.pop(name, None)
        done = subprocess.run(
            [str(PROGRAM), *arguments],
            env=environment,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=timeout,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        self.seen += [done.stdout, done.stderr]
        if check:
            assert done.returncode == 0, f"{arguments}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.run(*arguments, "--output", "json", check=True).stdout)


@pytest.fixture
def cli(sandbox: Sandbox, tmp_path: Path) -> Cli:
    return Cli({**sandbox.environment(), "THEIA_SF_CONTEXT_FILE": str(tmp_path / "context.json")}, tmp_path)


@dataclass(frozen=True)
class Stack:
    """A pipeline that stands in the sandbox, and the files that are uploaded to it by a plain S3 client."""

    cli: Cli
    sandbox: Sandbox
    state_bucket: str
    key: str
    outputs: dict[str, str]

    @property
    def warehouse(self) -> str:
        return self.status()["reader_warehouse_name"]

    def status(self, *arguments: str) -> dict[str, Any]:
        return self.cli.json("status", *arguments)

    def upload(self, name: str, content: bytes) -> None:
        bucket, folder = self.outputs["bucket_name"], self.outputs["bucket_flows_folder"]
        self.sandbox.aws.client("s3").put_object(Bucket=bucket, Key=f"{folder}/{name}", Body=content)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with snowflake.connector.connect(**self.sandbox.snowflake) as connection:
            cursor = connection.cursor()
            database, schema = self.outputs["database_name"], self.outputs["schema_name"]
            cursor.execute(f"USE SCHEMA {database}.{schema}")
            cursor.execute(f"USE WAREHOUSE ANTREA_READER_{database.removeprefix('ANTREA_')}")
            return list(cursor.execute(sql).fetchall())  # type: ignore[union-attr]

    def wait(self, sql: str, wanted: int, seconds: float = 30) -> None:
        until = time.monotonic() + seconds
        while (found := self.query(sql)[0][0]) != wanted:
            assert time.monotonic() < until, f"{sql}: {found} instead of {wanted}"
            time.sleep(0.2)


def names_of_state(label: str) -> str:
    return f"theia-sf-e2e-{label}"


@pytest.fixture(scope="module")
def stack(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stack]:
    """A pipeline for the tests of one module, made and taken down by the commands."""
    directory = tmp_path_factory.mktemp("stack")
    cli = Cli({**sandbox.environment(), "THEIA_SF_CONTEXT_FILE": str(directory / "context.json")}, directory)
    bucket = names_of_state(request.module.__name__.rpartition("_")[2])
    cli.run("create-bucket", "--name", bucket, check=True)
    key = cli.json("create-kms-key")["key_id"]
    outputs = cli.json("onboard", "--bucket-name", bucket, "--key-id", key)
    yield Stack(cli, sandbox, bucket, key, outputs)
    cli.run("offboard", "--yes", check=True)
    cli.run("delete-kms-key", "--key-id", key, "--yes", check=True)
    cli.run("delete-bucket", "--name", bucket, "--force", "--yes", check=True)


@pytest.fixture
def gz() -> Callable[[str], bytes]:
    return lambda text: gzip.compress(text.encode())
