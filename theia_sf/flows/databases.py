"""Which database an analysis reads: the one that was named, the current context's, or the only one there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.errors import UsageError
from theia_sf.snowflake.identifiers import fold
from theia_sf.snowflake.query import fetch_records

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from theia_sf.snowflake.settings import ConnectionSettings

_PREFIX = "ANTREA_"


def find_database(connection: SnowflakeConnection, settings: ConnectionSettings, name: str | None) -> str:
    """Return the name of the database that holds the flows, as SHOW DATABASES writes it; needs no warehouse.

    Args:
        connection: an open session.
        settings: what the session was opened with; a context of another account does not count.
        name: the name that the user gave; None to look for one.

    Raises:
        UsageError: the named database, or the context's, is not visible; or there is none, or more than one.
    """
    visible = sorted(str(row["name"]) for row in fetch_records(connection, "SHOW DATABASES"))
    ours = [database for database in visible if database.startswith(_PREFIX)]
    if name is not None:
        return _visible(fold(name), visible, ours, "There is no database {} that this role may use.")
    # Imported where the context counts: the scheduled job, whose database has a name, is deployed without `provision`.
    from theia_sf.provision.context import Identity, current  # noqa: PLC0415

    identity = Identity(snowflake_account=settings.account.upper(), snowflake_endpoint=settings.endpoint)
    context = current(identity)
    if context is not None and context.database_name is not None:
        missing = "The current context's database {} does not exist, or this role may not use it."
        return _visible(context.database_name, visible, ours, missing)
    if len(ours) == 1:
        return ours[0]
    if not ours:
        message = f"There is no {_PREFIX} database that this role may use."
        raise UsageError(message, hint="Make one by `theia-sf onboard`, or name a database with --database-name.")
    message = f"There are {len(ours)} databases to choose from: {', '.join(ours)}."
    raise UsageError(message, hint="Name one with --database-name.")


def _visible(name: str, visible: list[str], ours: list[str], message: str) -> str:
    if name in visible:
        return name
    hint = f"These exist: {', '.join(ours)}." if ours else "Make one by `theia-sf onboard`."
    raise UsageError(message.format(name), hint=hint)
