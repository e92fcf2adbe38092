"""Requests with an access key that nobody issued are refused, as AWS refuses them; moto would let them in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/[^/]*/[^/]*/([^/,\s]+)/")

_QUERY_ERROR = (
    '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
    "<Code>InvalidClientTokenId</Code><Message>The security token included in the request is invalid.</Message>"
    "</Error></ErrorResponse>"
)
_S3_ERROR = (
    '<?xml version="1.0" encoding="UTF-8"?><Error><Code>InvalidAccessKeyId</Code>'
    "<Message>The AWS Access Key Id you provided does not exist in our records.</Message></Error>"
)
_JSON_ERROR = (
    '{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}'
)

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class KnownKeysOnly:
    """WSGI middleware that answers 403 to a request signed with an unknown access key.

    Args:
        app: the application behind it.
        is_known: whether an access key id was issued by one of the accounts.
    """

    def __init__(self, app: WsgiApp, is_known: Callable[[str], bool]) -> None:
        self._app = app
        self._is_known = is_known

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        match = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", ""))
        if match is None or self._is_known(match.group(1)):
            return self._app(environ, start_response)
        kind, body = _refusal(match.group(2), str(environ.get("CONTENT_TYPE", "")))
        payload = body.encode()
        _drain(environ)
        start_response("403 Forbidden", [("Content-Type", kind), ("Content-Length", str(len(payload)))])
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [payload]


def _refusal(service: str, content_type: str) -> tuple[str, str]:
    if service == "s3":
        return "application/xml", _S3_ERROR
    if "json" in content_type:
        return content_type, _JSON_ERROR
    return "text/xml", _QUERY_ERROR


def _drain(environ: dict[str, Any]) -> None:
    """Read the body, or a kept-alive connection would take it for the next request."""
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if length:
        environ["wsgi.input"].read(length)
