"""Users and their access tokens."""

from __future__ import annotations

from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.login import authenticate
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt


def test_service_user(run: Any):
    run("CREATE USER SVC TYPE = SERVICE DEFAULT_ROLE = PUBLIC COMMENT = 'robot'")
    [shown] = run("SHOW USERS LIKE 'SVC'")
    assert (shown["type"], shown["has_password"], shown["has_rsa_public_key"]) == ("SERVICE", "false", "false")
    with pytest.raises(SnowflakeError, match="invalid property 'PASSWORD'"):
        run("ALTER USER SVC SET PASSWORD = 'x'")
    with pytest.raises(SnowflakeError, match="New public key rejected"):
        run("ALTER USER SVC SET RSA_PUBLIC_KEY = 'no key'")


def test_password_never_shows(run: Any):
    run("CREATE USER U PASSWORD = 'very secret'")
    assert "very secret" not in str(run("DESC USER U"))
    assert {r["property"]: r["value"] for r in run("DESC USER U")}["PASSWORD"] == "********"


def test_access_token(run: Any, account: Account):
    run("CREATE ROLE R", "CREATE USER SVC TYPE = SERVICE", "GRANT ROLE R TO USER SVC")
    [made] = run("ALTER USER SVC ADD PROGRAMMATIC ACCESS TOKEN tok ROLE_RESTRICTION = 'R' DAYS_TO_EXPIRY = 3")
    login = {"LOGIN_NAME": "SVC", "AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN", "TOKEN": made["token_secret"]}
    attempt = Attempt(login)
    assert authenticate(account, attempt).name == "SVC"
    assert attempt.roles == {"R"}
    [listed] = run("SHOW USER PROGRAMMATIC ACCESS TOKENS FOR USER SVC")
    assert (listed["name"], listed["status"]) == ("TOK", "ACTIVE")
    assert made["token_secret"] not in str(account.catalog)
    run("ALTER USER SVC REMOVE PROGRAMMATIC ACCESS TOKEN tok")
    with pytest.raises(SnowflakeError, match="access token is invalid"):
        authenticate(account, Attempt(login))


def test_rotated_token(run: Any, account: Account):
    run("CREATE USER U")
    [first] = run("ALTER USER U ADD PAT t")
    [second] = run("ALTER USER U ROTATE PAT t EXPIRE_ROTATED_TOKEN_AFTER_HOURS = 0")
    assert second["token_secret"] != first["token_secret"]
    with pytest.raises(SnowflakeError):
        authenticate(account, Attempt({"LOGIN_NAME": "U", "PASSWORD": first["token_secret"]}))
    assert authenticate(account, Attempt({"LOGIN_NAME": "U", "PASSWORD": second["token_secret"]})).name == "U"


def test_switches_of_a_user_are_described_as_switches(run: Any):
    run("CREATE USER U")
    rows = [row for row in run("DESC USER U") if row["value"] in {"true", "false"}]
    assert {row["property"] for row in rows} >= {"DISABLED", "MUST_CHANGE_PASSWORD", "HAS_MFA"}
    assert {row["default"] for row in rows} == {"false"}
