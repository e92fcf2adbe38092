"""The S3 bucket that holds the infrastructure state: find, create, describe, delete."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from theia_sf.aws.errors import AwsError, aws_errors, error_code
from theia_sf.aws.session import caller_identity, client
from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_NAME: Final = re.compile(r"(?!\d+\.\d+\.\d+\.\d+$)(?!xn--|sthree-)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")
_HOME_REGION: Final = "us-east-1"  # the region that S3 wants to be left out of CreateBucket
_DELETED_AT_ONCE: Final = 1000  # the most that DeleteObjects takes
_COUNTED: Final = 10_000  # objects looked at to say what a bucket holds
_FORBIDDEN: Final = frozenset({"403", "AccessDenied", "301"})
_STATE_KEY: Final = re.compile(r"(?:(?P<prefix>.*)/)?\.pulumi/stacks/(?P<project>[^/]+)/(?P<stack>[^/]+)\.json")

_log = logging.getLogger(__name__)


class BucketMissingError(UsageError):
    """There is no bucket of this name."""


class BucketForeignError(UsageError):
    """The bucket belongs to another AWS account, or the caller may not use it: S3 does not tell which."""


@dataclass(frozen=True)
class Contents:
    """What a bucket holds: object versions counted up to `more`, and the `project/stack`s whose state it keeps."""

    versions: int
    more: bool
    stacks: tuple[str, ...]


def check_name(name: str) -> None:
    """Raise UsageError unless S3 allows the name."""
    if not _NAME.fullmatch(name):
        message = f"{name!r} cannot be the name of an S3 bucket."
        hint = "Use 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends."
        raise UsageError(message, hint=hint)


def bucket_region(name: str) -> str:
    """Return the region a bucket is in.

    Raises:
        BucketMissingError, BucketForeignError: there is none of this name, or it is not ours to use.
        ConnectionFailedError: no or refused credentials, or no network.
    """
    check_name(name)
    with aws_errors(f"look at the bucket {name}"):
        try:
            answer: Any = client("s3", _HOME_REGION).head_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) in _FORBIDDEN:
                caller_identity(_HOME_REGION)  # a HEAD's answer has no words: 403 is also said to credentials unknown
            raise _refused(error, name) from error
    headers: dict[str, str] = answer["ResponseMetadata"]["HTTPHeaders"]
    return answer.get("BucketRegion") or headers.get("x-amz-bucket-region") or _HOME_REGION


def _refused(error: ClientError, name: str) -> Exception:
    code = error_code(error)
    if code in {"404", "NoSuchBucket", "NotFound"}:
        return BucketMissingError(f"There is no bucket {name}.", hint="`theia-sf create-bucket` makes one.")
    if code in _FORBIDDEN:
        message = f"The bucket {name} belongs to another AWS account, or you are not allowed to use it."
        return BucketForeignError(
            message, hint="Bucket names are shared by all of AWS; `theia-sf doctor` shows who you are."
        )
    return error


def create_state_bucket(name: str, region: str) -> bool:
    """Make a private bucket with versioning and encryption; one that we already have is left as it is.

    Returns:
        whether it was created now.

    Raises:
        BucketForeignError: the name is taken by somebody else.
        AwsError, ConnectionFailedError: as `aws_errors`.
    """
    try:
        found = bucket_region(name)
    except BucketMissingError:
        pass
    else:
        _log.info("The bucket %s exists already, in %s; it is left as it is", name, found)
        return False
    s3 = client("s3", region)
    _log.info("Creating the bucket %s in %s", name, region)
    with aws_errors(f"create the bucket {name}"):
        try:
            if region == _HOME_REGION:
                s3.create_bucket(Bucket=name)
            else:
                location: Any = {"LocationConstraint": region}
                s3.create_bucket(Bucket=name, CreateBucketConfiguration=location)
        except ClientError as error:
            if error_code(error) == "BucketAlreadyExists":
                message = f"The bucket name {name} is taken by another AWS account."
                raise BucketForeignError(message, hint="Choose another name; --prefix adds a random suffix.") from error
            if error_code(error) != "BucketAlreadyOwnedByYou":  # created by somebody of ours just now
                raise
    _secure(s3, name)
    return True


def _secure(s3: S3Client, name: str) -> None:
    """Keep old versions of the state, encrypt it, and keep the public out."""
    with aws_errors(f"secure the bucket {name}"):
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "IgnorePublicAcls": True,
                "BlockPublicPolicy": True,
                "RestrictPublicBuckets": True,
            },
        )
        s3.put_bucket_encryption(
            Bucket=name,
            ServerSideEncryptionConfiguration={
                "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
        )
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def contents(name: str) -> Contents:
    """Look at what would be lost with a bucket; errors as `bucket_region`."""
    s3 = client("s3", bucket_region(name))
    with aws_errors(f"list the bucket {name}"):
        keys = [key for key, _ in itertools.islice(_versions(s3, name), _COUNTED + 1)]
    found = {f"{match['project']}/{match['stack']}" for key in keys if (match := _STATE_KEY.fullmatch(key))}
    return Contents(versions=min(len(keys), _COUNTED), more=len(keys) > _COUNTED, stacks=tuple(sorted(found)))


def delete_bucket(name: str, *, force: bool = False) -> int:
    """Delete a bucket; with `force` all its objects first, in every version.

    Returns:
        how many object versions and delete markers were deleted.

    Raises:
        BucketMissingError, BucketForeignError: as `bucket_region`.
        AwsError: it is not empty and `force` is not set, or objects are locked against deletion.
    """
    s3 = client("s3", bucket_region(name))
    with aws_errors(f"delete the bucket {name}"):
        deleted = _empty(s3, name) if force else 0
        _log.info("Deleting the bucket %s", name)
        try:
            s3.delete_bucket(Bucket=name)
        except ClientError as error:
            if error_code(error) == "BucketNotEmpty":
                message = f"The bucket {name} is not empty."
                hint = "--force deletes all that it holds, old versions too."
                raise AwsError(message, code="BucketNotEmpty", hint=hint) from error
            raise
    return deleted


def _empty(s3: S3Client, name: str) -> int:
    deleted = 0
    # Always the first page again: what was on it is gone by then.
    while batch := list(itertools.islice(_versions(s3, name), _DELETED_AT_ONCE)):
        objects: Any = [{"Key": key, "VersionId": version} for key, version in batch]
        answer = s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
        for failure in answer.get("Errors", []):
            message = f"The object {failure.get('Key')} in {name} cannot be deleted: {failure.get('Message')}."
            raise AwsError(message, code=str(failure.get("Code")))
        deleted += len(batch)
        _log.info("Deleted %d %s from %s", deleted, "object version" if deleted == 1 else "object versions", name)
    for page in s3.get_paginator("list_multipart_uploads").paginate(Bucket=name):
        for upload in page.get("Uploads", []):
            s3.abort_multipart_upload(Bucket=name, Key=upload.get("Key", ""), UploadId=upload.get("UploadId", ""))
    return deleted


def _versions(s3: S3Client, name: str) -> Iterator[tuple[str, str]]:
    """Yield key and version of all that a bucket holds, delete markers included, across pages."""
    for page in s3.get_paginator("list_object_versions").paginate(
        Bucket=name, PaginationConfig={"PageSize": _DELETED_AT_ONCE}
    ):
        for entry in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
            yield entry.get("Key", ""), entry.get("VersionId", "null")
