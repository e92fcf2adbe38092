"""Table functions of INFORMATION_SCHEMA over the account's own histories, and the views of ACCOUNT_USAGE.

A call, or a view, is replaced by a table made for this one query.
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# fakesnow and pyarrow are untyped

from __future__ import annotations

import uuid
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from duckdb import DuckDBPyConnection
from sqlglot import exp

from theia_sf.sandbox.snowflake import account_usage, privileges
from theia_sf.sandbox.snowflake.catalog import FullName, TaskRun, now
from theia_sf.sandbox.snowflake.duck_sql import quoted
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist, unsupported
from theia_sf.sandbox.snowflake.history_columns import (
    COPY_HISTORY,
    LOGIN_HISTORY,
    PIPE_USAGE_HISTORY,
    QUERY_HISTORY,
    TASK_HISTORY,
)
from theia_sf.sandbox.snowflake.query_log import redacted
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.sessions import Session

PIPE_NAME = ("PIPE_CATALOG_NAME", "PIPE_SCHEMA_NAME", "PIPE_NAME")
HOLDER = "_fs_global._fs_information_schema"
LONGEST_BACK = timedelta(days=14)
DEFAULT_LIMIT = 100
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Rewritten:
    """A query, and whether it calls a history function."""

    tree: exp.Expr
    history: bool


@contextmanager
def history_tables(account: Account, session: Session, query: Query, tree: exp.Expr) -> Generator[Rewritten]:
    """Replaces the calls of history functions by tables, which are dropped when the query is done."""
    made: list[str] = []
    duck = account.fake.duck_conn.cursor()
    try:
        for node, columns, rows in _found(account, session, query, tree):
            name = f"HISTORY_{uuid.uuid4().hex.upper()}"
            made.append(name)
            typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
            duck.execute(f"CREATE TABLE {HOLDER}.{name} ({typed})")
            if rows:
                _fill(duck, name, columns, rows)
            table = exp.to_table(f"{HOLDER}.{name}", alias=node.args.get("alias"))
            node.replace(table)
        yield Rewritten(tree, history=bool(made))
    finally:
        for name in made:
            duck.execute(f"DROP TABLE IF EXISTS {HOLDER}.{name}")
        duck.close()


def _fill(duck: DuckDBPyConnection, name: str, columns: dict[str, str], rows: list[dict[str, Any]]) -> None:
    """Inserts the rows at once: DuckDB takes thousands of single ones slowly."""
    data = pa.table({column: [row.get(column) for row in rows] for column in columns})
    duck.register(name, data)
    try:
        duck.execute(f"INSERT INTO {HOLDER}.{name} SELECT * FROM {name}")  # noqa: S608 - own names
    finally:
        duck.unregister(name)


def _found(
    account: Account, session: Session, query: Query, tree: exp.Expr
) -> Generator[tuple[exp.Expr, dict[str, str], list[dict[str, Any]]]]:
    """The calls of history functions and the views of ACCOUNT_USAGE in a query, with what they hold."""
    for node in list(tree.find_all(exp.TableFromRows)):
        call = node.this.expression if isinstance(node.this, exp.Dot) else None
        if isinstance(call, exp.Anonymous) and "INFORMATION_SCHEMA" in node.this.sql().upper():
            yield node, *_rows(account, session, query, call)
    for table in list(tree.find_all(exp.Table)):
        if (table.catalog.upper(), table.db.upper()) == account_usage.SCHEMA:
            view = account_usage.VIEWS[table.name.upper()]
            yield table, view.columns, view.rows(account)


def _rows(
    account: Account, session: Session, query: Query, call: exp.Anonymous
) -> tuple[dict[str, str], list[dict[str, Any]]]:
    function = call.name.upper()
    arguments = {
        kwarg.this.name.upper(): _value(session, kwarg.expression)
        for kwarg in call.expressions
        if isinstance(kwarg, exp.Kwarg)
    }
    if function == "COPY_HISTORY":
        return COPY_HISTORY, _copy_history(account, session, query, arguments)
    if function == "TASK_HISTORY":
        return TASK_HISTORY, _task_history(account, session, arguments)
    if function == "PIPE_USAGE_HISTORY":
        return PIPE_USAGE_HISTORY, []
    if function in {"QUERY_HISTORY", "QUERY_HISTORY_BY_SESSION", "QUERY_HISTORY_BY_USER"}:
        return QUERY_HISTORY, _query_history(account, session, arguments, alone=function.endswith("_BY_SESSION"))
    if function in {"LOGIN_HISTORY", "LOGIN_HISTORY_BY_USER"}:
        return LOGIN_HISTORY, _login_history(account, session, arguments, of_one=function.endswith("_BY_USER"))
    feature = f"INFORMATION_SCHEMA.{function}"
    raise unsupported(feature)


def _copy_history(account: Account, session: Session, query: Query, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    if account.snowpipe is None:
        feature = "COPY_HISTORY (the account runs without the loading service)"
        raise unsupported(feature)
    for required in ("TABLE_NAME", "START_TIME"):
        if required not in arguments:
            message = f"SQL compilation error:\nMissing argument [{required}] for table function COPY_HISTORY"
            raise SnowflakeError(1015, "22023", message)
    tokens = Tokens(str(arguments["TABLE_NAME"]))
    name = Statement(account, session, query, tokens).object_name()
    record = account.catalog.relations.get(name)
    if record is None or not privileges.can_see(account.catalog, session, record.kind, name):
        raise does_not_exist(".".join(name), "Table")
    privileges.require_usage(account.catalog, session, name[0], name[1])
    start, end = _moment(arguments["START_TIME"]), _moment(arguments.get("END_TIME") or now())
    if start < now() - LONGEST_BACK - timedelta(minutes=1):
        message = "SQL compilation error:\nCannot retrieve data from more than 14 days ago."
        raise SnowflakeError(1068, "22023", message)
    rows = account.snowpipe.copy_history(quoted(*name), start, end)
    return [_without_foreign_pipe(account, session, row) for row in rows]


def _without_foreign_pipe(account: Account, session: Session, row: dict[str, Any]) -> dict[str, Any]:
    """A row as it is shown: without MONITOR on the pipe its name is hidden (docs: "COPY_HISTORY", usage notes)."""
    pipe: FullName = tuple(str(row[part]) for part in PIPE_NAME)
    held = privileges.privileges_on(account.catalog, session, "PIPE", pipe) & {"MONITOR", "OWNERSHIP", "ALL"}
    if held or privileges.is_admin(account.catalog, session):
        return row
    return {**row, **dict.fromkeys(PIPE_NAME)}


def _task_history(account: Account, session: Session, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    wanted = arguments.get("TASK_NAME")
    start = _moment(arguments["SCHEDULED_TIME_RANGE_START"]) if "SCHEDULED_TIME_RANGE_START" in arguments else None
    end = _moment(arguments["SCHEDULED_TIME_RANGE_END"]) if "SCHEDULED_TIME_RANGE_END" in arguments else None

    def kept(run: TaskRun) -> bool:
        named = wanted is None or run.task[-1].upper() == str(wanted).rsplit(".", 1)[-1].strip('"').upper()
        timely = (start is None or run.scheduled_time >= start) and (end is None or run.scheduled_time <= end)
        failed = not arguments.get("ERROR_ONLY") or run.state == "FAILED"
        return named and timely and failed and privileges.can_see(account.catalog, session, "TASK", run.task)

    runs = sorted((r for r in account.catalog.task_runs if kept(r)), key=lambda r: r.scheduled_time, reverse=True)
    return [_task_row(account, run) for run in runs[: int(arguments.get("RESULT_LIMIT") or DEFAULT_LIMIT)]]


def _query_history(
    account: Account, session: Session, arguments: dict[str, Any], *, alone: bool
) -> list[dict[str, Any]]:
    """The session's own statements, or those of its user; an administrator sees everybody's."""
    admin = privileges.is_admin(account.catalog, session)
    found = [
        query
        for query in reversed(account.queries.all())
        if (query.session is session if alone else admin or query.session.user == session.user)
    ]
    return [
        {
            "QUERY_ID": query.id,
            "QUERY_TEXT": redacted(query.sql),
            "SESSION_ID": query.session.id,
            "USER_NAME": query.session.user,
            "ROLE_NAME": query.role,
            "WAREHOUSE_NAME": query.warehouse,
            "QUERY_TAG": query.tag,
            "EXECUTION_STATUS": query.status,
            "ERROR_CODE": query.error.code if query.error else None,
            "ERROR_MESSAGE": query.error.message if query.error else None,
            "START_TIME": query.started,
            "END_TIME": query.ended,
        }
        for query in found[: int(arguments.get("RESULT_LIMIT") or DEFAULT_LIMIT)]
    ]


def _login_history(
    account: Account, session: Session, arguments: dict[str, Any], *, of_one: bool
) -> list[dict[str, Any]]:
    """The latest attempts, newest first: an administrator sees everybody's, others their own."""
    wanted = str(arguments.get("USER_NAME", session.user)).strip('"').upper() if of_one else None
    if not privileges.is_admin(account.catalog, session):
        wanted = session.user
    start, end = _moment(arguments.get("TIME_RANGE_START", EARLIEST)), _moment(arguments.get("TIME_RANGE_END", now()))
    found = [
        event for event in reversed(account.logins.all()) if wanted in {None, event.user} and start <= event.time <= end
    ]
    return [event.row() for event in found[: int(arguments.get("RESULT_LIMIT") or DEFAULT_LIMIT)]]


