"""Which flows an analysis reads: of what time, of which cluster."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from theia_sf.flows.filters import normalise_cluster_uuid
from theia_sf.flows.time_window import TimeWindow, resolve_window


@dataclass(frozen=True)
class FlowRange:
    """Which flows to read: of what time, of which cluster (None: all); `now` is what the times were relative to."""

    window: TimeWindow
    cluster: str | None
    now: datetime


def flow_range(
    *,
    start: str | None = None,
    end: str | None = None,
    start_ts: str | None = None,
    end_ts: str | None = None,
    cluster_uuid: str | None = None,
) -> FlowRange:
    """Read the options that choose flows; times may be relative to now.

    Raises:
        UsageError: a time or the UUID is malformed, or the range is reversed.
    """
    now = datetime.now(UTC)
    window = resolve_window(start=start, end=end, start_ts=start_ts, end_ts=end_ts, now=now)
    return FlowRange(window, normalise_cluster_uuid(cluster_uuid) if cluster_uuid else None, now)
