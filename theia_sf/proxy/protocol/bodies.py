"""The body of a request: read within limits, decompressed, parsed strictly."""

from __future__ import annotations

import json
import zlib
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request

from theia_sf.proxy.errors import INVALID_REQUEST, RefusalError

_GZIP_MAGIC: Final = b"\x1f\x8b"
_GZIP_FORMAT: Final = 31  # zlib's way to say: with gzip's head and checksum


_TOO_LARGE: Final = "its body has more than {limit} bytes"
_BROKEN_OFF: Final = "it breaks off"
_NO_JSON: Final = "its body is not JSON"
_NO_OBJECT: Final = "its body is not a JSON object"
_NUMBERS: Final = "its body has a number that is too large, or is nested too deeply"
_NO_GZIP: Final = "its body is not gzip, though it begins so"
_GZIP_ENDS: Final = "its gzip body breaks off, or has something behind it"


def invalid(reason: str, **told: object) -> RefusalError:
    """Return the refusal of a request that is not what Snowflake's protocol has."""
    return RefusalError(INVALID_REQUEST, f"The request is not valid: {reason.format(**told)}.")


async def read(request: Request, limit: int) -> bytes:
    """Return the body, decompressed if it is gzip: by its first bytes, as not all drivers say so.

    Args:
        request: the request.
        limit: bytes that it may have, compressed and decompressed.

    Raises:
        RefusalError: it is larger, or broken.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > limit:
                raise invalid(_TOO_LARGE, limit=limit)
    except ClientDisconnect:
        raise invalid(_BROKEN_OFF) from None
    return _decompressed(bytes(body), limit) if body.startswith(_GZIP_MAGIC) else bytes(body)


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """Return the body as a JSON object; an empty one is an empty object.

    Raises:
        RefusalError: as `read`, or it is not a JSON object.
    """
    return parse_object(await read(request, limit))


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body holds; of names that stand in it twice, the last one counts.

    Raises:
        RefusalError: it holds none, or a number that JSON does not have.
    """
    if not body.strip():
        return {}
    try:
        parsed: Any = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise invalid(_NO_JSON) from None
    if not isinstance(parsed, dict):
        raise invalid(_NO_OBJECT)
    return parsed  # pyright: ignore[reportUnknownVariableType] - JSON


def encode(body: dict[str, Any]) -> bytes:
    """Return an object as it is sent on.

    Raises:
        RefusalError: a number in it is too large.
    """
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise invalid(_NUMBERS) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _decompressed(body: bytes, limit: int) -> bytes:
    decompressor = zlib.decompressobj(wbits=_GZIP_FORMAT)
    try:
        text = decompressor.decompress(body, limit + 1)
    except zlib.error:
        raise invalid(_NO_GZIP) from None
    if len(text) > limit:
        raise invalid(_TOO_LARGE, limit=limit)
    if not decompressor.eof or decompressor.unused_data:
        raise invalid(_GZIP_ENDS)
    return text
