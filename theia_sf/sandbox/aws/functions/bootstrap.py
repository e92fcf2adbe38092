"""The program of one invocation: imports the handler, calls it, and writes what came of it to a file.

    python -P bootstrap.py EVENT_FILE RESULT_FILE

It runs with the function's environment and imports nothing of theia_sf: if the function's code holds a theia_sf, that
one is to be found. The errors are those of the Python runtime ("AWS Lambda function errors in Python" and "Using the
Lambda context object to retrieve Python function information" of the Lambda Developer Guide).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

_GRACE_SECONDS = 5  # after which the process ends itself, should the sandbox be gone that was to end it


class FunctionError(Exception):
    """The handler could not be found or what it returned could not be used; `kind` is Lambda's errorType."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Context:
    """What a handler gets as its second argument."""

    def __init__(self) -> None:
        self._deadline = time.monotonic() + float(os.environ.pop("SANDBOX_TIMEOUT_SECONDS"))
        self.aws_request_id = os.environ.pop("SANDBOX_REQUEST_ID")
        self.invoked_function_arn = os.environ.pop("SANDBOX_FUNCTION_ARN")
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation is ended."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))


def main(event_path: Path, result_path: Path) -> int:
    """Run the handler; return the process's exit code, 0 also when the handler raised."""
    context = Context()
    signal.alarm(context.get_remaining_time_in_millis() // 1000 + _GRACE_SECONDS)
    logging.basicConfig(
        stream=sys.stdout, format=f"[%(levelname)s]\t%(asctime)s\t{context.aws_request_id}\t%(message)s"
    )
    try:
        handler = find_handler(os.environ["_HANDLER"])
        returned = handler(json.loads(event_path.read_text(encoding="utf-8")), context)
        result = {"failed": False, "payload": marshalled(returned)}
    except Exception as error:  # whatever a function raises is its answer
        result = {"failed": True, "payload": json.dumps(described(error, context.aws_request_id))}
        print_error(error)
    sys.stdout.flush()
    result_path.write_text(json.dumps(result), encoding="utf-8")
    return 0


def find_handler(name: str) -> Callable[[Any, Context], Any]:
    """The function that a setting such as `package.module.function` names.

    Raises:
        FunctionError: there is no such module or function, or the module cannot be imported.
    """
    module_name, dot, attribute = name.rpartition(".")
    if not dot:
        kind = "Runtime.MalformedHandlerName"
        raise FunctionError(kind, f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        kind = "Runtime.ImportModuleError"
        raise FunctionError(kind, f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        kind = "Runtime.UserCodeSyntaxError"
        raise FunctionError(kind, f"Syntax error in module '{module_name}': {error}") from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        kind = "Runtime.HandlerNotFound"
        raise FunctionError(kind, f"Handler '{attribute}' missing on module '{module_name}'") from error


def marshalled(returned: Any) -> str:
    """What the handler returned, as JSON.

    Raises:
        FunctionError: it is nothing that JSON can say.
    """
    try:
        return json.dumps(returned, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        kind = "Runtime.MarshalError"
        raise FunctionError(kind, f"Unable to marshal response: {error}") from error


def described(error: Exception, request_id: str) -> dict[str, Any]:
    """An exception as Lambda's answer; the frames of this program are left out."""
    if isinstance(error, FunctionError):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": request_id, "stackTrace": []}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }


def print_error(error: Exception) -> None:
    """Write an exception to the log, as the runtime does."""
    kind = error.kind if isinstance(error, FunctionError) else type(error).__name__
    lines = [f"[ERROR] {kind}: {error}"]
    if not isinstance(error, FunctionError):
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
        lines += ["Traceback (most recent call last):", *(line.rstrip() for line in traceback.format_list(frames))]
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
