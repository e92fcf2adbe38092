"""Databases and schemas: an entry in the catalog, and a DuckDB database or schema of the same name."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fakesnow import info_schema, macros

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Database, FullName, Schema
from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.errors import syntax_error, unsupported
from theia_sf.sandbox.snowflake.relations import synchronise
from theia_sf.sandbox.snowflake.results import Result, status
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    integer,
    parse_properties,
    text,
    upper,
)

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

PARAMETERS = {
    "MAX_DATA_EXTENSION_TIME_IN_DAYS": Property(integer),
    "SUSPEND_TASK_AFTER_NUM_FAILURES": Property(integer),
    "TASK_AUTO_RETRY_ATTEMPTS": Property(integer),
    "USER_TASK_TIMEOUT_MS": Property(integer),
    "USER_TASK_MINIMUM_TRIGGER_INTERVAL_IN_SECONDS": Property(integer),
    "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE": Property(text),
    "DEFAULT_DDL_COLLATION": Property(text),
    "STORAGE_SERIALIZATION_POLICY": Property(upper),
    "LOG_LEVEL": Property(upper),
    "LOG_EVENT_LEVEL": Property(upper),
    "TRACE_LEVEL": Property(upper),
    "EXTERNAL_VOLUME": Property(text),
    "CATALOG": Property(text),
    "REPLACE_INVALID_CHARACTERS": Property(boolean),
    "QUOTED_IDENTIFIERS_IGNORE_CASE": Property(boolean),
    "ENABLE_CONSOLE_OUTPUT": Property(boolean),
    "DATA_RETENTION_TIME_IN_DAYS": Property(integer),
}
GRAMMAR = {**PARAMETERS, "COMMENT": Property(text, "comment")}
SCHEMA_GRAMMAR = {**GRAMMAR, "PIPE_EXECUTION_PAUSED": Property(boolean)}
DATABASE = objects.Kind("DATABASE", 1, lambda catalog: catalog.databases, GRAMMAR)
SCHEMA = objects.Kind("SCHEMA", 2, lambda catalog: catalog.schemas, SCHEMA_GRAMMAR)

# fakesnow writes the name of a database into SQL text without quotes
PLAIN_NAME = re.compile(r"[A-Z_][A-Z0-9_]*\Z")


def create_database(statement: Statement) -> Result:
    """CREATE [OR REPLACE] [TRANSIENT] DATABASE [IF NOT EXISTS]; it and its schema PUBLIC become the session's."""
    name, answer = objects.prepare_create(statement, DATABASE)
    if answer:
        return answer
    if not PLAIN_NAME.match(name[0]):
        feature = f'database name "{name[0]}" (only unquoted or upper-case names)'
        raise unsupported(feature)
    if statement.tokens.word() in {"CLONE", "FROM", "AS"}:
        feature = f"CREATE DATABASE … {statement.tokens.word()}"
        raise unsupported(feature)
    values = parse_properties(statement.tokens, GRAMMAR, "DATABASE")
    if name[0] in statement.catalog.databases:
        remove_database(statement.account, name[0])
    duck = statement.account.fake.duck_conn.cursor()
    duck.execute(f"ATTACH ':memory:' AS {quoted(name[0])}")
    duck.execute(info_schema.per_db_creation_sql(name[0]))
    duck.execute(macros.creation_sql(name[0]))
    database = Database(name=name[0], transient="TRANSIENT" in statement.modifiers)
    assign(database, GRAMMAR, values)
    answer = objects.store(statement, DATABASE, database, name)
    _add_schema(statement, Schema(name="PUBLIC", database=name[0]))
    statement.session.select(name[0], "PUBLIC")
    return answer


def drop_database(statement: Statement) -> Result:
    """DROP DATABASE [IF EXISTS] with everything inside."""
    return objects.drop(statement, DATABASE, lambda s, database: remove_database(s.account, database.name))


