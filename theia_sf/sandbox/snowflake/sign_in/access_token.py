"""Programmatic access tokens: in their own authenticator, or in the place of a password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.principals import AccessToken, digest
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, user_by_login
from theia_sf.sandbox.snowflake.sign_in.refusals import invalid_access_token

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

FACTOR = "PROGRAMMATIC_ACCESS_TOKEN"


def verify(account: Account, attempt: Attempt) -> User:
    """The user of the token in TOKEN; LOGIN_NAME may be empty.

    Raises:
        SignInError: 394400.
    """
    attempt.first_factor = FACTOR
    attempt.user = user_by_login(account, attempt.login_name) if attempt.login_name else None
    candidates = [attempt.user] if attempt.login_name else list(account.catalog.users.values())
    for user in candidates:
        token = find(user, attempt.text("TOKEN")) if user is not None else None
        if user is not None and token is not None:
            return accept(attempt, user, token)
    raise invalid_access_token()


def find(user: User, secret: str) -> AccessToken | None:
    """The user's token with this secret."""
    kept = digest(secret)
    return next((token for token in user.tokens.values() if token.secret_sha256 == kept), None)


def accept(attempt: Attempt, user: User, token: AccessToken) -> User:
    """Checks that a token is in force, and restricts the session to its role.

    Raises:
        SignInError: 394400.
    """
    attempt.first_factor, attempt.first_factor_id, attempt.user = FACTOR, token.id, user
    if token.disabled or token.expires_at <= now():
        raise invalid_access_token()
    attempt.roles = frozenset({token.role_restriction}) if token.role_restriction else None
    token.last_used = now()
    return user
