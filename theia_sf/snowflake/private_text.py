"""Files with a secret to sign in with: read if nobody but their owner can."""

from __future__ import annotations

from pathlib import Path

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError
from theia_sf.secret import Secret


def read_private(path: Path, kind: str, *, owner_only: bool = True) -> bytes:
    """Return the bytes of a file that holds a secret.

    Args:
        path: the file.
        kind: what it is, for the error: "token file".
        owner_only: refuse the file if others than its owner can read or change it.

    Raises:
        UsageError: it does not exist, cannot be read, or is open to others (the hint is the chmod to run).
    """
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
