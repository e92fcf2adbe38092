"""One invocation of a function: a process in a temporary folder, and what its caller is told of it."""

from __future__ import annotations

import io
import json
import os
import signal
import site
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from theia_sf.sandbox.aws.functions import processes
from theia_sf.sandbox.aws.identities import KeyIdentity

LONGEST_PAYLOAD: Final = 6 * 1024 * 1024
"""Bytes of an event and of an answer, "Lambda quotas"."""

_BOOTSTRAP: Final = Path(__file__).with_name("bootstrap.py")


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
        exit_code, output = processes.run(
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
