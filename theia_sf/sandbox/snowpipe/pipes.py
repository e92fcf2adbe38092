"""A pipe at work: the files it has still to load and the ones it has loaded."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from theia_sf.sandbox.snowflake.catalog import Pipe, now
from theia_sf.sandbox.snowpipe.staging import StagedObject
from theia_sf.sandbox.snowpipe.statement import CopyStatement

PIPE_HISTORY = timedelta(days=14)
"""How long a pipe remembers the files it has loaded, and how long messages for a paused pipe are kept."""


@dataclass
class Pending:
    """A file that waits. `received` is when its message came."""

    key: str
    received: datetime


@dataclass(eq=False)
class PipeState:
    """What Snowpipe knows of one pipe, as long as the pipe lives. Hold `lock` to change it.

    A paused pipe goes on with what was queued before (`pending`), and leaves new messages where they are
    (`outstanding`): docs of SYSTEM$PIPE_STATUS, `pendingFileCount`.
    """

    pipe: Pipe
    statement: CopyStatement
    pending: OrderedDict[str, Pending] = field(default_factory=OrderedDict[str, Pending])
    outstanding: OrderedDict[str, Pending] = field(default_factory=OrderedDict[str, Pending])
    loaded: dict[str, datetime] = field(default_factory=dict[str, datetime])
    failed: dict[str, str] = field(default_factory=dict[str, str])
    last_ingested: tuple[datetime, str] | None = None
    last_received: datetime | None = None
    last_forwarded: tuple[datetime, str] | None = None
    last_pulled: datetime | None = None
    error: str | None = None
    error_at: datetime | None = None
    retry_at: datetime | None = None
    lock: threading.RLock = field(default_factory=threading.RLock)

    def receive(self, key: str) -> None:
        """A message names a file."""
        with self.lock:
            self.last_received = now()
            waiting = Pending(key, self.last_received)
            if self.pipe.paused:
                self.outstanding.setdefault(key, waiting)
            else:
                self._forward(waiting)

    def enqueue(self, key: str) -> bool:
        """REFRESH names a file; False if the pipe has loaded it or is about to."""
        with self.lock:
            if self.has_loaded(key) or key in self.pending:
                return False
            self.pending[key] = Pending(key, now())
            return True

    def next_file(self) -> Pending | None:
        """The file to load now; it stays pending until `done`. None while an error is being waited out."""
        with self.lock:
            if not self.pipe.paused:
                for waiting in self.outstanding.values():
                    self._forward(waiting)
                self.outstanding.clear()
            if self.retry_at is not None and now() < self.retry_at:
                return None
            return next(iter(self.pending.values()), None)

    def done(self, pending: Pending, file: StagedObject | None, *, loaded: bool) -> None:
        """A file has been loaded, has failed for good, or needed no loading (`file` is None)."""
        with self.lock:
            self.pending.pop(pending.key, None)
            self.error = self.retry_at = None
            if file is None:
                return
            if loaded:
                self.loaded[pending.key] = now()
                self.last_ingested = (now(), file.relative_name)
                self.failed.pop(pending.key, None)
            else:
                self.failed[pending.key] = file.etag

    def postpone(self, error: str, delay: timedelta) -> None:
        """The stage could not be reached; all that is pending waits."""
        with self.lock:
            self.error, self.error_at = error, now()
            self.retry_at = now() + delay

    def has_loaded(self, key: str) -> bool:
        """Whether the pipe remembers this name; the content doesn't matter (docs: "Load history")."""
        loaded = self.loaded.get(key)
        return loaded is not None and now() - loaded < PIPE_HISTORY

    def _forward(self, waiting: Pending) -> None:
        self.last_pulled = now()
        if not self.has_loaded(waiting.key) and waiting.received > now() - PIPE_HISTORY:
            self.pending.setdefault(waiting.key, waiting)
            self.last_forwarded = (now(), waiting.key)
