"""Ctrl-C and SIGTERM while the Pulumi engine runs.

The first signal asks the engine, once, to stop: it finishes the resource at hand, saves the state and releases the
lock. The second one kills it. The engine runs in a process group of its own, so that a terminal's Ctrl-C, which goes
to the whole foreground group, does not reach it a second time behind our back (Pulumi takes a second SIGINT as an
order to drop everything).
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from types import FrameType, TracebackType
from typing import Self

from theia_sf.signals import handled

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Context manager that holds the handlers of SIGINT and SIGTERM for the length of one operation.

    Between two engine commands a signal raises KeyboardInterrupt at once, as Python's own handler does. Outside the
    main thread no handler can be set: the manager then does nothing.

    Attributes:
        count: the signals so far.
        last_pid: the process that was watched last; it may be gone.
    """

    def __init__(self, on_first: Callable[[], None]) -> None:
        self.count = 0
        self.last_pid = 0
        self._on_first = on_first
        self._engine: subprocess.Popen[bytes] | None = None
        self._starting = False
        self._held = ExitStack()

    @property
    def killed(self) -> bool:
        """Whether a second signal ended the engine at once."""
        return self.count > 1

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._held.enter_context(handled(dict.fromkeys(_SIGNALS, self._handle)))
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        self._held.close()

    @contextmanager
    def engine(self, start: Callable[[], subprocess.Popen[bytes]]) -> Generator[subprocess.Popen[bytes]]:
        """Starts an engine and passes signals on to it for as long as the context lasts.

        A signal that comes while it starts is passed on as soon as it runs: raised here, it would leave an engine
        that nobody waits for.
        """
        before = self.count
        self._starting = True
        try:
            process = start()
            self._engine, self.last_pid = process, process.pid
        finally:
            self._starting = False
        if self.count > before:
            self._stop(process)
        try:
            yield process
        finally:
            self._engine = None

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        if self._starting:
            return
        if self._engine is None:
            raise KeyboardInterrupt
        self._stop(self._engine)

    def _stop(self, engine: subprocess.Popen[bytes]) -> None:
        if self.count == 1:
            engine.send_signal(signal.SIGINT)
            self._on_first()
        else:
            kill_group(engine.pid)


def kill_group(leader: int) -> None:
    """Ends a process group at once, if it is still there."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return
