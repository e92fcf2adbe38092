"""The code of the scheduled function: in the flows bucket, under keys that name their content.

It is uploaded before the update, and the Pulumi program only names bucket, key and hash. So the same code changes
nothing, and an update without the code at hand leaves the function as it is, or makes it anew from the bucket where it
was deleted by hand. The bucket is the stack's own and in its region, as Lambda demands; what is under `lambda/` is no
flow file, so neither the pipe nor the bucket's lifecycle touches it, and it goes with the bucket.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from theia_sf.aws.errors import aws_errors, error_code
from theia_sf.aws.session import client
from theia_sf.errors import UsageError
from theia_sf.provision.progress import Note, Progress
from theia_sf.provision.request import FunctionRequest
from theia_sf.provision.stack_options import Function

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from theia_sf.snowflake.settings import ConnectionSettings

FOLDER = "lambda"
_HTTPS_PORT = 443


def describe(request: FunctionRequest, snowflake: ConnectionSettings) -> Function:
    """The function of a request, by the hashes of its files.

    Args:
        request: what is to be deployed.
        snowflake: where the function is to find Snowflake: at the account's own host, unless these name another.

    Raises:
        UsageError: a file cannot be read.
    """
    code, layer = _hash(request.function_zip), _hash(request.layer_zip)
    return Function(
        code_key=_key(code),
        code_hash=base64.b64encode(code).decode(),
        layer_key=_key(layer),
        layer_hash=base64.b64encode(layer).decode(),
        architecture=request.architecture,
        runtime=request.runtime,
        timeout_seconds=request.timeout_seconds,
        memory_megabytes=request.memory_megabytes,
        schedules=request.schedules,
        environment={"SNOWFLAKE_ACCOUNT": snowflake.account, **_endpoint(snowflake)},
    )


def upload(request: FunctionRequest, function: Function, bucket: str, region: str, on_progress: Progress) -> None:
    """Uploads what the bucket does not hold yet.

    Raises:
        UsageError: there is no such bucket any more.
        ConnectionFailedError, AwsError: AWS not reached; it refused.
    """
    s3 = client("s3", region)
    for path, key in ((request.function_zip, function.code_key), (request.layer_zip, function.layer_key)):
        with aws_errors(f"upload the function's code to the bucket {bucket}"):
            try:
                s3.head_object(Bucket=bucket, Key=key)
            except ClientError as error:
                if error_code(error) not in {"404", "NoSuchKey", "NoSuchBucket"}:
                    raise
                on_progress(Note(f"Uploading {path.name} ({path.stat().st_size / 1_000_000:.1f} MB)"))
                _put(s3, path, bucket, key)


def remove_others(function: Function | None, bucket: str, region: str) -> None:
    """Deletes the code of earlier functions; call it once nothing uses that any more.

    Raises:
        ConnectionFailedError, AwsError: AWS not reached; it refused.
    """
    used: set[str] = set() if function is None else {function.code_key, function.layer_key}
    s3 = client("s3", region)
    with aws_errors(f"delete the code of earlier functions from the bucket {bucket}"):
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{FOLDER}/").get("Contents", [])
        for key in sorted({item["Key"] for item in found if "Key" in item} - used):
            s3.delete_object(Bucket=bucket, Key=key)


def _put(s3: S3Client, path: Path, bucket: str, key: str) -> None:
    with path.open("rb") as content:
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/zip")
        except s3.exceptions.NoSuchBucket as error:
            msg = f"The stack's bucket {bucket} is gone, and the function's code belongs into it."
            raise UsageError(msg, hint="theia-sf onboard restores the bucket; deploy the function after it.") from error


def _hash(path: Path) -> bytes:
    try:
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").digest()
    except OSError as error:
        msg = f"The function's code {path} cannot be read: {error.strerror}."
        raise UsageError(msg, hint="theia-sf workload-identity lambda --output DIR builds it.") from error


def _key(digest: bytes) -> str:
    return f"{FOLDER}/{digest.hex()}.zip"


def _endpoint(snowflake: ConnectionSettings) -> dict[str, str]:
    """The variables for another endpoint than the account's own (a proxy, PrivateLink, the sandbox)."""
    told: dict[str, str] = {}
    if snowflake.host is not None and snowflake.host != snowflake.account_name.host:
        told["SNOWFLAKE_HOST"] = snowflake.host
    if snowflake.port != _HTTPS_PORT:
        told["SNOWFLAKE_PORT"] = str(snowflake.port)
    if snowflake.protocol != "https":
        told["SNOWFLAKE_PROTOCOL"] = snowflake.protocol
    return told
