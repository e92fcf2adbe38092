"""Context and system functions in queries, and which queries need a warehouse.

fakesnow's DuckDB knows nothing of users, roles and warehouses: calls of such functions are replaced by their values
before a query is passed on.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from theia_sf.sandbox.snowflake import privileges
from theia_sf.sandbox.snowflake.errors import (
    SnowflakeError,
    cancelled,
    does_not_exist,
    insufficient_privileges,
    syntax_error,
)
from theia_sf.sandbox.snowflake.handshake import SERVER_VERSION
from theia_sf.sandbox.snowflake.queries import Query
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.pipes import snowpipe

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

Value = str | None
Function = Callable[["Account", "Session", list[str]], Value]


def _secondary_roles(_: Account, session: Session, __: list[str]) -> str:
    return json.dumps({"roles": "", "value": "ALL"} if session.secondary_roles else {"roles": "", "value": ""})


def _available_roles(account: Account, session: Session, _: list[str]) -> str:
    return json.dumps(sorted(privileges.roles_of_user(account.catalog, session.user)))


def _role_in_session(account: Account, session: Session, arguments: list[str]) -> str:
    return "true" if arguments[0].strip('"') in privileges.active_roles(account.catalog, session) else "false"


def _pipe_status(account: Account, session: Session, arguments: list[str]) -> str:
    tokens = Tokens(arguments[0])
    statement = Statement(account, session, Query(sql="", session=session), tokens)
    name = statement.object_name()
    pipe = account.catalog.pipes.get(name)
    if pipe is None:
        raise does_not_exist(arguments[0], "Pipe")
    privileges.require(account.catalog, session, "PIPE", name, "MONITOR")
    return json.dumps(snowpipe(statement).status(pipe))


def _cancel_query(account: Account, session: Session, arguments: list[str]) -> str:
    del session
    query = account.queries.get(arguments[0])
    if query is None or query.done.is_set():
        return "Identified SQL statement is not currently executing."
    query.stop(cancelled())
    return f"query [{query.id}] terminated."


def _login_failure(account: Account, session: Session, arguments: list[str]) -> Value:
    if not privileges.is_admin(account.catalog, session):
        raise insufficient_privileges(account.account_name, "account")
    return account.logins.failure_details(arguments[0])


FUNCTIONS: dict[str, Function] = {
    "CURRENT_ACCOUNT": lambda account, _, __: account.locator,
    "CURRENT_ACCOUNT_NAME": lambda account, _, __: account.account_name,
    "CURRENT_ORGANIZATION_NAME": lambda account, _, __: account.organization_name,
    "CURRENT_REGION": lambda account, _, __: "AWS_" + account.region.replace("-", "_").upper(),
    "CURRENT_ROLE": lambda _, session, __: session.role,
    "CURRENT_ROLE_TYPE": lambda _, __, ___: "ROLE",
    "CURRENT_SECONDARY_ROLES": _secondary_roles,
    "CURRENT_AVAILABLE_ROLES": _available_roles,
    "CURRENT_USER": lambda _, session, __: session.user,
    "CURRENT_SESSION": lambda _, session, __: str(session.id),
    "CURRENT_WAREHOUSE": lambda _, session, __: session.warehouse,
    "CURRENT_DATABASE": lambda _, session, __: session.database,
    "CURRENT_SCHEMA": lambda _, session, __: session.schema,
    "CURRENT_VERSION": lambda _, __, ___: SERVER_VERSION,
    "CURRENT_CLIENT": lambda _, __, ___: "sandbox",
    "CURRENT_IP_ADDRESS": lambda _, __, ___: "127.0.0.1",
    "LAST_QUERY_ID": lambda _, session, __: session.last_query_id,
    "IS_ROLE_IN_SESSION": _role_in_session,
    "SYSTEM$PIPE_STATUS": _pipe_status,
    "SYSTEM$CANCEL_QUERY": _cancel_query,
    "SYSTEM$GET_LOGIN_FAILURE_DETAILS": _login_failure,
}
BOOLEANS = {"IS_ROLE_IN_SESSION"}


def replace_functions(tree: exp.Expr, account: Account, session: Session) -> exp.Expr:
    """Puts values in the place of context and system functions.

    Raises:
        SnowflakeError: 002140 for a SYSTEM$ function that this account doesn't have; what the function refuses.
    """

    def value_of(node: exp.Expr) -> exp.Expr:
        name = _function_name(node)
        function = FUNCTIONS.get(name)
        if function is None:
            if name.startswith("SYSTEM$"):
                message = f"SQL compilation error:\nUnknown function {name}"
                raise SnowflakeError(2140, "42601", message)
            return node
        value = function(account, session, _arguments(node))
        literal: exp.Expr = exp.Null() if value is None else exp.Literal.string(value)
        if name in BOOLEANS:
            literal = exp.Boolean(this=value == "true")
        elif value is None:
            literal = exp.Cast(this=literal, to=exp.DataType.build("VARCHAR"))
        top_level = isinstance(node.parent, exp.Select) and node.arg_key == "expressions"
        return exp.alias_(literal, f"{name}({', '.join(_quoted(node))})", quoted=True) if top_level else literal

    return tree.transform(value_of)


def calls_functions(tree: exp.Expr) -> bool:
    """Whether anything in the query is for `replace_functions`."""
    return any(_function_name(node) in FUNCTIONS or _function_name(node).startswith("SYSTEM$") for node in tree.walk())


def needs_warehouse(tree: exp.Expr) -> bool:
    """Whether Snowflake computes the statement in a warehouse.

    Queries that read nothing, and TABLE(RESULT_SCAN(…)), are answered by cloud services; DDL is too, except for a
    CREATE TABLE AS SELECT.
    """
    if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Copy | exp.MultitableInserts):
        return True
    if isinstance(tree, exp.Create):
        return tree.kind == "TABLE" and isinstance(tree.expression, exp.Query)
    if not isinstance(tree, exp.Query):
        return False
    if tree.find(exp.From, exp.Join, exp.Lateral) is None:
        return False
    sql = tree.sql(dialect="snowflake").upper()
    return "RESULT_SCAN(" not in sql


def _function_name(node: exp.Expr) -> str:
    if isinstance(node, exp.Anonymous):
        return str(node.this).upper() if isinstance(node.this, str) else node.name.upper()
    if isinstance(node, exp.Func):
        return node.sql_name().upper()
    return ""


def _arguments(node: exp.Expr) -> list[str]:
    arguments = node.expressions or ([node.this] if isinstance(node.this, exp.Expr) else [])
    values: list[str] = []
    for argument in arguments:
        if not isinstance(argument, exp.Literal):
            detail = f"invalid argument for function [{_function_name(node)}]"
            raise syntax_error(detail)
        values.append(argument.name)
    return values


def _quoted(node: exp.Expr) -> list[str]:
    return [f"'{value}'" for value in _arguments(node)]
