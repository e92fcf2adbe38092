"""Workload identities of users: the property WORKLOAD_IDENTITY, and ALTER USER … ADD, MODIFY, REMOVE WORKLOAD IDENTITY.

"ALTER USER … ADD WORKLOAD IDENTITY" and its sisters. Every action begins after the words WORKLOAD IDENTITY.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from theia_sf.sandbox.snowflake.catalog import User
from theia_sf.sandbox.snowflake.errors import SnowflakeError, already_exists, does_not_exist, invalid_property
from theia_sf.sandbox.snowflake.results import Result, status, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    options,
    parse_properties,
    string,
    strings,
    text,
    unset,
    upper,
)
from theia_sf.sandbox.snowflake.workload_identities import (
    DEFAULT,
    MOST_PER_USER,
    WorkloadIdentity,
    attach,
    from_properties,
)

SERVICE_TYPES = {"SERVICE", "LEGACY_SERVICE"}
NEW = {
    "TYPE": Property(upper, "type"),
    "ARN": Property(string, "arn"),
    "ISSUER": Property(string, "issuer"),
    "SUBJECT": Property(string, "subject"),
    "OIDC_AUDIENCE_LIST": Property(strings, "audiences"),
}
CHANGES = {"DISABLED": Property(boolean, "disabled", unset=False), "COMMENT": Property(text, "comment")}


def properties(tokens: Tokens) -> dict[str, Any]:
    """`(TYPE = … ARN = '…' …)`, the value of WORKLOAD_IDENTITY."""
    values = options(tokens)
    for name in values:
        if name not in NEW:
            raise invalid_property(name, "WORKLOAD_IDENTITY")
    return {**values, "TYPE": str(values.get("TYPE", "")).upper()}


def require_service(kind: str | None) -> None:
    """Makes sure that a user of this type may have workload identities ("Types of users": services only).

    Raises:
        SnowflakeError: 001420.
    """
    if kind not in SERVICE_TYPES:
        name = "WORKLOAD_IDENTITY"
        raise invalid_property(name, f"{kind or 'PERSON'} USER")


def add(statement: Statement, user: User) -> Result:
    """ADD WORKLOAD IDENTITY name TYPE = … ARN = '…' …"""
    name = _own_name(statement)
    require_service(user.type)
    identity = from_properties(name, parse_properties(statement.tokens, NEW, "WORKLOAD IDENTITY"))
    if name in user.workload_identities:
        raise already_exists(name)
    if len(user.workload_identities) >= MOST_PER_USER:
        message = f"SQL compilation error: A user can have up to {MOST_PER_USER} workload identities."
        raise SnowflakeError(4616, "42601", message)
    identity.created_by = statement.session.user
    attach(statement.catalog, user, identity)
    return status(f"Workload identity {name} successfully added.")


def modify(statement: Statement, user: User) -> Result:
    """MODIFY WORKLOAD IDENTITY name RENAME TO … | SET | UNSET DISABLED, COMMENT."""
    tokens = statement.tokens
    identity = _existing(user, _own_name(statement))
    if tokens.accept("RENAME", "TO"):
        new = _own_name(statement)
        if new in user.workload_identities:
            raise already_exists(new)
        user.workload_identities[new] = user.workload_identities.pop(identity.name)
        identity.name = new
    elif tokens.accept("SET"):
        assign(identity, CHANGES, parse_properties(tokens, CHANGES, "WORKLOAD IDENTITY"))
    elif tokens.accept("UNSET"):
        unset(identity, CHANGES, tokens, "WORKLOAD IDENTITY")
    else:
        raise tokens.unexpected()
    tokens.expect_end()
    return succeeded()


def remove(statement: Statement, user: User) -> Result:
    """REMOVE WORKLOAD IDENTITY name."""
    identity = _existing(user, _own_name(statement))
    statement.tokens.expect_end()
    del user.workload_identities[identity.name]
    return status(f"Workload identity {identity.name} successfully removed.")


def _own_name(statement: Statement) -> str:
    """A name that isn't the reserved one."""
    name = statement.tokens.identifier()
    if name == DEFAULT:
        message = (
            f"SQL compilation error: The name {DEFAULT} is reserved for the workload identity of the WORKLOAD_IDENTITY "
            "property."
        )
        raise SnowflakeError(4616, "42601", message)
    return name


def _existing(user: User, name: str) -> WorkloadIdentity:
    if name not in user.workload_identities:
        raise does_not_exist(name, "Workload identity")
    return user.workload_identities[name]


ACTIONS: dict[str, Callable[[Statement, User], Result]] = {"ADD": add, "MODIFY": modify, "REMOVE": remove}
