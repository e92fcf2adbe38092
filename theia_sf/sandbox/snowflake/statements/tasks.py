"""Tasks. "CREATE TASK", "EXECUTE TASK". A task runs when EXECUTE TASK asks; its schedule is kept and shown only."""

from __future__ import annotations

import logging
import threading
import time
import uuid

from theia_sf.sandbox.snowflake.catalog import FullName, Task, TaskRun, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist
from theia_sf.sandbox.snowflake.queries import Query
from theia_sf.sandbox.snowflake.results import Result, status, succeeded
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.containers import PARAMETERS
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.parse import Tokens
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    identifier,
    integer,
    parse_properties,
    text,
    unset,
)

logger = logging.getLogger(__name__)


def _condition(tokens: Tokens) -> str:
    start = tokens.position
    end = start
    while not tokens.at_end and not tokens.looking_at("AS"):
        end = tokens.position
        if tokens.looking_at("("):
            tokens.skip_parentheses()
            end = tokens.position - 1
        else:
            tokens.position += 1
    return tokens.slice(start, end)


GRAMMAR = {
    **PARAMETERS,
    "WAREHOUSE": Property(identifier, "warehouse"),
    "SCHEDULE": Property(text, "schedule"),
    "CONFIG": Property(text, "config"),
    "ALLOW_OVERLAPPING_EXECUTION": Property(boolean, "allow_overlapping_execution", unset=False),
    "ERROR_INTEGRATION": Property(identifier, "error_integration"),
    "COMMENT": Property(text, "comment"),
    "STATEMENT_TIMEOUT_IN_SECONDS": Property(integer),
    "TIMEZONE": Property(text),
    "QUERY_TAG": Property(text),
}
TASK = objects.Kind("TASK", 3, lambda catalog: catalog.tasks, GRAMMAR)
CLAUSES = frozenset({"AS", "AFTER", "WHEN"})


def create(statement: Statement) -> Result:
    """CREATE [OR REPLACE] TASK [IF NOT EXISTS] … [AFTER …] [WHEN …] AS sql; a new task is suspended."""
    name, answer = objects.prepare_create(statement, TASK)
    if answer:
        return answer
    tokens = statement.tokens
    task = Task(name=name[2], database=name[0], schema=name[1], definition="", id=str(uuid.uuid4()))
    while not tokens.looking_at("AS"):
        assign(task, GRAMMAR, parse_properties(tokens, GRAMMAR, "TASK", stop=CLAUSES))
        if tokens.accept("AFTER"):
            task.predecessors = _names(statement)
        elif tokens.accept("WHEN"):
            task.condition = _condition(tokens)
        elif not tokens.looking_at("AS"):
            raise tokens.unexpected()
    tokens.expect("AS")
    task.definition = tokens.text_from()
    if task.warehouse is not None and task.warehouse not in statement.catalog.warehouses:
        raise does_not_exist(task.warehouse, "Warehouse")
    return objects.store(statement, TASK, task, name)


def alter(statement: Statement) -> Result:
    """ALTER TASK … RESUME | SUSPEND | SET | UNSET | MODIFY AS sql | MODIFY WHEN … | REMOVE WHEN."""
    tokens = statement.tokens
    name, task = objects.begin_alter(statement, TASK, "OPERATE")
    if task is None:
        return succeeded()
    if tokens.accept("RESUME"):
        task.state, task.last_committed_on = "started", now()
    elif tokens.accept("SUSPEND"):
        task.state, task.last_suspended_on, task.last_suspended_reason = "suspended", now(), "USER_SUSPENDED"
    elif tokens.accept("MODIFY", "AS"):
        task.definition = tokens.text_from()
    elif tokens.accept("MODIFY", "WHEN"):
        task.condition = _condition(tokens)
    elif tokens.accept("REMOVE", "WHEN"):
        task.condition = None
    elif tokens.accept("ADD", "AFTER"):
        task.predecessors += _names(statement)
    elif tokens.accept("UNSET"):
        unset(task, GRAMMAR, tokens, "TASK")
    else:
        return objects.alter(statement, TASK, name, task, move=False)
    return succeeded()


def drop(statement: Statement) -> Result:
    """DROP TASK [IF EXISTS]."""
    return objects.drop(statement, TASK)


def execute(statement: Statement) -> Result:
    """EXECUTE TASK name: runs it in the background, as Snowflake does; TASK_HISTORY tells the outcome."""
    name = statement.object_name()
    statement.tokens.expect_end()
    task: Task = objects.existing(statement, TASK, name, "OPERATE")
    started = now()
    run = TaskRun(
        task=name,
        query_id=str(uuid.uuid4()),
        query_text=task.definition,
        scheduled_time=started,
        query_start_time=started,
        run_id=time.time_ns() // 1_000_000,
        warehouse=task.warehouse,
    )
    statement.catalog.task_runs.append(run)
    worker = threading.Thread(target=_run, args=(statement, task, run), name=f"task {task.fqn}", daemon=True)
    statement.account.start_worker(worker)
    return status(f"Task {task.name} is scheduled to run immediately.")


def _run(statement: Statement, task: Task, run: TaskRun) -> None:
    """Runs a task's statement with its owner's role; a task without a warehouse is serverless."""
    account = statement.account
    session = account.system_session()
    try:
        session.role = task.owner
        session.serverless = task.warehouse is None
        session.warehouse = task.warehouse
        session.select(task.database, task.schema)
        account.execute(task.definition, session, query=Query(sql=task.definition, session=session, id=run.query_id))
        run.state = "SUCCEEDED"
    except SnowflakeError as error:
        run.state, run.error_code, run.error_message = "FAILED", error.code, error.message
        logger.warning("task %s failed: %s", task.fqn, error.message)
    finally:
        run.completed_time = now()
        session.close()


def _names(statement: Statement) -> list[FullName]:
    names = [statement.object_name()]
    while statement.tokens.accept(","):
        names.append(statement.object_name())
    for name in names:
        if name not in statement.catalog.tasks:
            raise does_not_exist(".".join(name), "Task")
    return names
