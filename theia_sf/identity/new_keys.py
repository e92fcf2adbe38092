"""Make private keys, and write them as clients of Snowflake read them."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from theia_sf.errors import UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import PrivateKey

RSA_BITS: Final = (2048, 3072, 4096)
_EXPONENT: Final = 65537


class Curve(StrEnum):
    """The curves whose signatures Snowflake verifies (ES256, ES384, ES512)."""

    P256 = "P-256"
    P384 = "P-384"
    P521 = "P-521"


_CURVES: Final = {Curve.P256: ec.SECP256R1(), Curve.P384: ec.SECP384R1(), Curve.P521: ec.SECP521R1()}


def parse_curve(name: str | None) -> Curve | None:
    """Return the curve of a name, in upper or lower case; None for none.

    Raises:
        UsageError: Snowflake has no use for such a curve.
    """
    if name is None:
        return None
    try:
        return Curve(name.upper())
    except ValueError as error:
        message = f"{name!r} is not a curve that Snowflake verifies signatures on."
        raise UsageError(message, hint=f"Choose one of {', '.join(Curve)}.") from error


def new_key(bits: int = RSA_BITS[0], curve: Curve | None = None) -> PrivateKey:
    """Make an RSA key of so many bits or, if a curve is named, an EC key."""
    if curve is not None:
        return ec.generate_private_key(_CURVES[curve])
    return rsa.generate_private_key(_EXPONENT, bits)


def maker(bits: int | None, curve: str | None) -> Callable[[], PrivateKey]:
    """Return what makes a key as flags describe it: RSA of 2048 bits, if neither says anything.

    Raises:
        UsageError: such keys are not made, or both are given.
    """
    chosen = parse_curve(curve)
    if bits is not None and chosen is not None:
        message = "--bits is of RSA keys, --curve of EC keys."
        raise UsageError(message, hint="Give one of them.")
    size = RSA_BITS[0] if bits is None else bits
    if size not in RSA_BITS:
        message = f"An RSA key of {size} bits is not among those that theia-sf makes."
        raise UsageError(message, hint=f"Choose one of {', '.join(map(str, RSA_BITS))}.")
    return partial(new_key, size, chosen)


def encode(key: PrivateKey, passphrase: Secret | None) -> bytes:
    """Return the key as PKCS#8 PEM, encrypted if there is a passphrase."""
    encryption = BestAvailableEncryption(passphrase.reveal().encode()) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
