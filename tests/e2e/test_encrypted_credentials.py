"""From a `.env` with foreign lines to recommended policies: the encrypted file is all that the commands are given."""

from __future__ import annotations

import gzip
import os
import pty
import select
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import PROGRAM, Cli, Sandbox
from theia_sf.sandbox.flows import FlowOptions, generate

FOREIGN = b"""\
# Who may read this: the on-call engineers.\r
COMPOSE_PROJECT_NAME=flows   # of another tool
  export EDITOR = 'vim'

MULTI="two
lines"
not a line at all
LATIN=caf\xe9
KMS_ENCRYPTED_ACCOUNT=
KMS_ENCRYPTED_USER=
KMS_ENCRYPTED_PASSWORD=
KMS_ENCRYPTED_ROLE=
KMS_ENCRYPTED_WAREHOUSE=
KMS_ENCRYPTED_DATABASE=
KMS_ENCRYPTED_SCHEMA=
# the end, without a line break"""
TAKEN_AWAY = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "SNOWFLAKE_ACCOUNT",
    "SNOWFLAKE_USER",
    "SNOWFLAKE_PASSWORD",
    "SNOWFLAKE_ROLE",
)


@dataclass
class CommandLines:
    """Watches the arguments of every process of this machine, as any user of it could."""

    seen: set[str] = field(default_factory=set)
    ended: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        while not self.ended.is_set():
            for entry in Path("/proc").iterdir():
                if entry.name.isdigit() and int(entry.name) != os.getpid():
                    try:
                        self.seen.add((entry / "cmdline").read_bytes().decode(errors="replace"))
                    except OSError:
                        continue
            time.sleep(0.02)


@pytest.fixture(scope="module")
def command_lines() -> Iterator[CommandLines]:
    watcher = CommandLines()
    thread = threading.Thread(target=watcher.watch, daemon=True)
    thread.start()
    yield watcher
    watcher.ended.set()
    thread.join()


def type_in(cli: Cli, arguments: list[str], answers: list[tuple[str, str]], *, seconds: float = 60) -> str:
    """Runs the program at a terminal, answers each prompt, and returns what the terminal showed."""
    terminal, inside = pty.openpty()
    process = subprocess.Popen(
        [str(PROGRAM), *arguments], env=cli.environment, cwd=cli.directory, stdin=inside, stdout=inside, stderr=inside
    )
    os.close(inside)
    shown, waiting, until = "", list(answers), time.monotonic() + seconds
    position = 0
    while time.monotonic() < until:
        readable, _, _ = select.select([terminal], [], [], 0.2)
        if readable:
            try:
                data = os.read(terminal, 4096)
            except OSError:  # how Linux tells that the other end has closed
                break
            if not data:
                break
            shown += data.decode(errors="replace")
        if waiting and waiting[0][0].lower() in shown[position:].lower():
            time.sleep(0.1)  # the prompt switches the echo off before or after it is written
            position = len(shown)
            os.write(terminal, waiting.pop(0)[1].encode() + b"\n")
    assert process.wait(timeout=seconds) == 0, shown
    os.close(terminal)
    assert not waiting, f"never asked for {waiting[0][0]}: {shown}"
    return shown


