"""What panels must show, computed from the records themselves.

A case gives the rows of a panel in their order; numbers that a panel divides are compared to nine digits, all others
exactly. `...` stands for what the records do not tell, such as when they were loaded.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.integration.grafana import denial_values, ingestion_values, model
from tests.integration.grafana.model import Flow, Hop, Hops
from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record
from tests.integration.grafana.tally import BARS, EDGES, ROWS, SLICES, Case, Rows, greatest, rates_of, slot


def expected() -> dict[tuple[str, str, str], Case]:
    """Return the cases by dashboard, panel's title and refId of the target."""
    cases: dict[tuple[str, str, str], Case] = dict(_homepage())
    cases["flow_records_dashboard", "Flow Records Count", "A"] = _count_or_series
    for dashboard, kind, hops, ends in (
        ("pod_to_pod_dashboard", "Pod-to-Pod", model.pod_to_pod, ("Pod", "Pod")),
        ("pod_to_service", "Pod-to-Service", model.pod_to_service, ("Pod", "Service")),
        ("node_to_node", "Node-to-Node", model.node_to_node, ("Node", "Node")),
        ("pod_to_external", "Pod-to-External", model.pod_to_external, ("", "")),
        ("pod_to_external", "External-to-Pod", model.external_to_pod, ("", "")),
    ):
        cases[dashboard, f"{kind} Traffic", "A"] = _pairs(hops)
        cases[dashboard, f"Throughput of {kind}", "A"] = _rates(hops, _pair)
        cases[dashboard, f"Reverse Throughput of {kind}", "A"] = _rates(hops, _pair, forth=False)
        if kind != "External-to-Pod":
            cases[dashboard, f"Cumulative Bytes of {kind}", "A"] = _streams(hops, forth=True)
            cases[dashboard, f"Cumulative Reverse Bytes of {kind}", "A"] = _streams(hops, forth=False)
            cases[dashboard, f"{kind} Graph", "edges"] = _edges(hops)
            cases[dashboard, f"{kind} Graph", "nodes"] = _nodes(hops)
        if ends[0]:
            cases[dashboard, f"Throughput of {ends[0]} as Source", "A"] = _rates(hops, lambda hop: hop.source)
            cases[dashboard, f"Throughput of {ends[1]} as Destination", "A"] = _rates(hops, lambda hop: hop.destination)
    shares = "Cumulative Bytes of"
    cases["node_to_node", f"{shares} Node as Source", "A"] = _shares(model.node_to_node, lambda hop: hop.source)
    cases["node_to_node", f"{shares} Node as Destination", "A"] = _shares(
        model.node_to_node, lambda hop: hop.destination
    )
    cases["pod_to_pod_dashboard", f"{shares} Source Pod Namespace", "A"] = _shares(
        model.pod_to_pod, lambda hop: hop.flow["sourcePodNamespace"]
    )
    cases["pod_to_pod_dashboard", f"{shares} Destination Pod Namespace", "A"] = _shares(
        model.pod_to_pod, lambda hop: hop.flow["destinationPodNamespace"]
    )
    cases["network_topology", "Network Topology", "edges"] = _edges(model.by_end)
    cases["network_topology", "Network Topology", "nodes"] = _nodes(model.by_end)
    cases["network_topology", "Network Topology Traffic", "A"] = _pairs(model.by_end)
    policies = "networkpolicy_dashboard"
    cases[policies, "Cumulative Bytes of Flows with NetworkPolicy Information", "edges"] = _edges(
        model.decided, by_policy=True
    )
    for side in ("Ingress", "Egress"):
        cases[policies, f"{shares} {side} Network Policy", "A"] = _policy_shares(side.lower())
        for outcome, actions in (("Allow", {1}), ("Deny", {2, 3})):
            cases[policies, f"Throughput of {side} {outcome} NetworkPolicy", "A"] = _policy_rates(side.lower(), actions)
    return cases | denial_values.expected() | ingestion_values.expected()


