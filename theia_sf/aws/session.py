"""Clients for AWS, the region to use, and who the caller is."""

from __future__ import annotations

import difflib
import functools
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, overload

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from theia_sf import __version__
from theia_sf.aws.errors import aws_errors, from_botocore
from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_kms import KMSClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_secretsmanager import SecretsManagerClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sts import STSClient

DEFAULT_REGION: Final = "us-west-2"
_CLOSE_ENOUGH: Final = 0.6


@dataclass(frozen=True)
class CallerIdentity:
    """Whom AWS takes us for: the 12-digit account and the ARN of the user or assumed role."""

    account: str
    arn: str

    @property
    def partition(self) -> str:
        """The AWS partition: `aws`, `aws-cn`, …"""
        return self.arn.split(":")[1]


@overload
def client(service: Literal["s3"], region: str | None) -> S3Client: ...
@overload
def client(service: Literal["kms"], region: str | None) -> KMSClient: ...
@overload
def client(service: Literal["sqs"], region: str | None) -> SQSClient: ...
@overload
def client(service: Literal["sns"], region: str | None) -> SNSClient: ...
@overload
def client(service: Literal["iam"], region: str | None) -> IAMClient: ...
@overload
def client(service: Literal["secretsmanager"], region: str | None) -> SecretsManagerClient: ...
@overload
def client(service: Literal["sts"], region: str | None) -> STSClient: ...
def client(service: Any, region: str | None) -> Any:
    """Return a client for one service in one region (None: the region that `resolve_region` finds).

    Raises:
        ConnectionFailedError: the AWS profile does not exist or is not usable.
        UsageError: AWS_ENDPOINT_URL is no URL.
    """
    config = Config(
        connect_timeout=10,
        read_timeout=60,
        retries={"mode": "standard", "total_max_attempts": 3},
        user_agent_extra=f"theia-sf/{__version__}",
    )
    try:
        session: Any = boto3.session.Session()  # whose stubs know the services of `boto3-stubs[…]` only
        return session.client(service, region_name=region or resolve_region(None), config=config)
    except BotoCoreError as error:
        raise from_botocore(error) from error
    except ValueError as error:  # botocore's word for an endpoint that cannot be one
        message = f"{error}."
        raise UsageError(message, hint="Check AWS_ENDPOINT_URL.") from error


def caller_identity(region: str | None) -> CallerIdentity:
    """Ask STS who the caller is; every principal may ask that.

    Raises:
        ConnectionFailedError: no or refused credentials, or no network.
    """
    with aws_errors("look up the caller's identity"):
        answer = client("sts", region).get_caller_identity()
    return CallerIdentity(account=answer["Account"], arn=answer["Arn"])


def resolve_region(flag: str | None) -> str:
    """Return the region to use: the flag's, AWS_REGION's, AWS_DEFAULT_REGION's, the AWS profile's, or us-west-2.

    Raises:
        UsageError: there is no such region.
        ConnectionFailedError: the AWS profile does not exist.
    """
    region = flag or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _profile_region()
    if region is None:
        return DEFAULT_REGION
    check_region(region)
    return region


def check_region(region: str) -> None:
    """Raise UsageError unless AWS has a region of this name, as far as the installed SDK knows.

    Raises:
        ConnectionFailedError: the AWS profile does not exist.
    """
    try:
        known = _known_regions()
    except BotoCoreError as error:
        raise from_botocore(error) from error
    if region in known:
        return
    close = difflib.get_close_matches(region, known, n=3, cutoff=_CLOSE_ENOUGH)
    hint = f"Did you mean {' or '.join(close)}?" if close else "`aws ec2 describe-regions` lists them."
    message = f"There is no AWS region {region!r}."
    raise UsageError(message, hint=hint)


def _profile_region() -> str | None:
    try:
        return boto3.session.Session().region_name
    except BotoCoreError as error:
        raise from_botocore(error) from error


@functools.cache
def _known_regions() -> frozenset[str]:
    session = boto3.session.Session(region_name=DEFAULT_REGION)
    partitions = session.get_available_partitions()
    return frozenset(region for partition in partitions for region in session.get_available_regions("s3", partition))
