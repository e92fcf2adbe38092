"""Lambda's Invoke: waits for the answer or runs in the background, and keeps the log in CloudWatch Logs.

Headers, statuses and errors are those of the Lambda API Reference, "Invoke".
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# moto is only partly typed.

from __future__ import annotations

import contextlib
import json
import logging
import uuid
from base64 import b64encode
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import unquote

from moto.core.config import default_user_config
from moto.core.exceptions import AWSError
from moto.logs.models import logs_backends

from theia_sf.sandbox.aws.assume_role import assume_for_service
from theia_sf.sandbox.aws.functions import invocation, processes
from theia_sf.sandbox.aws.functions.packages import SERVICE, UNTRUSTED
from theia_sf.sandbox.aws.identities import KeyIdentity

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4
"""Invocations that run at the same time; others wait for their turn."""

_SESSION_SECONDS: Final = 12 * 3600
_TAIL_BYTES: Final = 4096
_SESSION_NAME_CHARACTERS: Final = 64

Answer = tuple[int, dict[str, str], str]


@contextlib.contextmanager
def running(endpoint_url: str) -> Generator[None]:
    """Let functions be invoked while the context is open; whatever still runs at its end is ended.

    Args:
        endpoint_url: where the sandbox's AWS listens.
    """
    runtime = Runtime(endpoint_url)

    def invoke(response: Any) -> Answer:  # moto wants a function, not a bound method
        return runtime.answer(response)

    with (
        patch.dict(default_user_config, {"lambda": {"use_docker": False}}),
        patch("moto.awslambda.responses.LambdaResponse.invoke", invoke),
    ):
        try:
            yield
        finally:
            runtime.close()


class Runtime:
    """Runs functions, a few at once.

    Args:
        endpoint_url: where the functions find AWS.
    """

    def __init__(self, endpoint_url: str) -> None:
        self._surroundings = {
            "AWS_ENDPOINT_URL": endpoint_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The connector attests an AWS identity to hosts of Snowflake's domains only, and to these.
            "SNOWFLAKE_WIF_ALLOWED_HOST_SUFFIXES": "127.0.0.1,localhost",
        }
        self._executor = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sandbox-lambda")

    def close(self) -> None:
        """End what runs and forget what waits."""
        self._executor.shutdown(wait=False, cancel_futures=True)
        processes.end_all()
        self._executor.shutdown(wait=True)

    def answer(self, response: Any) -> Answer:
        """Answer the request for an invocation that moto has taken in.

        Raises:
            AWSError, LambdaClientError: as Lambda does; moto writes them as the answer.
        """
        name = unquote(response.path.rsplit("/", 2)[-2])
        function = response.backend.get_function(name, response.querystring.get("Qualifier", [None])[0])
        event = _event(response.body)
        kind = response.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return 204, {"status": "204"}, ""
        credentials = _credentials(function)
        request_id = str(uuid.uuid4())
        pending = self._executor.submit(self._run, _described(function), event, request_id, credentials)
        if kind == "Event":
            return 202, {"status": "202"}, ""
        outcome = pending.result()
        headers = {
            "content-type": "application/json",
            "x-amzn-RequestId": request_id,
            "x-amz-executed-version": str(function.version),
        }
        if outcome.failed:
            headers["x-amz-function-error"] = "Unhandled"
        if response.headers.get("X-Amz-Log-Type") == "Tail":
            headers["x-amz-log-result"] = b64encode(outcome.log.encode()[-_TAIL_BYTES:]).decode()
        return 200, headers, outcome.payload

    def _run(
        self, function: invocation.Function, event: str, request_id: str, credentials: KeyIdentity
    ) -> invocation.Outcome:
        try:
            outcome = invocation.invoke(function, event, request_id, credentials, self._surroundings)
        except Exception:
            logger.exception("The invocation %s of %s failed in the sandbox itself.", request_id, function.name)
            raise
        _keep_log(function, credentials.account, outcome.log)
        return outcome


def _event(body: Any) -> str:
    text = body.decode() if isinstance(body, bytes) else str(body or "")
    if len(text.encode()) > invocation.LONGEST_PAYLOAD:
        message = (
            f"{len(text.encode())} byte payload is too large for the RequestResponse invocation type "
            f"(limit {invocation.LONGEST_PAYLOAD} bytes)"
        )
        raise AWSError(message, "RequestTooLargeException", 413)
    try:
        json.loads(text or "{}")
    except ValueError as error:
        message = f"Could not parse request body into json: {error}"
        raise AWSError(message, "InvalidRequestContentException", 400) from error
    return text or "{}"


def _credentials(function: Any) -> KeyIdentity:
    session_name = str(function.function_name)[:_SESSION_NAME_CHARACTERS]
    found = assume_for_service(function.role, SERVICE, function.function_arn, session_name, _SESSION_SECONDS)
    if found is None:
        raise AWSError(UNTRUSTED, "AccessDeniedException", 403)
    return found


def _described(function: Any) -> invocation.Function:
    if function.package_type != "Zip" or not str(function.run_time).startswith("python"):
        message = f"The sandbox runs Python functions from zip files only, not {function.run_time or 'images'}."
        raise AWSError(message, "InvalidRuntimeException", 502)
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
    return invocation.Function(
        name=function.function_name,
        version=str(function.version),
        arn=function.function_arn,
        handler=function.handler,
        runtime=function.run_time,
        memory_mb=int(function.memory_size),
        timeout_seconds=int(function.timeout),
        log_group=function.logs_group_name,
        log_stream=stream,
        region=function.region,
        variables=dict(function.environment_vars),
        code=function.code_bytes,
    )


def _keep_log(function: invocation.Function, account: str, log: str) -> None:
    logs = logs_backends[account][function.region]
    if function.log_group not in logs.groups:
        logs.create_log_group(function.log_group, {})
    logs.create_log_stream(function.log_group, function.log_stream)
    now = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": now, "message": line} for line in log.splitlines() if line]
    logs.put_log_events(function.log_group, function.log_stream, events)
