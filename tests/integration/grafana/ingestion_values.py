"""What the dashboard of ingestion must show, as far as flow records tell it."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from tests.integration.grafana import model
from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record
from tests.integration.grafana.tally import Cases, Rows, slot


def expected() -> Cases:
    """Return the cases of this dashboard."""
    dashboard = "ingestion_dashboard"
    return {(dashboard, "Lag", "A"): _lag, (dashboard, "Newest Flow of Each Cluster", "A"): _newest}


def _lag(records: Sequence[Record], view: View, interval: int) -> Rows:
    lags: dict[datetime, list[int]] = defaultdict(list)
    for flow in model.seen(records, view):
        lags[slot(flow, interval)].append(flow["timeInserted"] - flow["flowEndSeconds"])
    return [
        (moment, float(statistics.median(lag)), _percentile(lag, 0.95), ..., ...)
        for moment, lag in sorted(lags.items())
    ]


def _newest(records: Sequence[Record], view: View, _: int) -> Rows:
    found: dict[str, list[datetime]] = defaultdict(list)
    for flow in model.seen(records, view):
        found[flow.cluster].append(flow.ended)
    ranked = sorted(found.items(), key=lambda item: (max(item[1]), item[0]))
    return [(cluster, max(ends), ..., ..., len(ends)) for cluster, ends in ranked]


def _percentile(values: list[int], share: float) -> float:
    """Between the two nearest values, by the distance to each."""
    ordered, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
