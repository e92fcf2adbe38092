"""Pipes. "CREATE PIPE", "ALTER PIPE"; loading itself is Snowpipe's (`account.snowpipe`)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.catalog import Pipe
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, invalid_value, unsupported
from theia_sf.sandbox.snowflake.results import Result, listing, status
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    identifier,
    parse_properties,
    string,
    text,
)
from theia_sf.sandbox.snowflake.statements.warehouses import wake

if TYPE_CHECKING:
    from theia_sf.sandbox.snowpipe.service import Snowpipe

GRAMMAR = {
    "AUTO_INGEST": Property(boolean, "auto_ingest"),
    "ERROR_INTEGRATION": Property(identifier, "error_integration"),
    "INTEGRATION": Property(identifier, "integration"),
    "AWS_SNS_TOPIC": Property(text, "aws_sns_topic"),
    "COMMENT": Property(text, "comment"),
}
ALTER_GRAMMAR = {
    "PIPE_EXECUTION_PAUSED": Property(boolean, "paused", unset=False),
    "ERROR_INTEGRATION": Property(identifier, "error_integration"),
    "COMMENT": Property(text, "comment"),
}
REFRESH_GRAMMAR = {"PREFIX": Property(string, "prefix"), "MODIFIED_AFTER": Property(string, "modified_after")}
PIPE = objects.Kind("PIPE", 3, lambda catalog: catalog.pipes, ALTER_GRAMMAR)


def snowpipe(statement: Statement) -> Snowpipe:
    """The loading service.

    Raises:
        SnowflakeError: 000002, this account runs without it.
    """
    service = statement.account.snowpipe
    if service is None:
        feature = "Snowpipe (the account runs without the loading service)"
        raise unsupported(feature)
    return service


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] PIPE [IF NOT EXISTS] … AS COPY INTO …; a new pipe listens at once."""
    name, answer = objects.prepare_create(statement, PIPE)
    if answer:
        return answer
    tokens = statement.tokens
    values = parse_properties(tokens, GRAMMAR, "PIPE", stop=frozenset({"AS"}))
    tokens.expect("AS")
    copy_statement = tokens.text_from()
    pipe = Pipe(name=name[2], database=name[0], schema=name[1], copy_statement=copy_statement)
    assign(pipe, GRAMMAR, values)
    _check_error_integration(statement, pipe.error_integration)
    service = snowpipe(statement)
    service.validate_pipe(copy_statement, statement.session)
    replaced = statement.catalog.pipes.get(name)
    if replaced is not None:
        service.pipe_dropped(replaced)
    objects.store(statement, PIPE, pipe, name)
    service.pipe_created(pipe)
    return status(f"Pipe {name[2]} successfully created.")


def alter(statement: Statement) -> Result:
    """ALTER PIPE … SET | UNSET | REFRESH [PREFIX = '…'] [MODIFIED_AFTER = '…']."""
    name, pipe = objects.begin_alter(statement, PIPE, "OPERATE", "MONITOR")
    if pipe is not None and statement.tokens.accept("REFRESH"):
        values = parse_properties(statement.tokens, REFRESH_GRAMMAR, "PIPE")
        after = values.get("MODIFIED_AFTER")
        files = snowpipe(statement).refresh(pipe, values.get("PREFIX"), _moment(after) if after else None)
        return listing(["File", "Status"], files)
    before = pipe.error_integration if pipe is not None else None
    answer = objects.alter(statement, PIPE, name, pipe, move=False)
    if pipe is not None and pipe.error_integration != before:
        try:
            _check_error_integration(statement, pipe.error_integration)
        except SnowflakeError:
            pipe.error_integration = before
            raise
    return answer


def drop(statement: Statement) -> Result:
    """DROP PIPE [IF EXISTS]."""

    def stop(_: Statement, pipe: Pipe) -> None:
        if statement.account.snowpipe is not None:
            statement.account.snowpipe.pipe_dropped(pipe)

    return objects.drop(statement, PIPE, stop)


def copy_into(statement: Statement) -> Result:
    """COPY INTO a table from an external stage, by Snowpipe's own loader."""
    tokens, session = statement.tokens, statement.session
    tokens.expect("COPY", "INTO")
    if tokens.looking_at("@"):
        feature = "COPY INTO <location>"
        raise unsupported(feature)
    table = statement.object_name()
    record = statement.catalog.relations.get(table)
    if record is None:
        raise does_not_exist(".".join(table), "Table")
    privileges.require_usage(statement.catalog, session, table[0], table[1])
    privileges.require(statement.catalog, session, record.kind, table, "INSERT")
    if not session.serverless:
        statement.query.computed_by = wake(statement.catalog, session)
    columns, rows = snowpipe(statement).copy_into(statement.tokens.sql, statement.session)
    answer = listing(list(columns), rows)
    answer.type_id = 0x3600  # COPY, see fakesnow.statement_type
    return answer


def _check_error_integration(statement: Statement, name: str | None) -> None:
    if name is not None and name not in statement.catalog.notification_integrations:
        raise does_not_exist(name, "Integration")


def _moment(value: str) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except ValueError as error:
        raise invalid_value(value, "MODIFIED_AFTER") from error
