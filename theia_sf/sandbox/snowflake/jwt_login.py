"""Key-pair sign-in: the JSON web token that a client signs with its private key.

"Key-pair authentication": `iss` is ACCOUNT.USER.SHA256:<fingerprint of the public key>, `sub` is ACCOUNT.USER.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import uuid
from typing import TYPE_CHECKING, Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from theia_sf.sandbox.snowflake.catalog import User
from theia_sf.sandbox.snowflake.errors import SnowflakeError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"]
CLOCK_SKEW_SECONDS = 60
MIN_RSA_BITS = 2048

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def parse_public_key(body: str) -> PublicKey:
    """The public key of an RSA_PUBLIC_KEY property: base64 of the DER form, PEM armour allowed.

    Raises:
        SnowflakeError: 003064, it is no public key.
    """
    text = "".join(line for line in body.strip().splitlines() if not line.startswith("-----"))
    try:
        key = load_der_public_key(base64.b64decode(text, validate=True))
    except (ValueError, binascii.Error) as error:
        raise _invalid_key() from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < MIN_RSA_BITS:
        raise _invalid_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey):
        raise _invalid_key()
    return key


def fingerprint(key: PublicKey) -> str:
    """`SHA256:` and the base64 digest of the key's DER form, as DESCRIBE USER shows it."""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode("ascii")


def verify(account: Account, login_name: str, token: str) -> User:
    """The user that a token proves to be.

    Raises:
        SnowflakeError: 390144 for whatever is wrong with the token.
    """
    from theia_sf.sandbox.snowflake.login import user_by_login  # noqa: PLC0415 - login imports this module

    try:
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False, "verify_exp": False})
        subject = str(claims["sub"]).upper()
        issuer_name, _, issuer_print = str(claims["iss"]).rpartition(".SHA256:")
    except (jwt.InvalidTokenError, KeyError) as error:
        raise _invalid_token() from error
    account_part, _, user_part = subject.partition(".")
    if issuer_name.upper() != subject or account_part not in account_aliases(account):
        raise _invalid_token()
    user = user_by_login(account, login_name or user_part)
    if user is None or user_part not in {user.name.upper(), user.login_name.upper()}:
        raise _invalid_token()
    for body in (user.rsa_public_key, user.rsa_public_key_2):
        key = parse_public_key(body) if body else None
        if key is None or fingerprint(key) != "SHA256:" + issuer_print:
            continue
        try:
            jwt.decode(
                token,
                key=key,
                algorithms=ALGORITHMS,
                leeway=CLOCK_SKEW_SECONDS,
                options={"require": ["exp", "iat"], "verify_aud": False},
            )
        except jwt.InvalidTokenError as error:
            raise _invalid_token() from error
        return user
    raise _invalid_token()


def account_aliases(account: Account) -> set[str]:
    """The forms of the account's name that a token may carry."""
    return {account.locator, account.account_name, f"{account.organization_name}-{account.account_name}"}


def _invalid_token() -> SnowflakeError:
    return SnowflakeError(390144, "08001", f"JWT token is invalid. [{uuid.uuid4()}]")


def _invalid_key() -> SnowflakeError:
    return SnowflakeError(3064, "22023", "New public key rejected by current policy. Reason: 'Invalid public key'")
