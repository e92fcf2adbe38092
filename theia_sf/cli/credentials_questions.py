"""The questions of `theia-sf credentials`, and what is made of the answers."""

from __future__ import annotations

import base64
import re
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
# An answer that names no file, and yet is hardly a password: a mistyped path would take the place of a good key.
_LIKE_A_PATH: Final = re.compile(r"~?/[^\s/]+/.*|(?:~|\.|\.\.)/.*|.*\.(?:p8|pk8|pem|der|key)", re.IGNORECASE)


def ask(present: frozenset[str]) -> dict[str, Secret]:
    """Ask for the seven values, and return field to value for those that were answered.

    Args:
        present: the fields that have a value already.

    Raises:
        UsageError: none was answered.
        InterruptedByUserError: the input ended.
    """
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
            message = "Nothing was changed, as the input ended."
            raise InterruptedByUserError(message)
        answer = line.strip()
        try:
            if answer and check is not None:
                check(answer)
        except UsageError as error:
            console.note(f"{error.message} {error.hint or ''}".rstrip())
            continue
        return answer


def _ask_secret(question: str) -> dict[str, Secret]:
    """A password, or a private key with its passphrase; nothing for an empty answer."""
    from theia_sf.cli import console

    while True:
        answer = console.ask_hidden(question, mask=False)  # a path must be able to be told
        if not answer:
            return {}
        path = Path(answer.reveal()).expanduser()
        if not _is_file(path):
            if _LIKE_A_PATH.fullmatch(answer.reveal()) or _is_folder(path):
                console.note("What you entered is no private key file, and looks like the name of one.")
                continue
            console.note("It was taken as a password.")
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

    text, passphrase = key_text(path), None
    for attempt in range(_TRIES + 1):
        try:
            load_private_key(text=text, passphrase=passphrase, name=str(path))
        except UsageError as error:
            encrypted = passphrase is not None or isinstance(error.__cause__, TypeError)
            if not encrypted:
                raise
            if attempt == _TRIES:  # the error's own hint is about a variable
                raise UsageError(error.message, hint="Enter the path again to try another passphrase.") from error
            if passphrase is not None:
                console.note(error.message)
        else:
            return {"private_key": text} | ({"private_key_passphrase": passphrase} if passphrase else {})
        passphrase = console.ask_hidden("Passphrase of the private key: ")
    return {}


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL: a password
        return False


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # as above
        return False


def key_text(path: Path) -> Secret:
    """Return the key in a file as text: PEM as it is, DER in base64.

    Raises:
        UsageError: it cannot be read, or others than its owner can read it.
    """
    from theia_sf.snowflake.private_text import read_private

    data = read_private(path, "private key file")
    if data.lstrip().startswith(b"-----BEGIN") or not data.startswith(b"\x30"):
        return Secret(data.decode("utf-8", "replace"))
    return Secret(base64.b64encode(data).decode())