def create_schema(statement: Statement) -> Result:
    """CREATE [OR REPLACE] [TRANSIENT] SCHEMA [IF NOT EXISTS]; it becomes the session's."""
    name, answer = objects.prepare_create(statement, SCHEMA)
    if answer:
        return answer
    if name[1] == "INFORMATION_SCHEMA":
        detail = f"invalid identifier '{name[1]}'"
        raise syntax_error(detail)
    managed = statement.tokens.accept("WITH", "MANAGED", "ACCESS")
    values = parse_properties(statement.tokens, SCHEMA_GRAMMAR, "SCHEMA")
    if name in statement.catalog.schemas:
        remove_schema(statement.account, name)
    transient = "TRANSIENT" in statement.modifiers
    schema = Schema(name=name[1], database=name[0], transient=transient, managed_access=managed)
    assign(schema, SCHEMA_GRAMMAR, values)
    answer = _add_schema(statement, schema)
    statement.session.select(*name)
    return answer


def drop_schema(statement: Statement) -> Result:
    """DROP SCHEMA [IF EXISTS] with everything inside."""
    return objects.drop(statement, SCHEMA, lambda s, schema: remove_schema(s.account, schema.full_name))


def alter_database(statement: Statement) -> Result:
    """ALTER DATABASE … SET | UNSET."""
    name, target = objects.begin_alter(statement, DATABASE, "MODIFY")
    if statement.tokens.looking_at("RENAME"):
        feature = "ALTER DATABASE … RENAME TO"
        raise unsupported(feature)
    return objects.alter(statement, DATABASE, name, target, move=False)


def alter_schema(statement: Statement) -> Result:
    """ALTER SCHEMA … SET | UNSET | ENABLE | DISABLE MANAGED ACCESS."""
    name, target = objects.begin_alter(statement, SCHEMA, "MODIFY")
    action = statement.tokens.accept_any("ENABLE", "DISABLE")
    if action and target is not None:
        statement.tokens.expect("MANAGED", "ACCESS")
        target.managed_access = action == "ENABLE"
        return status("Statement executed successfully.")
    if statement.tokens.looking_at("RENAME"):
        feature = "ALTER SCHEMA … RENAME TO"
        raise unsupported(feature)
    return objects.alter(statement, SCHEMA, name, target, move=False)


def remove_database(account: Account, database: str) -> None:
    """Empties a database, takes it from all sessions, and detaches it."""
    for name in [n for n in account.catalog.schemas if n[0] == database]:
        remove_schema(account, name)
        account.catalog.schemas.pop(name, None)
    _deselect(account, database, None)
    duck = account.fake.duck_conn.cursor()
    duck.execute(
        "DELETE FROM _fs_global._fs_information_schema._fs_columns_ext WHERE ext_table_catalog = ?", [database]
    )
    duck.execute("DELETE FROM _fs_global._fs_information_schema._fs_tables_ext WHERE ext_table_catalog = ?", [database])
    duck.execute(f"DETACH DATABASE IF EXISTS {quoted(database)}")
    privileges.forget(account.catalog, "DATABASE", (database,))


def remove_schema(account: Account, name: FullName) -> None:
    """Drops what is inside a schema: tables and views with DuckDB's schema, stages, pipes and tasks."""
    catalog = account.catalog
    with catalog.lock:
        for pipe in [p for p in catalog.pipes.values() if p.full_name[:2] == name]:
            if account.snowpipe is not None:
                account.snowpipe.pipe_dropped(pipe)
            del catalog.pipes[pipe.full_name]
        for store in (catalog.stages, catalog.tasks):
            for key in [key for key in store if key[:2] == name]:
                del store[key]
        duck = account.fake.duck_conn.cursor()
        duck.execute(f"DROP SCHEMA IF EXISTS {quoted(*name)} CASCADE")
        synchronise(account, "")
        privileges.forget(catalog, "SCHEMA", name)
    _deselect(account, *name)


def _add_schema(statement: Statement, schema: Schema) -> Result:
    statement.account.fake.duck_conn.cursor().execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(*schema.full_name)}")
    return objects.store(statement, SCHEMA, schema, schema.full_name)


def _deselect(account: Account, database: str, schema: str | None) -> None:
    for session in account.open_sessions():
        if session.database != database or (schema is not None and session.schema != schema):
            continue
        session.select(None if schema is None else database, None)
