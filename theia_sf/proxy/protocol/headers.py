"""Which headers go on, either way."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.types import Scope

from theia_sf.proxy.errors import INVALID_REQUEST, RefusalError
from theia_sf.proxy.users.model import Peer

PEER_EXTENSION: Final = "theia.peer"
"""Key of the ASGI scope's `extensions`: a `Peer` made by the server that has seen the client's certificate."""

_TOKEN: Final = re.compile(r'Snowflake Token="([^"]*)"')

# Of one connection (RFC 9110, section 7.6.1), or about where a request came from.
_HOPS: Final = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
# The proxy's own take their place: its token, its host, its way to compress; the body goes on decompressed, and mostly
# written anew, so that what the client says of its encoding is true no more.
_NOT_UP: Final = _HOPS | {
    b"accept-encoding",
    b"authorization",
    b"content-encoding",
    b"content-length",
    b"content-type",
    b"cookie",
    b"expect",
    b"forwarded",
    b"host",
    b"via",
    b"x-real-ip",
}
_JSON: Final = (b"content-type", b"application/json")
_NOT_DOWN: Final = _HOPS | {b"content-encoding", b"content-length", b"date", b"server", b"set-cookie"}


def token_of(request: Request) -> str | None:
    """Return the id in `Authorization: Snowflake Token="…"`; None for any other, such as the `None` that some send."""
    found = _TOKEN.fullmatch(request.headers.get("authorization", "").strip())
    return found[1] if found and found[1] not in {"", "None"} else None


def upward(request: Request) -> list[tuple[bytes, bytes]]:
    """Return the headers that Snowflake gets: the client's, but those of its own connection and body."""
    kept = [
        (name, value)
        for name, value in request.headers.raw
        if name.lower() not in _NOT_UP and not name.lower().startswith(b"x-forwarded-")
    ]
    return [*kept, _JSON]


def query_of(request: Request) -> str:
    """Return the parameters of a request's URL as they stand there, for the one that Snowflake gets."""
    return bytes(request.scope["query_string"]).decode("utf-8", "replace")


def request_id_of(request: Request) -> str | None:
    """Return the ID that a client gives its request; None if it gives none.

    Raises:
        RefusalError: it gives several, of which Snowflake could take another one than this.
    """
    given = request.query_params.getlist("requestId")
    if len(given) > 1:
        raise RefusalError(INVALID_REQUEST, "The request is not valid: its URL has more than one requestId.")
    return given[0] if given else None


def downward(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return Snowflake's headers that the client gets."""
    return [(name.lower(), value) for name, value in headers if name.lower() not in _NOT_DOWN]


def peer_of(scope: Scope) -> Peer:
    """Return where a request came from."""
    extensions: dict[str, object] = scope.get("extensions") or {}
    peer = extensions.get(PEER_EXTENSION)
    if isinstance(peer, Peer):
        return peer
    client = scope.get("client")
    return Peer(client[0] if client else "")
