"""The ids that clients hold in the place of Snowflake's tokens."""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

_ID_BYTES: Final = 32
_PUBLIC_ID_BYTES: Final = 9


def new_token(prefix: str) -> str:
    """Return a new id for a client: the prefix (`Theia:`) and 256 random bits, as URL-safe base64."""
    return prefix + secrets.token_urlsafe(_ID_BYTES)


def token_hash(token: str) -> str:
    """Return what is kept of an id: its SHA-256 in hex. It needs no salt, as nobody can guess 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def new_session_id() -> str:
    """Return a session's public id for lists and the audit: 12 characters, which open nothing."""
    return secrets.token_urlsafe(_PUBLIC_ID_BYTES)
