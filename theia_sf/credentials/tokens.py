"""How an encrypted value stands in the file: one word of printable ASCII.

`theia-sf.v1.HEADER.KEY.DATA.CHECK`, each part base64url without padding. HEADER says for which field, under which KMS
key and when; KEY is the encrypted data key of a value too long for KMS itself (else empty); DATA is the ciphertext;
CHECK is the beginning of a SHA-256 of all before it, so that a damaged value is told from a forged one without asking
KMS. The check protects nothing: what protects the header is that its content is the encryption context.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast

from theia_sf.aws.arns import parse_arn
from theia_sf.errors import UsageError

_MARK: Final = "theia-sf.v1."
_PARTS: Final = 3
_CHECK_BYTES: Final = 6
_AGAIN: Final = "Enter the value again with `theia-sf credentials encrypt`."
_AGAIN_LOWER: Final = _AGAIN[0].lower() + _AGAIN[1:]
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_SHORTEST_BLOB: Final = 100  # characters; KMS's ciphertexts are longer


@dataclass(frozen=True)
class Token:
    """An encrypted value.

    Attributes:
        field: the field that it was encrypted for.
        key_arn: the KMS key that it is encrypted under.
        encrypted_at: when, in UTC, whole seconds.
        ciphertext: KMS's, or that of the data key (12 bytes nonce, then AES-256-GCM).
        data_key: the data key, encrypted by KMS; empty if KMS encrypted the value itself.
    """

    field: str
    key_arn: str
    encrypted_at: datetime
    ciphertext: bytes
    data_key: bytes = b""

    @property
    def context(self) -> dict[str, str]:
        """The encryption context: KMS decrypts only with the same again. CloudTrail shows it in clear."""
        return context(self.field, self.key_arn, self.encrypted_at)

    def __str__(self) -> str:
        header = {"field": self.field, "key": self.key_arn, "time": self.encrypted_at.isoformat()}
        parts = (json.dumps(header, separators=(",", ":")).encode(), self.data_key, self.ciphertext)
        text = _MARK + ".".join(map(_encode, parts))
        return f"{text}.{_check(text)}"


def context(field: str, key_arn: str, encrypted_at: datetime) -> dict[str, str]:
    """The encryption context of a value."""
    return {
        "application": "theia-sf",
        "version": "1",
        "field": field,
        "key": key_arn,
        "time": encrypted_at.isoformat(),
    }


def parse(text: str, variable: str, field: str) -> Token:
    """Take an encrypted value apart.

    Args:
        text: the value in the file.
        variable: where it stands, for the error.
        field: what stands there must have been encrypted for this field.

    Raises:
        UsageError: it is damaged, another tool's, a newer theia-sf's, or another field's.
    """
    if not text.startswith(_MARK):
        message = f"{variable} {_foreign(text)}."
        hint = f"Install a newer theia-sf, or: {_AGAIN_LOWER}" if text.startswith("theia-sf.") else _AGAIN
        raise UsageError(message, hint=hint)
    body, _, check = text.rpartition(".")
    parts = body.removeprefix(_MARK).split(".")
    if len(parts) != _PARTS or check != _check(body):
        message = f"The value of {variable} is damaged: part of it was changed or cut off."
        raise UsageError(message, hint=f"Restore the file from a copy, or: {_AGAIN_LOWER}")
    token = _parse_parts(parts, variable)
    if token.field != field:
        message = f"{variable} holds what was encrypted as the {_words(token.field)}: values cannot change places."
        raise UsageError(message, hint=_AGAIN)
    return token


def _parse_parts(parts: list[str], variable: str) -> Token:
    try:
        header_text, data_key, ciphertext = map(_decode, parts)
        loaded: Any = json.loads(header_text)
        header = cast("dict[str, Any]", loaded) if isinstance(loaded, dict) else {}
        arn = str(header["key"])
        parse_arn(arn, "kms")
        when = datetime.fromisoformat(str(header["time"]))
        return Token(str(header["field"]), arn, when.astimezone(UTC), ciphertext, data_key)
    except (ValueError, KeyError, UsageError) as error:
        message = f"The value of {variable} was not written by theia-sf: its header makes no sense."
        raise UsageError(message, hint=_AGAIN) from error


def _foreign(text: str) -> str:
    if text.startswith("theia-sf."):
        return "was encrypted by a newer theia-sf"
    if len(text) >= _SHORTEST_BLOB and _BASE64.fullmatch(text):
        return "holds a ciphertext of another tool, which is not bound to this field"
    return "does not hold a value that theia-sf encrypted"


def _words(field: str) -> str:
    return field.replace("_", " ")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _check(text: str) -> str:
    return _encode(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:_CHECK_BYTES])
