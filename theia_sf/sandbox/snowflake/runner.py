"""Runs one statement: its session's turn, its time limit, and the error it ends with."""

# pyright: reportUnknownMemberType=false
# fakesnow is untyped

from __future__ import annotations

import logging
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb
import snowflake.connector.errors
from sqlglot.errors import SqlglotError

from theia_sf.sandbox.snowflake import engine_errors, passthrough
from theia_sf.sandbox.snowflake.errors import SnowflakeError, internal_error, syntax_error, timed_out
from theia_sf.sandbox.snowflake.statements import dispatch
from theia_sf.sandbox.snowflake.statements.parse import Tokens

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account, Bindings
    from theia_sf.sandbox.snowflake.queries import Query
    from theia_sf.sandbox.snowflake.results import Result
    from theia_sf.sandbox.snowflake.sessions import Session

logger = logging.getLogger(__name__)


def run(account: Account, session: Session, query: Query, bindings: Bindings, *, describe_only: bool) -> Result:
    """See `Account.execute`. What was run, and not only described, is logged."""
    try:
        result = _answer(account, session, query, bindings, describe_only=describe_only)
    except SnowflakeError as error:
        if not describe_only:
            account.query_log.add(query, None, error)
        raise
    if not describe_only:
        account.query_log.add(query, result, None)
    return result


def _answer(account: Account, session: Session, query: Query, bindings: Bindings, *, describe_only: bool) -> Result:
    with session.lock, _active(session, query):
        query.tag = {**session.parameters, **query.parameters}.get("QUERY_TAG", "")
        query.role, query.warehouse = session.role, session.warehouse
        try:
            if query.stopped_by is not None:
                raise query.stopped_by
            with _time_limit(account, session, query):
                return _run(account, session, query, bindings, describe_only=describe_only)
        except SnowflakeError:
            raise
        except duckdb.InterruptException as error:
            raise query.stopped_by or engine_errors.from_duckdb(error) from error
        except duckdb.Error as error:
            raise engine_errors.from_duckdb(error) from error
        except snowflake.connector.errors.Error as error:
            if query.stopped_by is not None:
                raise query.stopped_by from error
            raise engine_errors.from_connector(error) from error
        except SqlglotError as error:
            detail = str(error).splitlines()[0]
            raise syntax_error(detail) from error
        except Exception as error:
            logger.exception("statement %s failed unexpectedly", query.id)
            raise internal_error(query.id) from error
        finally:
            session.last_query_id = query.id


def _run(account: Account, session: Session, query: Query, bindings: Bindings, *, describe_only: bool) -> Result:
    tokens = Tokens(query.sql)
    count = tokens.statement_count
    if count == 0:
        raise SnowflakeError(900, "42601", "SQL compilation error: empty statement.")
    if count > 1:
        message = f"Actual statement count {count} did not match the desired statement count 1."
        raise SnowflakeError(8, "0A000", message)
    found = dispatch.find(account, session, query, tokens)
    if found is not None:
        handler, statement = found
        return handler(statement)
    return passthrough.run(account, session, query, bindings, describe_only=describe_only)


@contextmanager
def _active(session: Session, query: Query) -> Generator[None]:
    """Makes the statement the one that an abort request interrupts."""
    with session.active_lock:
        outer, session.active = session.active, query
    try:
        yield
    finally:
        with session.active_lock:
            session.active = outer


@contextmanager
def _time_limit(account: Account, session: Session, query: Query) -> Generator[None]:
    """STATEMENT_TIMEOUT_IN_SECONDS: the lower of the session's and the warehouse's, 0 meaning none."""
    warehouse = account.catalog.warehouses.get(session.warehouse or "")
    sources = [query.parameters, session.parameters, warehouse.parameters if warehouse else {}]
    texts = [source.get("STATEMENT_TIMEOUT_IN_SECONDS", "0") for source in sources]
    limits = [int(text) for text in texts if text.isdigit() and int(text) > 0]
    if not limits:
        yield
        return
    seconds = min(limits)
    timer = threading.Timer(seconds, query.stop, args=(timed_out(seconds),))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
