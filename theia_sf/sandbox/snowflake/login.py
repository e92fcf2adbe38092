"""Signing in: password, key pair (JWT) and programmatic access token.

Refusals are final answers (`success = false`, HTTP 200), as Snowflake gives them: a client that retries a wrong
password would lock the account. Numbers: 390100 password, 390101 disabled, 390144 JWT, 390189 role, 394400 token.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake import jwt_login, wire
from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowflake.passwords import verify_password
from theia_sf.sandbox.snowflake.privileges import roles_of_user

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

SIGN_IN_STATE = "08001"
PASSWORD_AUTHENTICATORS = {"", "SNOWFLAKE", "USERNAME_PASSWORD_MFA"}
TYPES_WITHOUT_PASSWORD = {"SERVICE"}


def incorrect_password() -> SnowflakeError:
    """390100: also for a user that doesn't exist."""
    return SnowflakeError(390100, SIGN_IN_STATE, "Incorrect username or password was specified.")


def authenticate(account: Account, data: dict[str, Any]) -> tuple[User, str | None]:
    """Checks the credentials of a login request.

    Args:
        account: whose users may sign in.
        data: the `data` object of the request (LOGIN_NAME, PASSWORD, AUTHENTICATOR, TOKEN, …).

    Returns:
        the user, and the role that the credential is restricted to (programmatic access tokens), else None.

    Raises:
        SnowflakeError: the credentials are refused.
    """
    authenticator = str(data.get("AUTHENTICATOR") or "").upper()
    login_name = str(data.get("LOGIN_NAME") or "").upper()
    restriction: str | None = None
    if authenticator in PASSWORD_AUTHENTICATORS:
        user, restriction = _by_password(account, login_name, str(data.get("PASSWORD") or ""))
    elif authenticator == "SNOWFLAKE_JWT":
        user = jwt_login.verify(account, login_name, str(data.get("TOKEN") or ""))
    elif authenticator == "PROGRAMMATIC_ACCESS_TOKEN":
        user, restriction = _by_access_token(account, login_name, str(data.get("TOKEN") or ""))
    else:
        message = f"Authenticator type is not supported: {authenticator}."
        raise SnowflakeError(390201, SIGN_IN_STATE, message)
    if user.disabled:
        message = "User access disabled. Contact your local system administrator."
        raise SnowflakeError(390101, SIGN_IN_STATE, message)
    user.last_success_login = now()
    return user, restriction


def open_signed_in(account: Account, data: dict[str, Any], query: dict[str, str]) -> Session:
    """Authenticates and opens the session that the request asks for.

    Args:
        account: the account to sign in to.
        data: the `data` object of the request.
        query: the URL's parameters: databaseName, schemaName, warehouse, roleName.

    Raises:
        SnowflakeError: credentials or role are refused.
    """
    user, restriction = authenticate(account, data)
    role = _name(query.get("roleName")) or restriction or user.default_role
    if role and (role not in roles_of_user(account.catalog, user.name) or (restriction and role != restriction)):
        message = (
            f"Role '{role}' specified in the connect string does not exist or not authorized. Contact your local "
            "system administrator, or attempt to login with another role, e.g. PUBLIC."
        )
        raise SnowflakeError(390189, SIGN_IN_STATE, message)
    namespace = (user.default_namespace or "").split(".")
    session = account.open_session(
        user.name,
        role=role,
        warehouse=_name(query.get("warehouse")) or user.default_warehouse,
        database=_name(query.get("databaseName")) or namespace[0] or None,
        schema=_name(query.get("schemaName")) or (namespace[1] if len(namespace) > 1 else None),
    )
    session.secondary_roles = session.secondary_roles and restriction is None
    session.parameters |= wire.parameters(data.get("SESSION_PARAMETERS"))
    if session.parameters.get("AUTOCOMMIT") == "false":
        session.conn.autocommit(mode=False)
    return session


def user_by_login(account: Account, login_name: str) -> User | None:
    """The user who signs in under a name (names are compared in upper case)."""
    for user in list(account.catalog.users.values()):
        if login_name in {user.login_name.upper(), user.name.upper()}:
            return user
    return None


def _by_password(account: Account, login_name: str, password: str) -> tuple[User, str | None]:
    user = user_by_login(account, login_name)
    if user is None or not password:
        raise incorrect_password()
    if _access_token_of(user, password):
        return _by_access_token(account, login_name, password)
    if user.password_hash is None or user.type in TYPES_WITHOUT_PASSWORD:
        raise incorrect_password()
    if not verify_password(password, user.password_hash):
        raise incorrect_password()
    return user, None


def _by_access_token(account: Account, login_name: str, secret: str) -> tuple[User, str | None]:
    refused = SnowflakeError(394400, SIGN_IN_STATE, "Programmatic access token is invalid.")
    candidates = [user_by_login(account, login_name)] if login_name else list(account.catalog.users.values())
    for user in candidates:
        token = _access_token_of(user, secret) if user else None
        if user is None or token is None:
            continue
        if token.disabled or token.expires_at <= now():
            raise refused
        return user, token.role_restriction
    raise refused


def _access_token_of(user: User, secret: str) -> Any:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    return next((t for t in user.tokens.values() if t.secret_sha256 == digest), None)


def _name(text: str | None) -> str | None:
    """A name of a connection parameter: quoted as written, else upper-cased."""
    if not text:
        return None
    return text[1:-1].replace('""', '"') if text.startswith('"') else text.upper()
