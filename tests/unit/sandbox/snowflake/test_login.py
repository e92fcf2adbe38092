"""Who may sign in, and how."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from theia_sf.sandbox.snowflake.bootstrap import seed
from theia_sf.sandbox.snowflake.catalog import Catalog
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.jwt_login import fingerprint, parse_public_key
from theia_sf.sandbox.snowflake.login import authenticate


@pytest.fixture
def signing() -> Any:
    catalog = Catalog()
    seed(catalog, "THEIA", "correct")
    return SimpleNamespace(catalog=catalog, locator="LOCAL01", account_name="SANDBOX", organization_name="THEIA")


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def body(key: Any) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def token(key: Any, algorithm: str = "RS256", *, name: str = "THEIA-SANDBOX.THEIA", life: int = 60) -> str:
    now = datetime.now(UTC)
    claims = {
        "iss": f"{name}.{fingerprint(parse_public_key(body(key)))}",
        "sub": name,
        "iat": now,
        "exp": now + timedelta(seconds=life),
    }
    return jwt.encode(claims, key, algorithm=algorithm)


def sign_in(signing: Any, value: str):
    return authenticate(signing, {"LOGIN_NAME": "theia", "AUTHENTICATOR": "SNOWFLAKE_JWT", "TOKEN": value})


def test_password(signing: Any):
    user, restriction = authenticate(signing, {"LOGIN_NAME": "theia", "PASSWORD": "correct"})
    assert (user.name, restriction) == ("THEIA", None)


@pytest.mark.parametrize(
    "data", [{"PASSWORD": "wrong"}, {"PASSWORD": ""}, {"LOGIN_NAME": "nobody", "PASSWORD": "correct"}]
)
def test_wrong_password(signing: Any, data: dict[str, str]):
    with pytest.raises(SnowflakeError, match="Incorrect username or password") as caught:
        authenticate(signing, {"LOGIN_NAME": "theia", **data})
    assert caught.value.code == "390100"


def test_password_is_not_kept(signing: Any):
    assert "correct" not in repr(signing.catalog)
    assert "correct" not in signing.catalog.users["THEIA"].password_hash


def test_disabled_user(signing: Any):
    signing.catalog.users["THEIA"].disabled = True
    with pytest.raises(SnowflakeError, match="User access disabled"):
        authenticate(signing, {"LOGIN_NAME": "theia", "PASSWORD": "correct"})


def test_key_pair(signing: Any, rsa_key: rsa.RSAPrivateKey):
    signing.catalog.users["THEIA"].rsa_public_key_2 = body(rsa_key)
    assert sign_in(signing, token(rsa_key))[0].name == "THEIA"


def test_elliptic_key(signing: Any):
    key = ec.generate_private_key(ec.SECP256R1())
    signing.catalog.users["THEIA"].rsa_public_key = body(key)
    assert sign_in(signing, token(key, "ES256"))[0].name == "THEIA"


@pytest.mark.parametrize("fault", ["expired", "account", "key", "forged", "text"])
def test_bad_token(signing: Any, rsa_key: rsa.RSAPrivateKey, fault: str):
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signing.catalog.users["THEIA"].rsa_public_key = body(rsa_key)
    forged = jwt.encode(jwt.decode(token(rsa_key), options={"verify_signature": False}), other, algorithm="RS256")
    value = {
        "expired": token(rsa_key, life=-120),
        "account": token(rsa_key, name="OTHER.THEIA"),
        "key": token(other),
        "forged": forged,
        "text": "not a token",
    }[fault]
    with pytest.raises(SnowflakeError, match="JWT token is invalid") as caught:
        sign_in(signing, value)
    assert caught.value.code == "390144"


def test_unknown_authenticator(signing: Any):
    with pytest.raises(SnowflakeError, match="Authenticator type is not supported"):
        authenticate(signing, {"LOGIN_NAME": "theia", "AUTHENTICATOR": "EXTERNALBROWSER"})
