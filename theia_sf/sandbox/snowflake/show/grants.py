"""SHOW GRANTS and SHOW FUTURE GRANTS. "SHOW GRANTS" lists the columns."""

from __future__ import annotations

from collections.abc import Iterable

from theia_sf.sandbox.snowflake.catalog import FullName, FutureGrant, Grant
from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.results import Column, Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import times
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.grant_targets import read_object

COLUMNS: list[str | Column] = [
    *times("created_on"),
    *("privilege", "granted_on", "name", "granted_to", "grantee_name", "grant_option", "granted_by"),
]
FUTURE_COLUMNS: list[str | Column] = [
    *times("created_on"),
    *("privilege", "grant_on", "name", "grant_to", "grantee_name", "grant_option"),
]
OF_COLUMNS: list[str | Column] = [*times("created_on"), "role", "granted_to", "grantee_name", "granted_by"]


def grants(statement: Statement) -> Result:
    """SHOW GRANTS [ON … | TO ROLE … | TO USER … | OF ROLE …]; without any, the current user's roles."""
    tokens, catalog = statement.tokens, statement.catalog
    if tokens.accept("ON"):
        target = read_object(statement)
        found = [g for g in catalog.grants if g.granted_on == target.kind and g.name == target.names[0]]
        found = [g for g in found if not (g.granted_on == "ROLE" and g.privilege == "USAGE")]
        return _rows(statement, found)
    if tokens.accept("OF", "ROLE") or tokens.accept("OF"):
        role = _known_role(statement)
        given = [g for g in catalog.grants if g.granted_on == "ROLE" and g.privilege == "USAGE" and g.name == (role,)]
        rows = [(g.created_on, role, g.granted_to, g.grantee, g.granted_by) for g in _sorted(given)]
        return listing(OF_COLUMNS, rows)
    if tokens.accept("TO", "USER"):
        return _of_user(statement, tokens.identifier())
    if tokens.accept("TO"):
        tokens.accept("ROLE")
        role = _known_role(statement)
        return _rows(statement, [g for g in catalog.grants if g.granted_to == "ROLE" and g.grantee == role])
    tokens.expect_end()
    return _of_user(statement, statement.session.user)


def future_grants(statement: Statement) -> Result:
    """SHOW FUTURE GRANTS IN DATABASE | IN SCHEMA | TO ROLE."""
    tokens, catalog = statement.tokens, statement.catalog
    if tokens.accept("TO"):
        tokens.accept("ROLE")
        role = _known_role(statement)
        return _future_rows(f for f in catalog.future_grants if f.grantee == role)
    tokens.expect("IN")
    level = tokens.accept_any("DATABASE", "SCHEMA")
    if not level:
        raise tokens.unexpected()
    container: FullName = statement.account_name() if level == "DATABASE" else statement.schema_name()
    statement.require_container((*container, "") if level == "SCHEMA" else container)
    return _future_rows(f for f in catalog.future_grants if f.container == container)


def _future_rows(found: Iterable[FutureGrant]) -> Result:
    ordered = sorted(found, key=lambda f: (f.container, f.grant_on, f.privilege, f.grantee))
    rows = [
        (
            *(f.created_on, f.privilege, f.grant_on, f"{'.'.join(f.container)}.<{f.grant_on}>", "ROLE", f.grantee),
            str(f.grant_option).lower(),
        )
        for f in ordered
    ]
    return listing(FUTURE_COLUMNS, rows)


def _rows(statement: Statement, found: Iterable[Grant]) -> Result:
    rows = [
        (
            *(g.created_on, g.privilege, g.granted_on.replace(" ", "_"), _shown(statement, g), g.granted_to, g.grantee),
            *(str(g.grant_option).lower(), g.granted_by),
        )
        for g in _sorted(found)
    ]
    return listing(COLUMNS, rows)


def _sorted(found: Iterable[Grant]) -> list[Grant]:
    return sorted(found, key=lambda g: (g.granted_on, g.name, g.privilege, g.granted_to, g.grantee))


def _shown(statement: Statement, grant: Grant) -> str:
    """The object's name; a part that isn't a plain upper-case identifier is quoted."""
    if grant.granted_on == "ACCOUNT":
        return statement.account.account_name
    plain = all(part.replace("_", "").replace("$", "").isalnum() and part == part.upper() for part in grant.name)
    return ".".join(grant.name) if plain else quoted(*grant.name)


def _of_user(statement: Statement, user: str) -> Result:
    if user not in statement.catalog.users:
        raise does_not_exist(user, "User")
    given = [g for g in statement.catalog.grants if g.granted_to == "USER" and g.grantee == user]
    rows = [(g.created_on, g.name[0], "USER", user, g.granted_by) for g in _sorted(given)]
    return listing(OF_COLUMNS, rows)


def _known_role(statement: Statement) -> str:
    role = statement.tokens.identifier()
    if role not in statement.catalog.roles:
        raise does_not_exist(role, "Role")
    return role
