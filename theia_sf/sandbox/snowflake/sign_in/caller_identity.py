"""Who signed a GetCallerIdentity request: the attestation of AWS workload identities.

A connector doesn't send the request, but its method, URL and headers, as base64 of JSON {"url", "method", "headers"};
Snowflake sends it to STS. Here the signature is computed again, with the secret that the sandbox's IAM holds, by
botocore ("Signature Version 4 signing process" of the IAM User Guide).
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from theia_sf.sandbox.snowflake.catalog import now
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError, invalid_attestation
from theia_sf.sandbox.snowflake.workload_identities import DEFAULT_AUDIENCE

if TYPE_CHECKING:
    from theia_sf.sandbox.aws.identities import KeyIdentity
    from theia_sf.sandbox.snowflake.sign_in.aws_side import AwsSide

LONGEST_AGE = timedelta(minutes=15)  # how long STS takes a signed request
ACTION = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]
SIGNED = {"host", "x-amz-date", "x-snowflake-audience"}
AUDIENCE_HEADER = "x-snowflake-audience"
TOKEN_HEADER = "x-amz-security-token"  # noqa: S105 - a header's name
GLOBAL_REGION = "us-east-1"  # of the host sts.amazonaws.com
SERVICE = "sts"
STS_HOST = re.compile(r"sts(-fips)?(\.(?P<region>[a-z]{2}(-[a-z]+)+-\d))?\.(amazonaws\.com(\.cn)?|api\.aws)")
LOOPBACK = {"127.0.0.1", "localhost"}
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>\w+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class Fault(StrEnum):
    """What is wrong with an attestation."""

    UNREADABLE = "the request cannot be read"
    UNSIGNED = "the request is not signed"
    HOST = "the request does not go to AWS STS"
    REGION = "the request is signed for another region"
    ACTION = "the request is not GetCallerIdentity"
    NOT_COVERED = "its signature does not cover host, x-amz-date and x-snowflake-audience"
    AUDIENCE = "its X-Snowflake-Audience is not snowflakecomputing.com"
    TOO_OLD = "the signature has expired"
    UNKNOWN_KEY = "the security token included in the request is invalid"
    SIGNATURE = "the signature does not match"
    EXPIRED = "the security token included in the request is expired"


@dataclass(frozen=True)
class SignedRequest:
    """A signed request; header names in lower case."""

    method: str
    url: str
    headers: dict[str, str]


def verify(aws: AwsSide, token: str) -> KeyIdentity:
    """The caller that an attestation proves.

    Raises:
        SignInError: it proves none.
    """
    request = _parsed(token)
    signature = AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if signature is None:
        raise _unproven(Fault.UNSIGNED)
    signed = set(signature["headers"].split(";"))
    _demand(signed <= set(request.headers), Fault.SIGNATURE)
    _check_target(request, signature["region"])
    _demand(signed >= SIGNED and signature["service"] == SERVICE, Fault.NOT_COVERED)
    _demand(request.headers[AUDIENCE_HEADER] == DEFAULT_AUDIENCE, Fault.AUDIENCE)
    _check_age(request, signature["date"])
    identity = aws.find(signature["key"])
    if identity is None:
        raise _unproven(Fault.UNKNOWN_KEY)
    if identity.session_token is not None:
        given = request.headers.get(TOKEN_HEADER, "")
        same = hmac.compare_digest(identity.session_token.encode(), given.encode(errors="replace"))
        _demand(same and TOKEN_HEADER in signed, Fault.UNKNOWN_KEY)
    right = hmac.compare_digest(_signature(request, signature, identity.secret), signature["signature"])
    _demand(right, Fault.SIGNATURE)
    _demand(not identity.is_expired(now()), Fault.EXPIRED)
    return identity


def _parsed(token: str) -> SignedRequest:
    try:
        content: Any = json.loads(base64.b64decode(token, validate=True))
        headers = {str(name).lower(): str(value) for name, value in cast("dict[str, str]", content["headers"]).items()}
        return SignedRequest(str(content["method"]), str(content["url"]), headers)
    except (binascii.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unproven(Fault.UNREADABLE) from error


def _check_target(request: SignedRequest, region: str) -> None:
    """The request must be GetCallerIdentity, and go to STS: elsewhere, it would answer whatever its sender wants."""
    try:
        url = urlsplit(request.url)
        host = url.hostname or ""
    except ValueError as error:
        raise _unproven(Fault.UNREADABLE) from error
    real = STS_HOST.fullmatch(host) if url.scheme == "https" and url.netloc.lower() == host else None
    _demand(real is not None or host in LOOPBACK, Fault.HOST)
    _demand(real is None or (real["region"] or GLOBAL_REGION) == region, Fault.REGION)
    _demand(request.headers.get("host", "").lower() == url.netloc.lower(), Fault.HOST)
    asked = (url.path or "/", sorted(parse_qsl(url.query)))
    _demand(request.method in {"POST", "GET"} and asked == ("/", ACTION), Fault.ACTION)


def _check_age(request: SignedRequest, day: str) -> None:
    text = request.headers["x-amz-date"]
    try:
        signed_at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError as error:
        raise _unproven(Fault.UNREADABLE) from error
    _demand(text.startswith(day) and abs(now() - signed_at) <= LONGEST_AGE, Fault.TOO_OLD)


def _signature(request: SignedRequest, claimed: re.Match[str], secret: str) -> str:
    """What the request's signature is by the right secret."""
    headers = {name: request.headers[name] for name in claimed["headers"].split(";") if name in request.headers}
    again = AWSRequest(method=request.method, url=request.url, headers=headers)
    again.context["timestamp"] = request.headers["x-amz-date"]
    signer = SigV4Auth(Credentials(claimed["key"], secret), SERVICE, claimed["region"])
    return signer.signature(signer.string_to_sign(again, signer.canonical_request(again)), again)


def _demand(holds: bool, fault: Fault) -> None:
    if not holds:
        raise _unproven(fault)


def _unproven(fault: Fault) -> SignInError:
    text = f"The AWS Caller Identity could not be verified: {fault}."
    return invalid_attestation(text, "WORKLOAD_IDENTITY_ATTESTATION_INVALID")
