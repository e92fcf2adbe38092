"""Signing in: who the client is, by which method, and the session that it gets.

Refusals are final answers (`success = false`, HTTP 200), as Snowflake gives them: a client that retries a wrong
password would lock the user. Every attempt is kept for LOGIN_HISTORY.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake import wire
from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.privileges import roles_of_user
from theia_sf.sandbox.snowflake.sign_in import access_token, browser, key_pair, oauth, password, refusals, workload
from theia_sf.sandbox.snowflake.sign_in.attempt import Attempt
from theia_sf.sandbox.snowflake.sign_in.refusals import SignInError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

Verifier = Callable[["Account", Attempt], User]

# by the AUTHENTICATOR of the request: connectors send their names, not the user's
VERIFIERS: dict[str, Verifier] = {
    "": password.verify,
    "SNOWFLAKE": password.verify,
    "USERNAME_PASSWORD_MFA": password.verify,
    "SNOWFLAKE_JWT": key_pair.verify,
    "PROGRAMMATIC_ACCESS_TOKEN": access_token.verify,
    "OAUTH": oauth.verify,
    "EXTERNALBROWSER": browser.verify,
    "WORKLOAD_IDENTITY": workload.verify,
}

# CLIENT_APP_ID of the drivers that read no Arrow: Node.js
WITHOUT_ARROW = frozenset({"JavaScript"})


def authenticate(account: Account, attempt: Attempt) -> User:
    """Checks the credentials of a login request.

    Args:
        account: whose users may sign in.
        attempt: the request; what is found out about it is noted in it.

    Raises:
        SignInError: the credentials are refused.
    """
    authenticator = attempt.text("AUTHENTICATOR").upper()
    verifier = VERIFIERS.get(authenticator)
    if verifier is None:
        raise refusals.unsupported_authenticator(authenticator)
    user = attempt.user = _in_force(verifier, account, attempt)
    user.wrong_passwords, user.locked_until = 0, None
    user.last_success_login = now()
    return user


def open_signed_in(
    account: Account, data: dict[str, Any], query: dict[str, str], client_ip: str = "127.0.0.1"
) -> Session:
    """Authenticates and opens the session that the request asks for.

    Args:
        account: the account to sign in to.
        data: the `data` object of the request.
        query: the URL's parameters: databaseName, schemaName, warehouse, roleName.
        client_ip: where the request came from.

    Raises:
        SignInError: credentials or role are refused.
    """
    attempt = Attempt(data, client_ip)
    try:
        user = authenticate(account, attempt)
        role = _role(account, attempt, user, _name(query.get("roleName")))
    except SignInError as refusal:
        account.logins.add(attempt, refusal)
        raise
    account.logins.add(attempt)
    namespace = (user.default_namespace or "").split(".")
    session = account.open_session(
        user.name,
        role=role,
        warehouse=_name(query.get("warehouse")) or user.default_warehouse,
        database=_name(query.get("databaseName")) or namespace[0] or None,
        schema=_name(query.get("schemaName")) or (namespace[1] if len(namespace) > 1 else None),
    )
    session.secondary_roles = session.secondary_roles and attempt.roles is None
    session.rows_as_json = data.get("CLIENT_APP_ID") in WITHOUT_ARROW
    session.parameters |= wire.parameters(data.get("SESSION_PARAMETERS"))
    if session.parameters.get("AUTOCOMMIT") == "false":
        session.conn.autocommit(mode=False)
    return session


def _in_force(verifier: Verifier, account: Account, attempt: Attempt) -> User:
    """The user that the verifier finds, unless it is locked or disabled; a locked one's credential isn't looked at."""
    try:
        user = verifier(account, attempt)
    except SignInError as refusal:
        raise (refusals.user_locked() if _locked(attempt.user) else refusal) from refusal.__cause__
    if _locked(user):
        raise refusals.user_locked()
    if user.disabled:
        raise refusals.user_disabled()
    return user


def _locked(user: User | None) -> bool:
    return user is not None and user.locked_until is not None and user.locked_until > now()


def _role(account: Account, attempt: Attempt, user: User, wanted: str | None) -> str | None:
    """The session's role: that of the request, else the one that the credential names, else the user's default."""
    only = next(iter(attempt.roles)) if attempt.roles is not None and len(attempt.roles) == 1 else None
    role = wanted or only or user.default_role
    if role and role not in roles_of_user(account.catalog, user.name):
        raise refusals.role_not_granted(role)
    if attempt.roles is not None and (role or "PUBLIC") not in attempt.roles:
        of_oauth = attempt.first_factor == oauth.FACTOR
        raise (refusals.role_not_in_token if of_oauth else refusals.role_not_granted)(role or "PUBLIC")
    return role


def _name(text: str | None) -> str | None:
    """A name of a connection parameter: quoted as written, else upper-cased."""
    if not text:
        return None
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.upper()
