from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from theia_sf.errors import UsageError
from theia_sf.snowflake import provider_environment
from theia_sf.snowflake.settings import resolve

BASE = {"SNOWFLAKE_USER": "ALICE", "SNOWFLAKE_ACCOUNT": "ORG-ACCT"}


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_password() -> None:
    found = provider_environment(resolve(environ={**BASE, "SNOWFLAKE_PASSWORD": "pass-word", "SNOWFLAKE_ROLE": "R"}))
    assert {name: value for name, value in found.items() if value} == {
        "SNOWFLAKE_ORGANIZATION_NAME": "ORG",
        "SNOWFLAKE_ACCOUNT_NAME": "ACCT",
        "SNOWFLAKE_USER": "ALICE",
        "SNOWFLAKE_PASSWORD": "pass-word",
        "SNOWFLAKE_AUTHENTICATOR": "SNOWFLAKE",
        "SNOWFLAKE_HOST": "org-acct.snowflakecomputing.com",
        "SNOWFLAKE_PORT": "443",
        "SNOWFLAKE_PROTOCOL": "https",
        "SNOWFLAKE_ROLE": "R",
    }
    assert found["SNOWFLAKE_TOKEN"] == ""


def test_key_pair_is_handed_over_as_clean_pem() -> None:
    pem = _pem(rsa.generate_private_key(65537, 2048))
    found = provider_environment(resolve(environ={**BASE, "SNOWFLAKE_PRIVATE_KEY": pem.replace("\n", " ")}))
    assert (found["SNOWFLAKE_AUTHENTICATOR"], found["SNOWFLAKE_PRIVATE_KEY"]) == ("SNOWFLAKE_JWT", pem)
    assert (found["SNOWFLAKE_PASSWORD"], found["SNOWFLAKE_PRIVATE_KEY_PASSPHRASE"]) == ("", "")


def test_access_token_and_locator() -> None:
    environ = {**BASE, "SNOWFLAKE_ACCOUNT": "xy12345.us-east-2.aws", "SNOWFLAKE_TOKEN": "tok-7"}
    found = provider_environment(resolve(environ=environ))
    assert (found["SNOWFLAKE_AUTHENTICATOR"], found["SNOWFLAKE_TOKEN"]) == ("PROGRAMMATIC_ACCESS_TOKEN", "tok-7")
    assert (found["SNOWFLAKE_ACCOUNT"], found["SNOWFLAKE_ACCOUNT_NAME"]) == ("xy12345.us-east-2.aws", "")


def test_the_provider_takes_no_elliptic_key() -> None:
    settings = resolve(environ={**BASE, "SNOWFLAKE_PRIVATE_KEY": _pem(ec.generate_private_key(ec.SECP256R1()))})
    with pytest.raises(UsageError, match="RSA keys only"):
        provider_environment(settings)
