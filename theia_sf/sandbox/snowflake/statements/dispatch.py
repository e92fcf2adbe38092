"""Which handler answers a statement: a table by verb and kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.errors import unsupported
from theia_sf.sandbox.snowflake.results import Result
from theia_sf.sandbox.snowflake.show import account_objects, credentials, describe, parameters, schema_objects
from theia_sf.sandbox.snowflake.show import grants as show_grants
from theia_sf.sandbox.snowflake.show import integrations as show_integrations
from theia_sf.sandbox.snowflake.show import tables as show_tables
from theia_sf.sandbox.snowflake.show import users as show_users
from theia_sf.sandbox.snowflake.statements import (
    any_integration,
    comments,
    containers,
    grants,
    integrations,
    pipes,
    roles,
    security_integrations,
    session,
    stages,
    tasks,
    users,
    warehouses,
)
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.sessions import Session

Handler = Callable[[Statement], Result]

CREATE: dict[str, Handler] = {
    "WAREHOUSE": warehouses.create,
    "STORAGE INTEGRATION": integrations.create_storage,
    "NOTIFICATION INTEGRATION": integrations.create_notification,
    "SECURITY INTEGRATION": security_integrations.create,
    "DATABASE": containers.create_database,
    "SCHEMA": containers.create_schema,
    "STAGE": stages.create,
    "PIPE": pipes.create,
    "TASK": tasks.create,
    "USER": users.create,
    "ROLE": roles.create,
}
ALTER: dict[str, Handler] = {
    "WAREHOUSE": warehouses.alter,
    "STORAGE INTEGRATION": integrations.alter_storage,
    "NOTIFICATION INTEGRATION": integrations.alter_notification,
    "SECURITY INTEGRATION": security_integrations.alter,
    "INTEGRATION": any_integration.alter,
    "DATABASE": containers.alter_database,
    "SCHEMA": containers.alter_schema,
    "STAGE": stages.alter,
    "PIPE": pipes.alter,
    "TASK": tasks.alter,
    "USER": users.alter,
    "ROLE": roles.alter,
    "SESSION": session.alter_session,
}
DROP: dict[str, Handler] = {
    "WAREHOUSE": warehouses.drop,
    "STORAGE INTEGRATION": any_integration.drop,
    "NOTIFICATION INTEGRATION": any_integration.drop,
    "SECURITY INTEGRATION": any_integration.drop,
    "INTEGRATION": any_integration.drop,
    "DATABASE": containers.drop_database,
    "SCHEMA": containers.drop_schema,
    "STAGE": stages.drop,
    "PIPE": pipes.drop,
    "TASK": tasks.drop,
    "USER": users.drop,
    "ROLE": roles.drop,
}
DESCRIBE: dict[str, Handler] = {
    "WAREHOUSE": describe.warehouse,
    "STORAGE INTEGRATION": show_integrations.describe,
    "NOTIFICATION INTEGRATION": show_integrations.describe,
    "SECURITY INTEGRATION": show_integrations.describe,
    "INTEGRATION": show_integrations.describe,
    "DATABASE": describe.database,
    "SCHEMA": describe.schema,
    "STAGE": describe.stage,
    "PIPE": describe.pipe,
    "TASK": describe.task,
    "USER": show_users.describe,
    "TABLE": show_tables.describe,
    "VIEW": show_tables.describe,
}
SHOW: dict[str, Handler] = {
    "WAREHOUSES": account_objects.warehouses,
    "STORAGE INTEGRATIONS": show_integrations.storage_integrations,
    "NOTIFICATION INTEGRATIONS": show_integrations.notification_integrations,
    "SECURITY INTEGRATIONS": show_integrations.security_integrations,
    "INTEGRATIONS": show_integrations.integrations,
    "DATABASES": account_objects.databases,
    "SCHEMAS": account_objects.schemas,
    "ROLES": account_objects.roles,
    "USERS": show_users.users,
    "STAGES": schema_objects.stages,
    "PIPES": schema_objects.pipes,
    "TASKS": schema_objects.tasks,
    "TABLES": schema_objects.tables,
    "VIEWS": schema_objects.views,
    "OBJECTS": schema_objects.objects,
    "GRANTS": show_grants.grants,
    "FUTURE GRANTS": show_grants.future_grants,
    "PARAMETERS": parameters.parameters,
    "USER PROGRAMMATIC ACCESS TOKENS": credentials.access_tokens,
    "USER PATS": credentials.access_tokens,
    "USER WORKLOAD IDENTITY AUTHENTICATION METHODS": credentials.workload_identities,
    "MFA METHODS": credentials.mfa_methods,
    "REPLICATION DATABASES": parameters.replication_databases,
}
VERBS: dict[str, dict[str, Handler]] = {
    "CREATE": CREATE,
    "ALTER": ALTER,
    "DROP": DROP,
    "DESCRIBE": DESCRIBE,
    "DESC": DESCRIBE,
    "SHOW": SHOW,
}
SIMPLE: dict[str, Handler] = {
    "USE": session.use,
    "COMMENT": comments.comment,
    "GRANT": grants.grant,
    "REVOKE": grants.revoke,
}
# what fakesnow does well enough by itself, by verb and kind; every other kind is refused
FAKESNOW: dict[str, frozenset[str]] = {
    "CREATE": frozenset({"TABLE", "VIEW", "SEQUENCE"}),
    "ALTER": frozenset({"TABLE", "VIEW"}),
    "DROP": frozenset({"TABLE", "VIEW", "SEQUENCE"}),
    "DESCRIBE": frozenset(),
    "SHOW": frozenset({"COLUMNS", "PRIMARY", "UNIQUE", "IMPORTED", "SEQUENCES"}),
}
MODIFIERS = ("TRANSIENT", "TEMPORARY", "TEMP", "VOLATILE", "LOCAL", "GLOBAL", "TERSE", "SECURE", "RECURSIVE")


def find(account: Account, session_: Session, query: Query, tokens: Tokens) -> tuple[Handler, Statement] | None:
    """The handler of a statement, with what to give it; None if fakesnow is to run it.

    Raises:
        SnowflakeError: 000002, nobody here can run it.
    """
    statement = Statement(account, session_, query, tokens)
    verb = tokens.word()
    if verb in SIMPLE:
        tokens.expect(verb)
        return SIMPLE[verb], statement
    if tokens.accept("EXECUTE", "TASK"):
        return tasks.execute, statement
    if tokens.looking_at("COPY", "INTO") and _copies_from_external_stage(statement):
        return pipes.copy_into, statement
    if verb not in VERBS:
        return None
    tokens.expect(verb)
    statement.or_replace = tokens.accept("OR", "REPLACE")
    words: set[str] = set()
    while word := tokens.accept_any(*MODIFIERS):
        words.add(word)
    statement.modifiers = frozenset(words)
    handlers = VERBS[verb]
    for kind in sorted(handlers, key=len, reverse=True):
        if tokens.looking_at(*kind.split()):
            tokens.expect(*kind.split())
            return handlers[kind], statement
    _refuse_unknown(verb, tokens)
    return None


def _refuse_unknown(verb: str, tokens: Tokens) -> None:
    known = FAKESNOW["DESCRIBE" if verb == "DESC" else verb]
    kind = tokens.word()
    if kind in known:
        return
    feature = f"{verb} {kind}".strip()
    raise unsupported(feature)


def _copies_from_external_stage(statement: Statement) -> bool:
    """Whether a COPY INTO reads a stage of the catalog (anywhere after FROM, also inside of a transformation)."""
    tokens = statement.tokens
    start = tokens.position
    found = False
    while not tokens.at_end and not found:
        if tokens.accept("@"):
            if tokens.current is not None and tokens.word() not in {"~", "%"}:
                found = statement.object_name() in statement.catalog.stages
        else:
            tokens.position += 1
    tokens.position = start
    return found
