"""GRANT and REVOKE DATABASE ROLE, of the database roles that SNOWFLAKE has by itself. "GRANT DATABASE ROLE"."""

from __future__ import annotations

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.account_usage import DATABASE_ROLE, DATABASE_ROLES, SCHEMA
from theia_sf.sandbox.snowflake.catalog import Grant
from theia_sf.sandbox.snowflake.errors import does_not_exist, insufficient_privileges
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement


def grant(statement: Statement) -> Result:
    """GRANT DATABASE ROLE SNOWFLAKE.r TO ROLE x."""
    entry = _read(statement, "TO")
    with statement.catalog.lock:
        privileges.add(statement.catalog, entry)
    return succeeded()


def revoke(statement: Statement) -> Result:
    """REVOKE DATABASE ROLE SNOWFLAKE.r FROM ROLE x."""
    entry = _read(statement, "FROM")
    catalog = statement.catalog
    with catalog.lock:
        for held in list(catalog.grants):
            if (held.granted_on, held.name, held.grantee) == (entry.granted_on, entry.name, entry.grantee):
                del catalog.grants[held]
    return succeeded()


def _read(statement: Statement, preposition: str) -> Grant:
    """Only ACCOUNTADMIN has them to give ("Enabling other roles to use schemas in the SNOWFLAKE database")."""
    tokens, catalog = statement.tokens, statement.catalog
    tokens.expect("DATABASE", "ROLE")
    name = statement.complete(tokens.name(), 2)
    tokens.expect(preposition)
    tokens.expect("ROLE")
    grantee = tokens.identifier()
    tokens.expect_end()
    if name[0] != SCHEMA[0] or name[1] not in DATABASE_ROLES:
        raise does_not_exist(".".join(name), "Database role")
    if grantee not in catalog.roles:
        raise does_not_exist(grantee, "Role")
    if not privileges.is_admin(catalog, statement.session):
        raise insufficient_privileges(".".join(name), "DATABASE_ROLE")
    return Grant(
        privilege="USAGE",
        granted_on=DATABASE_ROLE,
        name=name,
        grantee=grantee,
        granted_by=statement.session.role,
    )
