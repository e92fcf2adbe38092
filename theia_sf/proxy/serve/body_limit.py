"""Refuse a request by the length that it tells, before anything of its body is kept."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from theia_sf.proxy.errors import INVALID_REQUEST, RefusalError
from theia_sf.proxy.protocol.answers import refused


class BodyLimit:
    """An ASGI application in front of another one. Bodies of unknown length are counted as they are read.

    The connection stays open: what the client still sends is thrown away as it comes, so that it gets to read the
    refusal. A connection that is closed at once would be reset, which drivers take for a fault of the network.

    Args:
        app: the other one.
        limit: bytes.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        told = next((value for name, value in scope.get("headers", ()) if name == b"content-length"), b"0")
        if not told.isdigit() or int(told[:20]) > self._limit:
            message = f"The request is not valid: its body has more than {self._limit} bytes."
            await refused(RefusalError(INVALID_REQUEST, message))(scope, receive, send)
            return
        await self._app(scope, receive, send)
