"""Where the values to encrypt come from: the environment, a file, or the user at the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from theia_sf.secret import Secret

STDIN: Final = "-"


def read(from_env: bool, from_file: str | None, present: frozenset[str]) -> dict[str, Secret]:
    """Return field to value, from the source that the flags name, else from the answers of the user.

    A private key file is read, so that what is stored is the key itself.

    Args:
        from_env: `--from-env`.
        from_file: `--from-file`; `-` is stdin.
        present: the fields that have a value already.

    Raises:
        UsageError: two sources, or none and no terminal; the source is malformed; the key cannot be read.
    """
    import os

    from theia_sf.cli import console, credentials_questions
    from theia_sf.credentials import sources

    if from_env and from_file:
        message = "--from-env and --from-file exclude each other."
        raise UsageError(message)
    if from_env:
        values = sources.from_variables(os.environ, "the environment")
    elif from_file:
        values = _from_file(from_file)
    elif console.is_interactive():
        return credentials_questions.ask(present)
    else:
        message = "There is no terminal to ask for the values on."
        raise UsageError(message, hint="Give --from-env, --from-file FILE, or --from-file - to read stdin.")
    return _complete(values)


def _from_file(name: str) -> dict[str, Secret]:
    from theia_sf.cli import console
    from theia_sf.credentials import private_files, sources
    from theia_sf.credentials.fields import FIELDS

    path = Path(name).expanduser()
    where = "stdin" if name == STDIN else str(path)
    try:
        with sys.stdin.buffer if name == STDIN else path.open("rb") as file:  # a pipe will do, unlike for a `.env`
            data = file.read(private_files.LARGEST + 1)
    except OSError as error:
        message = f"{where} cannot be read: {error.strerror}."
        raise UsageError(message) from error
    private_files.check_size(Path(where), data)
    values = sources.from_text(data, where)
    if path.is_file() and any(FIELDS[field].secret for field in values):
        console.warn(f"{path} holds secrets in clear; delete them there once `theia-sf credentials check` succeeds.")
    for unknown in sources.unknown_lines(data):
        console.warn(f"{unknown} in {where} is no setting of a sign-in, and was left out.")
    return values


def _complete(values: dict[str, Secret]) -> dict[str, Secret]:
    """Check what can be checked here, and put a private key in place of its path."""
    from theia_sf.cli import console
    from theia_sf.cli.credentials_questions import key_text
    from theia_sf.snowflake.accounts import parse_account
    from theia_sf.snowflake.authenticators import choose
    from theia_sf.snowflake.keys import load_private_key
    from theia_sf.snowflake.settings import port_of, protocol_of

    if values.pop("passcode", None) is not None:
        console.note("The MFA passcode is left out: it is good for one sign-in only.")
    if not values:
        message = "No value was given, so nothing was written."
        raise UsageError(message)
    checks = {"account": parse_account, "port": port_of, "protocol": protocol_of}
    for field, check in checks.items():
        if field in values:
            check(values[field].reveal())
    if "authenticator" in values:
        choose(values, values["authenticator"].reveal())
    passphrase = values.get("private_key_passphrase")
    if "private_key" in values:
        load_private_key(text=values["private_key"], passphrase=passphrase)
        values.pop("private_key_path", None)
    elif "private_key_path" in values:
        path = Path(values.pop("private_key_path").reveal()).expanduser()
        values["private_key"] = key_text(path)
        load_private_key(text=values["private_key"], passphrase=passphrase, name=str(path))
    return values
