"""Public keys as Snowflake takes them: base64 of the DER form, on one line."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from theia_sf.errors import UsageError

_FEWEST_BITS: Final = 2048  # https://docs.snowflake.com/en/user-guide/key-pair-auth
_LARGEST_FILE: Final = 100_000  # bytes
_HINT: Final = "It must be an RSA or EC public key: PEM, DER, or base64 of DER."


def read_public_key(path: Path) -> str:
    """Return the public key in a file: RSA or EC; PEM, DER or base64 of DER.

    Raises:
        UsageError: the file cannot be read, holds a private key or no key at all, or a key that Snowflake refuses.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE)
    except OSError as error:
        msg = f"The public key file {path} cannot be read: {error.strerror}."
        raise UsageError(msg) from error
    if b"PRIVATE KEY" in content:
        msg = f"The file {path} holds a private key, and Snowflake is to get the public one."
        hint = f"Write the public key to a file of its own: openssl pkey -in {path} -pubout -out {path}.pub"
        raise UsageError(msg, hint=hint)
    try:
        key = load_pem_public_key(content) if b"-----BEGIN" in content else load_der_public_key(_der(content))
    except (ValueError, UnsupportedAlgorithm, binascii.Error) as error:
        msg = f"The file {path} holds no public key."
        raise UsageError(msg, hint=_HINT) from error
    if not isinstance(key, (RSAPublicKey, EllipticCurvePublicKey)):
        msg = f"The public key in {path} is neither RSA nor EC, so Snowflake cannot use it."
        raise UsageError(msg, hint=_HINT)
    if isinstance(key, RSAPublicKey) and key.key_size < _FEWEST_BITS:
        msg = f"The public key in {path} has {key.key_size} bits, and Snowflake wants {_FEWEST_BITS} or more."
        raise UsageError(msg, hint="Make another key pair: theia-sf keypair create, or openssl genrsa 2048.")
    return public_text(key)


def public_text(key: RSAPublicKey | EllipticCurvePublicKey) -> str:
    """Return a key as RSA_PUBLIC_KEY of a user takes it: base64 of SubjectPublicKeyInfo DER, on one line."""
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


def _der(content: bytes) -> bytes:
    if content.startswith(b"\x30"):  # every DER key is an ASN.1 SEQUENCE
        return content
    return base64.b64decode(b"".join(content.split()), validate=True)
