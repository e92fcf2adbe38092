"""Public keys that users are registered with: reading them back, their fingerprint, their algorithm."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

PublicKey = RSAPublicKey | EllipticCurvePublicKey

_FEWEST_BITS: Final = 2048
_OF_CURVE: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
"""As the drivers choose it (snowflake-connector-python, `auth/keypair.py`)."""


def load(text: str) -> PublicKey:
    """Return the key of base64 DER.

    Raises:
        ValueError: it is no RSA key of 2048 bits or more, and no EC key on a curve that JSON web tokens know.
    """
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm) as error:
        message = "is not base64 of a public key"
        raise ValueError(message) from error
    if isinstance(key, RSAPublicKey) and key.key_size >= _FEWEST_BITS:
        return key
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in _OF_CURVE:
        return key
    message = f"must be an RSA key of {_FEWEST_BITS} bits or more, or an EC key on the curve P-256, P-384 or P-521"
    raise ValueError(message)


def fingerprint(text: str) -> str:
    """Return `SHA256:…` of base64 DER, as a driver puts it into a token's issuer."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(base64.b64decode(text)).digest()).decode()


def algorithm(key: PublicKey) -> str:
    """Return the one signature algorithm that a key is used with; what a token's header says does not count."""
    return "RS256" if isinstance(key, RSAPublicKey) else _OF_CURVE[key.curve.name]
