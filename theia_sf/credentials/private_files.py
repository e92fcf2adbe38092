"""Files for their owner alone: read if nobody else can, replaced as a whole or not at all.

A replacement is a new file in the same folder, of mode 0600 from its first byte, that is flushed to disk and then
renamed over the old one: whatever ends the program in between, the old file stands there, or the new one.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from theia_sf.errors import UsageError

LARGEST: Final = 256 << 10  # bytes; no file of credentials comes near, and reading a device must end
_MODE: Final = 0o600
_MARK: Final = ".theia-sf-"  # in the name of a file that is being written
_ENDING: Final = ".tmp"
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def read(path: Path, *, largest: int = LARGEST) -> tuple[bytes, int]:
    """Return a file's bytes, and its mode bits.

    Raises:
        FileNotFoundError: there is none.
        UsageError: it is no regular file, cannot be read, or has more than `largest` bytes.
    """
    try:
        # O_NONBLOCK: opening a named pipe would wait for its other end.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise OSError(errno.EINVAL, "it is not a regular file")
            data = file.read(largest + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UsageError(message) from error
    check_size(path, data, largest)
    return data, stat.S_IMODE(status.st_mode)


def check_private(path: Path, mode: int) -> None:
    """Refuse a file that others than its owner can read or change.

    Raises:
        UsageError: they can; the hint is the chmod to run.
    """
    if os.name == "posix" and mode & _OTHERS:
        message = f"Others than you can read or change {path} (mode {mode:04o}), which holds credentials."
        raise UsageError(message, hint=f"Run: chmod 600 {path}")


def replace(path: Path, data: bytes, *, expected: bytes | None, largest: int = LARGEST) -> None:
    """Make `data` the content of a file, for its owner alone; a symbolic link stays one.

    Args:
        path: the file; its folder must exist.
        data: what it shall hold.
        expected: what it held when it was read; None if there was no file.
        largest: bytes that a file of this kind may have.

    Raises:
        UsageError: the file is not as expected any more, it would be too large to be read again, or the folder does
            not let it be written.
    """
    check_size(path, data, largest)
    try:
        target = Path(os.path.realpath(path))
        with _locked(target.parent) as alone:
            if alone:
                _remove_leftovers(target)
            _check_unchanged(target, path, expected, largest)
            write_atomically(target, data)
    except OSError as error:
        message = f"{path} cannot be written: {error.strerror}."
        raise UsageError(message, hint=_hint(error)) from error


def check_size(path: Path, data: bytes, largest: int = LARGEST) -> None:
    """Refuse what is larger than `largest` bytes.

    Raises:
        UsageError: it is.
    """
    if len(data) > largest:
        message = f"{path} is larger than a file of credentials can be ({largest >> 10} KiB)."
        raise UsageError(message)


def _check_unchanged(target: Path, path: Path, expected: bytes | None, largest: int) -> None:
    try:
        present: bytes | None = read(target, largest=largest)[0]
    except FileNotFoundError:
        present = None
    if present != expected:
        message = f"{path} was changed by another program meanwhile, so nothing was written."
        raise UsageError(message, hint="Run the command again.")


def write_atomically(target: Path, data: bytes) -> None:
    """Make `data` the content of a file, for its owner alone, whatever is there: see the module.

    Raises:
        OSError: the file cannot be written; what was there still is.
    """
    temporary = target.with_name(f".{target.name}{_MARK}{secrets.token_hex(6)}{_ENDING}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 (a descriptor)
            keep_owner(descriptor, target)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(target.parent)


def keep_owner(made: int | Path, target: Path) -> None:
    """Leave root's replacement (a path or a descriptor) of a user's file to the user, as far as the system lets us."""
    if os.name != "posix":
        return
    with suppress(OSError):
        owner, maker = target.stat(), os.stat(made)  # noqa: PTH116 (it may be a descriptor)
        if (owner.st_uid, owner.st_gid) != (maker.st_uid, maker.st_gid):
            os.chown(made, owner.st_uid, owner.st_gid)


def _sync_folder(folder: Path) -> None:
    """Put the rename itself on disk. Some file systems cannot: then it is there after the next flush."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _remove_leftovers(target: Path) -> None:
    """Remove what an earlier writer, killed half-way, left; only under the lock is none of them still at work."""
    for leftover in target.parent.glob(f".{_escaped(target.name)}{_MARK}*{_ENDING}"):
        with suppress(OSError):
            leftover.unlink()


def _escaped(name: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in name)


@contextmanager
def _locked(folder: Path) -> Generator[bool]:
    """Keep other writers of the folder waiting; yields False where the system has no locks for folders."""
    try:
        import fcntl  # noqa: PLC0415 (there is none on Windows)
    except ImportError:
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except OSError:  # a network file system that locks files opened for writing only
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _hint(error: OSError) -> str | None:
    if error.errno == errno.EBUSY:  # a file that is mounted by itself, as containers do
        return "It is mounted by itself; mount its folder instead."
    return None
