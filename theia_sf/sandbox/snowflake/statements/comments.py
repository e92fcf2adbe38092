"""COMMENT [IF EXISTS] ON kind name IS '…'."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import FullName
from theia_sf.sandbox.snowflake.duck_sql import literal, quoted
from theia_sf.sandbox.snowflake.errors import does_not_exist
from theia_sf.sandbox.snowflake.results import Result, succeeded
from theia_sf.sandbox.snowflake.statements import any_integration, objects
from theia_sf.sandbox.snowflake.statements.containers import DATABASE, SCHEMA
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.pipes import PIPE
from theia_sf.sandbox.snowflake.statements.roles import ROLE
from theia_sf.sandbox.snowflake.statements.stages import STAGE
from theia_sf.sandbox.snowflake.statements.tasks import TASK
from theia_sf.sandbox.snowflake.statements.users import USER
from theia_sf.sandbox.snowflake.statements.warehouses import WAREHOUSE

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account

KINDS = {kind.name: kind for kind in (DATABASE, SCHEMA, STAGE, PIPE, TASK, USER, ROLE, WAREHOUSE)}
INTEGRATIONS = ("STORAGE", "NOTIFICATION", "SECURITY")


def comment(statement: Statement) -> Result:
    """Sets the comment of an object of any kind, or of a column."""
    tokens = statement.tokens
    statement.read_condition()
    tokens.expect("ON")
    if tokens.accept_any("TABLE", "VIEW"):
        name = statement.object_name()
        record = statement.catalog.relations.get(name)
        if record is None:
            if statement.conditional:
                return succeeded()
            raise does_not_exist(".".join(name), "Object")
        privileges.require(statement.catalog, statement.session, record.kind, name, "OWNERSHIP")
        comment_relation(statement.account, record.kind, name, _text(statement))
        return succeeded()
    if tokens.accept("COLUMN"):
        return _comment_column(statement)
    kind = _kind(statement)
    name = objects.read_name(statement, kind)
    if statement.conditional and kind.find(statement.catalog, name) is None:
        return succeeded()
    objects.existing(statement, kind, name, "MODIFY").comment = _text(statement)
    return succeeded()


def comment_relation(account: Account, kind: str, name: FullName, text: str) -> None:
    """Records the comment of a table or view in DuckDB."""
    account.fake.duck_conn.cursor().execute(f"COMMENT ON {kind} {quoted(*name)} IS {literal(text)}")


def comment_column(account: Account, name: FullName, column: str, text: str) -> None:
    """Records the comment of a column in DuckDB."""
    account.fake.duck_conn.cursor().execute(f"COMMENT ON COLUMN {quoted(*name, column)} IS {literal(text)}")


def _kind(statement: Statement) -> objects.Kind:
    tokens = statement.tokens
    if tokens.accept("INTEGRATION") or any(tokens.accept(word, "INTEGRATION") for word in INTEGRATIONS):
        return any_integration.kind_of_next(statement)
    kind = KINDS.get(tokens.word())
    if kind is None:
        raise tokens.unexpected()
    tokens.expect(kind.name)
    return kind


def _comment_column(statement: Statement) -> Result:
    parts = [statement.tokens.identifier()]
    while statement.tokens.accept("."):
        parts.append(statement.tokens.identifier())
    name = statement.complete(tuple(parts[:-1]), 3)
    record = statement.catalog.relations.get(name)
    if record is None:
        raise does_not_exist(".".join(name), "Table")
    privileges.require(statement.catalog, statement.session, record.kind, name, "OWNERSHIP")
    comment_column(statement.account, name, parts[-1], _text(statement))
    return succeeded()


def _text(statement: Statement) -> str:
    statement.tokens.expect("IS")
    text = statement.tokens.string()
    statement.tokens.expect_end()
    return text
