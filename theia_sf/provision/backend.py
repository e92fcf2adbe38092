"""Where a stack's state lives: the URLs that Pulumi gets, and the objects that lie behind them in S3.

Layout of a self-managed backend (pkg/backend/diy in pulumi/pulumi), below PREFIX/.pulumi/:
`stacks/PROJECT/STACK.json` the state, `locks/organization/PROJECT/STACK/UUID.json` its locks,
`backups/PROJECT/STACK/` and `history/PROJECT/STACK/` what the engine writes after each operation.
"""

from __future__ import annotations

import gzip
import json
import posixpath
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from theia_sf.aws.buckets import bucket_region
from theia_sf.aws.errors import aws_errors
from theia_sf.aws.session import client
from theia_sf.errors import UsageError
from theia_sf.provision.request import PROJECT, StackRequest

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GZIP_MAGIC = b"\x1f\x8b"


@dataclass(frozen=True)
class Backend:
    """The state of one stack in one bucket, through a client of the bucket's own region."""

    s3: S3Client
    bucket: str
    prefix: str
    region: str
    stack: str

    @property
    def url(self) -> str:
        """The backend's URL for Pulumi: `s3://BUCKET/PREFIX?region=R`."""
        return backend_url(self.bucket, self.prefix, self.region)

    def key(self, *parts: str) -> str:
        """The S3 key of a path below the prefix."""
        return posixpath.join(self.prefix, *parts)

    @property
    def state_key(self) -> str:
        """The S3 key of the stack's state."""
        return self.key(".pulumi", "stacks", PROJECT, f"{self.stack}.json")

    @property
    def locks_prefix(self) -> str:
        """The folder of the stack's locks, with a slash at its end."""
        return self.key(".pulumi", "locks", "organization", PROJECT, self.stack, "")

    @property
    def backups_prefix(self) -> str:
        """The folder of our own backups of the stack's state, with a slash at its end."""
        return self.key("backups", PROJECT, self.stack, "")

    def read(self, key: str) -> bytes | None:
        """An object's content, or None where there is none."""
        with self._errors("read"):
            try:
                return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except self.s3.exceptions.NoSuchKey:
                return None

    def write(self, key: str, content: bytes) -> None:
        """Writes one JSON object."""
        with self._errors("write"):
            self.s3.put_object(Bucket=self.bucket, Key=key, Body=content, ContentType="application/json")

    def keys(self, prefix: str) -> Iterator[str]:
        """Every key below a prefix, sorted."""
        with self._errors("list"):
            for page in self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix):
                yield from (found["Key"] for found in page.get("Contents", []) if "Key" in found)

    def delete(self, key: str) -> None:
        """Deletes one object; it need not be there."""
        with self._errors("clear"):
            self.s3.delete_object(Bucket=self.bucket, Key=key)

    def read_state(self) -> bytes | None:
        """The state as it is stored, unpacked where Pulumi was told to compress it; None without a stack."""
        for key in (self.state_key, f"{self.state_key}.gz"):
            content = self.read(key)
            if content is not None:
                return gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content
        return None

    def _errors(self, action: str) -> AbstractContextManager[None]:
        return aws_errors(f"{action} the state in the bucket {self.bucket}")


def backend_url(bucket: str, prefix: str, region: str) -> str:
    """The URL of a bucket's folder as a Pulumi backend; the region is always named (see pulumi-aws issue 1170)."""
    path = f"/{quote(prefix)}" if prefix else ""
    return f"s3://{bucket}{path}?region={region}"


def secrets_url(key: str, region: str) -> str:
    """The URL of a KMS key as a Pulumi secrets provider.

    An ARN follows three slashes, as its colons cannot stand where a host does: https://gocloud.dev/howto/secrets/#aws.
    """
    slashes = "///" if key.startswith("arn:") else "//"
    return f"awskms:{slashes}{key}?region={region}"


def open_backend(request: StackRequest) -> Backend:
    """The backend of a request; asks S3 for the bucket's region unless the request names it.

    Raises:
        BucketMissingError, BucketForeignError: there is no such bucket, or it is not ours to use.
        ConnectionFailedError: no or refused credentials, or no network.
    """
    found = bucket_region(request.bucket_name)
    region = request.bucket_region or found
    if region != found:
        msg = f"The bucket {request.bucket_name} is in {found}, not in {region}."
        raise UsageError(msg, hint="Leave out --bucket-region: it is looked up.")
    return Backend(client("s3", region), request.bucket_name, request.bucket_prefix, region, request.stack_name)


def load_checkpoint(content: bytes) -> dict[str, Any]:
    """The deployment within a state file: resources, pending_operations, secrets_providers."""
    return json.loads(content).get("checkpoint", {}).get("latest") or {}
