"""Days on which an endpoint had abnormally many dropped or rejected flows.

Two rules, over the counts of UTC days:

`mad` (the default) compares a day with the other days of its series by median and median absolute deviation (MAD),
which one burst does not move. Days without drops count as zero, from the cluster's first day to its last. Four days are
enough for it.

`stdev` is the rule of the original program: a day outside of mean ± 3 sample standard deviations, taken over the days
that have drops, the day itself included. With n days no deviation can exceed (n - 1)/√n, so it never fires with fewer
than 11 of them.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from math import sqrt

from theia_sf.detection.counts import DailyCounts, DropCounts, Series, complete_days
from theia_sf.detection.method import DEFAULT_MIN_DROPS, Method
from theia_sf.flows.time_window import TimeWindow

_MAD_MIN_DAYS = 4
_MAD_LIMIT = 3.5  # Iglewicz and Hoaglin's bound for modified z-scores (How to Detect and Handle Outliers, 1993)
_MAD_TO_SIGMA = 1.4826  # the standard deviation of a normal distribution, in units of its MAD
_STDEV_MIN_DAYS = 3
_STDEV_LIMIT = 3
_STDEV_CAN_FIRE = 11  # the fewest days n with (n - 1)/√n > 3


@dataclass(frozen=True)
class Finding:
    """One abnormal day of one series.

    Attributes:
        drops: records dropped or rejected on that day.
        mean: mean of the days it was compared with.
        stdev: their sample standard deviation.
        median: their median; only with `mad`, as are the following.
        mad: their median absolute deviation from it, unscaled.
        score: by how many spreads the day exceeds the median; the spread is the greatest of 1.4826 MAD, √median and 1.
    """

    series: Series
    date: date
    drops: int
    mean: float
    stdev: float
    median: float | None = None
    mad: float | None = None
    score: float | None = None

    def as_dict(self) -> dict[str, str | int | float | None]:
        """Return the finding as it is printed; the last three keys only with `mad`."""
        found: dict[str, str | int | float | None] = {
            "cluster_uuid": self.series.cluster_uuid,
            "endpoint": self.series.endpoint,
            "direction": self.series.direction,
            "date": self.date.isoformat(),
            "drops": self.drops,
            "mean": round(self.mean, 3),
            "stdev": round(self.stdev, 3),
        }
        if self.score is not None and self.median is not None and self.mad is not None:
            found |= {"median": self.median, "mad": self.mad, "score": round(self.score, 3)}
        return found


def detect(
    counts: DropCounts, method: Method, *, window: TimeWindow, now: datetime, min_drops: int = DEFAULT_MIN_DROPS
) -> list[Finding]:
    """Return the abnormal days, sorted by cluster, endpoint, direction and date.

    Args:
        counts: drops per series and day.
        method: the rule.
        window: the time range of the counts, whose bounds may cut days.
        now: the present, in which a day may not be over yet.
        min_drops: with `mad`, the fewest drops that are worth telling.
    """
    findings: list[Finding] = []
    days = {cluster: complete_days(first, last, window, now) for cluster, (first, last) in counts.seen.items()}
    for series, drops in counts.drops.items():
        if method is Method.STDEV:
            findings.extend(_by_stdev(series, drops))
        else:
            findings.extend(_by_mad(series, drops, days[series.cluster_uuid], min_drops))
    return sorted(findings, key=lambda found: (found.series.cluster_uuid or "", *found.series[1:], found.date))


def caveats(counts: DropCounts, method: Method, *, window: TimeWindow, now: datetime) -> Iterator[str]:
    """Yield why the rule could not find anything where it could not, one sentence each."""
    if method is Method.STDEV:
        longest = max((len(days) for days in counts.drops.values()), default=0)
        if 0 < longest < _STDEV_CAN_FIRE:
            yield (
                f"The stdev rule finds nothing in fewer than {_STDEV_CAN_FIRE} days with drops; the longest series has"
                f" {longest}."
            )
        return
    for cluster in sorted({series.cluster_uuid for series in counts.drops}, key=str):
        days = complete_days(*counts.seen[cluster], window, now)
        if len(days) < _MAD_MIN_DAYS:
            yield f"Complete days of cluster {cluster} in the time range: {len(days)}, but {_MAD_MIN_DAYS} are needed."


def _by_stdev(series: Series, drops: DailyCounts) -> Iterator[Finding]:
    if len(drops) < _STDEV_MIN_DAYS:
        return
    mean = statistics.fmean(drops.values())
    stdev = statistics.stdev(drops.values())
    for day, count in drops.items():
        if abs(count - mean) > _STDEV_LIMIT * stdev:
            yield Finding(series, day, count, mean, stdev)


def _by_mad(series: Series, drops: DailyCounts, days: list[date], min_drops: int) -> Iterator[Finding]:
    if len(days) < _MAD_MIN_DAYS:
        return
    for index, day in enumerate(days):
        count = drops.get(day, 0)
        if count < min_drops:
            continue
        others = [drops.get(other, 0) for position, other in enumerate(days) if position != index]
        median = statistics.median(others)
        mad = statistics.median(abs(other - median) for other in others)
        score = (count - median) / max(_MAD_TO_SIGMA * mad, sqrt(median), 1)
        if score > _MAD_LIMIT:
            yield Finding(
                series, day, count, statistics.fmean(others), statistics.stdev(others), float(median), float(mad), score
            )
