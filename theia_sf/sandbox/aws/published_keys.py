"""`GET /.well-known/jwks.json` at the AWS port: the keys of the outbound tokens, for people and their tools.

On AWS each account's issuer has an address of its own. The sandbox signs for all of its accounts with the same keys.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final

from theia_sf.sandbox.aws import outbound_tokens
from theia_sf.sandbox.aws.credentials import WsgiApp

PATH: Final = "/.well-known/jwks.json"


class PublishedKeys:
    """WSGI middleware that answers requests for the key set.

    Args:
        app: answers everything else.
    """

    def __init__(self, app: WsgiApp) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request (PEP 3333)."""
        if environ.get("PATH_INFO") != PATH or environ.get("REQUEST_METHOD") != "GET":
            return self._app(environ, start_response)
        body = json.dumps(outbound_tokens.jwks(), indent=2).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]
