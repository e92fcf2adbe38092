"""Uploads generated flows to the sandbox, and never anywhere else, whatever the environment points at."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any, Final

from theia_sf.aws.errors import aws_errors
from theia_sf.aws.session import client
from theia_sf.errors import TheiaError, UsageError
from theia_sf.sandbox import environment
from theia_sf.sandbox.daemon.state import SandboxState
from theia_sf.sandbox.flows import FlowFile, upload

FLOWS_FOLDER: Final = "flows"
_FLOWS_BUCKET: Final = re.compile(r"antrea-flows-[a-z0-9]{16}")


def upload_to_sandbox(
    state: SandboxState, files: Iterable[FlowFile], bucket_name: str | None, database: str | None = None
) -> list[dict[str, Any]]:
    """Upload to a bucket of the running sandbox.

    Args:
        state: the sandbox.
        files: from `theia_sf.sandbox.flows.generate`.
        bucket_name: the bucket; None takes the one of `database`, or the only flows bucket that there is.
        database: of the stack in use.

    Returns:
        For each file: `file` (its S3 URL), `records` and `bytes`.

    Raises:
        UsageError: there is no bucket of that name, or none was named and there are several.
        TheiaError: there is no flows bucket yet, or S3 refused.
    """
    _point_at(state)
    uploaded: list[dict[str, Any]] = []
    with aws_errors("upload flows"):
        bucket = _existing(bucket_name) if bucket_name else _flows_bucket(database)
        for file in files:
            for key in upload(bucket, FLOWS_FOLDER, [file]):
                url = f"s3://{bucket}/{key}"
                uploaded.append({"file": url, "records": file.records, "bytes": len(file.content)})
    return uploaded


def _point_at(state: SandboxState) -> None:
    for name, value in environment.changes(state, os.environ).items():
        if value is None:
            os.environ.pop(name)
        else:
            os.environ[name] = value


def _buckets() -> list[str]:
    return [bucket["Name"] for bucket in client("s3", None).list_buckets()["Buckets"] if "Name" in bucket]


def _existing(bucket_name: str) -> str:
    buckets = _buckets()
    if bucket_name in buckets:
        return bucket_name
    flows = ", ".join(name for name in buckets if _FLOWS_BUCKET.fullmatch(name))
    message = f"The sandbox has no bucket {bucket_name}."
    hint = f"Its flows buckets are: {flows}." if flows else "Make a flows bucket in its environment: theia-sf onboard"
    raise UsageError(message, hint=hint)


def _flows_bucket(database: str | None) -> str:
    found = [name for name in _buckets() if _FLOWS_BUCKET.fullmatch(name)]
    of_database = (database or "").lower().replace("antrea_", "antrea-flows-")  # both end in the stack's suffix
    if of_database in found:
        return of_database
    if len(found) == 1:
        return found[0]
    if found:
        message = f"The sandbox has several flows buckets: {', '.join(found)}."
        raise UsageError(message, hint="Choose one by --bucket-name.")
    message = "The sandbox has no flows bucket yet."
    raise TheiaError(message, hint="Make one in the sandbox's environment: theia-sf onboard")
