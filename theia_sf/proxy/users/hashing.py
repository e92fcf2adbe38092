"""Argon2id hashes of access tokens and passwords.

What nobody can guess needs no slow hash: a token of 256 random bits gets the cost of about 5 ms of a processor and
8 MiB, so that many programs may sign in. A password that somebody thought of gets RFC 9106's second recommendation
(3 passes over 64 MiB, 4 lanes), about 200 ms. What does not exist is compared with a hash of the same cost.
"""

from __future__ import annotations

import base64
import re
from enum import Enum
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

LONGEST: Final = 4096
"""Characters of a password or token; hashing more is work for nothing."""
_MOST_KIB: Final = 1 << 20
"""Of memory, for one hash in the registry: 1 GiB; more is a mistake, or an attack on the proxy."""
_FORM: Final = re.compile(
    r"\$argon2id\$v=19\$m=(?P<m>\d{1,8}),t=\d{1,3},p=\d{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}", re.ASCII
)


class Kind(Enum):
    """What is hashed."""

    TOKEN = "token"  # noqa: S105 (a kind)
    PASSWORD = "password"  # noqa: S105 (as above)


HASHERS: Final = {
    Kind.TOKEN: PasswordHasher(time_cost=1, memory_cost=8 * 1024, parallelism=1),
    Kind.PASSWORD: PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY),
}


def hash_secret(text: str, kind: Kind) -> str:
    """Return the hash of a token or password, in argon2's text form."""
    return HASHERS[kind].hash(_bytes(text))


def verify(encoded: str | None, text: str, kind: Kind) -> bool:
    """Tell whether a hash is that of a text; takes as long without a hash (None)."""
    hasher = HASHERS[kind]
    try:
        return hasher.verify(encoded if encoded is not None else nobodys(kind), _bytes(text)) and encoded is not None
    except (VerificationError, InvalidHashError):
        return False


def nobodys(kind: Kind) -> str:
    """Return a hash of nothing, of the cost that hashes of a kind have."""
    hasher = HASHERS[kind]
    salt, digest = (_plain(bytes(length)) for length in (hasher.salt_len, hasher.hash_len))
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${costs}${salt}${digest}"


def is_hash(text: str) -> bool:
    """Tell whether a text is an argon2id hash that the proxy can afford to check."""
    match = _FORM.fullmatch(text)
    return match is not None and int(match["m"]) <= _MOST_KIB


def _plain(data: bytes) -> str:
    return base64.b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can hold half a surrogate pair
