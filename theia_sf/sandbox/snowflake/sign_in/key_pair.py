"""Key-pair sign-in: the JSON web token that a client signs with its private key.

"Key-pair authentication and key-pair rotation": `iss` is ACCOUNT.USER.SHA256:<fingerprint of the public key>, `sub` is
ACCOUNT.USER.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.sign_in import signed_tokens
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, user_by_login
from theia_sf.sandbox.snowflake.sign_in.refusals import invalid_jwt

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

ALGORITHMS = ["RS256", "ES256", "ES384", "ES512"]
MIN_RSA_BITS = 2048
# "Key-pair authentication and key-pair rotation: troubleshooting": a token is taken for 60 seconds after its issue time
LATEST_ARRIVAL = timedelta(seconds=60)
CLOCK_SKEW = timedelta(seconds=5)  # of a client whose clock is ahead
# "Authenticating to the server" of the SQL API: "the JWT is valid for at most one hour"
LONGEST_LIFE = timedelta(hours=1)
# "SYSTEM$GET_LOGIN_FAILURE_DETAILS", JWT token errors
FAULTS: dict[type[Exception], tuple[int, str]] = {
    jwt.ExpiredSignatureError: (394303, "JWT_TOKEN_INVALID_EXPIRATION_TIME"),
    jwt.ImmatureSignatureError: (394302, "JWT_TOKEN_INVALID_ISSUE_TIME"),
    jwt.MissingRequiredClaimError: (394301, "JWT_TOKEN_MISSING_ISSUE_OR_EXPIRATION_TIME"),
    jwt.InvalidSignatureError: (394306, "JWT_TOKEN_INVALID_SIGNATURE"),
    jwt.InvalidAlgorithmError: (394305, "JWT_TOKEN_INVALID_ALGORITHM"),
    jwt.PyJWTError: (390144, "JWT_TOKEN_INVALID"),
}

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


def verify(account: Account, attempt: Attempt) -> User:
    """The user that the token in TOKEN proves to be.

    Raises:
        SignInError: 390144, 394300 to 394307.
    """
    attempt.first_factor = "RSA_KEYPAIR"
    token = attempt.text("TOKEN")
    user, claimed = _claimed_user(account, attempt, token)
    for body in (user.rsa_public_key, user.rsa_public_key_2):
        key = parse_public_key(body) if body else None
        if key is not None and fingerprint(key) == claimed:
            _check_signature(token, key)
            return user
    raise invalid_jwt(394304, "JWT_TOKEN_INVALID_PUBLIC_KEY_FINGERPRINT_MISMATCH")


def _claimed_user(account: Account, attempt: Attempt, token: str) -> tuple[User, str]:
    """Whom an unverified token names, and by which key's fingerprint."""
    try:
        claims = signed_tokens.unverified(token)
        subject = str(claims["sub"]).upper()
        issuer_name, _, issuer_print = str(claims["iss"]).rpartition(".SHA256:")
    except (jwt.InvalidTokenError, KeyError) as error:
        raise invalid_jwt() from error
    account_part, _, user_part = subject.partition(".")
    if account_part not in account_aliases(account):
        raise invalid_jwt(394307, "JWT_TOKEN_ACCOUNT_MISMATCH")
    user = attempt.user = user_by_login(account, attempt.login_name or user_part)
    if user is None or user_part not in {user.name.upper(), user.login_name.upper()}:
        raise invalid_jwt(394300, "JWT_TOKEN_INVALID_USER_IN_ISSUER")
    if issuer_name.upper() != subject:
        raise invalid_jwt()
    return user, "SHA256:" + issuer_print


def _check_signature(token: str, key: PublicKey) -> None:
    try:
        claims = jwt.decode(
            token,
            key=key,
            algorithms=ALGORITHMS,
            options={"require": ["exp", "iat"], "verify_aud": False},
            leeway=CLOCK_SKEW,
        )
    except jwt.PyJWTError as error:
        raise invalid_jwt(*next(FAULTS[kind] for kind in FAULTS if isinstance(error, kind))) from error
    age = now().timestamp() - claims["iat"]
    if age > LATEST_ARRIVAL.total_seconds():
        raise invalid_jwt(394302, "JWT_TOKEN_INVALID_ISSUE_TIME")
    if claims["exp"] - claims["iat"] > LONGEST_LIFE.total_seconds():
        raise invalid_jwt(394303, "JWT_TOKEN_INVALID_EXPIRATION_TIME")


def account_aliases(account: Account) -> set[str]:
    """The forms of the account's name that a token may carry."""
    return {account.locator, account.account_name, f"{account.organization_name}-{account.account_name}"}


def _invalid_key() -> SnowflakeError:
    return SnowflakeError(3064, "22023", "New public key rejected by current policy. Reason: 'Invalid public key'")
