"""A stretch of time that is cut into equal parts, for trends."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from theia_sf.errors import UsageError
from theia_sf.flows.ranges import FlowRange

BUCKETS: Final = 24
"""Into so many parts a time is cut: a character each in a terminal, an hour each of a day."""


def bounds(chosen: FlowRange) -> tuple[datetime, datetime]:
    """Return the start and the end of the time.

    Raises:
        UsageError: it is open on a side.
    """
    window = chosen.window
    if window.start is None or window.end is None:
        message = "The time range has no start or no end."
        raise UsageError(message, hint="Give --start, such as now-1h.")
    return window.start, window.end


def bucket_parameters(chosen: FlowRange) -> dict[str, str | int | None]:
    """Return what the statements have bound that cut a time: start, end, seconds, buckets, and cluster.

    Raises:
        UsageError: the time is open on a side.
    """
    start, end = bounds(chosen)
    return {
        "start": start.isoformat(),
        "end": end.isoformat(),
        "seconds": max(1, round((end - start).total_seconds())),
        "buckets": BUCKETS,
        "cluster": chosen.cluster,
    }
