"""The file that the report goes to: opened before anything is asked, replaced as a whole at the end."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from theia_sf.errors import TheiaError, UsageError

_HINT = "Name another file with --output-file, or - for stdout."


@contextmanager
def opened(path: Path) -> Generator[Callable[[str], int]]:
    """Yield a function that makes a text the content of a file, and returns the number of bytes.

    The text is written beside the file, and then renamed to it: until all of it stands there, the file is what it was,
    and nothing is left of a report that was interrupted. A symbolic link stays one; a device or named pipe is written
    to. The mode is that of the file before, else what the umask leaves.

    Raises:
        UsageError: the file cannot be written; nothing has been asked yet.
        TheiaError: writing failed in the end, say because the disk is full.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = _checked(target)
        if mode is not None and not stat.S_ISREG(mode):
            yield lambda text: _write(path, target, text)
            return
        temporary = target.with_name(f".{target.name[:200]}.{secrets.token_hex(6)}.tmp")
        temporary.touch(exist_ok=False)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise UsageError(message, hint=_HINT) from error
    try:
        yield lambda text: _replace(path, target, temporary, mode, text)
    finally:
        with suppress(OSError):
            temporary.unlink()  # is not there any more if it was renamed


def _checked(target: Path) -> int | None:
    """Return the mode of what is there, if anything is; raise OSError if it cannot be written."""
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(0, "it is a folder")
    if not os.access(target, os.W_OK):
        raise PermissionError(0, "it is write-protected")
    return mode


def _replace(path: Path, target: Path, temporary: Path, mode: int | None, text: str) -> int:
    size = _write(path, temporary, text)
    try:
        if mode is not None:
            temporary.chmod(stat.S_IMODE(mode))
        temporary.replace(target)
    except OSError as error:
        raise _failed(path, error) from error
    return size


def _write(path: Path, target: Path, text: str) -> int:
    data = text.encode()
    try:
        target.write_bytes(data)
    except OSError as error:
        raise _failed(path, error) from error
    return len(data)


def _failed(path: Path, error: OSError) -> TheiaError:
    return TheiaError(f"{path} could not be written: {error.strerror}.", hint=_HINT)
