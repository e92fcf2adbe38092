"""Files with a secret to sign in with: read if nobody but their owner can."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

# What a path can hardly be: a PEM file's text, a JWT, or one long word without a folder or an ending.
_NO_PATH: Final = re.compile(r"-----BEGIN |[\r\n]|^eyJ|^[A-Za-z0-9_+=-]{40,}$|^MI[A-Za-z0-9+/=]{40,}$")
_SUFFIX: Final = {"private key": "PATH", "token": "FILE_PATH"}  # of the variables that name the files


def read_private(path: Path, kind: str, *, owner_only: bool = True) -> bytes:
    """Return the bytes of a file that holds a secret.

    Args:
        path: the file.
        kind: what it is, for the error: "token file".
        owner_only: refuse the file if others than its owner can read or change it.

    Raises:
        UsageError: it does not exist, cannot be read, or is open to others (the hint is the chmod to run); the "path"
            is the secret itself, which the error then does not repeat.
    """
    if _NO_PATH.search(str(path)) and not _exists(path):
        secret = kind.removesuffix(" file")
        message = f"The path of the {kind} holds the {secret} itself."
        variable = f"SNOWFLAKE_{secret.replace(' ', '_').upper()}"
        raise UsageError(message, hint=f"Put it into {variable}, and unset {variable}_{_SUFFIX[secret]}.")
    try:
        data, mode = private_files.read(path)
    except FileNotFoundError as error:
        message = f"The {kind} {path} does not exist."
        raise UsageError(
            message, hint="Check the path; it is relative to the current folder, unless it begins with /."
        ) from error
    if owner_only:
        private_files.check_private(path, mode)
    return data


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # too long for a name
        return False


def read_token(path: Path, *, owner_only: bool = True) -> Secret:
    """Return the token in a file, without the white space around it; errors as `read_private`.

    Raises:
        UsageError: also if it is empty, or not text.
    """
    try:
        text = read_private(path, "token file", owner_only=owner_only).decode("utf-8").strip()
    except UnicodeDecodeError as error:
        message = f"The token file {path} holds no text."
        raise UsageError(message, hint="It must hold the token, and nothing else.") from error
    if not text:
        message = f"The token file {path} is empty."
        raise UsageError(message, hint="It must hold the token, and nothing else.")
    return Secret(text)
