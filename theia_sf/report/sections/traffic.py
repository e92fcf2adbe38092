"""Traffic over time: bytes of both directions and flow records, in stretches of a fitting length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from theia_sf.report.payloads import Chart, Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.sections.overview import OVERVIEW
from theia_sf.report.shown import iso, span

MOST_BUCKETS: Final = 200
_DAY: Final = 86_400
_LENGTHS: Final = (60, 300, 600, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, _DAY, 7 * _DAY, 28 * _DAY)  # seconds


class Bucket(NamedTuple):
    """What passed in one stretch of time; the start is a Unix second."""

    start: int
    records: int
    octets: int
    reverse_octets: int
    denied: int


@dataclass(frozen=True)
class Traffic:
    """The stretches without a gap from the first to the last that has traffic, each `length` seconds long."""

    length: int
    buckets: tuple[Bucket, ...]


def bucket_length(first: int, last: int) -> int:
    """Return the shortest length in seconds that cuts a stretch of time into at most MOST_BUCKETS."""
    for length in _LENGTHS:
        if last // length - first // length < MOST_BUCKETS:
            return length
    return -(-(last - first + 1) // ((MOST_BUCKETS - 1) * _DAY)) * _DAY


def read(reading: Reading) -> Traffic:
    """Ask for what passed, stretch by stretch."""
    overview = reading.part(OVERVIEW)
    first, last = overview.first_end, overview.last_end
    if first is None or last is None:
        return Traffic(_LENGTHS[0], ())
    length = bucket_length(first, last)
    found = {
        int(start): Bucket(int(start), *(int(number or 0) for number in row))
        for start, *row in reading.rows("traffic", bucket=length)
    }
    starts = range(first // length * length, last + 1, length)
    return Traffic(length, tuple(found.get(start, Bucket(start, 0, 0, 0, 0)) for start in starts))


def _view(data: Traffic, _: Report) -> Mapping[str, Any]:
    x = [iso(bucket.start) for bucket in data.buckets]
    bytes_table = Table(
        f"Bytes in each {span(data.length)}",
        (Column("From (UTC)", "time"), Column("To the destination", "bytes"), Column("From the destination", "bytes")),
        [(bucket.start, bucket.octets, bucket.reverse_octets) for bucket in data.buckets],
    )
    flows_table = Table(
        f"Flow records in each {span(data.length)}",
        (Column("From (UTC)", "time"), Column("Flow records", "number"), Column("Dropped or rejected", "number")),
        [(bucket.start, bucket.records, bucket.denied) for bucket in data.buckets],
    )
    octets = Chart(
        name="traffic-bytes",
        title=f"Bytes per {span(data.length)}",
        kind="timeseries",
        unit="bytes",
        x=x,
        series=(
            ("To the destination", [bucket.octets for bucket in data.buckets]),
            ("From the destination", [bucket.reverse_octets for bucket in data.buckets]),
        ),
        table=bytes_table,
        stacked=True,
    )
    flows = Chart(
        name="traffic-flows",
        title=f"Flow records per {span(data.length)}",
        kind="timeseries",
        unit="flows",
        x=x,
        series=(
            ("Let through", [bucket.records - bucket.denied for bucket in data.buckets]),
            ("Dropped or rejected", [bucket.denied for bucket in data.buckets]),
        ),
        table=flows_table,
        stacked=True,
    )
    return {"charts": (octets, flows) if data.buckets else (), "length": span(data.length)}


TRAFFIC = Section("traffic", "Traffic over time", "traffic over time", read, _view)
