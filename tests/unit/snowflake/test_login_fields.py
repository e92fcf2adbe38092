"""The fields by which a login request proves who signs in, for each way that needs nobody at a keyboard."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake.login_fields import login_fields
from theia_sf.snowflake.settings import ConnectionSettings


def settings(authenticator: str, **changes: Any) -> ConnectionSettings:
    return ConnectionSettings(account="ORG-ACC", user="SVC", authenticator=authenticator, **changes)


def test_a_key_pair_signs_a_token_of_a_minute() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    fields = login_fields(settings("SNOWFLAKE_JWT", private_key=Secret(pem)))
    claims = jwt.decode(fields.pop("TOKEN"), key.public_key(), algorithms=["ES256"])
    assert claims["sub"] == "ORG-ACC.SVC"
    assert claims["exp"] - claims["iat"] <= 60
    assert fields == {"ACCOUNT_NAME": "ORG-ACC", "LOGIN_NAME": "SVC", "AUTHENTICATOR": "SNOWFLAKE_JWT"}


@pytest.mark.parametrize("authenticator", ["PROGRAMMATIC_ACCESS_TOKEN", "OAUTH"])
def test_tokens_go_as_they_are(authenticator: str) -> None:
    fields = login_fields(settings(authenticator, token=Secret("the-token")))
    assert (fields["AUTHENTICATOR"], fields["TOKEN"], fields["LOGIN_NAME"]) == (authenticator, "the-token", "SVC")


def test_a_password_goes_alone() -> None:
    fields = login_fields(settings("SNOWFLAKE", password=Secret("the-password")))
    assert fields == {"ACCOUNT_NAME": "ORG-ACC", "LOGIN_NAME": "SVC", "PASSWORD": "the-password"}


def test_a_workloads_token() -> None:
    token = jwt.encode({"iss": "https://issuer.example.com", "sub": "workload"}, "k" * 32)
    fields = login_fields(settings("WORKLOAD_IDENTITY", workload_identity_provider="OIDC", token=Secret(token)))
    assert (fields["AUTHENTICATOR"], fields["PROVIDER"], fields["TOKEN"]) == ("WORKLOAD_IDENTITY", "OIDC", token)


def test_a_key_that_is_none() -> None:
    with pytest.raises(UsageError):
        login_fields(settings("SNOWFLAKE_JWT", private_key=Secret("no key")))


def test_a_workload_without_a_token() -> None:
    with pytest.raises(ConnectionFailedError, match="token is missing"):
        login_fields(settings("WORKLOAD_IDENTITY", workload_identity_provider="OIDC"))
