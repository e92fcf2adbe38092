"""What users sign in with: SHOW USER PROGRAMMATIC ACCESS TOKENS, … WORKLOAD IDENTITY …, and SHOW MFA METHODS."""

from __future__ import annotations

import json

from theia_sf.sandbox.snowflake.catalog import User, now
from theia_sf.sandbox.snowflake.errors import insufficient_privileges
from theia_sf.sandbox.snowflake.principals import AccessToken
from theia_sf.sandbox.snowflake.privileges import is_admin
from theia_sf.sandbox.snowflake.results import Column, Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import numbers, times
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.users import USER
from theia_sf.sandbox.snowflake.workload_identities import details


def access_tokens(statement: Statement) -> Result:
    """SHOW USER PROGRAMMATIC ACCESS TOKENS [FOR USER u]."""
    user = _user(statement)
    columns = ["name", "user_name", "role_restriction", *times("expires_at"), "status", "comment", *times("created_on")]
    columns += ["created_by", *numbers("mins_to_bypass_network_policy_requirement"), "rotated_to"]
    rows = [
        (
            *(t.name, user.name, t.role_restriction, t.expires_at, token_status(user, t)),
            *(t.comment, t.created_on, t.created_by, None, t.rotated_to),
        )
        for t in user.tokens.values()
    ]
    return listing(columns, rows)


def workload_identities(statement: Statement) -> Result:
    """SHOW USER WORKLOAD IDENTITY AUTHENTICATION METHODS [FOR USER u]."""
    user = _user(statement)
    columns = ["name", "type", "comment", *times("last_used", "created_on")]
    columns += [Column("additional_info", "object"), "status"]
    rows = [
        (
            *(i.name, i.type, i.comment or "", i.last_used, i.created_on),
            *(json.dumps(details(i)), "DISABLED" if i.disabled else "ACTIVE"),
        )
        for i in user.workload_identities.values()
    ]
    return listing(columns, rows)


def mfa_methods(statement: Statement) -> Result:
    """SHOW MFA METHODS [FOR USER u]: "only users with the ACCOUNTADMIN role can use this clause"."""
    if statement.tokens.looking_at("FOR", "USER") and not is_admin(statement.catalog, statement.session):
        raise insufficient_privileges(statement.session.user, "user")
    user = _user(statement)
    columns = ["name", "type", "comment", *times("last_used", "created_on")]
    rows = [(m.name, "TOTP", m.comment or "", m.last_used, m.created_on) for m in [user.totp] if m is not None]
    return listing(columns, rows)


def token_status(user: User, token: AccessToken) -> str:
    """ACTIVE, EXPIRED or DISABLED ("the token is disabled, or its user is, or is locked out")."""
    locked = user.locked_until is not None and user.locked_until > now()
    if token.disabled or user.disabled or locked:
        return "DISABLED"
    return "EXPIRED" if token.expires_at <= now() else "ACTIVE"


def _user(statement: Statement) -> User:
    """The user after FOR USER, for whom MONITOR is needed; without it the session's own."""
    own = statement.session.user
    name = statement.account_name() if statement.tokens.accept("FOR", "USER") else (own,)
    statement.tokens.expect_end()
    return statement.catalog.users[own] if name[0] == own else objects.existing(statement, USER, name, "MONITOR")
