"""Programmatic access tokens of users. "ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN" and its sisters.

Every action begins after the words PROGRAMMATIC ACCESS TOKEN.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import already_exists, does_not_exist, invalid_value
from theia_sf.sandbox.snowflake.principals import AccessToken, digest
from theia_sf.sandbox.snowflake.privileges import roles_of_user
from theia_sf.sandbox.snowflake.results import Result, listing, status, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import Property, assign, boolean, integer, parse_properties, text

DEFAULT_TOKEN_DAYS = 15  # "Using programmatic access tokens for authentication"
TOKEN_GRAMMAR = {
    "ROLE_RESTRICTION": Property(text, "role_restriction"),
    "DAYS_TO_EXPIRY": Property(integer, "days"),
    "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT": Property(integer, "bypass"),
    "COMMENT": Property(text, "comment"),
}
TOKEN_CHANGES = {"DISABLED": Property(boolean, "disabled"), "COMMENT": Property(text, "comment")}


def add(statement: Statement, user: User) -> Result:
    """ADD PROGRAMMATIC ACCESS TOKEN name …: the only time the secret is shown."""
    name = statement.tokens.identifier()
    values = parse_properties(statement.tokens, TOKEN_GRAMMAR, "PROGRAMMATIC ACCESS TOKEN")
    if name in user.tokens:
        raise already_exists(name)
    restriction = values.get("ROLE_RESTRICTION")
    if restriction is not None and restriction.upper() not in roles_of_user(statement.catalog, user.name):
        raise does_not_exist(restriction, "Role")
    if restriction is None and user.type == "SERVICE":
        raise invalid_value(None, "ROLE_RESTRICTION")
    secret = secrets.token_urlsafe(48)
    user.tokens[name] = AccessToken(
        name=name,
        secret_sha256=digest(secret),
        expires_at=now() + timedelta(days=values.get("DAYS_TO_EXPIRY", DEFAULT_TOKEN_DAYS)),
        role_restriction=restriction.upper() if restriction else None,
        comment=values.get("COMMENT"),
        created_by=statement.session.user,
        id=statement.catalog.next_credential_id(),
    )
    return listing(["token_name", "token_secret"], [(name, secret)])


def modify(statement: Statement, user: User) -> Result:
    """MODIFY PROGRAMMATIC ACCESS TOKEN name SET DISABLED = …, COMMENT = … | RENAME TO."""
    token = _named(statement, user)
    if statement.tokens.accept("RENAME", "TO"):
        new = statement.tokens.identifier()
        user.tokens[new] = user.tokens.pop(token.name)
        token.name = new
        return succeeded()
    statement.tokens.expect("SET")
    assign(token, TOKEN_CHANGES, parse_properties(statement.tokens, TOKEN_CHANGES, "TOKEN"))
    return succeeded()


def rotate(statement: Statement, user: User) -> Result:
    """ROTATE PROGRAMMATIC ACCESS TOKEN name: a new secret, the old one valid for the asked hours (default 24)."""
    token = _named(statement, user)
    grammar = {"EXPIRE_ROTATED_TOKEN_AFTER_HOURS": Property(integer, "hours")}
    hours = parse_properties(statement.tokens, grammar, "TOKEN").get("EXPIRE_ROTATED_TOKEN_AFTER_HOURS", 24)
    secret = secrets.token_urlsafe(48)
    old = f"{token.name}_ROTATED_{now():%Y%m%d%H%M%S}"
    user.tokens[old] = replace(
        token,
        name=old,
        expires_at=min(token.expires_at, now() + timedelta(hours=hours)),
        rotated_to=token.name,
        id=statement.catalog.next_credential_id(),
    )
    token.secret_sha256, token.expires_at = digest(secret), now() + timedelta(days=DEFAULT_TOKEN_DAYS)
    return listing(["token_name", "token_secret", "rotated_token_name"], [(token.name, secret, old)])


def remove(statement: Statement, user: User) -> Result:
    """REMOVE PROGRAMMATIC ACCESS TOKEN name."""
    token = _named(statement, user)
    del user.tokens[token.name]
    return status(f"Programmatic access token {token.name} successfully removed.")


def _named(statement: Statement, user: User) -> AccessToken:
    name = statement.tokens.identifier()
    if name not in user.tokens:
        raise does_not_exist(name, "Programmatic access token")
    return user.tokens[name]


ACTIONS: dict[str, Callable[[Statement, User], Result]] = {
    "ADD": add,
    "MODIFY": modify,
    "ROTATE": rotate,
    "REMOVE": remove,
}
