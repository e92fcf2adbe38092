"""How panels add up, rank and cut: what the cases of all dashboards have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from tests.integration.grafana.model import Flow
from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record

Rows = list[tuple[Any, ...]]
Case = Callable[[Sequence[Record], View, int], Rows]
"""From the records, the view, and the panel's interval in milliseconds (0 of a panel that has none)."""
Cases = dict[tuple[str, str, str], Case]
"""By dashboard, panel's title and refId of the target."""

EDGES, SLICES, SERIES, ROWS, BARS = 50, 25, 50, 1000, 10


def rates_of(points: Counter[tuple[datetime, str]], interval: int) -> Rows:
    return [(*key, octets * 8 / (interval / 1000)) for *key, octets in top_series(points)]


def top_series(points: Counter[tuple[datetime, str]]) -> Rows:
    totals = Counter[str]()
    for (_, name), octets in points.items():
        totals[name] += octets
    shown = {name for name, _ in greatest(totals, SERIES)}
    return [(*key, amount) for key, amount in sorted(points.items()) if key[1] in shown]


def greatest(totals: Counter[Any], most: int) -> Rows:
    """The greatest totals above zero, equal ones by name."""
    ranked = sorted(((key, total) for key, total in totals.items() if total), key=lambda item: (-item[1], item[0]))
    return list(ranked[:most])


def slot(flow: Flow, interval: int) -> datetime:
    """The beginning of the flow's interval, which Snowflake shows without a zone."""
    seconds = interval // 1000
    return datetime.fromtimestamp(flow["flowEndSeconds"] // seconds * seconds, UTC).replace(tzinfo=None)
