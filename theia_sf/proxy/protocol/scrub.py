"""Take secrets out of what a client gets, as it passes by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from theia_sf.secret import MASK

SHORTEST: Final = 8
"""Characters: shorter ones stand in ordinary text, which replacing them would garble."""
_MASK: Final = MASK.encode()
_CODED: Final = (("\\u002b", "\\u003d"), ("\\u002B", "\\u003D"))  # as some JSON libraries write + and =


def spellings(secret: str) -> set[str]:
    """Return how a secret can stand in JSON or in a URL."""
    plain = json.dumps(secret)[1:-1]
    slashed = plain.replace("/", "\\/")
    coded = {plain.replace("+", plus).replace("=", equals) for plus, equals in _CODED}
    return {secret, plain, slashed, quote(secret), quote(secret, safe=""), *coded}


@lru_cache(maxsize=4096)  # a session's secrets are the same for an hour
def _needles(secrets: tuple[str, ...]) -> tuple[bytes, ...]:
    known = {spelling for secret in secrets if len(secret) >= SHORTEST for spelling in spellings(secret)}
    return tuple(sorted((text.encode("utf-8", "surrogatepass") for text in known), key=len, reverse=True))


class Scrubber:
    """Replaces the secrets of one answer.

    A stream is scrubbed piece by piece: `feed` keeps back what may be the beginning of a secret, `end` gives it out.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._needles = _needles(tuple(secrets))
        self._kept_back = max((len(needle) for needle in self._needles), default=1) - 1
        self._tail = b""
        self.found = 0

    def whole(self, data: bytes) -> bytes:
        """Return data without the secrets in it."""
        for needle in self._needles:
            if needle in data:
                self.found += data.count(needle)
                data = data.replace(needle, _MASK)
        return data

    def feed(self, chunk: bytes) -> bytes:
        """Return what can be handed out after this piece of a stream; empty if nothing can yet."""
        data = self.whole(self._tail + chunk)
        cut = max(0, len(data) - self._kept_back)
        self._tail = data[cut:]
        return data[:cut]

    def end(self) -> bytes:
        """Return the rest of the stream."""
        rest, self._tail = self._tail, b""
        return rest

    def headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """Return headers without the secrets in their values."""
        return [(name, self.whole(value)) for name, value in headers]
