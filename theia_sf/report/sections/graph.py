"""Who talks to whom: the workloads, addresses and Services, and the edges between them, as a graph to explore."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from theia_sf.report.ends import End, EndReader, describe, in_full, names
from theia_sf.report.payloads import Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.shown import counted, safe, size
from theia_sf.report.workloads import traffic_name

MOST_EDGES: Final = 5_000
MOST_ADDRESSES: Final = 100
_MOST_ROWS: Final = 20_000  # of the statement: the Pods of a workload may have different labels, and are merged here
_DENIED_ROWS: Final = 5_000
_DENIED_EDGES: Final = 1_000  # are kept whatever their bytes: what was denied moved hardly any
_TABLE_EDGES: Final = 500


@dataclass
class Weight:
    """What passed along an edge; octets by direction, times as Unix seconds."""

    flows: int = 0
    octets: int = 0
    reverse_octets: int = 0
    denied: int = 0
    first: int = 0
    last: int = 0

    def add(self, other: Weight) -> None:
        """Add what passed between other Pods of the same workloads."""
        self.first = min(self.first, other.first) if self.flows else other.first
        self.last = max(self.last, other.last)
        self.flows += other.flows
        self.octets += other.octets
        self.reverse_octets += other.reverse_octets
        self.denied += other.denied

    @property
    def total(self) -> int:
        """Bytes in both directions."""
        return self.octets + self.reverse_octets


class EdgeKey(NamedTuple):
    """What an edge is: its ends, `TCP/8080`, and the Service through which it went, or nothing."""

    source: End
    destination: End
    traffic: str
    service: str


class Omitted(NamedTuple):
    """What is not among the edges; bytes in both directions."""

    edges: int
    flows: int
    octets: int


@dataclass(frozen=True)
class Graph:
    """The edges with the most bytes or denials, the most bytes first; what there is besides them."""

    edges: tuple[tuple[EdgeKey, Weight], ...]
    omitted: Omitted


def read(reading: Reading) -> Graph:
    """Ask for the edges, and merge those between Pods of the same workloads."""
    rows = reading.rows("graph", addresses=MOST_ADDRESSES, edges=_MOST_ROWS, denied_edges=_DENIED_ROWS)
    merged: dict[EdgeKey, Weight] = {}
    reader = EndReader()
    read_rows = all_rows = all_flows = all_octets = 0
    for row in rows:
        cluster, from_namespace, from_labels, from_address, to_namespace, to_labels, to_address, service = row[:8]
        protocol, port, *measures = (None if number is None else int(number) for number in row[8:16])
        all_rows, all_flows, all_octets = (int(number) for number in row[16:])
        read_rows += 1
        key = EdgeKey(
            reader.read(cluster, from_namespace, from_labels, from_address),
            reader.read(cluster, to_namespace, to_labels, to_address, service),
            traffic_name(protocol, port),
            service or "",
        )
        merged.setdefault(key, Weight()).add(Weight(*(number or 0 for number in measures)))
    kept = _kept(merged)
    return Graph(
        tuple(kept),
        Omitted(
            edges=all_rows - read_rows + len(merged) - len(kept),
            flows=all_flows - sum(weight.flows for _, weight in kept),
            octets=all_octets - sum(weight.total for _, weight in kept),
        ),
    )


def _kept(merged: dict[EdgeKey, Weight]) -> list[tuple[EdgeKey, Weight]]:
    ordered = sorted(merged.items(), key=lambda item: (-item[1].total, -item[1].flows, _order(item[0])))
    denied = sorted((item for item in ordered if item[1].denied), key=lambda item: -item[1].denied)[:_DENIED_EDGES]
    chosen = {key for key, _ in denied}
    for key, _ in ordered:
        if len(chosen) >= MOST_EDGES:
            break
        chosen.add(key)
    return [item for item in ordered if item[0] in chosen]


def _order(key: EdgeKey) -> tuple[str, ...]:
    return (*_end_order(key.source), *_end_order(key.destination), key.traffic, key.service)


def _end_order(end: End) -> tuple[str, ...]:
    return end.cluster, end.namespace or "", end.kind, end.label, str(end.identity.labels)


def _view(data: Graph, _: Report) -> Mapping[str, Any]:
    ends = {end for key, _ in data.edges for end in (key.source, key.destination)}
    named = names(ends)
    return {
        "payload": _payload(data, ends, named),
        "table_data": _table(data, named),
        "shown": len(data.edges),
        "omitted": data.omitted,
        "addresses": MOST_ADDRESSES,
    }


def _payload(data: Graph, ends: set[End], named: dict[End, str]) -> dict[str, Any]:
    """Return the graph as the page's script takes it: nodes and edges as arrays that name each other by index."""
    clusters = sorted({end.cluster for end in ends})
    namespaces = sorted({end.namespace for end in ends if end.namespace is not None})
    cluster_index = {cluster: index for index, cluster in enumerate(clusters)}
    namespace_index: dict[str | None, int] = {namespace: index for index, namespace in enumerate(namespaces)}
    ordered = sorted(ends, key=_end_order)
    index = {end: number for number, end in enumerate(ordered)}
    return {
        "clusters": [safe(cluster) for cluster in clusters],
        "namespaces": [safe(namespace) for namespace in namespaces],
        "workloads": [
            [cluster_index[end.cluster], namespace_index.get(end.namespace, -1), named[end], describe(end), end.kind]
            for end in ordered
        ],
        "edges": [
            [
                index[key.source],
                index[key.destination],
                key.traffic,
                safe(key.service),
                weight.flows,
                weight.octets,
                weight.reverse_octets,
                weight.denied,
                weight.first,
                weight.last,
            ]
            for key, weight in data.edges
        ],
        "omitted": data.omitted._asdict(),
    }


def _table(data: Graph, named: dict[End, str]) -> Table:
    columns = (
        Column("From"),
        Column("To"),
        Column("Service"),
        Column("Traffic"),
        Column("Flow records", "number"),
        Column("To the destination", "bytes"),
        Column("From the destination", "bytes"),
        Column("Dropped or rejected", "number"),
        Column("First start", "time"),
        Column("Last end", "time"),
    )
    rows = [
        (
            in_full(key.source, named[key.source]),
            in_full(key.destination, named[key.destination]),
            safe(key.service),
            key.traffic,
            weight.flows,
            weight.octets,
            weight.reverse_octets,
            weight.denied,
            weight.first,
            weight.last,
        )
        for key, weight in data.edges[:_TABLE_EDGES]
    ]
    few = len(data.edges) <= _TABLE_EDGES
    caption = "The edges" if few else f"The {_TABLE_EDGES} edges with the most bytes, of {len(data.edges):,}"
    return Table(caption, columns, rows, filtered=True)


def _caveats(data: Graph) -> Iterable[str]:
    edges, flows, octets = data.omitted
    if edges or flows:
        yield (
            f"The graph shows {counted(len(data.edges), 'edge')}, those with the most bytes or denials;"
            f" {counted(edges, 'other')} with {counted(flows, 'flow record')} and {size(octets)} are not in it."
        )
    if any("outside" in (key.source.kind, key.destination.kind) for key, _ in data.edges):
        yield (
            f"Addresses that are no Pod: the {MOST_ADDRESSES} that moved the most bytes are told apart in the graph,"
            " all others are one node."
        )


GRAPH = Section("connections", "Who talks to whom", "edges between workloads", read, _view, _caveats)
