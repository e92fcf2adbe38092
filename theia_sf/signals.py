"""Other handlers of signals, for a while."""

from __future__ import annotations

import signal
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object] | int | None


@contextmanager
def handled(handlers: Mapping[signal.Signals, Handler]) -> Generator[None]:
    """Handle signals otherwise within the context; afterwards they are handled as before.

    Args:
        handlers: by signal, as `signal.signal` takes them.

    Raises:
        ValueError: it is not entered in the main thread.
    """
    before: dict[signal.Signals, Handler] = {}
    try:
        for number, handler in handlers.items():
            before[number] = signal.signal(number, handler)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
