"""Requests with keys that nobody issued, with the wrong session token, and with ended credentials."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from theia_sf.sandbox.aws.credentials import KnownKeysOnly
from theia_sf.sandbox.aws.identities import KeyIdentity

SIGNED = "AWS4-HMAC-SHA256 Credential={key}/20260101/us-west-2/{service}/aws4_request, SignedHeaders=host, Signature=0"
NOW = datetime.now(UTC)


def _holder(key: str, token: str | None = None, seconds: int | None = None) -> KeyIdentity:
    ends = None if seconds is None else NOW + timedelta(seconds=seconds)
    return KeyIdentity(key, "secret", token, "arn", "123456789012", "AIDA", None, NOW, ends)


HOLDERS = {
    "AKIAKNOWN": _holder("AKIAKNOWN"),
    "ASIASESSION": _holder("ASIASESSION", "token", 900),
    "ASIAENDED": _holder("ASIAENDED", "token", -1),
}


def _call(authorization: str, **environ: Any) -> tuple[str, bytes]:
    statuses: list[str] = []

    def application(_environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        start_response("200 OK", [])
        return [b"let in"]

    guarded = KnownKeysOnly(application, HOLDERS.get)
    request = {"HTTP_AUTHORIZATION": authorization, "REQUEST_METHOD": "POST", **environ}
    body = b"".join(guarded(request, lambda status, _headers: statuses.append(status)))
    return statuses[0], body


def test_a_known_key_is_let_in() -> None:
    assert _call(SIGNED.format(key="AKIAKNOWN", service="s3")) == ("200 OK", b"let in")


def test_temporary_credentials_are_let_in_with_their_token() -> None:
    authorization = SIGNED.format(key="ASIASESSION", service="s3")
    assert _call(authorization, HTTP_X_AMZ_SECURITY_TOKEN="token") == ("200 OK", b"let in")


def test_a_request_without_signature_is_left_to_the_service() -> None:
    assert _call("") == ("200 OK", b"let in")


@pytest.mark.parametrize(
    ("service", "content_type", "code"),
    [
        ("s3", "", b"InvalidAccessKeyId"),
        ("sts", "application/x-www-form-urlencoded", b"InvalidClientTokenId"),
        ("kms", "application/x-amz-json-1.1", b"UnrecognizedClientException"),
        ("lambda", "", b"UnrecognizedClientException"),
    ],
)
def test_an_unknown_key_is_refused_in_the_services_own_words(service: str, content_type: str, code: bytes) -> None:
    status, body = _call(SIGNED.format(key="AKIAOTHER", service=service), CONTENT_TYPE=content_type)
    assert status == "403 Forbidden"
    assert code in body


@pytest.mark.parametrize(
    ("key", "token"), [("ASIASESSION", None), ("ASIASESSION", "other"), ("AKIAKNOWN", "token")], ids=str
)
def test_a_session_token_that_does_not_belong_to_the_key_is_refused(key: str, token: str | None) -> None:
    environ = {} if token is None else {"HTTP_X_AMZ_SECURITY_TOKEN": token}
    status, body = _call(SIGNED.format(key=key, service="sts"), **environ)
    assert status == "403 Forbidden"
    assert b"<Code>InvalidClientTokenId</Code>" in body


@pytest.mark.parametrize(
    ("service", "content_type", "code"),
    [
        ("s3", "", b"<Code>ExpiredToken</Code>"),
        ("sts", "application/x-www-form-urlencoded", b"<Code>ExpiredToken</Code>"),
        ("kms", "application/x-amz-json-1.1", b'"ExpiredTokenException"'),
    ],
)
def test_ended_credentials_are_refused_as_expired(service: str, content_type: str, code: bytes) -> None:
    authorization = SIGNED.format(key="ASIAENDED", service=service)
    status, body = _call(authorization, CONTENT_TYPE=content_type, HTTP_X_AMZ_SECURITY_TOKEN="token")
    assert status.startswith("4")
    assert code in body


def test_the_body_of_a_refused_request_is_read_so_that_the_connection_can_go_on() -> None:
    stream = io.BytesIO(b"0123456789next request")
    authorization = SIGNED.format(key="AKIAOTHER", service="s3")
    _call(authorization, CONTENT_LENGTH="10", **{"wsgi.input": stream})
    assert stream.read() == b"next request"


def test_the_answer_to_head_has_no_body() -> None:
    assert _call(SIGNED.format(key="AKIAOTHER", service="s3"), REQUEST_METHOD="HEAD") == ("403 Forbidden", b"")
