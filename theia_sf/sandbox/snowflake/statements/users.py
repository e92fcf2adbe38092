"""Users. "CREATE USER", "ALTER USER"; their methods of signing in are in modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import invalid_property, invalid_value
from theia_sf.sandbox.snowflake.passwords import hash_password
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.sign_in.key_pair import parse_public_key
from theia_sf.sandbox.snowflake.statements import access_tokens, mfa_methods, objects, user_identities
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
from theia_sf.sandbox.snowflake.workload_identities import attach, from_properties

USER_TYPES = {"PERSON", "SERVICE", "LEGACY_SERVICE", "NULL"}
NOT_FOR_SERVICES = ("PASSWORD", "FIRST_NAME", "MIDDLE_NAME", "LAST_NAME", "MUST_CHANGE_PASSWORD")
# "ALTER USER": what ADD, MODIFY, ROTATE and REMOVE are followed by
METHODS: dict[tuple[str, ...], Mapping[str, Callable[[Statement, User], Result]]] = {
    ("PROGRAMMATIC", "ACCESS", "TOKEN"): access_tokens.ACTIONS,
    ("PAT",): access_tokens.ACTIONS,
    ("WORKLOAD", "IDENTITY"): user_identities.ACTIONS,
    ("MFA", "METHOD"): mfa_methods.ACTIONS,
}


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
    "WORKLOAD_IDENTITY": Property(user_identities.properties, "default_identity"),
    "COMMENT": Property(text, "comment"),
    "DISABLE_MFA": Property(boolean, "mfa_disabled", unset=False),
    "QUERY_TAG": Property(string),
    "STATEMENT_TIMEOUT_IN_SECONDS": Property(integer),
    "TIMEZONE": Property(string),
}
USER = objects.Kind("USER", 1, lambda catalog: catalog.users, GRAMMAR)


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] USER [IF NOT EXISTS]."""
    name, answer = objects.prepare_create(statement, USER)
    if answer:
        return answer
    values = parse_properties(statement.tokens, GRAMMAR, "USER")
    user = User(name=name[0], login_name=name[0], display_name=name[0])
    _set(statement, user, values)
    return objects.store(statement, USER, user, name)


def alter(statement: Statement) -> Result:
    """ALTER USER … SET | UNSET | RENAME TO | ADD, MODIFY, ROTATE, REMOVE of a token or a workload identity."""
    tokens = statement.tokens
    if _method(tokens) is not None:  # "If you omit this parameter, the command …s for the user who is logged in"
        return _change_method(statement, statement.catalog.users[statement.session.user])
    name, user = objects.begin_alter(statement, USER, "MODIFY PROGRAMMATIC AUTHENTICATION METHODS")
    if user is None:
        return succeeded()
    if _method(tokens) is not None:
        return _change_method(statement, user)
    if tokens.accept("SET"):
        _set(statement, user, parse_properties(tokens, GRAMMAR, "USER"))
        return succeeded()
    return objects.alter(statement, USER, name, user)


def drop(statement: Statement) -> Result:
    """DROP USER [IF EXISTS]; roles granted to it are released."""

    def release(_: Statement, user: User) -> None:
        grants = statement.catalog.grants
        for grant in [g for g in grants if g.granted_to == "USER" and g.grantee == user.name]:
            del grants[grant]

    return objects.drop(statement, USER, release)


def _method(tokens: Tokens) -> tuple[str, ...] | None:
    """The words of the method that an action at the present position is about."""
    action = tokens.word()
    if action not in {"ADD", "MODIFY", "ROTATE", "REMOVE"}:
        return None
    return next((words for words in METHODS if tokens.looking_at(action, *words)), None)


def _change_method(statement: Statement, user: User) -> Result:
    tokens = statement.tokens
    action, words = tokens.word(), _method(tokens) or ()
    tokens.expect(action, *words)
    if action not in METHODS[words]:
        raise tokens.unexpected()
    return METHODS[words][action](statement, user)


def _set(statement: Statement, user: User, values: dict[str, Any]) -> None:
    """Sets parsed properties; nothing if one of them is refused."""
    kind = values.get("TYPE", user.type)
    _check_type(values, kind)
    identity = values.pop("WORKLOAD_IDENTITY", None)
    if identity is not None:
        new = from_properties(user_identities.DEFAULT, identity)
        new.created_by = statement.session.user
        attach(statement.catalog, user, new)
    assign_properties(user, GRAMMAR, values)
    if "MINS_TO_UNLOCK" in values:
        minutes = values["MINS_TO_UNLOCK"]
        user.wrong_passwords = 0
        user.locked_until = now() + timedelta(minutes=minutes) if minutes else None


def _check_type(values: dict[str, Any], kind: str | None) -> None:
    """ "Types of users": a service has neither a password nor a person's names, a person no workload identity."""
    for name in NOT_FOR_SERVICES if kind == "SERVICE" else ():
        if name in values:
            raise invalid_property(name, "SERVICE USER")
    if "WORKLOAD_IDENTITY" in values:
        user_identities.require_service(kind)
