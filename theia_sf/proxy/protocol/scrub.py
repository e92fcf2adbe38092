"""Take secrets out of what a client gets, as it passes by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from theia_sf.secret import MASK

SHORTEST: Final = 8
"""Characters: shorter ones stand in ordinary text, which replacing them would garble."""
_MASK: Final = MASK.encode()
_PLAIN: Final = re.compile(r"[A-Za-z0-9_.-]+")
"""What no JSON library and no URL writes in another way."""
_SLASHES: Final = 4
"""Backslashes before a character that is escaped: more than one where JSON stands in a text of JSON."""
_LETTERS: Final = {"\n": "n", "\r": "r", "\t": "t", "\b": "b", "\f": "f"}


@dataclass(frozen=True)
class _Needle:
    """A secret that is looked for.

    Attributes:
        stem: its longest part that is written in one way only. Where that is not, the secret is not; looking for it
            takes a tenth of the time that looking for every spelling takes.
        longest: bytes of its longest spelling.
    """

    secret: str
    stem: bytes
    longest: int


@lru_cache(maxsize=4096)  # a session's secrets are the same for an hour
def _needles(secrets: tuple[str, ...]) -> tuple[_Needle, ...]:
    """Return what is looked for: the longest first, as a secret may stand in another."""
    known = sorted({secret for secret in secrets if len(secret) >= SHORTEST}, key=len, reverse=True)
    return tuple(map(_needle, known))


def _needle(secret: str) -> _Needle:
    stem = max(_PLAIN.findall(secret), key=len, default="")
    return _Needle(secret, stem.encode(), sum(map(_longest, secret)))


@lru_cache(maxsize=256)  # made for the few that are found, or nearly so
def _pattern(secret: str) -> re.Pattern[bytes]:
    return re.compile(b"".join(map(_written, secret)))


def _written(character: str) -> bytes:
    """Return an expression for all ways to write a character in JSON and in URLs."""
    if _PLAIN.fullmatch(character):
        return re.escape(character.encode())
    raw = character.encode("utf-8", "surrogatepass")
    ways = [re.escape(raw), rb"(?i:%s)" % b"".join(b"%%%02x" % byte for byte in raw)]
    escape = rb"\\{1,%d}" % _SLASHES
    codes = [character.encode("utf-16-be", "surrogatepass")[at : at + 2].hex().encode() for at in range(0, 4, 2)]
    ways.append(b"".join(rb"%su(?i:%s)" % (escape, code) for code in codes if code))
    ways.append(escape + re.escape(_LETTERS.get(character, character).encode("utf-8", "surrogatepass")))
    if character == " ":
        ways.append(rb"\+")
    return b"(?:%s)" % b"|".join(ways)


def _longest(character: str) -> int:
    if _PLAIN.fullmatch(character):
        return 1
    return (_SLASHES + len("u0000")) * len(character.encode("utf-16-be", "surrogatepass")) // 2


class Scrubber:
    """Replaces the secrets of one answer, however JSON or a URL spells them.

    A stream is scrubbed piece by piece: `feed` keeps back what may be the beginning of a secret, `end` gives it out.

    Args:
        secrets: what to look for.
        on_found: is told how many were taken out.
    """

    def __init__(self, secrets: Iterable[str], on_found: Callable[[int], None] | None = None) -> None:
        self._needles = _needles(tuple(secrets))
        self._kept_back = max((needle.longest for needle in self._needles), default=1) - 1
        self._on_found = on_found
        self._tail = b""

    def whole(self, data: bytes) -> bytes:
        """Return data without the secrets in it."""
        for needle in self._needles:
            if needle.stem in data:
                data, found = _pattern(needle.secret).subn(_MASK, data)
                if found and self._on_found is not None:
                    self._on_found(found)
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
