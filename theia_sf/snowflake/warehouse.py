"""The warehouse that queries run on: the user's, or a temporary one that is dropped whatever happens."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

from snowflake.connector import SnowflakeConnection

from theia_sf.errors import TheiaError, UsageError
from theia_sf.petnames import pet_name
from theia_sf.snowflake.errors import ObjectNotFoundError, PrivilegeMissingError
from theia_sf.snowflake.identifiers import fold, identifier
from theia_sf.snowflake.query import execute

_SUSPEND_AFTER: Final = 60  # seconds; the shortest that Snowflake bills for anyway
_DROP_ATTEMPTS: Final = 2
_MAY_NOT_CREATE: Final = (
    "The role may not create a temporary warehouse: name one that it may use by --warehouse-name; `theia-sf status`"
    " names the one of a stack's readers."
)

_log = logging.getLogger(__name__)


def warehouse_for(connection: SnowflakeConnection, name: str | None) -> AbstractContextManager[str]:
    """Return a context in which the session has a warehouse: the named one, or a temporary one if `name` is None.

    It yields the warehouse's name. A role that may not create one uses what the session has by itself, as readers have.
    Entering raises UsageError if the named warehouse does not exist or may not be used, PrivilegeMissingError if the
    role may not create one, and the session has none.
    """
    return temporary_warehouse(connection) if name is None else _named_warehouse(connection, name)


@contextmanager
def temporary_warehouse(connection: SnowflakeConnection) -> Generator[str]:
    """Create an X-Small warehouse, use it in the session, and drop it at the end, on Ctrl-C too; see `warehouse_for`.

    It is created suspended and suspends itself after a minute, so that one that could not be dropped costs nothing;
    that is then said as a warning, with the statement to run.
    """
    name = pet_name(3, "_").upper()
    _log.info("Creating the temporary warehouse %s", name)
    may_exist = True  # also after Ctrl-C in the middle of CREATE
    try:
        try:
            execute(
                connection,
                f"CREATE WAREHOUSE {identifier(name)} WAREHOUSE_SIZE = XSMALL AUTO_SUSPEND = {_SUSPEND_AFTER}"
                " AUTO_RESUME = TRUE INITIALLY_SUSPENDED = TRUE"
                " COMMENT = 'Temporary warehouse of theia-sf; may be dropped'",
            ).close()
        except PrivilegeMissingError as error:
            may_exist = False
            if not connection.warehouse:
                error.hint = _MAY_NOT_CREATE
                raise
            name = connection.warehouse
            _log.info("The role may not create one: using the session's warehouse %s", name)
        else:
            execute(connection, f"USE WAREHOUSE {identifier(name)}").close()
        yield name
    finally:
        if may_exist:
            _drop(connection, name)


@contextmanager
def _named_warehouse(connection: SnowflakeConnection, name: str) -> Generator[str]:
    try:
        execute(connection, f"USE WAREHOUSE {identifier(name)}").close()
    except ObjectNotFoundError as error:
        message = f"There is no warehouse {fold(name)}, or the role may not use it."
        hint = "`SHOW WAREHOUSES` lists those that the role sees."
        raise UsageError(message, hint=hint) from error
    yield fold(name)


def _drop(connection: SnowflakeConnection, name: str) -> None:
    """Drop the warehouse; try once more if Ctrl-C comes in between; never raise in place of what is under way."""
    reason = "interrupted"
    for _ in range(_DROP_ATTEMPTS):
        try:
            execute(connection, f"DROP WAREHOUSE IF EXISTS {identifier(name)}").close()
        except KeyboardInterrupt:
            continue
        except TheiaError as error:
            reason = error.message
            break
        _log.info("Dropped the temporary warehouse %s", name)
        return
    _log.warning(
        "The temporary warehouse %s could not be dropped (%s). It is suspended and costs nothing; drop it by hand: "
        "DROP WAREHOUSE IF EXISTS %s",
        name,
        reason,
        identifier(name),
    )
