"""Where the values to encrypt come from: questions at the terminal, the environment, or a file."""

from __future__ import annotations

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from theia_sf.errors import InterruptedByUserError, UsageError
from theia_sf.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Callable

_QUESTIONS: Final = {
    "account": "Account (ORGANIZATION-ACCOUNT)",
    "user": "User",
    "secret": "Password, or the path of a private key file",
    "role": "Role",
    "warehouse": "Warehouse",
    "database": "Database",
    "schema": "Schema",
}
_TRIES: Final = 3
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

    from theia_sf.cli import console
    from theia_sf.credentials import sources

    if from_env and from_file:
        message = "--from-env and --from-file exclude each other."
        raise UsageError(message)
    if from_env:
        values = sources.from_variables(os.environ, "the environment")
    elif from_file:
        values = _from_file(from_file)
    elif console.is_interactive():
        return _ask(present)
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
    return values


def _complete(values: dict[str, Secret]) -> dict[str, Secret]:
    """Check what can be checked here, and put a private key in place of its path."""
    from theia_sf.cli import console
    from theia_sf.snowflake.accounts import parse_account
    from theia_sf.snowflake.keys import load_private_key

    if values.pop("passcode", None) is not None:
        console.note("The MFA passcode is left out: it is good for one sign-in only.")
    if "account" in values:
        parse_account(values["account"].reveal())
    passphrase = values.get("private_key_passphrase")
    if "private_key" in values:
        load_private_key(text=values["private_key"], passphrase=passphrase)
        values.pop("private_key_path", None)
    elif "private_key_path" in values:
        path = Path(values.pop("private_key_path").reveal()).expanduser()
        values["private_key"] = _key_text(path)
        load_private_key(text=values["private_key"], passphrase=passphrase, name=str(path))
    return values


def _ask(present: frozenset[str]) -> dict[str, Secret]:
    from theia_sf.cli import console
    from theia_sf.credentials.fields import PROOFS
    from theia_sf.snowflake.accounts import parse_account

    console.note("Enter alone keeps the present value, or leaves the field out if it has none.")
    values: dict[str, Secret] = {}
    for field, question in _QUESTIONS.items():
        if field == "secret":
            values |= _ask_secret(_asked(question, bool(present & PROOFS)))
            continue
        answer = _ask_line(_asked(question, field in present), parse_account if field == "account" else None)
        if answer:
            values[field] = Secret(answer, mask=False)
    if not values:
        message = "No value was entered, so nothing was written."
        raise UsageError(message)
    return values


def _asked(question: str, is_present: bool) -> str:
    return f"{question} [{'keep the present one' if is_present else 'none'}]: "


def _ask_line(question: str, check: Callable[[str], object] | None) -> str:
    from theia_sf.cli import console

    while True:
        print(question, end="", file=sys.stderr, flush=True)  # noqa: T201 (a question goes to stderr)
        line = sys.stdin.readline()
        if not line.endswith("\n"):
            console.note("")
            message = "The input ended, so nothing was written."
            raise InterruptedByUserError(message)
        answer = line.strip()
        try:
            if answer and check is not None:
                check(answer)
        except UsageError as error:
            console.note(f"{error.message} {error.hint or ''}".rstrip())
            continue
        return answer


def _ask_hidden(question: str, *, mask: bool = True) -> Secret:
    import getpass

    try:
        return Secret(getpass.getpass(question, stream=sys.stderr), mask=mask)
    except EOFError as error:
        message = "The input ended, so nothing was written."
        raise InterruptedByUserError(message) from error


def _ask_secret(question: str) -> dict[str, Secret]:
    """A password, or a private key with its passphrase; nothing for an empty answer."""
    from theia_sf.cli import console

    while True:
        answer = _ask_hidden(question, mask=False)  # a path must be able to be told
        if not answer:
            return {}
        path = Path(answer.reveal()).expanduser()
        if not _is_file(path):
            return {"password": Secret(answer.reveal())}
        try:
            found = _ask_key(path)
        except UsageError as error:
            console.note(f"{error.message} {error.hint or ''}".rstrip())
            continue
        console.note(f"The private key is in {path}, and is stored encrypted.")
        return found


def _ask_key(path: Path) -> dict[str, Secret]:
    from theia_sf.cli import console
    from theia_sf.snowflake.keys import load_private_key

    text, passphrase = _key_text(path), None
    for attempt in range(_TRIES + 1):
        try:
            load_private_key(text=text, passphrase=passphrase, name=str(path))
        except UsageError as error:
            encrypted = passphrase is not None or isinstance(error.__cause__, TypeError)
            if not encrypted or attempt == _TRIES:
                raise
            if passphrase is not None:
                console.note(error.message)
        else:
            return {"private_key": text} | ({"private_key_passphrase": passphrase} if passphrase else {})
        passphrase = _ask_hidden("Passphrase of the private key: ")
    return {}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL: a password
        return False


def _key_text(path: Path) -> Secret:
    """The key in a file as text: PEM as it is, DER in base64."""
    from theia_sf.snowflake.private_text import read_private

    data = read_private(path, "private key file")
    if data.lstrip().startswith(b"-----BEGIN") or not data.startswith(b"\x30"):
        return Secret(data.decode("utf-8", "replace"))
    return Secret(base64.b64encode(data).decode())
