"""The thread that writes: what waits when it is free goes to disk together, with one flush."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol

_MOST: Final = 1000  # records in one go
_CLOSING: Final = 5.0  # seconds, at the end, until what cannot be written is given up
_STUCK: Final = 30.0  # seconds, at the end, until a disk that does not answer is given up
_log = logging.getLogger(__name__)


class Journal(Protocol):
    """What the thread writes to."""

    def append(self, records: Sequence[dict[str, Any]]) -> None:
        """Put records on disk, or raise OSError."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


@dataclass(frozen=True)
class Waiting:
    """A record that is not on disk yet.

    Attributes:
        record: without its links.
        done: who waits for it; None where nobody does.
    """

    record: dict[str, Any]
    done: asyncio.Future[None] | None = None


class Writer:
    """The thread and its queue.

    Args:
        journal: what to write to; closed at the end.
        patience: seconds that records may be collected before they are written; 0 where somebody waits for each. With
            patience, what cannot be written stays in the queue and is tried again.
        tell: called from the thread after each attempt, with who waits, and None or the reason of the failure.
        last: makes the last record, when everything else is written.
        room: records that may wait; they are written before nobody else has room, however long the patience.
    """

    def __init__(
        self,
        journal: Journal,
        *,
        patience: float,
        tell: Callable[[list[asyncio.Future[None]], str | None], None],
        last: Callable[[], dict[str, Any]],
        room: int = _MOST,
    ) -> None:
        self._journal, self._patience, self._tell, self._last = journal, patience, tell, last
        self._enough = min(room, _MOST) if patience else 1
        self._queue: deque[Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.failing: str | None = None
        self.written = 0
        self.lost = 0
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._queue)

    def put(self, waiting: Waiting) -> None:
        """Have a record written."""
        with self._changed:
            if self._closing:
                message = "the audit is closed"
                raise RuntimeError(message)
            self._queue.append(waiting)
            if len(self._queue) >= self._enough:
                self._changed.notify()

    async def close(self) -> None:
        """Write what waits, the last record, and end."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        await asyncio.to_thread(self._thread.join, _STUCK)
        if self._thread.is_alive():
            _log.error("The disk does not answer: %d records of the audit may be lost.", len(self._queue))

    def _run(self) -> None:
        try:
            while batch := self._next():
                if not self._commit(batch) and self._patience:
                    self._wait(self._patience)
            self._end()
        finally:
            with suppress(OSError):
                self._journal.close()

    def _next(self) -> list[Waiting]:
        """Return what to write next, once there is something; nothing at the end."""
        with self._changed:
            while not self._closing:
                self._changed.wait_for(
                    lambda: self._closing or len(self._queue) >= self._enough, self._patience or None
                )
                if self._queue and not self._closing:
                    return self._take()
        return []

    def _take(self) -> list[Waiting]:
        return [self._queue.popleft() for _ in range(min(len(self._queue), _MOST))]

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closing, seconds)

    def _commit(self, batch: list[Waiting]) -> bool:
        try:
            self._journal.append([waiting.record for waiting in batch])
        except Exception as error:  # whatever it is, those who wait must hear of it
            self._failed(batch, error)
            return False
        if self.failing is not None:
            _log.info("The audit is written again.")
        self.failing = None
        self.written += len(batch)
        self._answer(batch, None)
        return True

    def _failed(self, batch: list[Waiting], error: Exception) -> None:
        strerror = error.strerror if isinstance(error, OSError) else None
        reason = strerror or f"unexpected {type(error).__name__}"
        if reason != self.failing:
            _log.error("The audit cannot be written: %s.", reason, exc_info=None if strerror else error)
        self.failing = reason
        if self._patience:
            with self._changed:
                self._queue.extendleft(reversed(batch))
        self._answer(batch, reason)

    def _answer(self, batch: list[Waiting], reason: str | None) -> None:
        self._tell([waiting.done for waiting in batch if waiting.done is not None], reason)

    def _end(self) -> None:
        """Write the rest; nothing is added any more."""
        deadline = time.monotonic() + _CLOSING
        while self._queue:
            batch = self._take()
            if self._commit(batch):
                continue
            if self._patience == 0:
                self.lost += len(batch)  # those who waited for them were told
            elif time.monotonic() > deadline:
                break
            else:
                time.sleep(0.1)
        if self._queue:
            self.lost += len(self._queue)
            _log.error("%d records of the audit are lost: %s.", len(self._queue), self.failing)
        self._commit([Waiting(self._last())])
