"""Whose OAuth access tokens the account takes, and which roles they give."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import jwt
import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.issuer import Issuer
from theia_sf.sandbox.snowflake.login import authenticate, open_signed_in
from theia_sf.sandbox.snowflake.sign_in import signed_tokens
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

CREATE = """CREATE SECURITY INTEGRATION IDP TYPE = EXTERNAL_OAUTH ENABLED = TRUE EXTERNAL_OAUTH_TYPE = CUSTOM
EXTERNAL_OAUTH_ISSUER = 'http://127.0.0.1:1/issuer' EXTERNAL_OAUTH_JWS_KEYS_URL = 'http://127.0.0.1:1/issuer/jwks'
EXTERNAL_OAUTH_AUDIENCE_LIST = ('theia') EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM = 'sub'
EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE = 'LOGIN_NAME'"""


@pytest.fixture
def idp(run: Any, account: Account, monkeypatch: pytest.MonkeyPatch) -> Issuer:
    """Another issuer, which an integration of its own trusts."""
    other = Issuer("http://127.0.0.1:1", "theia")
    run(CREATE, "CREATE ROLE R", "CREATE USER U EMAIL = 'u@x.example' DEFAULT_ROLE = R", "GRANT ROLE R TO USER U")
    monkeypatch.setattr(
        signed_tokens,
        "keys_at",
        lambda _, url: {other.jwks_url: other, account.issuer.jwks_url: account.issuer}[url].jwks(),
    )
    return other


def refused(account: Account, token: str, **data: str) -> str:
    with pytest.raises(SignInError) as caught:
        authenticate(account, Attempt({"AUTHENTICATOR": "OAUTH", "TOKEN": token, **data}))
    return caught.value.name


def role_of(account: Account, token: str, role: str | None = None) -> str:
    session = open_signed_in(account, {"AUTHENTICATOR": "OAUTH", "TOKEN": token}, {"roleName": role} if role else {})
    session.close()
    return session.role


def test_the_own_issuer_is_trusted_from_the_start(run: Any, account: Account):
    [listed] = run("SHOW SECURITY INTEGRATIONS")
    assert (listed["name"], listed["type"], listed["category"]) == (
        "SANDBOX_OAUTH",
        "EXTERNAL_OAUTH - CUSTOM",
        "SECURITY",
    )
    described = {row["property"]: row["property_value"] for row in run("DESC SECURITY INTEGRATION SANDBOX_OAUTH")}
    assert described["EXTERNAL_OAUTH_ISSUER"] == account.issuer.url
    assert role_of(account, account.issuer.access_token("THEIA", ["session:role-any"])) == "ACCOUNTADMIN"


def test_the_scope_names_the_role(account: Account, idp: Issuer):
    assert role_of(account, idp.access_token("U", ["session:role:R"])) == "R"
    with pytest.raises(SnowflakeError, match=r"\('R'\), is not listed in the Access Token or was filtered"):
        role_of(account, idp.access_token("U", ["session:role:PUBLIC"]), "R")
    with pytest.raises(SnowflakeError, match="not listed"):
        role_of(account, idp.access_token("U", ["session:role-any"]))


def test_any_role_must_be_allowed_and_privileged_ones_never_are(run: Any, account: Account, idp: Issuer):
    run("ALTER SECURITY INTEGRATION IDP SET EXTERNAL_OAUTH_ANY_ROLE_MODE = 'ENABLE'")
    assert role_of(account, idp.access_token("U", ["session:role-any"])) == "R"
    with pytest.raises(SnowflakeError, match=r"\('ACCOUNTADMIN'\), is not listed"):
        role_of(account, idp.access_token("THEIA", ["session:role-any"]), "ACCOUNTADMIN")


def test_users_may_be_mapped_by_their_email(run: Any, account: Account, idp: Issuer):
    run("ALTER INTEGRATION IDP SET EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE = 'EMAIL_ADDRESS'")
    assert role_of(account, idp.access_token("U@X.example", ["session:role:R"])) == "R"
    assert refused(account, idp.access_token("U", ["session:role:R"])) == "OAUTH_USER_NOT_FOUND"


def test_what_is_refused(run: Any, account: Account, idp: Issuer):
    scope = ["session:role:R"]
    good = idp.access_token("U", scope)
    stranger = Issuer("http://127.0.0.1:2", "theia").access_token("U", scope)
    forged = jwt.encode(jwt.decode(good, options={"verify_signature": False}), "k" * 32, algorithm="HS256")
    for_another = Issuer("http://127.0.0.1:1", "other")
    for_another.__dict__["_key"] = idp.__dict__["_key"]
    assert refused(account, "text") == "EXTERNAL_OAUTH_JWS_INVALID_FORMAT"
    assert refused(account, stranger) == "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_FOUND"
    assert refused(account, forged) == "EXTERNAL_OAUTH_INVALID_SIGNATURE"
    assert refused(account, for_another.access_token("U", scope)) == "EXTERNAL_OAUTH_AUDIENCE_VALIDATION_FAILED"
    assert refused(account, idp.access_token("U", scope, life=timedelta(minutes=-1))).endswith("TOKEN_EXPIRED")
    assert refused(account, idp.access_token("NOBODY", scope)) == "OAUTH_USER_NOT_FOUND"
    assert refused(account, good, LOGIN_NAME="THEIA") == "OAUTH_USERNAMES_MISMATCH"
    run("ALTER SECURITY INTEGRATION IDP SET ENABLED = FALSE")
    assert refused(account, good) == "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_ENABLED"
    run("DROP SECURITY INTEGRATION IDP")
    assert refused(account, good) == "EXTERNAL_OAUTH_ACCESS_TOKEN_ISSUER_NOT_FOUND"


def test_keys_are_fetched_from_this_machine_only(account: Account):
    for url in ("https://idp.example/jwks", "http://10.0.0.1/jwks", "file:///etc/passwd", "http://127.0.0.1:1/jwks"):
        with pytest.raises(signed_tokens.KeysUnavailableError):
            signed_tokens.keys_at(account, url)


@pytest.mark.parametrize(
    "without", ["ENABLED = TRUE", "EXTERNAL_OAUTH_TYPE = CUSTOM", "EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM = 'sub'"]
)
def test_options_that_an_integration_needs(run: Any, without: str):
    with pytest.raises(SnowflakeError, match="Missing option"):
        run(CREATE.replace(without, ""))
