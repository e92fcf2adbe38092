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
from theia_sf.sandbox.snowflake.login import authenticate
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.key_pair import fingerprint, parse_public_key


@pytest.fixture
def signing() -> Any:
    catalog = Catalog()
    seed(catalog, "THEIA", "correct")
    return SimpleNamespace(catalog=catalog, locator="LOCAL01", account_name="SANDBOX", organization_name="THEIA")


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def body(key: Any) -> str:
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


def token(
    key: Any, algorithm: str = "RS256", *, name: str = "THEIA-SANDBOX.THEIA", life: int = 60, age: int = 0
) -> str:
    now = datetime.now(UTC) - timedelta(seconds=age)
    claims = {
        "iss": f"{name}.{fingerprint(parse_public_key(body(key)))}",
        "sub": name,
        "iat": now,
        "exp": now + timedelta(seconds=life),
    }
    return jwt.encode(claims, key, algorithm=algorithm)


def sign_in(signing: Any, **data: str) -> tuple[str, Attempt]:
    attempt = Attempt({"LOGIN_NAME": "theia", **data})
    return authenticate(signing, attempt).name, attempt


def sign_in_by_key(signing: Any, value: str, **data: str) -> str:
    return sign_in(signing, AUTHENTICATOR="SNOWFLAKE_JWT", TOKEN=value, **data)[0]


def test_password(signing: Any):
    user, attempt = sign_in(signing, PASSWORD="correct")
    assert (user, attempt.first_factor, attempt.roles) == ("THEIA", "PASSWORD", None)


@pytest.mark.parametrize(
    "data", [{"PASSWORD": "wrong"}, {"PASSWORD": ""}, {"LOGIN_NAME": "nobody", "PASSWORD": "correct"}]
)
def test_wrong_password(signing: Any, data: dict[str, str]):
    with pytest.raises(SnowflakeError, match="Incorrect username or password") as caught:
        sign_in(signing, **data)
    assert caught.value.code == "390100"


def test_password_is_not_kept(signing: Any):
    assert "correct" not in repr(signing.catalog)
    assert "correct" not in signing.catalog.users["THEIA"].password_hash


def test_disabled_user(signing: Any):
    signing.catalog.users["THEIA"].disabled = True
    with pytest.raises(SnowflakeError, match="User access disabled"):
        sign_in(signing, PASSWORD="correct")


def test_five_wrong_passwords_lock_the_user(signing: Any):
    user = signing.catalog.users["THEIA"]
    for _ in range(4):
        with pytest.raises(SnowflakeError, match="Incorrect"):
            sign_in(signing, PASSWORD="wrong")
    assert sign_in(signing, PASSWORD="correct")[0] == "THEIA"
    codes: list[str] = []
    for _ in range(5):
        with pytest.raises(SnowflakeError) as refused:
            sign_in(signing, PASSWORD="wrong")
        codes.append(refused.value.code)
    assert codes == ["390100"] * 4 + ["390102"]
    with pytest.raises(SnowflakeError, match="temporarily locked") as caught:
        sign_in(signing, PASSWORD="correct")
    assert caught.value.code == "390102"
    assert timedelta(minutes=14) < user.locked_until - datetime.now(UTC) <= timedelta(minutes=15)
    user.locked_until = datetime.now(UTC)
    assert sign_in(signing, PASSWORD="correct")[0] == "THEIA"


def test_key_pair(signing: Any, rsa_key: rsa.RSAPrivateKey):
    signing.catalog.users["THEIA"].rsa_public_key_2 = body(rsa_key)
    assert sign_in_by_key(signing, token(rsa_key)) == "THEIA"


def test_elliptic_key(signing: Any):
    key = ec.generate_private_key(ec.SECP256R1())
    signing.catalog.users["THEIA"].rsa_public_key = body(key)
    assert sign_in_by_key(signing, token(key, "ES256")) == "THEIA"


@pytest.mark.parametrize(
    ("fault", "number"),
    [
        ("expired", "394303"),
        ("late", "394302"),
        ("early", "394302"),
        ("long", "394303"),
        ("account", "394307"),
        ("user", "394300"),
        ("key", "394304"),
        ("forged", "394306"),
        ("algorithm", "394305"),
        ("timeless", "394301"),
        ("text", "390144"),
    ],
)
def test_bad_token(signing: Any, rsa_key: rsa.RSAPrivateKey, other_key: rsa.RSAPrivateKey, fault: str, number: str):
    signing.catalog.users["THEIA"].rsa_public_key = body(rsa_key)
    good = jwt.decode(token(rsa_key), options={"verify_signature": False})
    value = {
        "expired": lambda: token(rsa_key, life=-10),
        "late": lambda: token(rsa_key, life=600, age=61),
        "early": lambda: token(rsa_key, age=-30),
        "long": lambda: token(rsa_key, life=3601),
        "account": lambda: token(rsa_key, name="OTHER.THEIA"),
        "user": lambda: token(rsa_key, name="THEIA-SANDBOX.OTHER"),
        "key": lambda: token(other_key),
        "forged": lambda: jwt.encode(good, other_key, algorithm="RS256"),
        "algorithm": lambda: token(rsa_key, "RS512"),
        "timeless": lambda: jwt.encode({k: good[k] for k in ("iss", "sub")}, rsa_key, algorithm="RS256"),
        "text": lambda: "not a token",
    }[fault]()
    with pytest.raises(SnowflakeError, match="JWT token is invalid") as caught:
        sign_in_by_key(signing, value)
    assert caught.value.code == number


def test_a_key_that_was_taken_away(signing: Any, rsa_key: rsa.RSAPrivateKey):
    signing.catalog.users["THEIA"].rsa_public_key = None
    with pytest.raises(SnowflakeError) as caught:
        sign_in_by_key(signing, token(rsa_key))
    assert caught.value.code == "394304"


def test_unknown_authenticator(signing: Any):
    with pytest.raises(SnowflakeError, match="Authenticator type is not supported: CRYSTAL_BALL"):
        sign_in(signing, AUTHENTICATOR="crystal_ball")
