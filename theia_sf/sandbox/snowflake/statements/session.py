"""USE and ALTER SESSION: what is selected in a session."""

from __future__ import annotations

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, invalid_property
from theia_sf.sandbox.snowflake.parameters import SESSION_DEFAULTS
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import parameter_text


def use(statement: Statement) -> Result:
    """USE [DATABASE | SCHEMA | WAREHOUSE | ROLE | SECONDARY ROLES] …"""
    tokens = statement.tokens
    if tokens.accept("WAREHOUSE"):
        _use_warehouse(statement)
    elif tokens.accept("SECONDARY", "ROLES"):
        choice = tokens.accept_any("ALL", "NONE")
        if not choice:
            raise tokens.unexpected()
        statement.session.secondary_roles = choice == "ALL"
    elif tokens.accept("ROLE"):
        _use_role(statement)
    elif tokens.accept("SCHEMA"):
        _use_schema(statement, statement.schema_name())
    else:
        tokens.accept("DATABASE")
        *first, last = tokens.name()
        if first:
            _use_schema(statement, (*first, last))
        else:
            _use_database(statement, last)
    tokens.expect_end()
    return succeeded()


def alter_session(statement: Statement) -> Result:
    """ALTER SESSION SET name = value … | UNSET name, …"""
    tokens, parameters = statement.tokens, statement.session.parameters
    removing = tokens.accept("UNSET")
    if not removing:
        tokens.expect("SET")
    while not tokens.at_end:
        if tokens.accept(","):
            continue
        name = tokens.identifier()
        if name not in SESSION_DEFAULTS:
            raise invalid_property(name, "SESSION")
        if removing:
            parameters.pop(name, None)
            continue
        tokens.expect("=")
        value = tokens.text()
        parameters[name] = parameter_text(value.lower() if value.upper() in {"TRUE", "FALSE"} else value)
        if name == "AUTOCOMMIT":
            statement.session.conn.autocommit(parameters[name] == "true")
    return succeeded()


def _use_warehouse(statement: Statement) -> None:
    name = statement.account_name()
    if name[0] not in statement.catalog.warehouses:
        raise _cannot_use()
    privileges.require(statement.catalog, statement.session, "WAREHOUSE", name, "USAGE", "OPERATE")
    statement.session.warehouse = name[0]


def _use_role(statement: Statement) -> None:
    role = statement.tokens.identifier()
    session = statement.session
    if role not in statement.catalog.roles:
        raise does_not_exist(role, "Role")
    if session.user != "SYSTEM" and role not in privileges.roles_of_user(statement.catalog, session.user):
        message = (
            f"SQL access control error:\nRequested role '{role}' is not assigned to the executing user. Specify "
            "another role to activate."
        )
        raise SnowflakeError(3013, "42501", message)
    session.role = role


def _use_database(statement: Statement, database: str) -> None:
    if database not in statement.catalog.databases:
        raise _cannot_use()
    if not privileges.can_see(statement.catalog, statement.session, "DATABASE", (database,)):
        raise _cannot_use()
    public = (database, "PUBLIC") in statement.catalog.schemas
    statement.session.select(database, "PUBLIC" if public else None)


def _use_schema(statement: Statement, name: tuple[str, ...]) -> None:
    is_information = name[1] == "INFORMATION_SCHEMA" and name[0] in statement.catalog.databases
    known = is_information or name in statement.catalog.schemas
    if not known or not privileges.can_see(statement.catalog, statement.session, "SCHEMA", name):
        raise _cannot_use()
    statement.session.select(name[0], name[1])


def _cannot_use() -> SnowflakeError:
    """002043: as Snowflake words it for USE and SHOW … IN."""
    message = "SQL compilation error:\nObject does not exist, or operation cannot be performed."
    return SnowflakeError(2043, "02000", message)
