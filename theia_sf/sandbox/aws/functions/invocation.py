"""One invocation of a function: a process in a temporary folder, held to its time and to a bounded log."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import site
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

from theia_sf.sandbox.aws.identities import KeyIdentity

LONGEST_PAYLOAD: Final = 6 * 1024 * 1024
"""Bytes of an event and of an answer, "Lambda quotas"."""

LONGEST_LOG: Final = 1024 * 1024
"""Bytes of output that are kept; what a function prints beyond is dropped."""

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")
_READER_SECONDS: Final = 2.0
_running: set[int] = set()


@dataclass(frozen=True)
class Function:
    """What an invocation needs to know of a function.

    Attributes:
        name, version, arn, handler, runtime, memory_mb, timeout_seconds: as configured.
        variables: its environment variables.
        code: its zip file.
        log_group, log_stream: where its output will be kept.
        region: where it lives.
    """

    name: str
    version: str
    arn: str
    handler: str
    runtime: str
    memory_mb: int
    timeout_seconds: int
    log_group: str
    log_stream: str
    region: str
    variables: Mapping[str, str] = field(repr=False)
    code: bytes = field(repr=False)


@dataclass(frozen=True)
class Outcome:
    """What came of an invocation.

    Attributes:
        payload: the answer, JSON.
        failed: whether the answer tells of an error.
        log: the lines of the log, with Lambda's own around the function's.
    """

    payload: str
    failed: bool
    log: str


def invoke(
    function: Function, event: str, request_id: str, credentials: KeyIdentity, surroundings: Mapping[str, str]
) -> Outcome:
    """Run a function's handler in a process of this interpreter.

    Args:
        function: what to run.
        event: what the handler gets, JSON.
        request_id: the invocation's id.
        credentials: the temporary credentials of the function's role.
        surroundings: variables that the sandbox adds, such as where its AWS listens.

    Third-party modules come from this interpreter's installation, not from layers.
    """
    with tempfile.TemporaryDirectory(prefix="lambda-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        task = folder / "task"
        with zipfile.ZipFile(io.BytesIO(function.code)) as archive:
            archive.extractall(task)
        temporary = folder / "tmp"
        temporary.mkdir()
        event_path, result_path = folder / "event.json", folder / "result.json"
        event_path.write_text(event, encoding="utf-8")
        environment = _environment(
            function, request_id, credentials, surroundings=surroundings, task=task, temporary=temporary
        )
        begun = time.monotonic()
        exit_code, output = _run(
            [sys.executable, "-P", str(_BOOTSTRAP), str(event_path), str(result_path)],
            environment,
            task,
            function.timeout_seconds,
        )
        seconds = time.monotonic() - begun
        payload, failed, last_line = _answer(function, request_id, exit_code, result_path)
    lines = [
        f"START RequestId: {request_id} Version: {function.version}",
        *output.splitlines(),
        *last_line,
        f"END RequestId: {request_id}",
        f"REPORT RequestId: {request_id}\tDuration: {seconds * 1000:.2f} ms\tMemory Size: {function.memory_mb} MB",
    ]
    return Outcome(payload, failed, "\n".join(lines) + "\n")


def _environment(
    function: Function,
    request_id: str,
    credentials: KeyIdentity,
    *,
    surroundings: Mapping[str, str],
    task: Path,
    temporary: Path,
) -> dict[str, str]:
    """The process's whole environment; nothing of the sandbox's own gets in.

    The names are those of "Working with Lambda environment variables", section "Defined runtime environment variables".
    """
    return {
        **function.variables,
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "PYTHONUSERBASE": site.getuserbase(),  # it would be looked for in HOME
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret,
        "AWS_SESSION_TOKEN": credentials.session_token or "",
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": function.log_stream,
        "LAMBDA_TASK_ROOT": str(task),
        "_HANDLER": function.handler,
        "SANDBOX_TIMEOUT_SECONDS": str(function.timeout_seconds),
        "SANDBOX_REQUEST_ID": request_id,
        "SANDBOX_FUNCTION_ARN": function.arn,
        **surroundings,
    }


def _run(command: list[str], environment: Mapping[str, str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """The exit code, None if the time ran out, and the output; every process of the group is ended afterwards."""
    process = subprocess.Popen(  # noqa: S603 - this interpreter and our own program
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _running.add(process.pid)
    kept = bytearray()
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    try:
        exit_code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        exit_code = None
    finally:
        _end_group(process.pid)
        _running.discard(process.pid)
        process.wait()
    reader.join(_READER_SECONDS)  # a process that left the group may still hold the pipe
    return exit_code, bytes(kept).decode(errors="replace")


def end_all() -> None:
    """End every invocation under way; each answers that its process was killed."""
    for leader in tuple(_running):
        _end_group(leader)


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _read(pipe: IO[bytes], kept: bytearray) -> None:
    """Keep the output up to its limit, and let the rest go by, so that nobody waits for a full pipe."""
    with pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            room = LONGEST_LOG - len(kept)
            if room > 0:
                kept += chunk[:room]
                if len(chunk) >= room:
                    kept += b"\n[more output was dropped]\n"


def _answer(
    function: Function, request_id: str, exit_code: int | None, result_path: Path
) -> tuple[str, bool, list[str]]:
    """The payload, whether it tells of an error, and a line for the log."""
    if exit_code is None:
        message = f"Task timed out after {function.timeout_seconds:.2f} seconds"
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        payload = {"errorType": "Sandbox.Timedout", "errorMessage": f"RequestId: {request_id} Error: {message}"}
        return json.dumps(payload), True, [f"{stamp} {request_id} {message}"]
    if exit_code != 0 or not result_path.exists():
        why = f"signal: {signal.Signals(-exit_code).name}" if exit_code < 0 else f"exit status {exit_code}"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {why}"
        return json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message}), True, [message]
    result = json.loads(result_path.read_text(encoding="utf-8"))
    payload = str(result["payload"])
    if len(payload.encode()) > LONGEST_PAYLOAD:
        message = f"Response payload size exceeded maximum allowed payload size ({LONGEST_PAYLOAD} bytes)."
        return json.dumps({"errorType": "Function.ResponseSizeTooLarge", "errorMessage": message}), True, []
    return payload, bool(result["failed"]), []
