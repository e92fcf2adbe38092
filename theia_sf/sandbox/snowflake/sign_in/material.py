"""What a client needs to sign in by a method: users, secrets and tokens, made for those who ask the sandbox for them.

The answer holds the variables of a client's environment, as `theia_sf.credentials.fields` names them.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake import workload_identities
from theia_sf.sandbox.snowflake.catalog import Grant, User, now
from theia_sf.sandbox.snowflake.passwords import hash_password
from theia_sf.sandbox.snowflake.principals import AccessToken, digest
from theia_sf.sandbox.snowflake.privileges import ADMIN
from theia_sf.sandbox.snowflake.sign_in import passcode
from theia_sf.sandbox.snowflake.workload_identities import DEFAULT_AUDIENCE

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

PATH = "/sandbox/sign-in"
EXPIRED_LIFE = timedelta(minutes=-1)
TOKEN_LIFE = timedelta(days=15)
ANY_ROLE = "session:role-any"

Variables = dict[str, str]


@dataclass(frozen=True)
class Asked:
    """A request: the account, the user (None: the method's own), and whether the credential shall have expired."""

    account: Account
    user: str | None
    expired: bool

    @property
    def life(self) -> timedelta | None:
        """How long a token lives; None for as long as usual."""
        return EXPIRED_LIFE if self.expired else None


def make(account: Account, method: str, user: str | None, *, expired: bool = False) -> dict[str, Any]:
    """Makes the credentials of a method.

    Args:
        account: the account to sign in to.
        method: one of `METHODS`.
        user: for whom; one that isn't there is made, and gets the role ACCOUNTADMIN. None takes a suitable one.
        expired: make a token that has expired.

    Returns:
        `variables`, the environment of the client, and `user`.

    Raises:
        ValueError: no such method, or the user is of a type that it isn't for.
    """
    if method not in METHODS:
        message = f"There is no method {method}."
        raise ValueError(message)
    variables = METHODS[method](Asked(account, user.upper() if user else None, expired))
    return {"user": variables["SNOWFLAKE_USER"], "variables": variables}


def _mfa(asked: Asked) -> Variables:
    """A new password and a passcode that wasn't used; the user is enrolled if it wasn't."""
    user = _user(asked, "THEIA_MFA", "PERSON")
    password = _new_password(asked, user)
    method = user.totp or passcode.enrol(asked.account.catalog, user)
    return {
        "SNOWFLAKE_USER": user.name,
        "SNOWFLAKE_AUTHENTICATOR": "username_password_mfa",
        "SNOWFLAKE_PASSWORD": password,
        "SNOWFLAKE_PASSCODE": passcode.fresh(method, expired=asked.expired),
    }


def _access_token(asked: Asked) -> Variables:
    user = _user(asked, asked.account.admin_user)
    name = f"SANDBOX_{now():%Y%m%d%H%M%S%f}"
    secret = secrets.token_urlsafe(48)
    user.tokens[name] = AccessToken(
        name=name,
        secret_sha256=digest(secret),
        expires_at=now() + (asked.life or TOKEN_LIFE),
        role_restriction=(user.default_role or "PUBLIC") if user.type == "SERVICE" else None,
        created_by=asked.account.admin_user,
        id=asked.account.catalog.next_credential_id(),
    )
    return {
        "SNOWFLAKE_USER": user.name,
        "SNOWFLAKE_AUTHENTICATOR": "programmatic_access_token",
        "SNOWFLAKE_TOKEN": secret,
    }


def _oauth(asked: Asked) -> Variables:
    user = _user(asked, asked.account.admin_user)
    token = asked.account.issuer.access_token(user.login_name, [ANY_ROLE], **_life(asked))
    return {"SNOWFLAKE_USER": user.name, "SNOWFLAKE_AUTHENTICATOR": "oauth", "SNOWFLAKE_TOKEN": token}


def _oauth_client(asked: Asked) -> Variables:
    _refuse_expired(asked)
    user = _user(asked, asked.account.admin_user)
    client_id, secret = asked.account.issuer.register(user.login_name)
    return {
        "SNOWFLAKE_USER": user.name,
        "SNOWFLAKE_AUTHENTICATOR": "oauth_client_credentials",
        "SNOWFLAKE_OAUTH_CLIENT_ID": client_id,
        "SNOWFLAKE_OAUTH_CLIENT_SECRET": secret,
        "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": asked.account.issuer.token_url,
        "SNOWFLAKE_OAUTH_SCOPE": ANY_ROLE,
    }


def _oidc(asked: Asked) -> Variables:
    """A workload's ID token; the service user trusts the issuer for this subject."""
    account = asked.account
    user = _user(asked, "THEIA_WORKLOAD", "SERVICE")
    subject = f"workload:{user.name.lower()}"
    if all(i.issuer != account.issuer.url for i in user.workload_identities.values()):
        values = {"TYPE": "OIDC", "ISSUER": account.issuer.url, "SUBJECT": subject}
        name = "SANDBOX" if user.default_identity else workload_identities.DEFAULT
        workload_identities.attach(account.catalog, user, workload_identities.from_properties(name, values))
    return {
        "SNOWFLAKE_USER": user.name,
        "SNOWFLAKE_AUTHENTICATOR": "workload_identity",
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "OIDC",
        "SNOWFLAKE_TOKEN": account.issuer.id_token(subject, DEFAULT_AUDIENCE, **_life(asked)),
    }


def _browser(asked: Asked) -> Variables:
    _refuse_expired(asked)
    user = _user(asked, asked.account.admin_user)
    return {"SNOWFLAKE_USER": user.name, "SNOWFLAKE_AUTHENTICATOR": "externalbrowser"}


METHODS: dict[str, Callable[[Asked], Variables]] = {
    "mfa": _mfa,
    "access-token": _access_token,
    "oauth": _oauth,
    "oauth-client": _oauth_client,
    "oidc": _oidc,
    "browser": _browser,
}


def _refuse_expired(asked: Asked) -> None:
    if asked.expired:
        message = "This method has no credential that expires."
        raise ValueError(message)


def _life(asked: Asked) -> dict[str, timedelta]:
    return {} if asked.life is None else {"life": asked.life}


def _user(asked: Asked, default: str, kind: str | None = None) -> User:
    """The user who was asked for, or the method's own; made if it isn't there."""
    catalog, name = asked.account.catalog, asked.user or default
    with catalog.lock:
        user = catalog.users.get(name)
        if user is None:
            user = User(name=name, login_name=name, display_name=name, type=kind, default_role=ADMIN)
            user.default_secondary_roles = []
            catalog.users[name] = user
            grant = Grant(privilege="USAGE", granted_on="ROLE", name=(ADMIN,), grantee=name, granted_to="USER")
            catalog.grants[grant] = grant
    if kind is not None and (user.type or "PERSON") != kind:
        message = f"User {name} is of type {user.type or 'PERSON'}; the method is for {kind}."
        raise ValueError(message)
    return user


def _new_password(asked: Asked, user: User) -> str:
    """A new password in the place of the user's, which the account can't tell."""
    if user.name == asked.account.admin_user:
        message = f"{user.name} keeps its password, by which the sandbox itself signs in; name another user."
        raise ValueError(message)
    password = secrets.token_urlsafe(18)
    user.password_hash = hash_password(password)
    return password