def _homepage() -> Iterable[tuple[tuple[str, str, str], Case]]:
    def stat(title: str, compute: Callable[[list[Flow]], Any]) -> tuple[tuple[str, str, str], Case]:
        return ("homepage", title, "A"), lambda records, view, _: [(compute(model.seen(records, view)),)]

    def different(flows: list[Flow], *columns: str) -> int:
        """Names at either end, told apart by cluster; what is outside of the cluster has none."""
        return len(
            {
                (flow.cluster, *(flow[column.format(side)] for column in columns))
                for flow in flows
                for side in ("source", "destination")
                if all(flow[column.format(side)] for column in columns) and not (flow.external and side != "source")
            }
        )

    def connections(flows: list[Flow], *, going_on: bool | None = None) -> int:
        last = dict[Any, int]()
        for flow in sorted(flows, key=lambda flow: flow.ended):
            last[flow.connection] = flow["flowEndReason"]
        return len(last) if going_on is None else sum((reason == 2) is going_on for reason in last.values())

    def octets(flows: Iterable[Flow]) -> int:
        return sum(flow.octets + flow.reverse_octets for flow in flows)

    def outside(flows: Iterable[Flow]) -> list[Flow]:
        return [flow for flow in flows if flow.external or flow.from_external]

    def rate(compute: Callable[[list[Flow]], int]) -> Case:
        def case(records: Sequence[Record], view: View, _: int) -> Rows:
            seconds = max((view.end - view.start) / timedelta(seconds=1), 1)
            return [(compute(model.seen(records, view)) * 8 / seconds,)]

        return case

    yield stat("Pods", lambda flows: different(flows, "{}PodNamespace", "{}PodName"))
    yield stat("Nodes", lambda flows: different(flows, "{}NodeName"))
    yield stat("Services", lambda flows: len({(f.cluster, f.service.split(":")[0]) for f in flows if f.service}))
    yield stat("Active Connections", lambda flows: connections(flows, going_on=True))
    yield stat("Stopped Connections", lambda flows: connections(flows, going_on=False))
    yield stat("Denied Connections", lambda flows: connections([flow for flow in flows if flow.denied]))
    yield stat("To-External Connections", lambda flows: connections([flow for flow in flows if flow.external]))
    yield stat("Data Transmitted", octets)
    yield stat("Data with External", lambda flows: octets(outside(flows)))
    yield (
        stat(
            "NetworkPolicies",
            lambda flows: len({(f.cluster, p) for f in flows for p in f.policies.values()} - _isolations(flows)),
        )
    )
    yield ("homepage", "Overall Throughput", "A"), rate(octets)
    yield ("homepage", "Throughput with External", "A"), rate(lambda flows: octets(outside(flows)))
    yield ("homepage", "Top 10 Active Source Pods", "A"), _top_pods
    yield ("homepage", "Number of Flow Records Per Minute", "A"), _per_minute


def _isolations(flows: Iterable[Flow]) -> set[tuple[str, str]]:
    return {(flow.cluster, model.ISOLATION) for flow in flows}


def _top_pods(records: Sequence[Record], view: View, _: int) -> Rows:
    totals = Counter[str]()
    for flow in model.seen(records, view):
        if flow.source_pod:
            totals[flow.source_pod] += flow.octets
    return greatest(totals, BARS)


def _per_minute(records: Sequence[Record], view: View, interval: int) -> Rows:
    counts = Counter(slot(flow, interval) for flow in model.seen(records, view))
    return [(slot, count * 60_000 / interval) for slot, count in sorted(counts.items())]


def _count_or_series(records: Sequence[Record], view: View, interval: int) -> Rows:
    """Two panels have this title: a number, which has no interval (0), and a series."""
    flows = model.seen(records, view, by_policy=True)
    return sorted(Counter(slot(flow, interval) for flow in flows).items()) if interval else [(len(flows),)]


def _pair(hop: Hop) -> str:
    return f"{hop.source} → {hop.destination}"