def _task_row(account: Account, run: TaskRun) -> dict[str, Any]:
    name: FullName = run.task
    task = account.catalog.tasks.get(name)
    return {
        "QUERY_ID": run.query_id,
        "NAME": name[2],
        "DATABASE_NAME": name[0],
        "SCHEMA_NAME": name[1],
        "QUERY_TEXT": run.query_text,
        "STATE": run.state,
        "ERROR_CODE": run.error_code,
        "ERROR_MESSAGE": run.error_message,
        "SCHEDULED_TIME": run.scheduled_time,
        "QUERY_START_TIME": run.query_start_time,
        "COMPLETED_TIME": run.completed_time,
        "ROOT_TASK_ID": task.id if task else None,
        "GRAPH_VERSION": 1,
        "RUN_ID": run.run_id,
        "SCHEDULED_FROM": "EXECUTE TASK",
        "ATTEMPT_NUMBER": 1,
    }


def _value(session: Session, expression: exp.Expr) -> Any:
    """The value of a constant argument such as DATEADD(hours, -1, CURRENT_TIMESTAMP())."""
    if isinstance(expression, exp.Literal):
        return expression.name if expression.is_string else int(expression.name)
    if isinstance(expression, exp.Boolean):
        return bool(expression.this)
    rows: Any = session.conn.cursor().execute(f"SELECT {expression.sql(dialect='snowflake')}").fetchall()
    return rows[0][0]


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
