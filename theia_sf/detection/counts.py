"""Daily counts of dropped and rejected flow records, aggregated where the records are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from theia_sf.flows.source import FlowSource
from theia_sf.flows.time_window import TimeWindow

DailyCounts = dict[date, int]


class Series(NamedTuple):
    """What is counted day by day: an endpoint (`namespace/pod`, or the IP of what is no Pod) in one direction."""

    cluster_uuid: str | None
    endpoint: str
    direction: str


@dataclass
class DropCounts:
    """Drops per UTC day, and the days on which each cluster was seen at all.

    Attributes:
        drops: records dropped or rejected, by series and day; days without any are absent.
        seen: first and last day of each cluster with any record.
        records: all records in the time range.
    """

    drops: dict[Series, DailyCounts] = field(default_factory=dict[Series, DailyCounts])
    seen: dict[str | None, tuple[date, date]] = field(default_factory=dict[str | None, tuple[date, date]])
    records: int = 0


def read_counts(source: FlowSource, window: TimeWindow, *, cluster: str | None = None) -> DropCounts:
    """Count the drops of a time window.

    Args:
        source: where the flow records are.
        window: a record belongs to it when it starts at or after the start and ends before the end.
        cluster: UUID of the only cluster to look at.

    Raises:
        TheiaError: when the statement fails or takes too long.
    """
    sql = files("theia_sf.detection").joinpath("drops.sql").read_text(encoding="utf-8").replace("{flows}", source.flows)
    params = {
        "start": window.start.isoformat() if window.start else None,
        "end": window.end.isoformat() if window.end else None,
        "cluster": cluster,
    }
    return collect(source.rows(sql, params))


def collect(rows: Iterable[tuple[Any, ...]]) -> DropCounts:
    """Make the counts of rows (cluster UUID, endpoint, direction, day, records); direction is None for what passed."""
    counts = DropCounts()
    drops: defaultdict[Series, DailyCounts] = defaultdict(dict)
    for cluster, endpoint, direction, day, records in rows:
        counts.records += int(records)
        first, last = counts.seen.get(cluster, (day, day))
        counts.seen[cluster] = min(first, day), max(last, day)
        if direction is not None:
            drops[Series(cluster, endpoint, direction)][day] = int(records)
    counts.drops = dict(drops)
    return counts


def complete_days(first: date, last: date, window: TimeWindow, now: datetime) -> list[date]:
    """Return the UTC days from first to last, without an end day that the window cuts or that is not over yet.

    Days in between are whole by nature. Where records begin or end in the middle of a day for another reason, that day
    is kept: nothing in the records tells it from a quiet one.
    """
    begin = window.start.astimezone(UTC) if window.start else datetime.min.replace(tzinfo=UTC)
    end = min(window.end.astimezone(UTC), now.astimezone(UTC)) if window.end else now.astimezone(UTC)
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [day for day in days if begin <= _midnight(day) and _midnight(day) + timedelta(days=1) <= end]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
