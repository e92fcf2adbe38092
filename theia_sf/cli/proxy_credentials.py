"""What the command line says of a proxy user's new credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from theia_sf.secret import Secret


def password(name: str, asked: bool, file: Path | None) -> Secret | None:
    """Return a user's new password: that in a file, or what is typed; None if there is to be none.

    Raises:
        UsageError: the file cannot be read or is open to others, what is typed differs, or nobody can be asked.
    """
    from theia_sf.cli import console
    from theia_sf.errors import UsageError
    from theia_sf.proxy.guarded_files import read_secret

    if file is not None:
        return read_secret(file.expanduser(), "password file")
    if not asked:
        return None
    if not console.is_interactive():
        message = "There is no terminal to ask for the password on."
        raise UsageError(message, hint="Name a file that holds it by --password-file.")
    first = console.ask_hidden(f"Password of {name} for the proxy: ")
    if console.ask_hidden("Once more: ") != first:
        message = "The two passwords differ."
        raise UsageError(message)
    return first


def check_new(path: Path) -> None:
    """Look beforehand whether an access token can be written into a new file: it is made once, and kept nowhere else.

    Raises:
        UsageError: the file is there already, or its folder is not one that this user may write.
    """
    import os

    from theia_sf.errors import UsageError

    file = path.expanduser()
    if file.exists():
        message = f"{path} is there already, and is not overwritten."
        raise UsageError(message, hint="Name another file by --token-output.")
    if not os.access(file.parent, os.W_OK | os.X_OK) or not file.parent.is_dir():
        message = f"{path} cannot be written: {file.parent} is no folder that this user may write."
        raise UsageError(message, hint="Make the folder, or name another file by --token-output.")


def expiry(text: str) -> datetime:
    """Return when a credential ends.

    Args:
        text: a duration, or an RFC 3339 time.

    Raises:
        UsageError: it is neither, or not in the future.
    """
    from datetime import UTC, datetime

    from theia_sf.errors import UsageError
    from theia_sf.flows.time_window import parse_duration, parse_time

    now = datetime.now(UTC)
    try:
        found = now + parse_duration(text)
    except OverflowError as error:
        message = f"--expires {text} is after the end of the calendar."
        raise UsageError(message) from error
    except UsageError:
        found = parse_time(text, now=now, flag="--expires")
    if found <= now:
        message = f"--expires {text} is not in the future."
        raise UsageError(message, hint="Write how long it shall last, such as 90d, or a time to come.")
    return found
