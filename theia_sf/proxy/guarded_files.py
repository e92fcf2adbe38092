"""Files that the proxy's user reads, and nobody but they writes: keys, hashes, passwords.

The group may read them: that is how Kubernetes hands a Secret to a container that does not run as root (`fsGroup`).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from theia_sf.credentials import private_files
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

_FORBIDDEN: Final = stat.S_IWGRP | stat.S_IRWXO
_MADE_BY_INIT: Final = "`theia-sf proxy init` makes one."


def read(path: Path, what: str, *, largest: int = private_files.LARGEST, missing: str = _MADE_BY_INIT) -> bytes:
    """Return a file's bytes.

    Args:
        path: the file.
        what: what it is, for the sentence: `key file`.
        largest: bytes; larger files are refused.
        missing: the hint if there is none.

    Raises:
        UsageError: there is none, it cannot be read, or others can read or change it.
    """
    try:
        data, mode = private_files.read(path, largest=largest)
    except FileNotFoundError as error:
        message = f"There is no {what} {path}."
        raise UsageError(message, hint=missing) from error
    if os.name == "posix" and mode & _FORBIDDEN:
        message = f"Others than the proxy's user can read or change the {what} {path} (mode {mode:04o})."
        raise UsageError(message, hint=f"Run: chmod 600 {path}")
    return data


def read_secret(path: Path, what: str) -> Secret:
    """Return the only line of a file that holds a secret.

    Raises:
        UsageError: as `read`; it is empty, not text, or has several lines.
    """
    try:
        text = read(path, what).decode().strip()
    except UnicodeDecodeError as error:
        message = f"The {what} {path} is not text."
        raise UsageError(message, hint="It must hold the secret on a line of its own.") from error
    if not text:
        message = f"The {what} {path} is empty."
        raise UsageError(message, hint="It must hold the secret on a line of its own.")
    if len(text.splitlines()) > 1:
        message = f"The {what} {path} has more than one line."
        raise UsageError(message, hint="It must hold the secret on a line of its own, and nothing else.")
    return Secret(text)
