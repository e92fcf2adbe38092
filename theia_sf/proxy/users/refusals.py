"""What somebody hears who does not prove who they are: Snowflake's numbers and sentences, never which part was wrong.

Drivers know these numbers as final, so that none of them asks again with the same proof.
"""

from __future__ import annotations

from typing import Final

from theia_sf.proxy.errors import LOGIN_REFUSED, RefusalError

JWT_INVALID: Final = "390144"
JWT_ISSUE_TIME: Final = "394302"
JWT_EXPIRATION_TIME: Final = "394303"
ACCESS_TOKEN_INVALID: Final = "394400"  # noqa: S105 (a number)
OAUTH_TOKEN_INVALID: Final = "390303"  # noqa: S105 (as above)
AUTHENTICATOR_UNKNOWN: Final = "390201"
LOCKED: Final = "390102"
BUSY: Final = "390187"
"""A number of the proxy's own, among those of sign-in and session errors, which no driver repeats."""


def wrong_password() -> RefusalError:
    """Also where there is no such user, or the user has no password."""
    return RefusalError(LOGIN_REFUSED, "Incorrect username or password was specified.")


def wrong_access_token() -> RefusalError:
    """In its own authenticator."""
    return RefusalError(ACCESS_TOKEN_INVALID, "Programmatic access token is invalid.")


def wrong_oauth_token() -> RefusalError:
    """An access token of the proxy's in the place of an OAuth token."""
    return RefusalError(OAUTH_TOKEN_INVALID, "Invalid OAuth access token.")


def wrong_jwt(number: str = JWT_INVALID) -> RefusalError:
    """The number says more only to who has the key: the token was signed by it, and its times are wrong."""
    return RefusalError(number, "JWT token is invalid.")


def unknown_authenticator() -> RefusalError:
    """The client uses a way to sign in that the proxy does not have."""
    message = (
        "The proxy does not take this authenticator. Use an access token of the proxy's as the password or with "
        "PROGRAMMATIC_ACCESS_TOKEN, a registered key with SNOWFLAKE_JWT, or a client certificate."
    )
    return RefusalError(AUTHENTICATOR_UNKNOWN, message)


def too_many_failures() -> RefusalError:
    """After wrong proofs; the same for a user that there is not."""
    return RefusalError(LOCKED, "There were too many failed attempts to sign in; try again in some minutes.")


def busy() -> RefusalError:
    """More want to sign in at the same time than the proxy can check."""
    return RefusalError(BUSY, "Too many clients sign in at the same time; try again in a moment.")
