"""Waiting, but not for longer than somebody reads what is written."""

from __future__ import annotations

import io
import select
import sys
import time


def sleep_while_read(seconds: float) -> None:
    """Wait that long.

    Raises:
        BrokenPipeError: the reader of stdout has gone; a write would notice it only when there is something to write.
    """
    try:
        stdout = sys.stdout.fileno()
    except (io.UnsupportedOperation, AttributeError, ValueError):
        stdout = None
    if stdout is None or not hasattr(select, "poll"):
        time.sleep(seconds)
        return
    poll = select.poll()
    poll.register(stdout, 0)  # no event but POLLERR and POLLHUP, which are always told
    if poll.poll(seconds * 1000):
        raise BrokenPipeError
