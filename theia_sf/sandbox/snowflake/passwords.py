"""Keeping and checking passwords: salted scrypt, so that the daemon's memory holds no password."""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 2**12, 8, 1  # a local account: fast, yet not plain text


def hash_password(password: str) -> str:
    """`salt$digest`, both hexadecimal."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${_digest(password, salt)}"


def verify_password(password: str, stored: str) -> bool:
    """Whether the password is the one that was hashed."""
    salt, _, digest = stored.partition("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt)), digest)


def _digest(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P).hex()
