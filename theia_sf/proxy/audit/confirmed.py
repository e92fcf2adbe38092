"""How far an instance's records are confirmed: a small file beside them, `INSTANCE.head`.

It is written after the records are on disk, so they are never behind it, unless somebody cut them off: a chain alone
does not tell that its end is missing. Two slots are written in turn, so that one is whole whenever the machine stops.
Who holds the file's lock is the only one who writes the instance's records.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import START, ChainKey, Keyring, Link, parse

_SLOT: Final = 512  # bytes; no longer than a disk's sector
_MODE: Final = 0o600


@dataclass(frozen=True)
class Mark:
    """A place in a chain: a record, and where in which file it ends."""

    file: int
    bytes: int
    link: Link


BEGINNING: Final = Mark(0, 0, START)


class ConfirmedFile:
    """The file, open for the instance that writes.

    Raises:
        UsageError: another process writes this instance's records.
        OSError: it cannot be made or opened.
    """

    def __init__(self, path: Path, key: ChainKey) -> None:
        self._key = key
        self._slot = 0
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, _MODE)
        try:
            self._lock(path)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _lock(self, path: Path) -> None:
        if os.name != "posix":  # no second instance is noticed there
            return
        import fcntl  # noqa: PLC0415 (there is none on Windows)

        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            message = f"Another proxy writes the audit records of {path.stem} in {path.parent}."
            raise UsageError(message, hint="Give each instance a name of its own: `audit.instance`.") from error

    def write(self, mark: Mark) -> None:
        """Note that everything up to a record is on disk.

        Raises:
            OSError: it cannot be written.
        """
        body = _body(mark, self._key)
        text = {**body, "mac": _mac(body, self._key)}
        slot = json.dumps(text, separators=(",", ":")).encode().ljust(_SLOT - 1) + b"\n"
        os.pwrite(self._descriptor, slot, self._slot * _SLOT)
        self._slot = 1 - self._slot

    def close(self) -> None:
        """Let go of it, and of the lock."""
        os.close(self._descriptor)


def _body(mark: Mark, key: ChainKey) -> dict[str, Any]:
    return {"file": mark.file, "bytes": mark.bytes, "seq": mark.link.seq, "hash": mark.link.hash, "key": key.id}


def _mac(body: dict[str, Any], key: ChainKey) -> str:
    return key.digest(b"theia-sf audit head\0" + json.dumps(body, sort_keys=True).encode())


def read_marks(path: Path, keyring: Keyring) -> list[Mark] | None:
    """Return the marks that are whole, the furthest last.

    Returns:
        None if there is no such file.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    marks = [_mark(data[start : start + _SLOT], keyring) for start in (0, _SLOT)]
    return sorted((mark for mark in marks if mark is not None), key=lambda mark: mark.link.seq)


def _mark(slot: bytes, keyring: Keyring) -> Mark | None:
    text = parse(slot)
    if text is None:
        return None
    key = keyring.get(text.get("key"))
    try:
        mark = Mark(int(text["file"]), int(text["bytes"]), Link(int(text["seq"]), str(text["hash"])))
    except (KeyError, TypeError, ValueError):
        return None
    return mark if key is not None and text.get("mac") == _mac(_body(mark, key), key) else None
