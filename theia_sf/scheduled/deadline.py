"""The function's own time limit: what it leaves for a statement, and a clean end before it.

Lambda ends a function that reaches its limit without a word of what it was doing, and leaves its statement running in
Snowflake. So everything is stopped a little earlier, with an error that says where the time went.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from theia_sf.errors import TheiaError

# Seconds before the limit: at which a statement is to have ended, so that its rows can still be read, made a result of
# and written; and at which whatever is still under way is broken off.
_AFTER_STATEMENT: Final = 5.0
_AT_THE_END: Final = 1.5
_SHORTEST: Final = 1.0  # the connector's time limits are whole seconds


class DeadlineReachedError(TheiaError):
    """The function's time limit left no time for what was still to do."""


class _Alarm(BaseException):
    """Breaks off what is under way; like KeyboardInterrupt no `except Exception` of a library may swallow it."""


class Deadline:
    """When the function must have ended, and what it was last doing.

    Args:
        seconds: what is left of the function's time; None for no limit.
    """

    def __init__(self, seconds: float | None) -> None:
        self._seconds = seconds
        self._started = time.monotonic()
        self.doing = "reading the event"

    def spent(self) -> float:
        """Return the seconds since the function began."""
        return time.monotonic() - self._started

    def left(self) -> float | None:
        """Return the seconds that are left until the function's limit; None for no limit."""
        return None if self._seconds is None else self._seconds - self.spent()

    def for_statement(self, wanted: float) -> float:
        """Return how many seconds a statement may take that was to have `wanted`.

        Raises:
            DeadlineReachedError: none are left.
        """
        left = self.left()
        if left is None:
            return wanted
        allowed = min(wanted, left - _AFTER_STATEMENT)
        if allowed < _SHORTEST:
            raise self.reached()
        return allowed

    def reached(self) -> DeadlineReachedError:
        """Return the error that says that the time is over, and what took it."""
        message = f"The function's time limit of {self._seconds or 0:.0f} seconds was too short: it was {self.doing}."
        return DeadlineReachedError(message, hint="Raise the function's timeout, or narrow the time range (start).")


@contextmanager
def deadline(context: Any) -> Generator[Deadline]:
    """Run a block that is broken off shortly before the function's time limit.

    Args:
        context: Lambda's; one that cannot tell the time left means no limit.

    Raises:
        DeadlineReachedError: the block was broken off.
    """
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    limit = Deadline(None if remaining is None else remaining() / 1000)
    left = limit.left()
    if left is None or threading.current_thread() is not threading.main_thread():  # where signals do not arrive
        yield limit
        return
    before = signal.signal(signal.SIGALRM, _ring)
    timer = signal.setitimer(signal.ITIMER_REAL, max(left - _AT_THE_END, left / 2))
    try:
        yield limit
    except _Alarm as alarm:
        raise limit.reached() from alarm
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        signal.setitimer(signal.ITIMER_REAL, *timer)


def _ring(_signal: int, _frame: FrameType | None) -> None:
    raise _Alarm
