"""What network policies dropped or rejected: day by day, between whom, by which rule, and the abnormal days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from theia_sf.detection.counts import read_counts
from theia_sf.detection.drops import Finding, caveats, detect
from theia_sf.detection.method import Method
from theia_sf.report.ends import End, EndReader, in_full, names
from theia_sf.report.payloads import Chart, Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.shown import count, counted, safe
from theia_sf.report.workloads import traffic_name

_TOP: Final = 200
_ROWS: Final = 5_000  # of the statement: the Pods of a workload may have different labels, and are merged here
_MOST_DAYS: Final = 400
_ACTIONS: Final = {2: "dropped", 3: "rejected"}
_ISOLATION: Final = "(Kubernetes isolation)"  # as the dashboards have it


class Denial(NamedTuple):
    """What was denied: between whom, and by which rule."""

    source: End
    destination: End
    traffic: str
    direction: str
    action: str
    policy: str
    rule: str


@dataclass
class Denials:
    """How often, and when the first and last time (Unix seconds)."""

    flows: int
    first: int
    last: int


@dataclass(frozen=True)
class Denied:
    """What was denied.

    Attributes:
        days: records dropped or rejected by UTC day, without a gap between the first and the last.
        findings: the abnormal days of `theia_sf.detection`.
        limits: why no abnormal day could be found, where none could.
        between: what was denied most often, the most frequent first.
        omitted: records that are not in `between`.
    """

    days: tuple[tuple[date, int], ...]
    findings: tuple[Finding, ...]
    limits: tuple[str, ...]
    between: tuple[tuple[Denial, Denials], ...]
    omitted: int


def read(reading: Reading) -> Denied:
    """Count the drops by day, look for abnormal days, and ask between whom they were."""
    chosen = reading.about.chosen
    counts = read_counts(reading.source, chosen.window, cluster=chosen.cluster)
    between, omitted = _between(reading)
    return Denied(
        days=_by_day(counts.drops.values()),
        findings=tuple(detect(counts, Method.MAD, window=chosen.window, now=chosen.now)),
        limits=tuple(caveats(counts, Method.MAD, window=chosen.window, now=chosen.now)),
        between=between,
        omitted=omitted,
    )


def _by_day(series: Iterable[Mapping[date, int]]) -> tuple[tuple[date, int], ...]:
    total: Counter[date] = Counter()
    for days in series:
        total.update(days)
    if not total:
        return ()
    last = max(total)
    first = max(min(total), last - timedelta(days=_MOST_DAYS - 1))
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return tuple((day, total[day]) for day in days)


def _between(reading: Reading) -> tuple[tuple[tuple[Denial, Denials], ...], int]:
    reader = EndReader()
    merged: dict[Denial, Denials] = {}
    total = 0
    for row in reading.rows("denied", top=_ROWS):
        cluster, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service = row[:8]
        protocol, port, direction, action, policy_namespace, policy_name, rule = row[8:15]
        flows, first, last, _, total = (int(number) for number in row[15:])
        denial = Denial(
            reader.read(cluster, from_namespace, from_labels, from_address),
            reader.read(cluster, to_namespace, to_labels, to_address, service),
            traffic_name(_whole(protocol), _whole(port)),
            direction,
            _ACTIONS[int(action)],
            _policy(policy_namespace, policy_name),
            safe(rule or ""),
        )
        known = merged.setdefault(denial, Denials(0, first, last))
        known.flows += flows
        known.first, known.last = min(known.first, first), max(known.last, last)
    ordered = sorted(merged.items(), key=lambda item: (-item[1].flows, str(item[0])))[:_TOP]
    return tuple(ordered), total - sum(one.flows for _, one in ordered)


def _whole(number: Any) -> int | None:
    return None if number is None else int(number)


def _policy(namespace: str | None, name: str | None) -> str:
    if name is None:
        return _ISOLATION
    return safe(name if namespace is None else f"{namespace}/{name}")


def _view(data: Denied, _: Report) -> Mapping[str, Any]:
    named = names({end for denial, _ in data.between for end in (denial.source, denial.destination)})
    return {
        "chart_data": _chart(data) if data.days else None,
        "findings": _findings(data.findings),
        "limits": data.limits,
        "between": _between_table(data, named),
        "total": sum(one.flows for _, one in data.between) + data.omitted,
        "isolation": _ISOLATION,
    }


def _chart(data: Denied) -> Chart:
    abnormal = Counter(found.date for found in data.findings)
    return Chart(
        name="denied-days",
        title="Dropped or rejected flow records per UTC day",
        kind="timeseries",
        unit="drops",
        x=[f"{day.isoformat()}T00:00:00Z" for day, _ in data.days],
        series=(("Dropped or rejected", [drops for _, drops in data.days]),),
        markers=[
            (f"{day.isoformat()}T00:00:00Z", f"{counted(number, 'abnormal endpoint')}")
            for day, number in sorted(abnormal.items())
        ],
        table=Table(
            "Dropped or rejected flow records per UTC day",
            (Column("Day (UTC)"), Column("Flow records", "number"), Column("Abnormal endpoints", "number")),
            [(day.isoformat(), drops, abnormal[day]) for day, drops in data.days],
        ),
    )


def _findings(findings: tuple[Finding, ...]) -> Table:
    rows = [
        (
            safe(found.series.endpoint),
            found.series.direction,
            found.date.isoformat(),
            found.drops,
            found.median,
            found.score,
            safe(found.series.cluster_uuid or ""),
        )
        for found in sorted(findings, key=lambda found: -found.drops)
    ]
    columns = (
        Column("Endpoint"),
        Column("Direction"),
        Column("Day (UTC)"),
        Column("Drops", "number"),
        Column("Median of the other days", "number"),
        Column("Score", "number"),
        Column("Cluster"),
    )
    return Table("Days with abnormally many drops", columns, rows, filtered=True)


def _between_table(data: Denied, named: dict[End, str]) -> Table:
    columns = (
        Column("From"),
        Column("To"),
        Column("Traffic"),
        Column("Action"),
        Column("Policy"),
        Column("Rule"),
        Column("Flow records", "number"),
        Column("First start", "time"),
        Column("Last end", "time"),
    )
    rows = [
        (
            in_full(one.source, named[one.source]),
            in_full(one.destination, named[one.destination]),
            one.traffic,
            f"{one.action} at {one.direction}",
            one.policy,
            one.rule,
            times.flows,
            times.first,
            times.last,
        )
        for one, times in data.between
    ]
    return Table("What was dropped or rejected most often", columns, rows, filtered=True)


def _caveats(data: Denied) -> Iterable[str]:
    if data.omitted:
        yield f"{count(data.omitted)} dropped or rejected flow records are not in the list of the most frequent ones."
    yield from data.limits


DENIED = Section("denied", "Denied traffic", "dropped and rejected flows", read, _view, _caveats)
