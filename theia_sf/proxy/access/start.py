"""What a session starts with: role, warehouse, database and schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from theia_sf.errors import UsageError
from theia_sf.proxy.access.check import denied
from theia_sf.proxy.access.decision import Context
from theia_sf.proxy.access.patterns import NamePattern
from theia_sf.proxy.access.scope import Scope
from theia_sf.proxy.config.policy import Rule
from theia_sf.snowflake.identifiers import fold

_QUALIFIED: Final = 2


def start_context(rule: Rule, wanted: Context) -> Context:
    """Return the context of a new session under a rule.

    Args:
        rule: that which applies.
        wanted: what the client asked for, in the form of identifiers (`antrea_x`, `"antrea_x"`).

    Raises:
        DeniedError: the client asked for what the rule does not allow.
    """
    role = _choose(rule, "role", rule.role, wanted.role)
    warehouse = _choose(rule, "warehouse", rule.warehouse, wanted.warehouse)
    return replace(_place(rule, wanted), role=role, warehouse=warehouse)


def _choose(rule: Rule, what: str, forced: str | None, wanted: str | None) -> str | None:
    if forced is not None:
        return forced
    patterns = rule.patterns(f"{what}s")
    if wanted is None:
        return _first(patterns)
    name = _stored(rule, wanted)
    if patterns and not any(pattern.matches(name) for pattern in patterns):
        raise denied(rule.name, f"the {what} {name} is not among those that it allows")
    return name


def _place(rule: Rule, wanted: Context) -> Context:
    scope = Scope(rule)
    if rule.database is not None and (rule.schema_ is not None or wanted.schema is None):
        return Context(database=rule.database, schema=rule.schema_)
    database = rule.database or (_stored(rule, wanted.database) if wanted.database else None)
    schema = _stored(rule, wanted.schema) if wanted.schema else None
    if database is None and schema is None:
        return _first_place(rule)
    if database is None:
        database = _first_place(rule).database
    if database is not None and not scope.allows_database(database):
        raise denied(rule.name, f"the database {database} is not among those that it allows")
    if schema is not None and database is not None and not scope.allows_schema(database, schema):
        raise denied(rule.name, f"the schema {database}.{schema} is not among those that it allows")
    return Context(database=database, schema=schema)


def _first_place(rule: Rule) -> Context:
    whole = [pattern for pattern in rule.patterns("schemas") if all(pattern.exact)]
    qualified = next((pattern for pattern in whole if len(pattern.parts) == _QUALIFIED), None)
    if qualified is not None:
        return Context(database=qualified.parts[0], schema=qualified.parts[1])
    database = _first(rule.patterns("databases"))
    return Context(database=database, schema=whole[0].parts[0] if whole and database is not None else None)


def _first(patterns: tuple[NamePattern, ...]) -> str | None:
    return next((pattern.parts[0] for pattern in patterns if pattern.exact[0]), None)


def _stored(rule: Rule, name: str) -> str:
    try:
        return fold(name)
    except UsageError as error:
        why = error.message.rstrip(".")
        raise denied(rule.name, why if why.isprintable() else ascii(why)) from None