@pytest.fixture(scope="module")
def workplace(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """A directory whose `.env` names the AWS identity and the key; an environment that names neither, and no user."""
    directory = tmp_path_factory.mktemp("workplace")
    environment = {k: v for k, v in sandbox.environment().items() if k not in TAKEN_AWAY}
    environment["THEIA_SF_CONTEXT_FILE"] = str(directory / "context.json")
    key = sandbox.aws.client("kms").create_key(Description="Snowflake Connector Encryption Key")["KeyMetadata"]["KeyId"]
    aws = (
        f"AWS_REGION={sandbox.env['AWS_REGION']}\nAWS_KMS_KEY_ID={key}\n"
        f"AWS_ACCESS_KEY_ID={sandbox.env['AWS_ACCESS_KEY_ID']}\n"
        f"AWS_SECRET_ACCESS_KEY={sandbox.env['AWS_SECRET_ACCESS_KEY']}\n"
    )
    (directory / ".env").write_bytes(aws.encode() + FOREIGN)
    (directory / ".env").chmod(0o600)
    return Cli(environment, directory)


def other_lines(content: bytes) -> list[bytes]:
    return [line for line in content.split(b"\n") if not line.startswith(b"KMS_ENCRYPTED_")]


def test_the_whole_job_from_an_encrypted_file_alone(
    workplace: Cli, sandbox: Sandbox, command_lines: CommandLines
) -> None:
    cli, env_file = workplace, workplace.directory / ".env"
    before = env_file.read_bytes()
    password = sandbox.env["SNOWFLAKE_PASSWORD"]
    shown = type_in(
        cli,
        ["credentials", "encrypt"],
        [
            ("account", sandbox.env["SNOWFLAKE_ACCOUNT"]),
            ("user", sandbox.env["SNOWFLAKE_USER"]),
            ("password", password),
            ("role", sandbox.env["SNOWFLAKE_ROLE"]),
            ("warehouse", ""),
            ("database", ""),
            ("schema", ""),
        ],
    )
    assert password not in shown
    after = env_file.read_bytes()
    assert other_lines(after) == other_lines(before)
    assert env_file.stat().st_mode & 0o777 == 0o600
    for secret in (password, sandbox.env["SNOWFLAKE_ACCOUNT"]):
        assert secret.encode() not in after

    described = cli.run("credentials", "show", check=True)
    assert "password" in described.stdout.lower()
    assert password not in described.stdout
    checked = cli.run("credentials", "check", check=True)
    assert sandbox.env["SNOWFLAKE_USER"] in checked.stdout + checked.stderr

    bucket = "theia-sf-e2e-encrypted"
    state_key = sandbox.aws.client("kms").create_key()["KeyMetadata"]["KeyId"]
    run_within = ("credentials", "run", "--", str(PROGRAM))
    cli.run(*run_within, "create-bucket", "--name", bucket, check=True)
    outputs = cli.json("-v", "2", "onboard", "--bucket-name", bucket, "--key-id", state_key)
    try:
        s3 = sandbox.aws.client("s3")
        for file in generate(FlowOptions(rows=200, days=1)):
            s3.put_object(Bucket=outputs["bucket_name"], Key=f"flows/{file.name}", Body=file.content)
        until = time.monotonic() + 30
        while cli.json("status", "--warehouse-name", f"ANTREA_READER_{outputs['database_name'][7:]}")["rows"] < 200:
            assert time.monotonic() < until
        policies = cli.run("policy-recommendation", check=True)
        assert "kind: NetworkPolicy" in policies.stdout
        # a failure that carries the whole traceback
        cli.run("--debug", "policy-recommendation", "--role", "NO_SUCH_ROLE")
        assert_nowhere_in_clear(
            {"password": password, "AWS secret": sandbox.env["AWS_SECRET_ACCESS_KEY"]}, cli, s3, bucket, command_lines
        )
    finally:
        cli.run("offboard", "--yes", check=True)
        cli.run(*run_within, "delete-bucket", "--name", bucket, "--force", "--yes", check=True)


def assert_nowhere_in_clear(secrets: dict[str, str], cli: Cli, s3: Any, bucket: str, lines: CommandLines) -> None:
    state = b""
    for found in s3.list_object_versions(Bucket=bucket)["Versions"]:
        body = s3.get_object(Bucket=bucket, Key=found["Key"], VersionId=found["VersionId"])["Body"].read()
        state += gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    files = {path: path.read_bytes() for path in cli.directory.rglob("*") if path.is_file() and path.name != ".env"}
    assert len(state) > 10_000
    assert any("onboard" in line for line in lines.seen)
    for name, secret in secrets.items():
        assert not any(secret in text for text in cli.seen), f"{name} was printed"
        assert secret.encode() not in state, f"{name} is in the state"
        assert not any(secret in line for line in lines.seen), f"{name} is an argument of a process"
        assert [path for path, content in files.items() if secret.encode() in content] == []
