"""What panels must show, computed from the records themselves.

A case gives the rows of a panel in their order; numbers that a panel divides are compared to nine digits, all others
exactly. `...` stands for what the records do not tell, such as when they were loaded.
"""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.integration.grafana import model
from tests.integration.grafana.model import Flow, Hop, Hops
from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record
from theia_sf.detection.counts import collect
from theia_sf.detection.drops import Finding, detect
from theia_sf.detection.method import Method
from theia_sf.flows.time_window import TimeWindow

Rows = list[tuple[Any, ...]]
Case = Callable[[Sequence[Record], View, int], Rows]
"""From the records, the view, and the panel's interval in milliseconds."""

EDGES, SLICES, SERIES, ROWS, BARS = 50, 25, 50, 1000, 10


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
    cases["network_topology", "Network Topology Graph", "edges"] = _edges(model.by_end)
    cases["network_topology", "Network Topology Graph", "nodes"] = _nodes(model.by_end)
    cases["network_topology", "Network Topology Traffic", "A"] = _pairs(model.by_end)
    policies = "networkpolicy_dashboard"
    cases[policies, "Flows with NetworkPolicy Information Graph", "edges"] = _edges(model.decided, by_policy=True)
    for side in ("Ingress", "Egress"):
        cases[policies, f"{shares} {side} Network Policy", "A"] = _policy_shares(side.lower())
        for outcome, actions in (("Allow", {1}), ("Deny", {2, 3})):
            cases[policies, f"Throughput of {side} {outcome} NetworkPolicy", "A"] = _policy_rates(side.lower(), actions)
    return cases | dict(_drops()) | dict(_ingestion())


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


