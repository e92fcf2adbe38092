"""One attempt to sign in: what the client sent, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.catalog import User


@dataclass
class Attempt:
    """A login request under way.

    Attributes:
        data: the `data` object of the request (LOGIN_NAME, PASSWORD, AUTHENTICATOR, TOKEN, …).
        client_ip: where it came from.
        user: who it is, as soon as that is known; for LOGIN_HISTORY it need not be proven.
        first_factor, second_factor: the methods, as LOGIN_HISTORY names them.
        first_factor_id, second_factor_id: the credentials' ids in the CREDENTIALS view.
        roles: the roles that the credential restricts the session to; None for no restriction.
    """

    data: dict[str, Any] = field(repr=False)
    client_ip: str = "127.0.0.1"
    user: User | None = None
    first_factor: str = "PASSWORD"
    second_factor: str | None = None
    first_factor_id: int | None = None
    second_factor_id: int | None = None
    roles: frozenset[str] | None = None

    @property
    def login_name(self) -> str:
        """LOGIN_NAME in upper case; empty where the credential says who it is."""
        return self.text("LOGIN_NAME").upper()

    def text(self, name: str) -> str:
        """A value of the request as text."""
        return str(self.data.get(name) or "")


def user_by_login(account: Account, login_name: str) -> User | None:
    """The user who signs in under a name (names are compared in upper case)."""
    for user in list(account.catalog.users.values()):
        if login_name.upper() in {user.login_name.upper(), user.name.upper()}:
            return user
    return None


def expect_login_name(attempt: Attempt, user: User, refusal: SignInError) -> None:
    """Makes sure that the name of the request, if there is one, is that of the user whom the credential names."""
    if attempt.login_name and attempt.login_name not in {user.name.upper(), user.login_name.upper()}:
        raise refusal
