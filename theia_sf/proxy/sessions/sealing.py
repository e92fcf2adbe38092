"""What a store keeps of a session: its record in clear, and Snowflake's tokens sealed.

AES-256-GCM with a random nonce (NIST SP 800-38D, 8.2.2, good for 2^32 seals of one key). The record is the associated
data: whoever can write to the store, yet has not the key, can neither read the tokens nor put them into another
session, nor a session into the hands of another user.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from theia_sf.errors import TheiaError
from theia_sf.proxy.sessions.keys import KEY_ID_BYTES, SealingKey
from theia_sf.proxy.sessions.model import SessionRecord, UpstreamTokens
from theia_sf.secret import Secret

_REMEMBERED: Final = 512
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"theia-sf proxy session 1\0"
_APART: Final = frozenset({"tokens", "last_used"})
"""Fields that stand beside the body: the one is sealed, the other changes with every request."""
_BODY: Final = tuple(entry.name for entry in fields(SessionRecord) if entry.name not in _APART)


class UnsealableError(TheiaError):
    """A kept session that cannot be opened: it was changed, its key is gone, or another version wrote it."""


@dataclass(frozen=True)
class Kept:
    """A session as a store keeps it: `body` is JSON of the record, `sealed` holds the tokens."""

    body: str
    sealed: bytes


class Sealer:
    """Seals with the first of some keys, and opens with any of them.

    Args:
        keys: at least one.
    """

    def __init__(self, keys: Sequence[SealingKey]) -> None:
        self._current = keys[0].id
        self._ciphers = {key.id: AESGCM(key.secret) for key in keys}
        self._opened = lru_cache(maxsize=_REMEMBERED)(self._open)

    def seal(self, record: SessionRecord) -> Kept:
        """Return a session in the form that is kept."""
        told: dict[str, Any] = {name: getattr(record, name) for name in _BODY}
        tokens = record.tokens
        told["expiries"] = [tokens.session_expires, tokens.master_expires]
        body = json.dumps(told, separators=(",", ":"))
        plain = json.dumps([tokens.session.reveal(), tokens.master.reveal()]).encode()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._ciphers[self._current].encrypt(nonce, plain, _PURPOSE + body.encode())
        return Kept(body, self._current + nonce + sealed)

    def open(self, kept: Kept, last_used: float) -> SessionRecord:
        """Return the session of what was kept; what was opened lately is remembered by all of its bytes.

        Raises:
            UnsealableError: see there.
        """
        return self._opened(kept, last_used)

    def _open(self, kept: Kept, last_used: float) -> SessionRecord:
        key_id, nonce = kept.sealed[:KEY_ID_BYTES], kept.sealed[KEY_ID_BYTES : KEY_ID_BYTES + _NONCE_BYTES]
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            message = "A session in the store is encrypted by a key that the proxy has not."
            raise UnsealableError(message, hint="Name the former key under `store.old_key_files`.")
        try:
            plain = cipher.decrypt(nonce, kept.sealed[KEY_ID_BYTES + _NONCE_BYTES :], _PURPOSE + kept.body.encode())
        except (InvalidTag, ValueError) as error:
            message = "A session in the store was changed by somebody else than the proxy."
            raise UnsealableError(message) from error
        session, master = json.loads(plain)
        told: dict[str, Any] = json.loads(kept.body)
        # not remembered for `redact`: a proxy sees new ones for as long as it runs
        tokens = UpstreamTokens(Secret(session, mask=False), Secret(master, mask=False), *told.pop("expiries"))
        told["groups"] = tuple(told["groups"])
        try:
            return SessionRecord(**told, last_used=last_used, tokens=tokens)
        except TypeError as error:
            message = "A session in the store was written by another version of theia-sf."
            raise UnsealableError(message) from error


def is_of(record: SessionRecord, name: str) -> bool:
    """Tell whether a name (an id's hash, or the public id) is one of a session's.

    The index that led to the session is not sealed: somebody may have put a name of their own into it.
    """
    hashes = (record.token_hash, record.master_hash, record.previous_token_hash, record.previous_master_hash)
    return bool(name) and name in (record.id, *hashes)
