"""The files that records are written to: appended, flushed to disk, and never changed afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from theia_sf import __version__
from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import Keyring, seal
from theia_sf.proxy.audit.confirmed import ConfirmedFile, Mark
from theia_sf.proxy.audit.disk import sync, sync_folder, write_all
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.audit.recovery import recover
from theia_sf.proxy.audit.segments import file_name, head_name

_MODE: Final = 0o600
_FOLDER_MODE: Final = 0o700
_FLAGS: Final = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL


def now() -> str:
    """Return the time as records have it: RFC 3339, UTC, microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


class Journal:
    """The files of one instance; used by one thread at a time.

    Args:
        folder: where they are; made if it does not exist.
        instance: its name in them.
        keyring: what records are chained by.
        file_bytes: a new file begins when one is as large.
        clock: tells the time, as `now`.

    Raises:
        UsageError: the folder cannot be used, or another process has this instance's name.
    """

    def __init__(
        self, folder: Path, instance: str, keyring: Keyring, file_bytes: int, clock: Callable[[], str] = now
    ) -> None:
        self.folder, self.instance = folder, instance
        self._keyring, self._file_bytes, self._clock = keyring, file_bytes, clock
        self._descriptor: int | None = None
        self._day = ""
        try:
            folder.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            self._confirmed = ConfirmedFile(folder / head_name(instance), keyring.current)
            try:
                self._begin("start", unsure=self._take_up())
            except BaseException:
                self._confirmed.close()
                raise
        except OSError as error:
            message = f"The audit cannot be written to {folder}: {error.strerror}."
            raise UsageError(message, hint="Name another folder by `audit.path`, or make room.") from error

    @property
    def path(self) -> Path:
        """The file that is written to."""
        return self._path(self._number)

    def append(self, records: Sequence[dict[str, Any]]) -> None:
        """Write records; they are on disk when this returns.

        Raises:
            OSError: they are not. The next call begins a new file, after the last record that was confirmed.
        """
        unsure = False
        if not self._confirmed.hold(self.mark):
            self._let_go()
            unsure = self._take_up()
        reason = self._reason_for_another()
        if reason is not None:
            self._begin(reason, unsure=unsure)
        try:
            self._write(records)
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        """Let go of the files."""
        self._let_go()
        self._confirmed.close()

    def _take_up(self) -> bool:
        """Go on where the chain ends; tell whether nothing says how far it was confirmed."""
        found = recover(self.folder, self.instance, self._keyring)
        self.mark, self._number = found.mark, found.file
        return found.unsure

    def _path(self, number: int) -> Path:
        return self.folder / file_name(self.instance, number)

    def _reason_for_another(self) -> str | None:
        if self._descriptor is None:
            return "failure"
        if self._clock()[:10] != self._day:
            return "day"
        if self.mark.bytes >= self._file_bytes:
            return "size"
        status = os.fstat(self._descriptor)
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return "moved"
        if (there.st_ino, there.st_dev) != (status.st_ino, status.st_dev) or status.st_size != self.mark.bytes:
            return "changed"  # by somebody else
        return None

    def _begin(self, reason: str, *, unsure: bool = False) -> None:
        """Begin a file: it gets its name once its first record is on disk, so no file lacks one."""
        self._let_go()
        before = self._path(self.mark.file) if self.mark.file else None
        number = self._number + 1
        path = self._path(number)
        temporary = path.with_name(f".{path.name}.tmp")
        with suppress(FileNotFoundError):  # of a process that was killed here
            temporary.unlink()
        descriptor = os.open(temporary, _FLAGS, _MODE)
        try:
            self._day = (time := self._clock())[:10]
            head = {
                "time": time,
                "instance": self.instance,
                "event": Kind.FILE_BEGUN.value,
                "fields": {
                    "reason": reason,
                    "previous": before.name if before is not None else None,
                    "bytes": self.mark.bytes,
                    "torn": _beyond(before, self.mark.bytes),
                    "key": self._keyring.current.id,
                    "version": __version__,
                    **({"headMissing": True} if unsure else {}),
                },
            }
            line, link = seal(head, self.mark.link, self._keyring.current)
            write_all(descriptor, line)
            sync(descriptor)
            temporary.rename(path)
            sync_folder(self.folder)
        except BaseException:
            os.close(descriptor)
            with suppress(OSError):
                temporary.unlink()
            raise
        self._descriptor, self._number = descriptor, number
        self.mark = Mark(number, len(line), link)
        self._confirm(durable=True)

    def _write(self, records: Sequence[dict[str, Any]]) -> None:
        assert self._descriptor is not None  # noqa: S101 (append begins a file)
        link, parts = self.mark.link, list[bytes]()
        for record in records:
            line, link = seal({**record, "instance": self.instance}, link, self._keyring.current)
            parts.append(line)
        data = b"".join(parts)
        write_all(self._descriptor, data)
        sync(self._descriptor)
        self.mark = Mark(self.mark.file, self.mark.bytes + len(data), link)
        self._confirm()

    def _confirm(self, *, durable: bool = False) -> None:
        with suppress(OSError):  # the records are on disk; the next mark is written with the next of them
            self._confirmed.write(self.mark, durable=durable)

    def _let_go(self) -> None:
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)


def _beyond(path: Path | None, size: int) -> int:
    """Return how many bytes a file has after what counts."""
    if path is None:
        return 0
    try:
        return max(path.stat().st_size - size, 0)
    except FileNotFoundError:
        return 0
