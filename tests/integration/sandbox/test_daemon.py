"""Starting, finding and stopping the sandbox's process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.sandbox.daemon import control, ports
from theia_sf.sandbox.daemon.state import DIRECTORY_VARIABLE, LOG_FILE, STATE_FILE


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state directory of the test's own; whatever runs in it is stopped at the end."""
    chosen = tmp_path / "sandbox"
    monkeypatch.setenv(DIRECTORY_VARIABLE, str(chosen))
    yield chosen
    control.stop()


def _command(*arguments: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "theia_sf", "sandbox", *arguments]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=environment)


def test_a_life(directory: Path) -> None:
    with pytest.raises(ConnectionFailedError, match="not running"):
        control.require()
    state, started = control.start(0)
    assert started
    again, started = control.start()
    assert (again, started) == (state, False)
    told = control.status()
    assert (told["state"], told["pid"]) == ("running", state.pid)
    assert state.snowflake_password not in str(told)
    assert (directory / STATE_FILE).stat().st_mode & 0o777 == 0o600
    assert state.snowflake_password not in " ".join(psutil.Process(state.pid).cmdline())
    with pytest.raises(UsageError, match="running already"):
        control.start(state.ports.aws + 1)

    os.kill(state.pid, signal.SIGKILL)  # what is left behind does not count, and is in nobody's way
    psutil.Process(state.pid).wait(10)
    assert control.status()["state"] == "stopped"
    second, started = control.start(0)
    assert started
    assert second.snowflake_password != state.snowflake_password

    assert control.stop()
    assert not psutil.pid_exists(second.pid)
    assert not directory.exists()
    assert not control.stop()


def test_a_port_in_use_is_named_with_its_holder(directory: Path) -> None:
    with socket.socket() as holder:
        holder.bind((ports.HOST, 0))
        holder.listen()
        taken = holder.getsockname()[1]
        base = taken - 4 if taken > 5000 else taken
        done = _command("start", "--port", str(base))
    assert done.returncode == 2
    assert done.stdout == ""
    error, hint = done.stderr.splitlines()[-2:]
    assert error.startswith("Error: Port ")
    assert "already in use" in error
    assert f"--port {base + 1000}" in hint
    assert control.running() is None


def test_stop_leaves_a_stranger_with_the_same_pid_alone(directory: Path, sandbox: Any) -> None:
    directory.mkdir()
    content = (sandbox.directory / STATE_FILE).read_text()
    created = psutil.Process().create_time()
    forged = content.replace(f'"pid": {sandbox.state.pid}', f'"pid": {os.getpid()}')
    (directory / STATE_FILE).write_text(forged.replace(str(sandbox.state.created), str(created - 1000)))
    assert control.running() is None
    assert not control.stop()  # or this test would end here
    assert not directory.exists()


def test_ports_that_do_not_exist() -> None:
    with pytest.raises(UsageError, match="ports end at 65535"):
        ports.choose(65533)


def test_env_without_a_sandbox(directory: Path) -> None:
    done = _command("env")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines() == [
        "Error: The sandbox is not running.",
        "Hint: Start it: theia-sf sandbox start",
    ]
    assert _command("env", "--unset").returncode == 0


def test_env_and_status_of_the_running_one(sandbox: Any) -> None:
    environment = sandbox.environment()
    lines = _command("env", "--shell", "bash", environment=environment)
    assert f"export AWS_ENDPOINT_URL={sandbox.env['AWS_ENDPOINT_URL']}" in lines.stdout.splitlines()
    as_json = _command("env", "--shell", "json", environment=environment)
    assert f'"SNOWFLAKE_PORT": "{sandbox.ports.snowflake}"' in as_json.stdout
    assert _command("env", "--shell", "csh", environment=environment).returncode == 2
    assert '"state": "running"' in _command("status", "--output", "json", environment=environment).stdout


def test_a_process_that_does_not_come_up_is_told_with_its_log(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(TheiaError, match="did not start") as error:
        control.start(0)
    assert error.value.hint == f"Its log says why: {directory / LOG_FILE}"
    assert control.running() is None
