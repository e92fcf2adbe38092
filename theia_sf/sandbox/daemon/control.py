"""Start, stop and find the sandbox's background process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Generator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psutil

from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.sandbox.daemon import ports as port_numbers
from theia_sf.sandbox.daemon.state import (
    DIRECTORY_VARIABLE,
    LOCK_FILE,
    LOG_FILE,
    TEMPORARY_FOLDER,
    SandboxState,
    load,
    state_directory,
)

_READY_SECONDS: Final = 60.0  # a loaded machine; an idle one takes two to three
_STOP_SECONDS: Final = 10.0
_POLL_SECONDS: Final = 0.05
_FOREIGN_PREFIXES: Final = ("AWS_", "SNOWFLAKE_", "PULUMI_", "MOTO_")


def running() -> SandboxState | None:
    """The sandbox that runs now, or None. A file left by a process that is gone does not count."""
    state = load(state_directory())
    return state if state is not None and _process_of(state) is not None else None


def require() -> SandboxState:
    """The sandbox that runs now.

    Raises:
        ConnectionFailedError: there is none.
    """
    state = running()
    if state is None:
        message = "The sandbox is not running."
        raise ConnectionFailedError(message, hint="Start it: theia-sf sandbox start")
    return state


def start(base_port: int | None = None) -> tuple[SandboxState, bool]:
    """Start the sandbox, unless it runs already.

    Args:
        base_port: the first of its five ports; 0 takes any free ones; None the default.

    Returns:
        The sandbox, and whether this call started it.

    Raises:
        UsageError: a port is in use, the sandbox runs on other ports than these, or its folder cannot be written to.
        TheiaError: it did not come up; the message names the log.
    """
    directory = state_directory()
    with _only_one(directory):
        state = running()
        if state is not None:
            if base_port not in (None, 0, state.ports.aws):
                message = f"The sandbox is running already, on the ports from {state.ports.aws} on."
                raise UsageError(message, hint="Stop it first: theia-sf sandbox stop")
            return state, False
        _clear(directory)
        ports = port_numbers.choose(port_numbers.DEFAULT_BASE if base_port is None else base_port)
        numbers = ",".join(str(port) for port in asdict(ports).values())
        return _launch(directory, numbers), True


def stop() -> bool:
    """Stop the sandbox and remove everything it left; return whether it was running.

    Only the process that the state file names is ended, and only if it is still the one that wrote the file.
    """
    directory = state_directory()
    state = load(directory)
    process = _process_of(state) if state is not None else None
    if process is not None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(_STOP_SECONDS)
    if directory.is_dir():
        _clear(directory)
        (directory / LOCK_FILE).unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # something else of the user's is in it
            directory.rmdir()
    return process is not None


def status() -> dict[str, Any]:
    """The sandbox as `sandbox status` shows it; secrets are left out."""
    state = running()
    directory = state_directory()
    if state is None:
        return {"state": "stopped", "directory": str(directory)}
    seconds = (datetime.now(UTC) - datetime.fromisoformat(state.started)).total_seconds()
    silent = [name for name, port in asdict(state.ports).items() if not port_numbers.answers(port)]
    return {
        "state": f"not answering: {', '.join(silent)}" if silent else "running",
        "pid": state.pid,
        "started": state.started,
        "uptime_seconds": round(seconds),
        "aws_endpoint": f"http://{port_numbers.HOST}:{state.ports.aws}",
        "aws_account": state.account,
        "region": state.region,
        "snowflake_endpoint": f"http://{port_numbers.HOST}:{state.ports.snowflake}",
        "snowflake_account": state.snowflake_account,
        "snowflake_user": state.snowflake_user,
        "provider_ports": {
            "aws": state.ports.provider_aws,
            "snowflake": state.ports.provider_snowflake,
            "random": state.ports.provider_random,
        },
        "directory": str(directory),
        "log": str(directory / LOG_FILE),
    }


def _process_of(state: SandboxState) -> psutil.Process | None:
    try:
        process = psutil.Process(state.pid)
        same = abs(process.create_time() - state.created) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return None
    return process if same else None


def _launch(directory: Path, numbers: str) -> SandboxState:
    (directory / TEMPORARY_FOLDER).mkdir(mode=0o700)
    command = [sys.executable, "-m", "theia_sf.sandbox.daemon", "--directory", str(directory), "--ports", numbers]
    log = str(directory / LOG_FILE)
    pid = os.posix_spawn(
        sys.executable,
        command,
        _clean_environment(directory),
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,  # Ctrl-C in the terminal is not meant for it
    )
    try:
        state = _wait_until_ready(directory, pid)
    except BaseException:  # Ctrl-C above all: what nobody waits for shall not come up later
        _kill(pid)
        raise
    if state is not None:
        return state
    _kill(pid)
    message = "The sandbox did not start."
    raise TheiaError(message, hint=f"Its log says why: {log}")


def _wait_until_ready(directory: Path, pid: int) -> SandboxState | None:
    """The sandbox as soon as it says that it is ready; None if it ended or takes too long."""
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        state = load(directory)
        if state is not None and state.pid == pid:
            return state
        if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return None
        time.sleep(_POLL_SECONDS)
    return None


def _kill(pid: int) -> None:
    """End our own child, dead or alive, and take its place in the process table."""
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _clean_environment(directory: Path) -> dict[str, str]:
    """This process's environment without anything that points at real accounts or proxies."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN_PREFIXES) and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TMPDIR": str(directory / TEMPORARY_FOLDER),
    }


def _clear(directory: Path) -> None:
    """Remove what a sandbox leaves, the lock aside."""
    for path in directory.glob("sandbox.*"):
        path.unlink(missing_ok=True)
    shutil.rmtree(directory / TEMPORARY_FOLDER, ignore_errors=True)


@contextlib.contextmanager
def _only_one(directory: Path) -> Generator[None]:
    """Let two starts at once follow each other: the second finds the first one's sandbox."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (directory / LOCK_FILE).open("w", encoding="utf-8")
    except OSError as error:
        message = f"The sandbox's folder {directory} cannot be written to: {error.strerror}."
        raise UsageError(message, hint=f"Name another one by {DIRECTORY_VARIABLE}.") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
