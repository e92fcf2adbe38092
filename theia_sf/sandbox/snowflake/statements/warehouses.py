"""CREATE, ALTER, DROP WAREHOUSE, and waking a warehouse up. "CREATE WAREHOUSE" names the properties."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Catalog, Warehouse, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError, invalid_value, no_active_warehouse
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    integer,
    integer_or_null,
    parse_properties,
    text,
    upper,
)

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.sessions import Session

SIZES = {
    "XSMALL": "X-Small",
    "SMALL": "Small",
    "MEDIUM": "Medium",
    "LARGE": "Large",
    "XLARGE": "X-Large",
    "XXLARGE": "2X-Large",
    "X2LARGE": "2X-Large",
    "2XLARGE": "2X-Large",
    "XXXLARGE": "3X-Large",
    "X3LARGE": "3X-Large",
    "3XLARGE": "3X-Large",
    "X4LARGE": "4X-Large",
    "4XLARGE": "4X-Large",
    "X5LARGE": "5X-Large",
    "5XLARGE": "5X-Large",
    "X6LARGE": "6X-Large",
    "6XLARGE": "6X-Large",
}


def size(tokens: Tokens) -> str:
    """A warehouse size in any of its spellings, as SHOW WAREHOUSES prints it."""
    value = tokens.text()
    while tokens.accept("-"):
        value += tokens.text()
    found = SIZES.get(value.upper().replace("-", ""))
    if found is None:
        raise invalid_value(value, "WAREHOUSE_SIZE")
    return found


GRAMMAR = {
    "WAREHOUSE_TYPE": Property(upper, "type", "STANDARD"),
    "WAREHOUSE_SIZE": Property(size, "size", "X-Small"),
    "AUTO_SUSPEND": Property(integer_or_null, "auto_suspend", 600),
    "AUTO_RESUME": Property(boolean, "auto_resume", unset=True),
    "INITIALLY_SUSPENDED": Property(boolean, "initially_suspended"),
    "WAIT_FOR_COMPLETION": Property(boolean, "wait_for_completion"),
    "MIN_CLUSTER_COUNT": Property(integer, "min_cluster_count", 1),
    "MAX_CLUSTER_COUNT": Property(integer, "max_cluster_count", 1),
    "SCALING_POLICY": Property(upper, "scaling_policy", "STANDARD"),
    "RESOURCE_MONITOR": Property(text, "resource_monitor"),
    "RESOURCE_CONSTRAINT": Property(upper, "resource_constraint"),
    "GENERATION": Property(text, "generation", "1"),
    "COMMENT": Property(text, "comment"),
    "ENABLE_QUERY_ACCELERATION": Property(boolean, "enable_query_acceleration", unset=False),
    "QUERY_ACCELERATION_MAX_SCALE_FACTOR": Property(integer, "query_acceleration_max_scale_factor", 8),
    "MAX_CONCURRENCY_LEVEL": Property(integer),
    "STATEMENT_QUEUED_TIMEOUT_IN_SECONDS": Property(integer),
    "STATEMENT_TIMEOUT_IN_SECONDS": Property(integer),
}
MOMENTARY = ("INITIALLY_SUSPENDED", "WAIT_FOR_COMPLETION")

WAREHOUSE = objects.Kind("WAREHOUSE", 1, lambda catalog: catalog.warehouses, GRAMMAR)


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] WAREHOUSE [IF NOT EXISTS]. A new warehouse becomes the session's."""
    name, answer = objects.prepare_create(statement, WAREHOUSE)
    if answer:
        return answer
    statement.tokens.accept("WITH")
    values = parse_properties(statement.tokens, GRAMMAR, "WAREHOUSE")
    warehouse = Warehouse(name=name[0])
    suspended = values.get("INITIALLY_SUSPENDED", False)
    assign(warehouse, GRAMMAR, {key: value for key, value in values.items() if key not in MOMENTARY})
    warehouse.state = "SUSPENDED" if suspended else "STARTED"
    statement.session.warehouse = name[0]
    return objects.store(statement, WAREHOUSE, warehouse, name)


def alter(statement: Statement) -> Result:
    """ALTER WAREHOUSE [name] RESUME | SUSPEND | ABORT ALL QUERIES | SET | UNSET | RENAME TO."""
    tokens = statement.tokens
    statement.read_condition()
    if tokens.word() in {"RESUME", "SUSPEND"} and statement.session.warehouse:
        name = (statement.session.warehouse,)
    else:
        name = statement.account_name()
    if statement.conditional and name[0] not in statement.catalog.warehouses:
        return succeeded()
    warehouse: Warehouse = objects.existing(statement, WAREHOUSE, name, "OPERATE", "MODIFY")
    if tokens.accept("RESUME"):
        tokens.accept("IF", "SUSPENDED")
        resume(warehouse)
        return succeeded()
    if tokens.accept("SUSPEND"):
        if warehouse.state == "SUSPENDED":
            message = f"Invalid state. Warehouse '{warehouse.name}' cannot be suspended."
            raise SnowflakeError(90064, "22000", message)
        warehouse.state = "SUSPENDED"
        return succeeded()
    if tokens.accept("ABORT", "ALL", "QUERIES"):
        return succeeded()
    warehouse.updated_on = now()
    answer = objects.alter(statement, WAREHOUSE, name, warehouse)
    for momentary in MOMENTARY:
        warehouse.__dict__.pop(GRAMMAR[momentary].attribute, None)
    return answer


def drop(statement: Statement) -> Result:
    """DROP WAREHOUSE [IF EXISTS]; sessions that used it have none afterwards."""

    def deselect(_: Statement, warehouse: Warehouse) -> None:
        for session in statement.account.open_sessions():
            if session.warehouse == warehouse.name:
                session.warehouse = None

    return objects.drop(statement, WAREHOUSE, deselect)


def resume(warehouse: Warehouse) -> None:
    """Starts a warehouse."""
    if warehouse.state != "STARTED":
        warehouse.state = "STARTED"
        warehouse.resumed_on = now()


def wake(catalog: Catalog, session: Session) -> Warehouse:
    """Makes the session's warehouse ready for a query, and returns it.

    Raises:
        SnowflakeError: 000606 none is selected or usable, 090073 it is suspended and AUTO_RESUME is off.
    """
    warehouse = catalog.warehouses.get(session.warehouse or "")
    if warehouse is None:
        raise no_active_warehouse()
    allowed = privileges.privileges_on(catalog, session, "WAREHOUSE", (warehouse.name,)) & {"USAGE", "OWNERSHIP", "ALL"}
    if not allowed and not privileges.is_admin(catalog, session):
        raise no_active_warehouse()
    if warehouse.state != "STARTED":
        if not warehouse.auto_resume:
            message = f"Warehouse '{warehouse.name}' cannot be resumed because auto resume is off."
            raise SnowflakeError(90073, "57014", message)
        resume(warehouse)
    return warehouse
