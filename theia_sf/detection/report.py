"""From flows to abnormal days, in one step: what the command and the scheduled job both run."""

from __future__ import annotations

from dataclasses import dataclass

from theia_sf.detection.counts import read_counts
from theia_sf.detection.drops import Finding, caveats, detect
from theia_sf.detection.method import DEFAULT_MIN_DROPS, Method
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import FlowSource


@dataclass(frozen=True)
class DropReport:
    """The abnormal days among some flows.

    Attributes:
        records: flow records read.
        dropped: those among them that were dropped or rejected.
        findings: the abnormal days, sorted.
        caveats: why the rule could not find anything where it could not, one sentence each.
    """

    records: int
    dropped: int
    findings: tuple[Finding, ...]
    caveats: tuple[str, ...]


def report_drops(
    source: FlowSource, chosen: FlowRange, *, method: Method = Method.MAD, min_drops: int = DEFAULT_MIN_DROPS
) -> DropReport:
    """Count the drops of the chosen flows, and look for abnormal days among them.

    Raises:
        TheiaError: the statement failed or took too long.
    """
    counts = read_counts(source, chosen.window, cluster=chosen.cluster)
    return DropReport(
        records=counts.records,
        dropped=sum(sum(days.values()) for days in counts.drops.values()),
        findings=tuple(detect(counts, method, window=chosen.window, now=chosen.now, min_drops=min_drops)),
        caveats=tuple(caveats(counts, method, window=chosen.window, now=chosen.now)),
    )