def _drops() -> Iterable[tuple[tuple[str, str, str], Case]]:
    def denials(records: Sequence[Record], view: View) -> Iterator[tuple[Flow, str, str]]:
        for flow in model.seen(records, view):
            for side, whom in flow.denials(view):
                yield flow, side, whom

    def stat(title: str, compute: Callable[[list[tuple[Flow, str, str]]], int]) -> tuple[tuple[str, str, str], Case]:
        return ("drops_dashboard", title, "A"), lambda records, view, _: [(compute(list(denials(records, view))),)]

    def top(records: Sequence[Record], view: View, _: int) -> Rows:
        return _greatest(Counter(whom for _, _, whom in denials(records, view)), BARS)

    def over_time(records: Sequence[Record], view: View, interval: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for flow, side, _ in denials(records, view):
            points[_slot(flow, interval), f"{side} {model.ACTIONS[flow.actions[side]]}"] += 1
        return [(*key, count) for key, count in sorted(points.items())]

    def by_day(records: Sequence[Record], view: View, _: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for flow, side, whom in denials(records, view):
            points[_slot(flow, 86_400_000), f"{whom} ({side})"] += 1
        return _top_series(points)

    def by_endpoint(records: Sequence[Record], view: View, _: int) -> Rows:
        found: dict[tuple[str, str, str], list[tuple[Flow, int]]] = defaultdict(list)
        for flow, side, whom in denials(records, view):
            found[whom, side, flow.cluster].append((flow, flow.actions[side]))
        rows = [
            (
                *key,
                sum(action == 2 for _, action in denied),
                sum(action == 3 for _, action in denied),
                len({flow.policies[key[1]] for flow, _ in denied}),
                min(flow.ended for flow, _ in denied),
                max(flow.ended for flow, _ in denied),
            )
            for key, denied in found.items()
        ]
        return sorted(rows, key=lambda row: (-row[3] - row[4], row[:3]))[:ROWS]

    def findings(records: Sequence[Record], view: View, interval: int) -> Rows:
        """Two panels have this title: their number, which has no interval (0), and a table."""
        found = _abnormal_days(records, view)
        if not interval:
            return [(len(found),)]
        rows = [
            (
                one.date,
                one.series.cluster_uuid,
                one.series.endpoint,
                one.series.direction,
                one.drops,
                one.median,
                one.mad,
                *(round(number or 0.0, 3) for number in (one.score, one.mean, one.stdev)),
            )
            for one in sorted(found, key=lambda one: -(one.score or 0.0))
        ]
        return rows[:ROWS]

    yield stat("Denied Flow Records", len)
    yield stat("Denied Endpoints", lambda found: len({whom for _, _, whom in found}))
    yield stat("Denying Policies", lambda found: len({flow.policies[side] for flow, side, _ in found}))
    yield ("drops_dashboard", "Top 10 Denied Endpoints", "A"), top
    yield ("drops_dashboard", "Denied Flow Records by Direction and Action", "A"), over_time
    yield ("drops_dashboard", "Denied Flow Records by Day and Endpoint", "A"), by_day
    yield ("drops_dashboard", "Denials by Endpoint", "A"), by_endpoint
    yield ("drops_dashboard", "Findings", "A"), findings


def _abnormal_days(records: Sequence[Record], view: View) -> list[Finding]:
    """What drop-detection finds in the view; only clusters, Namespaces, Pods and directions are selected there."""
    counts = Counter[tuple[str, str | None, str | None, date]]()
    for flow in map(Flow, records):
        started = datetime.fromtimestamp(flow["flowStartSeconds"], UTC)
        cluster = view.chosen["cluster"]
        if view.start <= started and flow.ended < view.end and (cluster.all_chosen or flow.cluster in cluster.values):
            side = next((side for side, action in flow.actions.items() if action in {2, 3}), None)
            pods = {"ingress": _raw_end(flow, "destination"), "egress": _raw_end(flow, "source")}
            counts[flow.cluster, pods.get(side or ""), side, started.date()] += 1
    collected = collect((*key, count) for key, count in counts.items())
    window = TimeWindow(view.start, view.end)
    return [
        finding
        for finding in detect(collected, Method.MAD, window=window, now=datetime.now(UTC))
        if all(
            view.chosen[name].all_chosen or value in view.chosen[name].values
            for name, value in (
                ("direction", finding.series.direction),
                ("namespace", finding.series.endpoint.split("/")[0]),
                ("pod", finding.series.endpoint),
            )
        )
    ]


def _raw_end(flow: Flow, end: str) -> str:
    namespace, name = flow[f"{end}PodNamespace"], flow[f"{end}PodName"]
    return f"{namespace}/{name}" if namespace and name else flow[f"{end}IP"]


def _ingestion() -> Iterable[tuple[tuple[str, str, str], Case]]:
    def written(records: Sequence[Record], view: View, interval: int) -> Rows:
        lags: dict[datetime, list[int]] = defaultdict(list)
        for flow in model.seen(records, view):
            lags[_slot(flow, interval)].append(flow["timeInserted"] - flow["flowEndSeconds"])
        return [
            (slot, float(statistics.median(lag)), _percentile(lag, 0.95), ..., ...)
            for slot, lag in sorted(lags.items())
        ]

    def newest(records: Sequence[Record], view: View, _: int) -> Rows:
        found: dict[str, list[datetime]] = defaultdict(list)
        for flow in model.seen(records, view):
            found[flow.cluster].append(flow.ended)
        ranked = sorted(found.items(), key=lambda item: (max(item[1]), item[0]))
        return [(cluster, max(ends), ..., ..., len(ends)) for cluster, ends in ranked]

    yield ("ingestion_dashboard", "Lag", "A"), written
    yield ("ingestion_dashboard", "Newest Flow of Each Cluster", "A"), newest


def _percentile(values: list[int], share: float) -> float:
    """Between the two nearest values, by the distance to each."""
    ordered, place = sorted(values), share * (len(values) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _isolations(flows: Iterable[Flow]) -> set[tuple[str, str]]:
    return {(flow.cluster, model.ISOLATION) for flow in flows}


def _top_pods(records: Sequence[Record], view: View, _: int) -> Rows:
    totals = Counter[str]()
    for flow in model.seen(records, view):
        if flow.source_pod:
            totals[flow.source_pod] += flow.octets
    return _greatest(totals, BARS)


def _per_minute(records: Sequence[Record], view: View, interval: int) -> Rows:
    counts = Counter(_slot(flow, interval) for flow in model.seen(records, view))
    return [(slot, count * 60_000 / interval) for slot, count in sorted(counts.items())]


def _count_or_series(records: Sequence[Record], view: View, interval: int) -> Rows:
    """Two panels have this title: a number, which has no interval (0), and a series."""
    flows = model.seen(records, view, by_policy=True)
    return sorted(Counter(_slot(flow, interval) for flow in flows).items()) if interval else [(len(flows),)]


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
        return [(*pair, octets) for pair, octets in _greatest(totals, EDGES)]

    return case


def _shares(hops: Hops, part: Callable[[Hop], str]) -> Case:
    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        totals = Counter[str]()
        for hop in hops(model.seen(records, view)):
            totals[part(hop)] += hop.flow.octets
        return _greatest(totals, SLICES)

    return case


def _policy_shares(side: str) -> Case:
    def case(records: Sequence[Record], view: View, _: int) -> Rows:
        totals = Counter[str]()
        for flow in model.seen(records, view, by_policy=True):
            if side in model.decisions(flow, view):
                totals[flow.policies[side]] += flow.octets
        return _greatest(totals, SLICES)

    return case


def _rates(hops: Hops, series: Callable[[Hop], str], *, forth: bool = True) -> Case:
    def case(records: Sequence[Record], view: View, interval: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for hop in hops(model.seen(records, view)):
            octets = hop.flow.octets if forth else hop.flow.reverse_octets
            points[_slot(hop.flow, interval), series(hop)] += octets
        return _rates_of(points, interval)

    return case


def _policy_rates(side: str, actions: set[int]) -> Case:
    def case(records: Sequence[Record], view: View, interval: int) -> Rows:
        points = Counter[tuple[datetime, str]]()
        for flow in model.seen(records, view, by_policy=True):
            if side in model.decisions(flow, view) and flow.actions[side] in actions:
                name = f"{flow.policies[side]}: {flow.source_end} → {flow.destination_end}"
                points[_slot(flow, interval), name] += flow.octets
        return _rates_of(points, interval)

    return case


def _rates_of(points: Counter[tuple[datetime, str]], interval: int) -> Rows:
    return [(*key, octets * 8 / (interval / 1000)) for *key, octets in _top_series(points)]


def _top_series(points: Counter[tuple[datetime, str]]) -> Rows:
    totals = Counter[str]()
    for (_, name), octets in points.items():
        totals[name] += octets
    shown = {name for name, _ in _greatest(totals, SERIES)}
    return [(*key, amount) for key, amount in sorted(points.items()) if key[1] in shown]


def _greatest(totals: Counter[Any], most: int) -> Rows:
    """The greatest totals above zero, equal ones by name."""
    ranked = sorted(((key, total) for key, total in totals.items() if total), key=lambda item: (-item[1], item[0]))
    return list(ranked[:most])


def _slot(flow: Flow, interval: int) -> datetime:
    """The beginning of the flow's interval, which Snowflake shows without a zone."""
    seconds = interval // 1000
    return datetime.fromtimestamp(flow["flowEndSeconds"] // seconds * seconds, UTC).replace(tzinfo=None)
