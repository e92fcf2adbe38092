"""Roles. "CREATE ROLE"."""

from __future__ import annotations

from dataclasses import replace

from theia_sf.sandbox.snowflake.bootstrap import SYSTEM_ROLES
from theia_sf.sandbox.snowflake.catalog import Role
from theia_sf.sandbox.snowflake.errors import insufficient_privileges
from theia_sf.sandbox.snowflake.results import Result
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import Property, assign, parse_properties, text

GRAMMAR = {"COMMENT": Property(text, "comment")}
ROLE = objects.Kind("ROLE", 1, lambda catalog: catalog.roles, GRAMMAR)


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] ROLE [IF NOT EXISTS]."""
    name, answer = objects.prepare_create(statement, ROLE)
    if answer:
        return answer
    role = Role(name=name[0])
    assign(role, GRAMMAR, parse_properties(statement.tokens, GRAMMAR, "ROLE"))
    return objects.store(statement, ROLE, role, name)


def alter(statement: Statement) -> Result:
    """ALTER ROLE … SET | UNSET | RENAME TO."""
    name, target = objects.begin_alter(statement, ROLE)
    return objects.alter(statement, ROLE, name, target)


def drop(statement: Statement) -> Result:
    """DROP ROLE [IF EXISTS]; what was granted to it goes, what it owned passes to the role that drops it."""

    def release(_: Statement, role: Role) -> None:
        if role.name in SYSTEM_ROLES:
            raise insufficient_privileges(role.name, "role")
        catalog = statement.catalog
        for grant in [g for g in catalog.grants if g.granted_to == "ROLE" and g.grantee == role.name]:
            del catalog.grants[grant]
            if grant.privilege == "OWNERSHIP":
                heir = replace(grant, grantee=statement.session.role)
                catalog.grants[heir] = heir
        for future in [f for f in catalog.future_grants if f.grantee == role.name]:
            del catalog.future_grants[future]

    return objects.drop(statement, ROLE, release)
