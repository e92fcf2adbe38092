"""Passcodes: the second factor of a password."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from theia_sf.sandbox.snowflake.account import Account
from theia_sf.sandbox.snowflake.catalog import User
from theia_sf.sandbox.snowflake.login import authenticate
from theia_sf.sandbox.snowflake.sign_in import passcode
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError


@pytest.fixture
def user(run: Any, account: Account) -> User:
    run("CREATE USER U PASSWORD = 'secret'")
    passcode.enrol(account.catalog, account.catalog.users["U"])
    return account.catalog.users["U"]


def sign_in(account: Account, **data: str) -> Attempt:
    attempt = Attempt({"LOGIN_NAME": "u", "PASSWORD": "secret", **data})
    authenticate(account, attempt)
    return attempt


def refused(account: Account, **data: str) -> str:
    with pytest.raises(SignInError) as caught:
        sign_in(account, **data)
    return caught.value.code


def test_a_passcode_is_good_once(account: Account, user: User):
    assert user.totp is not None
    code = passcode.fresh(user.totp)
    attempt = sign_in(account, PASSCODE=code, EXT_AUTHN_DUO_METHOD="passcode")
    assert (attempt.first_factor, attempt.second_factor) == ("PASSWORD", "TOTP")
    assert refused(account, PASSCODE=code) == "394507"
    assert sign_in(account, PASSWORD="secret" + passcode.fresh(user.totp), EXT_AUTHN_DUO_METHOD="passcode")


def test_a_passcode_is_good_for_about_half_a_minute(account: Account, user: User, monkeypatch: pytest.MonkeyPatch):
    assert user.totp is not None
    code = passcode.fresh(user.totp)
    later = datetime.now(UTC) + timedelta(seconds=95)
    monkeypatch.setattr(passcode, "now", lambda: later)
    assert refused(account, PASSCODE=code) == "394507"


def test_a_password_alone_is_not_enough_and_not_counted(account: Account, user: User):
    for _ in range(6):
        assert refused(account) == "394508"
    assert refused(account, PASSWORD="wrong") == "390100"
    assert user.wrong_passwords == 1


def test_wrong_passcodes_lock_too_until_an_administrator_unlocks(run: Any, account: Account, user: User):
    assert [refused(account, PASSCODE="x") for _ in range(5)] == ["394507"] * 4 + ["390102"]
    assert run("SHOW USERS LIKE 'U'")[0]["mins_to_unlock"] == 15
    run("ALTER USER U SET MINS_TO_UNLOCK = 0")
    assert user.totp is not None
    assert sign_in(account, PASSCODE=passcode.fresh(user.totp))


def test_methods_are_shown_and_taken_away(run: Any, account: Account, user: User):
    [shown] = run("SHOW MFA METHODS FOR USER U")
    assert shown["type"] == "TOTP"
    assert shown["name"].startswith("TOTP-")
    assert run("SHOW USERS LIKE 'U'")[0]["has_mfa"] == "true"
    run(f'ALTER USER U REMOVE MFA METHOD "{shown["name"]}"')
    assert sign_in(account).second_factor is None
    passcode.enrol(account.catalog, user)
    run("ALTER USER U SET DISABLE_MFA = TRUE")
    assert run("SHOW MFA METHODS FOR USER U") == []
