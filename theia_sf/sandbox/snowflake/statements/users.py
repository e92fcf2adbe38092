"""Users and their programmatic access tokens. "CREATE USER", "ALTER USER … ADD PROGRAMMATIC ACCESS TOKEN"."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Any

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import already_exists, does_not_exist, invalid_property, invalid_value
from theia_sf.sandbox.snowflake.jwt_login import parse_public_key
from theia_sf.sandbox.snowflake.passwords import hash_password
from theia_sf.sandbox.snowflake.principals import AccessToken
from theia_sf.sandbox.snowflake.privileges import roles_of_user
from theia_sf.sandbox.snowflake.results import Result, listing, status, succeeded
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    boolean,
    dotted,
    identifier,
    integer,
    parse_properties,
    string,
    strings,
    text,
)
from theia_sf.sandbox.snowflake.statements.properties import assign as assign_properties

USER_TYPES = {"PERSON", "SERVICE", "LEGACY_SERVICE", "NULL"}
NOT_FOR_SERVICES = ("PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD")


def user_type(tokens: Tokens) -> str | None:
    """PERSON, SERVICE, LEGACY_SERVICE or NULL."""
    value = tokens.text().upper()
    if value not in USER_TYPES:
        raise invalid_value(value, "TYPE")
    return None if value == "NULL" else value


def public_key(tokens: Tokens) -> str:
    """A public key, checked."""
    value = tokens.string()
    parse_public_key(value)
    return value


def password(tokens: Tokens) -> str:
    """A password, hashed as it is read."""
    return hash_password(tokens.string())


GRAMMAR = {
    "PASSWORD": Property(password, "password_hash"),
    "LOGIN_NAME": Property(text, "login_name"),
    "DISPLAY_NAME": Property(text, "display_name"),
    "FIRST_NAME": Property(text, "first_name"),
    "MIDDLE_NAME": Property(text, "middle_name"),
    "LAST_NAME": Property(text, "last_name"),
    "EMAIL": Property(text, "email"),
    "MUST_CHANGE_PASSWORD": Property(boolean, "must_change_password", unset=False),
    "DISABLED": Property(boolean, "disabled", unset=False),
    "DAYS_TO_EXPIRY": Property(integer, "days_to_expiry"),
    "MINS_TO_UNLOCK": Property(integer, "mins_to_unlock"),
    "DEFAULT_WAREHOUSE": Property(identifier, "default_warehouse"),
    "DEFAULT_NAMESPACE": Property(dotted, "default_namespace"),
    "DEFAULT_ROLE": Property(identifier, "default_role"),
    "DEFAULT_SECONDARY_ROLES": Property(strings, "default_secondary_roles", ["ALL"]),
    "RSA_PUBLIC_KEY": Property(public_key, "rsa_public_key"),
    "RSA_PUBLIC_KEY_2": Property(public_key, "rsa_public_key_2"),
    "TYPE": Property(user_type, "type"),
    "NETWORK_POLICY": Property(identifier, "network_policy"),
    "COMMENT": Property(text, "comment"),
    "QUERY_TAG": Property(string),
    "STATEMENT_TIMEOUT_IN_SECONDS": Property(integer),
    "TIMEZONE": Property(string),
}
TOKEN_GRAMMAR = {
    "ROLE_RESTRICTION": Property(text, "role_restriction"),
    "DAYS_TO_EXPIRY": Property(integer, "days"),
    "MINS_TO_BYPASS_NETWORK_POLICY_REQUIREMENT": Property(integer, "bypass"),
    "COMMENT": Property(text, "comment"),
}
TOKEN_CHANGES = {"DISABLED": Property(boolean, "disabled"), "COMMENT": Property(text, "comment")}
USER = objects.Kind("USER", 1, lambda catalog: catalog.users, GRAMMAR)
DEFAULT_TOKEN_DAYS = 15  # "Using programmatic access tokens for authentication"


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] USER [IF NOT EXISTS]."""
    name, answer = objects.prepare_create(statement, USER)
    if answer:
        return answer
    values = parse_properties(statement.tokens, GRAMMAR, "USER")
    _check_service(values, values.get("TYPE"))
    user = User(name=name[0], login_name=name[0], display_name=name[0])
    assign_properties(user, GRAMMAR, values)
    return objects.store(statement, USER, user, name)


