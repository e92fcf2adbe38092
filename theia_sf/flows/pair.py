"""Everything that one wants to know about the connections between two ends."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from theia_sf.flows.buckets import BUCKETS, bounds, bucket_parameters
from theia_sf.flows.ends import End
from theia_sf.flows.queries import query
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.records import (
    Record,
    RecordFilter,
    action_name,
    end_reason_name,
    newest,
    policy_name,
    protocol_name,
    records_query,
)
from theia_sf.flows.source import FlowSource

_MOST_VALUES: Final = 20  # of a facet


class _Row(NamedTuple):
    """A row of pair.sql."""

    facet: str
    opened: str
    cluster_uuid: str | None
    bucket: Any
    protocol: int | None
    port: int | None
    service: str | None
    ingress_type: int | None
    ingress_namespace: str | None
    ingress_name: str | None
    ingress_rule: str | None
    ingress_action: int | None
    egress_type: int | None
    egress_namespace: str | None
    egress_name: str | None
    egress_rule: str | None
    egress_action: int | None
    tcp_state: str | None
    end_reason: int | None
    source_node: str | None
    destination_node: str | None
    bytes: int
    reverse_bytes: int
    packets: int
    reverse_packets: int
    flows: int
    denials: int
    first_seen: datetime | None
    last_seen: datetime | None
    place: int

    def traffic(self) -> dict[str, int]:
        """Return the counts by name."""
        return {
            "bytes": int(self.bytes),
            "reverse_bytes": int(self.reverse_bytes),
            "packets": int(self.packets),
            "reverse_packets": int(self.reverse_packets),
            "flows": int(self.flows),
            "denials": int(self.denials),
        }


Part = dict[str, Any]


@dataclass
class Pair:
    """The connections between two ends; each part is a list of objects as they are printed, greatest first.

    Attributes:
        connections: who opened them (`from`, `to`), in which cluster, their traffic, when they were first and last
            seen, and the bytes of both directions in each part of the time (`trend`).
        ports: by protocol, destination port and Service.
        policies: by direction, policy, rule and action; flows without a policy have None and `none`.
        states: by the TCP state and the reason for which the record was written.
        nodes: by source and destination Node.
        records: the newest records, oldest first.
    """

    connections: list[Part] = field(default_factory=list[Part])
    ports: list[Part] = field(default_factory=list[Part])
    policies: list[Part] = field(default_factory=list[Part])
    states: list[Part] = field(default_factory=list[Part])
    nodes: list[Part] = field(default_factory=list[Part])
    records: list[Record] = field(default_factory=list[Record])


def read_pair(source: FlowSource, chosen: FlowRange, first: End, second: End, *, lines: int) -> Pair:
    """Add up the connections that either end opened to the other, and fetch the newest `lines` of their records.

    Raises:
        UsageError: the time is open on a side.
        TheiaError: a statement fails or takes too long.
    """
    first_source, first_destination, first_values = first.bound("first")
    second_source, second_destination, second_values = second.bound("second")
    forth = f"({first_source}) AND ({second_destination})"
    back = f"({second_source}) AND ({first_destination})"
    ends = first_values | second_values
    sql = query("pair", flows=source.flows, forth=forth, back=back)
    pair = collect(
        source.rows(sql, bucket_parameters(chosen) | ends | {"limit": _MOST_VALUES}), first.text, second.text
    )
    if pair.connections and lines:
        records = records_query(source, between=f"(({forth}) OR ({back}))")
        start, end = bounds(chosen)
        parameters = RecordFilter(cluster=chosen.cluster).parameters() | ends
        parameters |= {"start": start.isoformat(), "end": end.isoformat()}
        pair.records = list(newest(source, records, parameters, lines))
    return pair


def collect(rows: Iterable[tuple[Any, ...]], first: str, second: str) -> Pair:
    """Make the parts of the statement's rows; `first` and `second` are the names of the ends."""
    pair = Pair()
    connections: dict[tuple[str, str | None], Part] = {}
    for one in rows:
        row = _Row(*one)
        ends: Part = {"from": first, "to": second} if row.opened == "forth" else {"from": second, "to": first}
        if row.facet == "time":
            _add(connections.setdefault((row.opened, row.cluster_uuid), ends | {"cluster_uuid": row.cluster_uuid}), row)
            continue
        part, values = _facet(row)
        getattr(pair, part).append(ends | values | row.traffic())
    pair.connections = sorted(connections.values(), key=lambda one: -one["flows"])
    return pair


def _facet(row: _Row) -> tuple[str, Part]:
    """Return the part of the pair that a row belongs to, and the values that it is the row of."""
    if row.facet == "port":
        port = None if row.port is None else int(row.port)
        return "ports", {"protocol": protocol_name(row.protocol), "port": port, "service": row.service}
    if row.facet == "ingress":
        policy = policy_name(row.ingress_type, row.ingress_namespace, row.ingress_name, row.ingress_action)
        rule, action = row.ingress_rule, row.ingress_action
        return "policies", {"direction": "ingress", "policy": policy, "rule": rule, "action": action_name(action)}
    if row.facet == "egress":
        policy = policy_name(row.egress_type, row.egress_namespace, row.egress_name, row.egress_action)
        rule, action = row.egress_rule, row.egress_action
        return "policies", {"direction": "egress", "policy": policy, "rule": rule, "action": action_name(action)}
    if row.facet == "state":
        return "states", {"tcp_state": row.tcp_state, "end_reason": end_reason_name(row.end_reason)}
    return "nodes", {"source_node": row.source_node, "destination_node": row.destination_node}


def _add(connection: Part, row: _Row) -> None:
    """Add a part of the time to the connections of one opener in one cluster."""
    for name, number in row.traffic().items():
        connection[name] = connection.get(name, 0) + number
    for name, moment, choose in (("first_seen", row.first_seen, min), ("last_seen", row.last_seen, max)):
        known = [one for one in (connection.get(name), moment) if one is not None]
        connection[name] = choose(known) if known else None
    trend = connection.setdefault("trend", [0] * BUCKETS)
    trend[int(row.bucket)] += int(row.bytes) + int(row.reverse_bytes)
