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


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"SNOWFLAKE_TOKEN": "tok-8", "SNOWFLAKE_AUTHENTICATOR": "oauth"},
            {"SNOWFLAKE_AUTHENTICATOR": "OAUTH", "SNOWFLAKE_TOKEN": "tok-8"},
        ),
        (
            {
                "SNOWFLAKE_OAUTH_CLIENT_ID": "me",
                "SNOWFLAKE_OAUTH_CLIENT_SECRET": "client-secret",
                "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": "https://issuer/token",
                "SNOWFLAKE_OAUTH_SCOPE": "session:role:R",
            },
            {
                "SNOWFLAKE_AUTHENTICATOR": "OAUTH_CLIENT_CREDENTIALS",
                "SNOWFLAKE_OAUTH_CLIENT_ID": "me",
                "SNOWFLAKE_OAUTH_CLIENT_SECRET": "client-secret",
                "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": "https://issuer/token",
                "SNOWFLAKE_OAUTH_SCOPE": "session:role:R",
            },
        ),
        (
            {"SNOWFLAKE_PASSWORD": "pass-word", "SNOWFLAKE_PASSCODE": "123456"},
            {
                "SNOWFLAKE_AUTHENTICATOR": "USERNAMEPASSWORDMFA",
                "SNOWFLAKE_PASSWORD": "pass-word",
                "SNOWFLAKE_PASSCODE": "123456",
            },
        ),
        ({"SNOWFLAKE_AUTHENTICATOR": "externalbrowser"}, {"SNOWFLAKE_AUTHENTICATOR": "EXTERNALBROWSER"}),
        (
            {"SNOWFLAKE_AUTHENTICATOR": "workload_identity"},
            {"SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY", "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS"},
        ),
        (
            {"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC", "SNOWFLAKE_TOKEN": "tok-9"},
            {
                "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
                "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC",
                "SNOWFLAKE_TOKEN": "tok-9",
            },
        ),
    ],
)
def test_every_other_way(more: dict[str, str], expected: dict[str, str]) -> None:
    found = provider_environment(resolve(environ={**BASE, **more}))
    credentials = {
        name: value
        for name, value in found.items()
        if value and name not in {"SNOWFLAKE_USER", "SNOWFLAKE_HOST", "SNOWFLAKE_PORT", "SNOWFLAKE_PROTOCOL"}
    }
    where = {"SNOWFLAKE_ORGANIZATION_NAME": "ORG", "SNOWFLAKE_ACCOUNT_NAME": "ACCT"}
    assert credentials == where | expected


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH": "arn:aws:iam::123456789012:role/last"},
            "cannot assume other roles",
        ),
        ({"SNOWFLAKE_ENABLE_AWS_WIF_OUTBOUND_TOKEN": "true"}, "cannot prove an AWS identity by an outbound token"),
    ],
)
def test_what_the_provider_cannot_do_is_refused(more: dict[str, str], sentence: str) -> None:
    settings = resolve(environ={**BASE, "SNOWFLAKE_AUTHENTICATOR": "workload_identity", **more})
    with pytest.raises(UsageError, match=sentence) as refused:
        provider_environment(settings)
    assert "key pair" in str(refused.value.hint)
