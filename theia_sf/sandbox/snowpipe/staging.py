"""The objects behind an external stage, reached under the role of its storage integration."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (boto3's clients are made at run time and untyped)

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.snowflake.catalog import Catalog, Stage
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, unsupported
from theia_sf.sandbox.snowpipe.access import RoleChecks, Trust

IN_MEMORY_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class StagedObject:
    """An object in S3. `relative_name` is its key below the stage's path."""

    bucket: str
    key: str
    relative_name: str
    etag: str
    size: int
    modified: datetime

    @property
    def url(self) -> str:
        """`s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"


class StageFiles:
    """Lists and reads the files of a stage; every request is judged first (see `RoleChecks`)."""

    def __init__(self, aws: AwsEndpoint, catalog: Catalog, region: str, stage: Stage, checks: RoleChecks) -> None:
        scheme, _, location = stage.url.partition("://")
        if scheme != "s3":
            feature = f"COPY from a stage at '{stage.url}'"
            raise unsupported(feature)
        self.bucket, _, self.path = location.partition("/")
        self.stage = stage
        self._s3 = aws.client("s3", region)
        self._checks = checks
        self._trust = _trust(catalog, stage)

    def covers(self, bucket: str, key: str) -> bool:
        """Whether the stage's location holds this object."""
        return bucket == self.bucket and key.startswith(self.path)

    def bucket_region(self) -> str | None:
        """The region of the stage's bucket; None if there is no such bucket, or it is someone else's."""
        try:
            # us-east-1 has no name there (docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html).
            return self._s3.get_bucket_location(Bucket=self.bucket)["LocationConstraint"] or "us-east-1"
        except ClientError:
            return None

    def list(self, prefix: str = "") -> Iterator[StagedObject]:
        """The objects whose name below the stage begins with the prefix.

        Raises:
            SnowflakeError: the role doesn't allow it, or there is no such bucket.
        """
        start = self.path + prefix
        self._checks.require(self._trust, "s3:ListBucket", f"arn:aws:s3:::{self.bucket}", s3_prefix=start)
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=start)
            for page in pages:
                for item in page.get("Contents", []):
                    yield self._object(item["Key"], item["ETag"], item["Size"], item["LastModified"])
        except ClientError as error:
            raise _inaccessible(error) from error

    def find(self, key: str) -> StagedObject | None:
        """The object of a key, None if there is none (any more)."""
        self._checks.require(self._trust, "s3:GetObject", f"arn:aws:s3:::{self.bucket}/{key}")
        try:
            head = self._s3.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:  # noqa: PLR2004 - HTTP
                return None
            raise _inaccessible(error) from error
        return self._object(key, head["ETag"], head["ContentLength"], head["LastModified"])

    def read(self, key: str) -> IO[bytes]:
        """The content of an object, in a temporary file; close it.

        Raises:
            SnowflakeError: the role doesn't allow it, or the object is gone.
        """
        self._checks.require(self._trust, "s3:GetObject", f"arn:aws:s3:::{self.bucket}/{key}")
        try:
            body = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        except ClientError as error:
            raise _inaccessible(error) from error
        content = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 - the caller closes it
        shutil.copyfileobj(body, content, 1024 * 1024)
        content.seek(0)
        return content  # pyright: ignore[reportReturnType]

    def missing(self, key: str) -> StagedObject:
        """Stands for an object that a message named and that is not there."""
        return self._object(key, "", 0, datetime.now().astimezone())

    def _object(self, key: str, etag: str, size: int, modified: datetime) -> StagedObject:
        return StagedObject(self.bucket, key, key.removeprefix(self.path).lstrip("/"), etag.strip('"'), size, modified)


def _trust(catalog: Catalog, stage: Stage) -> Trust:
    integration = catalog.storage_integrations.get(stage.storage_integration or "")
    if integration is None:
        raise does_not_exist(stage.storage_integration or "", "Integration")
    if not integration.enabled:
        raise SnowflakeError(3142, "42601", f"SQL compilation error:\nIntegration '{integration.name}' is not enabled.")
    if not any(stage.url.startswith(allowed) or allowed == "*" for allowed in integration.allowed_locations):
        raise SnowflakeError(
            3143,
            "42601",
            f"SQL compilation error:\nLocation '{stage.url}' is not allowed by integration '{integration.name}'. "
            "Please use DESC INTEGRATION to check out allowed and blocked locations.",
        )
    return Trust(integration.role_arn, integration.iam_user_arn, integration.external_id)


def _inaccessible(error: ClientError) -> SnowflakeError:
    reason = error.response.get("Error", {}).get("Message", str(error))
    return SnowflakeError(3149, "42601", f"Failure using stage area. Cause: [{reason}]")
