"""Access tokens of the proxy: `theia_ID_SECRET`, where the ID finds the user, and the secret is 256 random bits."""

from __future__ import annotations

import re
import secrets
import string
from typing import Final

from theia_sf.secret import Secret

_ALPHABET: Final = string.ascii_lowercase + string.digits
_ID_LENGTH: Final = 12
_SECRET_BYTES: Final = 32
_FORM: Final = re.compile(rf"theia_([a-z0-9]{{{_ID_LENGTH}}})_[A-Za-z0-9_-]{{43}}", re.ASCII)
ID_PATTERN: Final = rf"^[a-z0-9]{{{_ID_LENGTH}}}$"


def new_access_token() -> tuple[str, Secret]:
    """Return the ID of a new token, and the token."""
    token_id = "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
    return token_id, Secret(f"theia_{token_id}_{secrets.token_urlsafe(_SECRET_BYTES)}")


def token_id(text: str) -> str | None:
    """Return the ID of what has the form of a token; None if it has not."""
    match = _FORM.fullmatch(text)
    return match[1] if match else None
