"""Records as lines, each bound to the one before it.

A line is a JSON object in ASCII, its keys sorted, without white space; `hash` stands last. The hash is that of the same
line without `,"hash":"…"`, so it covers every byte of the record, and with `prev`, the hash of the record before, every
record before it. It is SHA-256, or HMAC-SHA-256 (RFC 2104) where there is a key: a chain with a key cannot be made anew
by somebody who can only write the file.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from theia_sf.errors import UsageError

_HASH: Final = re.compile(rb',"hash":"([0-9a-f]{64})"\}\Z')
_HASH_BYTES: Final = len(',"hash":""}') + 64
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


@dataclass(frozen=True)
class Link:
    """What the next record is bound to: number and hash of the last one."""

    seq: int
    hash: str


START: Final = Link(0, "0" * 64)
"""Before the first record."""


@dataclass(frozen=True)
class ChainKey:
    """What records are chained by.

    Attributes:
        id: names the key in the first record of a file; None without a key.
        secret: the key of the HMAC; None without a key.
    """

    id: str | None = None
    secret: bytes | None = field(default=None, repr=False)

    @classmethod
    def of(cls, secret: bytes) -> ChainKey:
        """Return the key that is derived from a key file's 32 bytes."""
        derived = hmac.digest(secret, b"theia-sf audit chain", "sha256")
        return cls(hashlib.sha256(b"theia-sf audit key id\0" + derived).hexdigest()[:16], derived)

    def digest(self, body: bytes) -> str:
        """Return the hash of a record, in hex."""
        if self.secret is None:
            return hashlib.sha256(body).hexdigest()
        return hmac.digest(self.secret, body, "sha256").hex()


NO_KEY: Final = ChainKey()


class Keyring:
    """The keys of a chain: the current one, and those of older files."""

    def __init__(self, keys: Sequence[ChainKey] = ()) -> None:
        self.current = keys[0] if keys else NO_KEY
        self._keys = {key.id: key for key in (NO_KEY, *keys)}

    def get(self, key_id: str | None) -> ChainKey | None:
        """Return the key of an id; None if it is not known."""
        return self._keys.get(key_id)


def read_keyring(key_file: Path | None, old_key_files: Sequence[Path] = ()) -> Keyring:
    """Read the keys that the configuration names.

    Raises:
        UsageError: a file does not exist, others may read it, or it holds no key; there are former keys only.
        TheiaError: AWS KMS does not decrypt a key.
    """
    from theia_sf.proxy.sessions.keys import read_keys  # noqa: PLC0415 (cryptography takes its time; few need it)

    if key_file is None:
        if old_key_files:
            message = "The audit has `old_key_files` but no `key_file`."
            raise UsageError(message, hint="Name the current key's file, too.")
        return Keyring()
    return Keyring([ChainKey.of(key.secret) for key in read_keys(key_file, old_key_files)])


def seal(record: Mapping[str, Any], link: Link, key: ChainKey) -> tuple[bytes, Link]:
    """Return a record's line, with its line feed, and the link for the next one.

    Args:
        record: JSON values; `seq`, `prev` and `hash` are added.
        link: that of the record before.
        key: what to chain by.
    """
    seq = link.seq + 1
    body = _encode({**record, "seq": seq, "prev": link.hash}).encode("ascii")
    digest = key.digest(body)
    return body[:-1] + b',"hash":"' + digest.encode() + b'"}\n', Link(seq, digest)


@dataclass(frozen=True)
class Sealed:
    """A line that is as it was written: what it says, and its links."""

    record: dict[str, Any]
    link: Link
    prev: str

    @property
    def fields(self) -> dict[str, Any]:
        """The record's own fields."""
        found = self.record.get("fields")
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    def follows(self, link: Link) -> bool:
        """Tell whether it is the next record after a link."""
        return self.prev == link.hash and self.link.seq == link.seq + 1


def parse(line: bytes) -> dict[str, Any] | None:
    """Return what a line says, as it stands there; None if it is no record."""
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", record) if isinstance(record, dict) else None


def check(line: bytes, key: ChainKey) -> Sealed | None:
    """Return a line's record if its hash is right; None if it was changed, or never was one.

    Args:
        line: with or without its line feed.
        key: the key of its file.
    """
    line = line.removesuffix(b"\n")
    found = _HASH.search(line)
    if found is None:
        return None
    digest = found.group(1).decode()
    body = line[:-_HASH_BYTES] + b"}"
    if not hmac.compare_digest(key.digest(body), digest):
        return None
    record = parse(body)
    if record is None or type(record.get("seq")) is not int or not isinstance(record.get("prev"), str):
        return None
    return Sealed(record, Link(record["seq"], digest), record["prev"])