def alter(statement: Statement) -> Result:
    """ALTER USER … SET | UNSET | RENAME TO | ADD, MODIFY, ROTATE, REMOVE PROGRAMMATIC ACCESS TOKEN."""
    tokens = statement.tokens
    name, user = objects.begin_alter(statement, USER, "MODIFY PROGRAMMATIC AUTHENTICATION METHODS")
    if user is None:
        return succeeded()
    action = tokens.word()
    is_token = any(tokens.looking_at(action, *words) for words in (("PROGRAMMATIC", "ACCESS", "TOKEN"), ("PAT",)))
    if action in {"ADD", "MODIFY", "ROTATE", "REMOVE"} and is_token:
        tokens.expect(action)
        if not tokens.accept("PAT"):
            tokens.expect("PROGRAMMATIC", "ACCESS", "TOKEN")
        return {"ADD": add_token, "MODIFY": modify_token, "ROTATE": rotate_token, "REMOVE": remove_token}[action](
            statement, user
        )
    if tokens.accept("SET"):
        values = parse_properties(tokens, GRAMMAR, "USER")
        _check_service(values, values.get("TYPE", user.type))
        assign_properties(user, GRAMMAR, values)
        return succeeded()
    return objects.alter(statement, USER, name, user)


def drop(statement: Statement) -> Result:
    """DROP USER [IF EXISTS]; roles granted to it are released."""

    def release(_: Statement, user: User) -> None:
        grants = statement.catalog.grants
        for grant in [g for g in grants if g.granted_to == "USER" and g.grantee == user.name]:
            del grants[grant]

    return objects.drop(statement, USER, release)


def add_token(statement: Statement, user: User) -> Result:
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
        secret_sha256=_digest(secret),
        expires_at=now() + timedelta(days=values.get("DAYS_TO_EXPIRY", DEFAULT_TOKEN_DAYS)),
        role_restriction=restriction.upper() if restriction else None,
        comment=values.get("COMMENT"),
        created_by=statement.session.user,
    )
    return listing(["token_name", "token_secret"], [(name, secret)])


def modify_token(statement: Statement, user: User) -> Result:
    """MODIFY PROGRAMMATIC ACCESS TOKEN name SET DISABLED = …, COMMENT = … | RENAME TO."""
    token = _token(statement, user)
    if statement.tokens.accept("RENAME", "TO"):
        new = statement.tokens.identifier()
        user.tokens[new] = user.tokens.pop(token.name)
        token.name = new
        return succeeded()
    statement.tokens.expect("SET")
    assign_properties(token, TOKEN_CHANGES, parse_properties(statement.tokens, TOKEN_CHANGES, "TOKEN"))
    return succeeded()


def rotate_token(statement: Statement, user: User) -> Result:
    """ROTATE PROGRAMMATIC ACCESS TOKEN name: a new secret, the old one valid for the asked hours (default 24)."""
    token = _token(statement, user)
    grammar = {"EXPIRE_ROTATED_TOKEN_AFTER_HOURS": Property(integer, "hours")}
    hours = parse_properties(statement.tokens, grammar, "TOKEN").get("EXPIRE_ROTATED_TOKEN_AFTER_HOURS", 24)
    secret = secrets.token_urlsafe(48)
    old = f"{token.name}_ROTATED_{now():%Y%m%d%H%M%S}"
    user.tokens[old] = replace(token, name=old, expires_at=now() + timedelta(hours=hours))
    token.secret_sha256, token.expires_at = _digest(secret), now() + timedelta(days=DEFAULT_TOKEN_DAYS)
    return listing(["token_name", "token_secret", "rotated_token_name"], [(token.name, secret, old)])


def remove_token(statement: Statement, user: User) -> Result:
    """REMOVE PROGRAMMATIC ACCESS TOKEN name."""
    token = _token(statement, user)
    del user.tokens[token.name]
    return status(f"Programmatic access token {token.name} successfully removed.")


def _token(statement: Statement, user: User) -> AccessToken:
    name = statement.tokens.identifier()
    if name not in user.tokens:
        raise does_not_exist(name, "Programmatic access token")
    return user.tokens[name]


def _check_service(values: dict[str, Any], kind: str | None) -> None:
    """ "Types of users": a service has neither a password nor a person's names."""
    if kind == "SERVICE":
        for name in NOT_FOR_SERVICES:
            if name in values:
                raise invalid_property(name, "SERVICE USER")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
