"""Run statements with bound values and a time limit; a statement that we stop waiting for is cancelled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from threading import Timer
from typing import Any, Final

from snowflake.connector import SnowflakeConnection
from snowflake.connector.cursor import SnowflakeCursor
from snowflake.connector.errors import Error

from theia_sf.snowflake.errors import CANCELLED, StatementTimedOutError, statement_error

DEFAULT_TIMEOUT: Final = 120  # seconds; for statements about objects, which take one or two
FLOWS_TIMEOUT: Final = 300  # seconds; for queries over the flows that have no --wait-timeout
_BATCH: Final = 10_000

Parameters = dict[str, Any] | Sequence[Any]


def execute(
    connection: SnowflakeConnection,
    sql: str,
    params: Parameters | None = None,
    timeout_seconds: int | None = None,
) -> SnowflakeCursor:
    """Run one statement and return its cursor.

    Args:
        connection: an open session.
        sql: the text, with `%s` or `%(name)s` for values; with `params`, a literal percent sign is `%%`.
        params: the values, which the connector escapes.
        timeout_seconds: after so long the statement is cancelled in Snowflake; DEFAULT_TIMEOUT if None. On Ctrl-C it is
            cancelled too (by the connector's own signal handler) before KeyboardInterrupt is raised.

    Raises:
        ObjectNotFoundError, PrivilegeMissingError, NoWarehouseError, StatementTimedOutError, StatementFailedError:
            by Snowflake's error number.
        ConnectionFailedError: the network or the session is gone.
    """
    timeout = DEFAULT_TIMEOUT if timeout_seconds is None else timeout_seconds
    cursor = connection.cursor()
    try:
        with redirect_stdout(sys.stderr):  # where the connector's "Force exit" shall go, too
            cursor.execute(sql, params, timeout=timeout)
    except Error as error:
        if error.errno == CANCELLED:
            message = f"The statement was cancelled, as it had not ended after {timeout} seconds."
            hint = "Allow more time (--wait-timeout), or use a larger warehouse (--warehouse-name)."
            raise StatementTimedOutError(message, hint=hint, errno=CANCELLED, query_id=cursor.sfqid) from error
        raise statement_error(error) from error
    except SystemExit as stop:  # the connector's answer to a second Ctrl-C, while it cancels the statement
        _forget_time_limit(cursor)
        raise KeyboardInterrupt from stop
    except BaseException:
        _forget_time_limit(cursor)
        raise
    return cursor


def _forget_time_limit(cursor: SnowflakeCursor) -> None:
    """End the connector's timer thread, for which the process would wait at its end: minutes, with a long time limit.

    The connector (4.8, `SnowflakeCursor._execute_helper`) starts the timer before it enters the block whose end cancels
    it, so a Ctrl-C in between leaves the timer running.
    """
    timer: Timer | None = getattr(cursor, "_timebomb", None)
    if timer is not None:
        timer.cancel()


def fetch_all(
    connection: SnowflakeConnection,
    sql: str,
    params: Parameters | None = None,
    timeout_seconds: int | None = None,
) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows; arguments and errors as `execute`."""
    return list(stream(connection, sql, params, timeout_seconds))


def stream(
    connection: SnowflakeConnection,
    sql: str,
    params: Parameters | None = None,
    timeout_seconds: int | None = None,
) -> Iterator[tuple[Any, ...]]:
    """Run one statement and yield its rows as they arrive; arguments and errors as `execute`."""
    with execute(connection, sql, params, timeout_seconds) as cursor:
        while True:
            try:
                rows = cursor.fetchmany(_BATCH)
            except Error as error:
                raise statement_error(error) from error
            if not rows:
                return
            yield from rows


def fetch_records(
    connection: SnowflakeConnection,
    sql: str,
    params: Parameters | None = None,
    timeout_seconds: int | None = None,
) -> list[dict[str, Any]]:
    """Run one statement and return its rows as dicts keyed by lower-case column name: for SHOW and DESCRIBE."""
    with execute(connection, sql, params, timeout_seconds) as cursor:
        names = [column.name.lower() for column in cursor.description or ()]
        try:
            rows = cursor.fetchall()
        except Error as error:
            raise statement_error(error) from error
    return [dict(zip(names, row, strict=True)) for row in rows]
