"""Passwords, with a passcode where the user is enrolled in multi-factor authentication.

"Overview of multi-factor authentication": after five wrong attempts in a row a user is locked for 15 minutes, or until
an administrator sets MINS_TO_UNLOCK to 0.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.passwords import verify_password
from theia_sf.sandbox.snowflake.sign_in import access_token, passcode
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt, user_by_login
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError, incorrect_password

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

ATTEMPTS = 5
LOCK_LIFE = timedelta(minutes=15)


def verify(account: Account, attempt: Attempt) -> User:
    """The user whose password, or access token, stands in PASSWORD.

    Raises:
        SignInError: 390100; 394400 for an access token; 394507 and 394508 for the passcode.
    """
    user = attempt.user = user_by_login(account, attempt.login_name)
    given = attempt.text("PASSWORD")
    if user is None or not given:
        raise incorrect_password()
    if (token := access_token.find(user, given)) is not None:
        return access_token.accept(attempt, user, token)
    given, code = passcode.separate(attempt, user, given)
    if user.password_hash is None or not verify_password(given, user.password_hash):
        raise _counted(user, incorrect_password())
    if user.totp is not None:
        try:
            passcode.verify(attempt, user.totp, code)
        except SignInError as refusal:
            raise (_counted(user, refusal) if code else refusal) from None
    return user


def _counted(user: User, refusal: SignInError) -> SignInError:
    """Counts a wrong secret; the user is locked at the last of the attempts that it has."""
    if user.locked_until is not None and user.locked_until > now():
        return refusal
    user.wrong_passwords += 1
    if user.wrong_passwords >= ATTEMPTS:
        user.wrong_passwords, user.locked_until = 0, now() + LOCK_LIFE
    return refusal
