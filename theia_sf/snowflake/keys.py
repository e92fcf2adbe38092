"""Private keys for key-pair sign-in, in whatever form people keep them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from codecs import BOM_UTF8
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from theia_sf.errors import UsageError
from theia_sf.secret import Secret, remember
from theia_sf.snowflake.private_text import read_private

PrivateKey = RSAPrivateKey | EllipticCurvePrivateKey

_PEM: Final = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \1-----", re.DOTALL)
# Headers of the old encrypted PEM form, which must stay on lines of their own (RFC 1421).
_OLD_HEADERS: Final = re.compile(r"Proc-Type:\s*(\S+)\s+DEK-Info:\s*(\S+)\s+(.*)", re.DOTALL)
_LINE: Final = 64


def load_private_key(
    *,
    text: Secret | None = None,
    path: Path | None = None,
    passphrase: Secret | None = None,
    name: str = "SNOWFLAKE_PRIVATE_KEY",
) -> PrivateKey:
    """Read a private key from text or from a file; the text wins.

    PEM or DER, PKCS#8 or the traditional forms, encrypted or not. PEM text may have lost its line breaks on the way
    through a variable (turned to spaces or to a backslash and n); text without PEM lines is taken as base64 of DER.

    Args:
        text: the key.
        path: the file of the key.
        passphrase: what the key is encrypted with; ignored if it is not.
        name: what to call the text in an error.

    Raises:
        UsageError: unreadable, readable by others than the owner, not a private key of a kind that Snowflake accepts
            (RSA, EC), or wrong passphrase.
    """
    if text is not None:
        source, data = name, text.reveal().encode()
    elif path is not None:
        source, data = str(path), read_private(path, "private key file")
    else:
        message = "There is no private key to read."
        raise UsageError(message, hint="Set SNOWFLAKE_PRIVATE_KEY_PATH or SNOWFLAKE_PRIVATE_KEY.")
    return _parse(data, source, passphrase.reveal().encode() if passphrase else None)


def _parse(data: bytes, source: str, passphrase: bytes | None) -> PrivateKey:
    data = data.removeprefix(BOM_UTF8)
    pem = _restore_pem(data)
    der = data if pem is None else b""
    if pem is None and not data.startswith(b"\x30"):  # every DER key is an ASN.1 SEQUENCE
        der = _decode_base64(data, source)
    try:
        key = load_pem_private_key(pem, passphrase) if pem is not None else load_der_private_key(der, passphrase)
    except TypeError as error:  # cryptography's way to say that passphrase and encryption do not go together
        if passphrase is not None:  # a passphrase for a key that has none: stale, and harmless
            return _parse(data, source, None)
        message = f"The private key in {source} is encrypted, and no passphrase was given."
        raise UsageError(message, hint="Set SNOWFLAKE_PRIVATE_KEY_PASSPHRASE.") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        if passphrase is not None and _is_encrypted(pem, der):
            message = f"The passphrase given does not open the private key in {source}."
            hint = "Check SNOWFLAKE_PRIVATE_KEY_PASSPHRASE; if it is right, the key is damaged."
            raise UsageError(message, hint=hint) from error
        hint = "It must be an RSA or EC private key, PEM or DER, encrypted or not."
        if pem is not None and b"PUBLIC KEY-----" in pem:
            message = f"What {source} holds is a public key, which goes into RSA_PUBLIC_KEY of the user."
            raise UsageError(message, hint=hint) from error
        message = f"The private key in {source} cannot be read."
        raise UsageError(message, hint=hint) from error
    if not isinstance(key, (RSAPrivateKey, EllipticCurvePrivateKey)):
        message = f"The private key in {source} is neither RSA nor EC, so Snowflake cannot use it."
        raise UsageError(message)
    return key


def _is_encrypted(pem: bytes | None, der: bytes) -> bool:
    try:
        _ = load_pem_private_key(pem, None) if pem is not None else load_der_private_key(der, None)
    except TypeError:  # cryptography's way to say that a passphrase is needed
        return True
    except (ValueError, UnsupportedAlgorithm):
        return False
    return False


def _restore_pem(data: bytes) -> bytes | None:
    """Return well-formed PEM, with its line breaks back in place; None if there is no PEM in the data."""
    try:
        found = _PEM.search(data.decode("ascii").replace("\\n", "\n").replace("\\r", ""))
    except UnicodeDecodeError:
        return None
    if found is None:
        return None
    label, body = found[1], found[2].strip()
    headers = ""
    old = _OLD_HEADERS.fullmatch(body)
    if old is not None:
        headers = f"Proc-Type: {old[1]}\nDEK-Info: {old[2]}\n\n"
        body = old[3]
    packed = re.sub(r"\s+", "", body)
    lines = "\n".join(packed[start : start + _LINE] for start in range(0, len(packed), _LINE))
    return f"-----BEGIN {label}-----\n{headers}{lines}\n-----END {label}-----\n".encode()


def _decode_base64(data: bytes, source: str) -> bytes:
    try:
        return base64.b64decode(re.sub(rb"\s+", b"", data), validate=True)
    except binascii.Error as error:
        message = f"The private key in {source} is neither PEM nor DER."
        raise UsageError(message, hint="Give the whole file, from -----BEGIN to the last -----.") from error


def der(key: PrivateKey) -> bytes:
    """Return the key as unencrypted PKCS#8 DER, the form the Python connector takes."""
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def pem(key: PrivateKey) -> str:
    """Return the key as unencrypted PKCS#8 PEM, the form the Snowflake provider takes; `redact` masks it."""
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    remember(text)
    return text


def fingerprint(key: PrivateKey) -> str:
    """Return `SHA256:…` of the public key, as DESC USER shows it in RSA_PUBLIC_KEY_FP."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode()
