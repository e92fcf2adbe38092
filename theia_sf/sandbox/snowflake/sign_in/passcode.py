"""Time-based one-time passcodes (RFC 6238), the second factor of a password."""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

import pyotp
from pyotp.totp import TOTP

from theia_sf.sandbox.snowflake.catalog import Catalog, User, now
from theia_sf.sandbox.snowflake.principals import Totp
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.refusals import passcode_missing, passcode_wrong

DIGITS = 6
STEP = timedelta(seconds=30)
DRIFT_STEPS = 1  # RFC 6238, section 6: clocks differ, and typing takes time


def enrol(catalog: Catalog, user: User) -> Totp:
    """Gives a user a new secret for an authenticator app, in the place of an earlier one."""
    name = f"TOTP-{secrets.token_hex(2).upper()}"
    user.totp = Totp(name=name, secret=pyotp.random_base32(), id=catalog.next_credential_id())
    return user.totp


def separate(attempt: Attempt, user: User, password: str) -> tuple[str, str]:
    """The password and the passcode of a request, which come apart or as one text ("passcode in password")."""
    code = attempt.text("PASSCODE")
    in_password = not code and attempt.text("EXT_AUTHN_DUO_METHOD") == "passcode"
    if user.totp is not None and in_password:
        return password[:-DIGITS], password[-DIGITS:]
    return password, code


def verify(attempt: Attempt, method: Totp, code: str) -> None:
    """Checks a passcode, which is good once.

    Raises:
        SignInError: 394508 none was sent, 394507 it is another one or was used before.
    """
    if not code:
        raise passcode_missing()
    attempt.second_factor, attempt.second_factor_id = "TOTP", method.id
    totp = _totp(method)
    present = totp.timecode(now())
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if step > method.last_step and hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            method.last_step, method.last_used = step, now()
            return
    raise passcode_wrong()


def fresh(method: Totp, *, expired: bool = False) -> str:
    """A passcode that is good now and wasn't used; or one of an hour ago."""
    totp = _totp(method)
    present = totp.timecode(now() - timedelta(hours=1) if expired else now())
    return totp.generate_otp(present if expired else max(present, method.last_step + 1))


def _totp(method: Totp) -> TOTP:
    return TOTP(method.secret, digits=DIGITS, interval=int(STEP.total_seconds()))
