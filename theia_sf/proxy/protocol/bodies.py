"""The body of a request: read within limits, decompressed, parsed strictly."""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import AsyncIterator
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
    async for chunk in _pieces(request, limit):
        body += chunk
    return _decompressed(bytes(body), limit) if body.startswith(_GZIP_MAGIC) else bytes(body)


async def discard(request: Request, limit: int) -> None:
    """Let a body pass that nobody looks at, and keep nothing of it.

    Raises:
        RefusalError: it is larger, or breaks off.
    """
    async for _ in _pieces(request, limit):
        pass


async def _pieces(request: Request, limit: int) -> AsyncIterator[bytes]:
    length = 0
    try:
        async for chunk in request.stream():
            length += len(chunk)
            if length > limit:
                raise invalid(_TOO_LARGE, limit=limit)
            yield chunk
    except ClientDisconnect:
        raise invalid(_BROKEN_OFF) from None


async def read_object(request: Request, limit: int) -> dict[str, Any]:
    """Return the body as a JSON object; an empty one is an empty object.

    Raises:
        RefusalError: as `read`, or it is not a JSON object.
    """
    return parse_object(await read(request, limit))


def parse_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object that a body holds; of names that stand in it twice, the last one counts.

    Raises:
        RefusalError: it holds none, or a number that JSON does not have, or that no reader can hold.
    """
    if not body.strip():
        return {}
    try:
        parsed: Any = json.loads(body, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise invalid(_NO_JSON) from None
    except OverflowError:
        raise invalid(_NUMBERS) from None
    if not isinstance(parsed, dict):
        raise invalid(_NO_OBJECT)
    return parsed  # pyright: ignore[reportUnknownVariableType] - JSON


def encode(body: dict[str, Any]) -> bytes:
    """Return an object as it is sent on.

    Raises:
        RefusalError: it is nested too deeply.
    """
    try:
        return json.dumps(body, allow_nan=False, separators=(",", ":")).encode()
    except (ValueError, RecursionError):
        raise invalid(_NUMBERS) from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):  # 1e999, which would be written as Infinity
        raise OverflowError(text)
    return number


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
