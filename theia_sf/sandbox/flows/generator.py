"""Writes the records of the made-up traffic, day by day."""

from __future__ import annotations

import gzip
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from theia_sf.flows.layouts import Layout, layout_of
from theia_sf.sandbox.flows.cluster import build_cluster
from theia_sf.sandbox.flows.options import FlowOptions
from theia_sf.sandbox.flows.traffic import Edge, TrafficBuilder

MOST_RECORDS = 1_000_000
"""In one file, as the Flow Aggregator does."""

DROPPED_SHARE = 0.06
SPIKE_SHARE = 0.6
"""Of the dropped flows, those that hit one Pod on the middle day."""

_DAY = 86_400
_NAME = string.ascii_lowercase + string.digits
_COMPRESSION = 3  # the content repeats itself; more takes longer and saves little

_VARYING = (
    "flowStartSeconds",
    "flowEndSeconds",
    "flowEndSecondsFromSourceNode",
    "flowEndSecondsFromDestinationNode",
    "sourceTransportPort",
    "packetTotalCount",
    "octetTotalCount",
    "packetDeltaCount",
    "octetDeltaCount",
    "reversePacketTotalCount",
    "reverseOctetTotalCount",
    "reversePacketDeltaCount",
    "reverseOctetDeltaCount",
    "throughput",
    "reverseThroughput",
    "throughputFromSourceNode",
    "throughputFromDestinationNode",
    "reverseThroughputFromSourceNode",
    "reverseThroughputFromDestinationNode",
    "timeInserted",
)
"""The columns that differ from record to record of an edge, in the order of every layout."""


@dataclass(frozen=True)
class FlowFile:
    """A file to upload: `records-<12 of a-z0-9>.csv.gz` and its bytes."""

    name: str
    content: bytes
    records: int


@dataclass(frozen=True)
class _Source:
    """An edge with the text of its records: `%d` where `_VARYING` goes."""

    edge: Edge
    template: str


def generate(options: FlowOptions) -> Iterator[FlowFile]:
    """The files of these options, oldest first; at least one for each day that has records."""
    random = Random(options.seed)  # noqa: S311 - to be the same each time
    builder = TrafficBuilder(random, build_cluster(random, options.namespaces), options.release)
    layout = layout_of(options.release)
    allowed = [_Source(edge, _template(edge, layout)) for edge in builder.allowed()]
    dropped = [_Source(edge, _template(edge, layout)) for edge in builder.dropped()]
    spike_day = options.days // 2
    for day in range(options.days):
        rows = options.rows // options.days + (day < options.rows % options.days)
        stopped = round(rows * DROPPED_SHARE * (1 - SPIKE_SHARE))
        spike = min(round(options.rows * DROPPED_SHARE * SPIKE_SHARE), rows // 2) if day == spike_day else 0
        sources = [
            *_chosen(random, allowed, rows - stopped - spike),
            *_chosen(random, dropped, stopped),
            *([dropped[0]] * spike),
        ]
        random.shuffle(sources)
        for start in range(0, len(sources), MOST_RECORDS):
            part = sources[start : start + MOST_RECORDS]
            first = options.first_second + day * _DAY + start * _DAY // len(sources)
            yield _file(random, part, first, len(part) * _DAY // len(sources))


def _chosen(random: Random, sources: Sequence[_Source], count: int) -> list[_Source]:
    return random.choices(sources, cum_weights=list(accumulate(s.edge.weight for s in sources)), k=count)


def _template(edge: Edge, layout: Layout) -> str:
    constant = {column: str(value).replace("%", "%%") for column, value in edge.values.items()}
    line = layout.record(constant | dict.fromkeys(_VARYING, "%d"))
    return f"{line}\n"


def _file(random: Random, sources: Sequence[_Source], first: int, seconds: int) -> FlowFile:
    """One file: records in the order in which the aggregator wrote them, spread evenly over the time."""
    name = "records-" + "".join(random.choices(_NAME, k=12)) + ".csv.gz"
    step = seconds / len(sources)
    lines = [
        source.template % _varying(random, source.edge, first + int(step * number))
        for number, source in enumerate(sources)
    ]
    return FlowFile(name, gzip.compress("".join(lines).encode(), _COMPRESSION, mtime=0), len(lines))


def _varying(random: Random, edge: Edge, now: int) -> tuple[int, ...]:
    """The numbers of one record that is written at `now` (Unix seconds), in the order of `_VARYING`."""
    bits = random.getrandbits(48)
    port = 32_768 + (bits & 0x6FFF) if edge.values["destinationTransportPort"] else 0
    if edge.dropped:
        size = 60
        return now, now, 0, now, port, 1, size, 1, size, *(0,) * 10, now
    age = (bits >> 16) & 0x3FF
    packets = 2 + ((bits >> 26) & 0x7FF)
    octets = packets * (60 + (bits & 0x3FF))
    back = packets * (60 + ((bits >> 38) & 0x3FF))
    share = 60 / max(age, 60)  # of the connection's life that the last export interval covers
    delta, octet_delta, back_delta = max(1, int(packets * share)), int(octets * share), int(back * share)
    forth_rate, back_rate = octet_delta * 8 // 60, back_delta * 8 // 60
    from_source, from_destination = int(edge.from_source), int(edge.from_destination)
    return (
        now - age,
        now,
        now * from_source,
        now * from_destination,
        port,
        packets,
        octets,
        delta,
        octet_delta,
        packets,
        back,
        delta,
        back_delta,
        forth_rate,
        back_rate,
        forth_rate * from_source,
        forth_rate * from_destination,
        back_rate * from_source,
        back_rate * from_destination,
        now,
    )
