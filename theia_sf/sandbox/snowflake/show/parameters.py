"""SHOW PARAMETERS and SHOW REPLICATION DATABASES."""

from __future__ import annotations

from collections.abc import Mapping

from theia_sf.sandbox.snowflake.parameters import parameter_rows
from theia_sf.sandbox.snowflake.results import Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import times
from theia_sf.sandbox.snowflake.show.filters import matches_like
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.containers import DATABASE, SCHEMA
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.tasks import TASK
from theia_sf.sandbox.snowflake.statements.users import USER
from theia_sf.sandbox.snowflake.statements.warehouses import WAREHOUSE

COLUMNS = ["key", "value", "default", "level", "description"]
KINDS = {kind.name: kind for kind in (DATABASE, SCHEMA, TASK, WAREHOUSE, USER)}
Layers = list[tuple[str, Mapping[str, str]]]


def parameters(statement: Statement) -> Result:
    """SHOW PARAMETERS [LIKE '…'] [IN | FOR SESSION | ACCOUNT | USER | DATABASE | SCHEMA | TASK | WAREHOUSE …]."""
    tokens = statement.tokens
    like = tokens.string() if tokens.accept("LIKE") else None
    level = "SESSION"
    layers: Layers = [("SESSION", statement.session.parameters)]
    if tokens.accept_any("IN", "FOR"):
        level = tokens.accept_any("SESSION", "ACCOUNT", *KINDS)
        if not level:
            raise tokens.unexpected()
        if level in KINDS:
            kind = KINDS[level]
            layers = _layers(statement, kind, objects.read_name(statement, kind))
        elif level == "ACCOUNT":
            layers = []
    tokens.accept("LIKE")
    if tokens.is_string():
        like = tokens.string()
    tokens.expect_end()
    rows = parameter_rows(level, [*layers, ("ACCOUNT", statement.catalog.parameters)])
    return listing(COLUMNS, [row for row in rows if like is None or matches_like(like, row[0])])


def replication_databases(statement: Statement) -> Result:
    """SHOW REPLICATION DATABASES: this account replicates nothing."""
    del statement
    columns = ["snowflake_region", *times("created_on"), "account_name", "name", "comment", "is_primary", "primary"]
    columns += [
        "replication_allowed_to_accounts",
        "failover_allowed_to_accounts",
        "organization_name",
        "account_locator",
    ]
    return listing(columns, [])


def _layers(statement: Statement, kind: objects.Kind, name: tuple[str, ...]) -> Layers:
    found = objects.existing(statement, kind, name, "USAGE", "MONITOR", "MODIFY", "OPERATE")
    layers: Layers = [(kind.name, found.parameters)]
    catalog = statement.catalog
    if kind.levels > 2:  # noqa: PLR2004 - schema objects
        layers.append(("SCHEMA", catalog.schemas[name[:2]].parameters))
    if kind.levels > 1:
        layers.append(("DATABASE", catalog.databases[name[0]].parameters))
    return layers
