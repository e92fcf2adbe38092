"""`theia-sf proxy sessions`: who is signed in, and ending it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theia_sf.cli.options import Output, Yes
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_options import ConfigPath, configuration

if TYPE_CHECKING:
    from theia_sf.proxy.config.model import ProxyConfig
    from theia_sf.proxy.sessions.model import SessionRecord

_COLUMNS = {
    "id": "Session",
    "user": "User",
    "account": "Account",
    "role": "Role",
    "client": "Client",
    "peer": "From",
    "created": "Since",
    "last_used": "Last used",
}
UserOption = Annotated[str | None, typer.Option("--user", help="Only those of this user.", show_default=False)]


def list_(user: UserOption = None, config: ConfigPath = None, output: Output = OutputFormat.TABLE) -> None:
    """Show the sessions in the store, the last used one first."""
    loaded, _ = configuration(config)
    from theia_sf.cli.output import render

    found = sorted(_read(loaded, user), key=lambda record: record.last_used, reverse=True)
    render([_row(record) for record in found], output, columns=_COLUMNS)


def end(
    session: Annotated[
        str | None, typer.Argument(metavar="SESSION", help="Session, as `list` shows it.", show_default=False)
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="All sessions of this user.", show_default=False)] = None,
    config: ConfigPath = None,
    yes: Yes = False,
) -> None:
    """End a session, or all of a user: here, and at Snowflake. Clients have to sign in again.

    What runs in it is cancelled by Snowflake. The audit records it, as of the instance of the command.
    """
    loaded, path = configuration(config)
    from theia_sf.cli import console
    from theia_sf.errors import UsageError

    if (session is None) == (user is None):
        message = "Name a session, or a user by --user."
        raise UsageError(message, hint="`theia-sf proxy sessions list` shows both.")
    found = [record for record in _read(loaded, user) if session is None or record.id == session]
    if not found and session is not None:
        message = f"There is no session {session}."
        raise UsageError(message, hint="`theia-sf proxy sessions list` shows those there are.")
    if not found:
        console.note(f"{user} has no session.")
        return
    what = f"the session {found[0].id} of {found[0].user}" if len(found) == 1 else f"{len(found)} sessions of {user}"
    console.confirm(f"End {what}?", yes=yes)
    _end(loaded, path, found)
    console.note(f"Ended {what}.")


def _read(config: ProxyConfig, user: str | None) -> list[SessionRecord]:
    """The sessions in the store.

    Raises:
        TheiaError: the store does not answer.
    """
    import asyncio

    from theia_sf.errors import TheiaError
    from theia_sf.proxy.sessions.errors import StoreUnavailableError
    from theia_sf.proxy.sessions.opening import open_store

    store = open_store(config.store)

    async def read() -> list[SessionRecord]:
        try:
            return await store.all()
        finally:
            await store.close()

    try:
        found = asyncio.run(read())
    except StoreUnavailableError as error:
        message = f"The store of sessions does not answer: {error.reason.rstrip('.')}."
        raise TheiaError(message, hint="`theia-sf proxy check` looks at it.") from error
    return [record for record in found if user is None or record.user.casefold() == user.casefold()]


def _end(config: ProxyConfig, where: Path, found: list[SessionRecord]) -> None:
    import asyncio

    from theia_sf.proxy.setup.ending import end_sessions

    asyncio.run(end_sessions(config, where, found))


def _row(record: SessionRecord) -> dict[str, Any]:
    from datetime import UTC, datetime

    def time(seconds: float) -> datetime:
        return datetime.fromtimestamp(int(seconds), UTC)

    return {
        "id": record.id,
        "user": record.user,
        "groups": list(record.groups),
        "credential": record.credential,
        "account": record.account,
        "identity": record.identity,
        "upstream_user": record.upstream_user,
        "role": record.role,
        "warehouse": record.warehouse,
        "database": record.database,
        "schema": record.schema,
        "client": record.client_app,
        "peer": record.peer_address,
        "snowflake_session_id": record.snowflake_session_id,
        "created": time(record.created),
        "last_used": time(record.last_used),
        "expires": time(record.expires),
    }


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `proxy`."""
    sessions = typer.Typer(no_args_is_help=True, help="Who is signed in through the proxy.")
    sessions.command("list")(list_)
    sessions.command("end")(end)
    group.add_typer(sessions, name="sessions")
