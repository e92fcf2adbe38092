"""Requests with credentials that nobody issued, or that have ended, are refused as AWS refuses them.

moto would let them in. The codes and statuses are those of "Common Error Types" of the IAM and KMS API References, and
of "Error Responses" of Amazon S3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from xml.sax.saxutils import escape

from theia_sf.sandbox.aws.identities import KeyIdentity

_CREDENTIAL: Final = re.compile(r"Credential=([^/,\s]+)/[^/]*/[^/]*/([^/,\s]+)/")

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass(frozen=True)
class Refusal:
    """How one kind of service refuses credentials: the HTTP status, its code and its sentence."""

    status: str
    code: str
    message: str


_INVALID = "The security token included in the request is invalid."
_EXPIRED = "The security token included in the request is expired"
_S3_TOKEN = "The provided token is malformed or otherwise invalid."  # noqa: S105 - a sentence
_UNKNOWN_KEY: Final = {
    "s3": Refusal(
        "403 Forbidden", "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."
    ),
    "json": Refusal("403 Forbidden", "UnrecognizedClientException", _INVALID),
    "query": Refusal("403 Forbidden", "InvalidClientTokenId", _INVALID),
}
_WRONG_TOKEN: Final = {**_UNKNOWN_KEY, "s3": Refusal("400 Bad Request", "InvalidToken", _S3_TOKEN)}
_ENDED: Final = {
    "s3": Refusal("400 Bad Request", "ExpiredToken", "The provided token has expired."),
    "json": Refusal("403 Forbidden", "ExpiredTokenException", _EXPIRED),
    "query": Refusal("403 Forbidden", "ExpiredToken", _EXPIRED),
}
_REST_JSON_SERVICES: Final = frozenset({"lambda", "scheduler"})


class KnownKeysOnly:
    """WSGI middleware that refuses requests with credentials that are unknown, incomplete or expired.

    A request without an Authorization header is left to the service behind. Signatures are not verified.

    Args:
        app: the application behind it.
        find: gives the holder of an access key id, None if nobody holds it.
    """

    def __init__(self, app: WsgiApp, find: Callable[[str], KeyIdentity | None]) -> None:
        self._app = app
        self._find = find

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if match is None:
            return self._app(environ, start_response)
        refusals = _fault(self._find(match.group(1)), environ.get("HTTP_X_AMZ_SECURITY_TOKEN"))
        if refusals is None:
            return self._app(environ, start_response)
        kind, headers, status, payload = _answer(match.group(2), str(environ.get("CONTENT_TYPE", "")), refusals)
        _drain(environ)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(payload))), *headers])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [payload]


def _fault(holder: KeyIdentity | None, token: str | None) -> dict[str, Refusal] | None:
    if holder is None:
        return _UNKNOWN_KEY
    if token != holder.session_token:
        return _WRONG_TOKEN
    return _ENDED if holder.is_expired() else None


def _answer(
    service: str, content_type: str, refusals: dict[str, Refusal]
) -> tuple[str, list[tuple[str, str]], str, bytes]:
    """The content type, further headers, status and body of a refusal, in the protocol of the service."""
    if service == "s3":
        refusal = refusals["s3"]
        text = (
            f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{refusal.code}</Code>'
            f"<Message>{escape(refusal.message)}</Message></Error>"
        )
        return "application/xml", [], refusal.status, text.encode()
    if "json" in content_type or service in _REST_JSON_SERVICES:
        refusal = refusals["json"]
        text = f'{{"__type":"{refusal.code}","message":"{refusal.message}"}}'
        kind = content_type if "json" in content_type else "application/json"
        return kind, [("x-amzn-ErrorType", refusal.code)], refusal.status, text.encode()
    refusal = refusals["query"]
    text = (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error></ErrorResponse>"
    )
    return "text/xml", [], refusal.status, text.encode()


def _drain(environ: dict[str, Any]) -> None:
    """Read the body, or a kept-alive connection would take it for the next request."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        environ["wsgi.input"].read(length)