def _totals(hops: Iterable[Hop]) -> dict[tuple[str, str], list[Any]]:
    """By pair: octets, reverse octets, records, denied records, the end of the last one."""
    totals: dict[tuple[str, str], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, datetime.min.replace(tzinfo=UTC)])
    for hop in hops:
        pair, flow = totals[hop.source, hop.destination], hop.flow
        pair[0] += flow.octets
        pair[1] += flow.reverse_octets
        pair[2] += 1
        pair[3] += flow.denied
        pair[4] = max(pair[4], flow.ended)
    return totals


def _ranked(hops: Iterable[Hop], most: int) -> Rows:
    totals = sorted(_totals(hops).items(), key=lambda item: (-item[1][0] - item[1][1], item[0]))
    return [(*pair, *values) for pair, values in totals[:most]]


def _pairs(hops: Hops) -> Case:
    return lambda records, view, _: _ranked(hops(model.seen(records, view)), ROWS)


def _edges(hops: Hops, *, by_policy: bool = False) -> Case:
    """Of an edge: id, source, target, both stats, and the colour."""

    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        ranked = _ranked(hops(model.seen(records, view, by_policy=by_policy)), EDGES)
        greatest = max((row[2] + row[3] for row in ranked), default=0)
        rows = [
            (
                f"{source} → {destination}",
                source,
                destination,
                sent + received,
                count,
                1 + 5 * (sent + received) / max(greatest, 1),
                "red" if denied else "gray",
            )
            for source, destination, sent, received, count, denied, _ in ranked
        ]
        return sorted(rows, key=lambda row: (-row[3], row[0]))

    return case


def _nodes(hops: Hops) -> Case:
    """Of a node: id, title, subtitle, bytes, records, and the shares of what it sent and received."""

    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        sent, received, counts = Counter[str](), Counter[str](), Counter[str]()
        for source, destination, forth, back, count, *_ in _ranked(hops(model.seen(records, view)), EDGES):
            ends = [(source, forth, back)] + ([(destination, back, forth)] if source != destination else [])
            for node, out, into in ends:
                sent[node] += out
                received[node] += into
                counts[node] += count
        rows = Rows()
        for node, count in counts.items():
            parts = node.split("/")
            total = sent[node] + received[node]
            title, subtitle = (parts[1], parts[0]) if len(parts) > 1 else (node, "")
            shares = sent[node] / max(total, 1), received[node] / max(total, 1)
            rows.append((node, title, subtitle, total, count, *shares))
        return sorted(rows, key=lambda row: (-row[3], row[0]))

    return case


def _streams(hops: Hops, *, forth: bool) -> Case:
    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        totals = Counter[tuple[str, str]]()
        for hop in hops(model.seen(records, view)):
            totals[hop.source, hop.destination] += hop.flow.octets if forth else hop.flow.reverse_octets
        return [(*pair, octets) for pair, octets in greatest(totals, EDGES)]

    return case


def _shares(hops: Hops, part: Callable[[Hop], str]) -> Case:
    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        totals = Counter[str]()
        for hop in hops(model.seen(records, view)):
            totals[part(hop)] += hop.flow.octets
        return greatest(totals, SLICES)

    return case


def _policy_shares(side: str) -> Case:
    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        totals = Counter[str]()
        for flow in model.seen(records, view, by_policy=True):
            if side in model.decisions(flow, view):
                totals[flow.policies[side]] += flow.octets
        return greatest(totals, SLICES)

    return case


def _rates(hops: Hops, series: Callable[[Hop], str], *, forth: bool = True) -> Case:
    def case(records: Sequence[Record], view: View, interval: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for hop in hops(model.seen(records, view)):
            octets = hop.flow.octets if forth else hop.flow.reverse_octets
            points[slot(hop.flow, interval), series(hop)] += octets
        return rates_of(points, interval)

    return case


def _policy_rates(side: str, actions: set[int]) -> Case:
    def case(records: Sequence[Record], view: View, interval: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for flow in model.seen(records, view, by_policy=True):
            if side in model.decisions(flow, view) and flow.actions[side] in actions:
                name = f"{flow.policies[side]}: {flow.source_end} → {flow.destination_end}"
                points[slot(flow, interval), name] += flow.octets
        return rates_of(points, interval)

    return case
