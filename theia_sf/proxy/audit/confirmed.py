"""How far an instance's records are confirmed: a small file beside them, `INSTANCE.head`.

It is written after the records are on disk, so they are never behind it, unless somebody cut them off: a chain alone
does not tell that its end is missing. Two slots are written in turn, so that one is whole whenever the machine stops.
Who holds the file's lock is the only one who writes the instance's records.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import START, ChainKey, Keyring, Link, parse
from theia_sf.proxy.audit.disk import sync

_SLOT: Final = 512  # bytes; no longer than a disk's sector
_MODE: Final = 0o600


@dataclass(frozen=True)
class Mark:
    """A place in a chain: a record, and where in which file it ends.

    Attributes:
        key: id of the key that a mark was written with, where it was read; None without one.
    """

    file: int
    bytes: int
    link: Link
    key: str | None = field(default=None, compare=False)


BEGINNING: Final = Mark(0, 0, START)


class ConfirmedFile:
    """The file, open for the instance that writes.

    Raises:
        UsageError: another process writes this instance's records.
        OSError: it cannot be made or opened.
    """

    def __init__(self, path: Path, key: ChainKey) -> None:
        self._path, self._key = path, key
        self._slot = 0
        try:
            self._descriptor = _locked(path)
        except BlockingIOError as error:
            message = f"Another proxy writes the audit records of {path.stem} in {path.parent}."
            raise UsageError(message, hint="Give each instance a name of its own: `audit.instance`.") from error

    def hold(self, mark: Mark) -> bool:
        """Have the file, and its lock, also after somebody removed or replaced it.

        Without this, a second process could take the instance's name, and the files of one replace those of the other.

        Args:
            mark: what a file that was removed begins with again.

        Returns:
            Whether it is as it was. If not, another process had it meanwhile, and may have written records.

        Raises:
            OSError: it cannot be made again, or another process has it now.
        """
        own = os.fstat(self._descriptor)
        try:
            there = self._path.stat()
        except FileNotFoundError:
            there = None
        if there is not None and (there.st_ino, there.st_dev) == (own.st_ino, own.st_dev):
            return True
        try:
            descriptor = _locked(self._path)
        except BlockingIOError as error:
            raise OSError(errno.EBUSY, "another proxy writes the records of this instance") from error
        os.close(self._descriptor)
        self._descriptor, self._slot = descriptor, 0
        if os.fstat(descriptor).st_size:
            return False
        self.write(mark, durable=True)
        return True

    def write(self, mark: Mark, *, durable: bool = False) -> None:
        """Note that everything up to a record is on disk.

        Args:
            mark: the record.
            durable: have the note on disk, too. Once for each file is enough: an older one is as good after a power
                failure, but none at all looks as if somebody had removed it.

        Raises:
            OSError: it cannot be written.
        """
        body = _body(mark, self._key)
        text = {**body, "mac": _mac(body, self._key)}
        slot = json.dumps(text, separators=(",", ":")).encode().ljust(_SLOT - 1) + b"\n"
        os.pwrite(self._descriptor, slot, self._slot * _SLOT)
        self._slot = 1 - self._slot
        if durable:
            sync(self._descriptor)

    def close(self) -> None:
        """Let go of it, and of the lock."""
        os.close(self._descriptor)


def _locked(path: Path) -> int:
    """Open the file with its lock; BlockingIOError if another process has that."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
    if os.name == "posix":  # elsewhere no second process is noticed
        import fcntl  # noqa: PLC0415 (there is none on Windows)

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BaseException:
            os.close(descriptor)
            raise
    return descriptor


def _body(mark: Mark, key: ChainKey) -> dict[str, Any]:
    return {"file": mark.file, "bytes": mark.bytes, "seq": mark.link.seq, "hash": mark.link.hash, "key": key.id}


def _mac(body: dict[str, Any], key: ChainKey) -> str:
    return key.digest(b"theia-sf audit head\0" + json.dumps(body, sort_keys=True).encode())


def read_marks(path: Path, keyring: Keyring) -> list[Mark] | None:
    """Return the marks that are whole, the furthest last.

    Returns:
        None if there is no such file.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UsageError(message, hint="It belongs to the user that the proxy runs as.") from error
    marks = [_mark(data[start : start + _SLOT], keyring) for start in (0, _SLOT)]
    return sorted((mark for mark in marks if mark is not None), key=lambda mark: mark.link.seq)


def _mark(slot: bytes, keyring: Keyring) -> Mark | None:
    text = parse(slot)
    if text is None:
        return None
    numbers, words = (text.get("file"), text.get("bytes"), text.get("seq")), (text.get("hash"), text.get("mac"))
    key_id = text.get("key")
    if not (all(type(n) is int for n in numbers) and all(isinstance(w, str) for w in words)):
        return None
    if not isinstance(key_id, str | None):
        return None
    key = keyring.get(key_id)
    mark = Mark(text["file"], text["bytes"], Link(text["seq"], text["hash"]), key_id)
    return mark if key is not None and text["mac"] == _mac(_body(mark, key), key) else None


def trusted(marks: Sequence[Mark], keys: Mapping[int, str | None], current: str | None) -> list[Mark]:
    """Return the marks that were written with the key of the records.

    Somebody without it, or with a former one, could otherwise cut off the end and write a mark that fits.

    Args:
        marks: as by `read_marks`.
        keys: ids of the keys that the instance's files are chained by, by number.
        current: id of the key that new files are chained by; None without one.
    """
    return [mark for mark in marks if mark.key == _due(mark, keys) or (current is not None and mark.key == current)]


def _due(mark: Mark, keys: Mapping[int, str | None]) -> str | None:
    """Return the key of the file that a mark names or, if that is gone, of the one before it."""
    numbers = [number for number in keys if number <= mark.file]
    return keys[max(numbers)] if numbers else mark.key
