"""The audit of one instance of the proxy: events in, lines on disk."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from theia_sf.proxy.audit.chain import read_keyring
from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.journal import Journal, now
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.audit.redaction import STATEMENT, Redactor
from theia_sf.proxy.audit.sink import Sink, SinkStatus
from theia_sf.proxy.audit.writer import Waiting, Writer
from theia_sf.proxy.config.audit import INSTANCE, AuditConfig

_LONG: Final = 32 * 1024  # characters; longer statements are examined in a thread, as it takes 30 ms and more
_NO_ANSWER: Final = 30.0  # seconds until a disk that does not answer counts as one that cannot be written to
_log = logging.getLogger(__name__)
_SILENT: Final = "the disk does not answer"
_ENDING: Final = "the proxy ends"
_FULL: Final = "too many records wait for the disk"


@dataclass(frozen=True)
class AuditStatus:
    """How the audit does, for metrics and readiness.

    Attributes:
        instance, seq, hash: the last record on disk. Kept elsewhere, they show later that the end is missing.
        records: written since the start; `waiting` those that are not yet, `lost` those that never will.
        failing: why nothing can be written at the moment; None if it can.
        table: how the copy in Snowflake does; None without one.
    """

    instance: str
    seq: int
    hash: str
    records: int
    waiting: int
    lost: int
    failing: str | None
    table: SinkStatus | None


def instance_name(config: AuditConfig) -> str:
    """Return the instance's name: the configured one, or the first label of the host's name."""
    if config.instance is not None:
        return config.instance
    name = re.sub(r"[^A-Za-z0-9_-]", "-", socket.gethostname().partition(".")[0]).lstrip("-_")[:63]
    return name if INSTANCE.fullmatch(name) else "proxy"


class AuditLog:
    """The audit.

    Args:
        config: its section of the configuration.
        prefix: what the ids begin with that clients hold in the place of Snowflake's tokens.
        clock: tells the time, as `journal.now`.

    Raises:
        UsageError: the folder, the key or another process does not let it be written.
        TheiaError: AWS KMS does not decrypt the key.
    """

    def __init__(self, config: AuditConfig, *, prefix: str = "Theia:", clock: Callable[[], str] = now) -> None:
        self.instance = instance_name(config)
        keyring = read_keyring(config.key_file, config.old_key_files)
        self._redactor = Redactor(config.redaction, prefix)
        self._strict = config.mode == "strict"
        self._most = config.queue_records
        self._clock = clock
        self._room: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        sink = None
        if config.snowflake is not None:
            sink = Sink(config.snowflake, config.path, self.instance, keyring)
        self._journal = Journal(config.path, self.instance, keyring, config.file_bytes, clock)
        self._writer = Writer(
            self._journal,
            patience=0 if self._strict else config.flush_interval,
            tell=self._tell,
            last=self._last,
            room=config.queue_records,
        )
        self._sink = sink
        if sink is not None:
            sink.start()

    @property
    def failing(self) -> str | None:
        """Why nothing could be written the last time; None if it could."""
        return self._writer.failing

    async def record(self, event: Event) -> None:
        """Write an event; in strict mode it is durable when this returns.

        Raises:
            AuditUnavailableError: it cannot be written. In buffered mode only once nothing could be written for so long
                that no more can wait.
        """
        text = event.fields.get(STATEMENT)
        if isinstance(text, str) and len(text) > _LONG:
            told = await asyncio.to_thread(self._redactor.record, event)
        else:
            told = self._redactor.record(event)
        if not self._strict:
            await self._wait_for_room()
            self._put(Waiting({"time": self._clock(), **told}))
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._put(Waiting({"time": self._clock(), **told}, done))
        silent = done.get_loop().call_later(_NO_ANSWER, _answer, [done], _SILENT)
        try:
            await done
        finally:
            silent.cancel()

    def _put(self, waiting: Waiting) -> None:
        try:
            self._writer.put(waiting)
        except RuntimeError as error:
            raise AuditUnavailableError(_ENDING) from error

    async def close(self) -> None:
        """Write what is waiting, and let go of the file."""
        await self._writer.close()
        link = self._journal.mark.link
        _log.info("The audit of %s ends with record %d, hash %s.", self.instance, link.seq, link.hash)
        if self._sink is not None:
            await asyncio.to_thread(self._sink.stop)

    def status(self) -> AuditStatus:
        """Tell how it does."""
        link, writer = self._journal.mark.link, self._writer
        table = self._sink.status() if self._sink is not None else None
        return AuditStatus(
            self.instance, link.seq, link.hash, writer.written, len(writer), writer.lost, writer.failing, table
        )

    async def _wait_for_room(self) -> None:
        """Wait while as many records wait as may."""
        self._loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_NO_ANSWER):
                while len(self._writer) >= self._most:
                    room = self._loop.create_future()
                    self._room.append(room)
                    await room
        except TimeoutError as error:
            raise AuditUnavailableError(self._writer.failing or _FULL) from error

    def _tell(self, waiting: list[asyncio.Future[None]], reason: str | None) -> None:
        """Called by the thread after each attempt."""
        with suppress(RuntimeError):  # the loop is closed
            if waiting:
                waiting[0].get_loop().call_soon_threadsafe(_answer, waiting, reason)
            elif reason is None and self._loop is not None:
                self._loop.call_soon_threadsafe(self._make_room)

    def _make_room(self) -> None:
        rooms, self._room = self._room, []
        _answer(rooms, None)

    def _last(self) -> dict[str, Any]:
        return {"time": self._clock(), "event": Kind.CLOSED.value, "fields": {"lost": self._writer.lost}}


def _answer(waiting: list[asyncio.Future[None]], reason: str | None) -> None:
    for future in waiting:
        if future.done():  # nobody waits any more
            continue
        if reason is None:
            future.set_result(None)
        else:
            future.set_exception(AuditUnavailableError(reason))


def open_audit(config: AuditConfig, *, prefix: str = "Theia:") -> AuditLog:
    """Open the audit that the configuration describes; errors as `AuditLog`."""
    return AuditLog(config, prefix=prefix)
