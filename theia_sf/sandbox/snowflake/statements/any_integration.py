"""Statements about an integration of whatever kind has the name."""

from __future__ import annotations

from theia_sf.sandbox.snowflake.results import Result
from theia_sf.sandbox.snowflake.statements import integrations, objects, security_integrations
from theia_sf.sandbox.snowflake.statements.context import Statement

KINDS = (
    security_integrations.SECURITY_INTEGRATION,
    integrations.NOTIFICATION_INTEGRATION,
    integrations.STORAGE_INTEGRATION,
)


def drop(statement: Statement) -> Result:
    """DROP [STORAGE | NOTIFICATION | SECURITY] INTEGRATION [IF EXISTS]."""
    return objects.drop(statement, kind_of_next(statement))


def alter(statement: Statement) -> Result:
    """ALTER INTEGRATION."""
    start = statement.tokens.position
    statement.read_condition()
    kind = kind_of_next(statement)
    statement.tokens.position = start
    name, target = objects.begin_alter(statement, kind)
    return objects.alter(statement, kind, name, target, move=False)


def kind_of_next(statement: Statement) -> objects.Kind:
    """The kind of the integration whose name comes next (the storage kind if there is none)."""
    tokens = statement.tokens
    start = tokens.position
    statement.read_condition()
    name = tokens.identifier()
    tokens.position = start
    found = [kind for kind in KINDS if kind.find(statement.catalog, (name,)) is not None]
    return found[0] if found else integrations.STORAGE_INTEGRATION
