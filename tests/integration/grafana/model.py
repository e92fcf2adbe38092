"""What a flow record means, in plain Python: read independently of the panels' SQL, for comparison with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.integration.grafana.reader import View
from tests.integration.grafana.records import Record

ISOLATION = "(Kubernetes isolation)"
PROTOCOLS = {1: "ICMP", 6: "TCP", 17: "UDP", 58: "ICMPv6", 132: "SCTP"}
ACTIONS = {0: None, 1: "allow", 2: "drop", 3: "reject"}
POLICY_TYPES = {1: "Kubernetes NetworkPolicy", 2: "Antrea NetworkPolicy", 3: "Antrea ClusterNetworkPolicy"}


@dataclass(frozen=True)
class Flow:
    """A record's meaning. Names are `namespace/name`; None stands for what is not there."""

    record: Record

    def __getitem__(self, column: str) -> Any:
        return self.record[column]

    @property
    def cluster(self) -> str:
        return self["clusterUUID"]

    @property
    def ended(self) -> datetime:
        return datetime.fromtimestamp(self["flowEndSeconds"], UTC)

    @property
    def external(self) -> bool:
        return self["flowType"] == 3

    @property
    def source_pod(self) -> str | None:
        return _name(self["sourcePodNamespace"], self["sourcePodName"])

    @property
    def destination_pod(self) -> str | None:
        return None if self.external else _name(self["destinationPodNamespace"], self["destinationPodName"])

    @property
    def service(self) -> str | None:
        return None if self.external else self["destinationServicePortName"]

    @property
    def nodes(self) -> tuple[str | None, str | None]:
        return self["sourceNodeName"], None if self.external else self["destinationNodeName"]

    @property
    def source_end(self) -> str:
        return self.source_pod or self["sourceIP"]

    @property
    def destination_end(self) -> str:
        return self.service or self.destination_pod or self["destinationIP"]

    @property
    def from_external(self) -> bool:
        outside = self["flowType"] == 4 or (self["flowType"] == 0 and self.source_pod is None)
        return outside and self.destination_pod is not None

    @property
    def octets(self) -> int:
        return self["octetDeltaCount"]

    @property
    def reverse_octets(self) -> int:
        return self["reverseOctetDeltaCount"]

    @property
    def actions(self) -> dict[str, int]:
        return {side: self[f"{side}NetworkPolicyRuleAction"] for side in ("ingress", "egress")}

    @property
    def denied(self) -> bool:
        return bool({2, 3} & set(self.actions.values()))

    @property
    def policies(self) -> dict[str, str]:
        """The policy that decided, by direction; only of directions in which one did."""
        found = dict[str, str]()
        for side, action in self.actions.items():
            name, namespace = self[f"{side}NetworkPolicyName"], self[f"{side}NetworkPolicyNamespace"]
            if name:
                found[side] = f"{namespace}/{name}" if namespace else name
            elif action in {2, 3}:
                found[side] = ISOLATION
        return found

    def denials(self, view: View) -> Iterator[tuple[str, str]]:
        """The directions in which a selected policy denied the flow, each with whom that hit."""
        for side in decisions(self, view):
            if self.actions.get(side) in {2, 3}:
                whom = self.source_end if side == "egress" else self.destination_pod or self["destinationIP"]
                yield side, whom

    @property
    def connection(self) -> tuple[Any, ...]:
        ends = ("sourceIP", "sourceTransportPort", "destinationIP", "destinationTransportPort")
        return (self.cluster, self["protocolIdentifier"], *(self[column] for column in ends))


def seen(records: Iterable[Record], view: View, *, by_policy: bool = False) -> list[Flow]:
    """Return the flows of a view; with `by_policy` only those on which a selected policy decided."""
    return [flow for flow in map(Flow, records) if _selected(flow, view) and (not by_policy or decisions(flow, view))]


def decisions(flow: Flow, view: View) -> list[str]:
    """Return the directions in which a selected policy decided; of a flow without any, only where nothing is chosen."""
    found = [
        side
        for side, policy in flow.policies.items()
        if _chosen(view, "policy", policy) and _chosen(view, "direction", side)
    ]
    free = all(view.chosen[name].all_chosen for name in ("policy", "direction"))
    return found or (["none"] if free else [])


def _selected(flow: Flow, view: View) -> bool:
    if not view.start < flow.ended < view.end:
        return False
    namespaces = flow["sourcePodNamespace"], flow["destinationPodNamespace"]
    pods = (
        _name(flow["sourcePodNamespace"], flow["sourcePodName"]),
        _name(flow["destinationPodNamespace"], flow["destinationPodName"]),
    )
    return (
        _chosen(view, "cluster", flow.cluster)
        and _chosen(view, "namespace", *namespaces)
        and _chosen(view, "pod", *pods)
    )


def _chosen(view: View, variable: str, *values: str | None) -> bool:
    selection = view.chosen.get(variable)
    return selection is None or selection.all_chosen or bool({*values} & {*selection.values})


def _name(namespace: str | None, name: str | None) -> str | None:
    return f"{namespace}/{name}" if namespace and name else None


@dataclass(frozen=True)
class Hop:
    """One flow as a dashboard sees it: from whom to whom."""

    flow: Flow
    source: str
    destination: str


Hops = Callable[[Iterable[Flow]], Iterator[Hop]]


def pod_to_pod(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        if flow.source_pod and flow.destination_pod:
            yield Hop(flow, flow.source_pod, flow.destination_pod)


def pod_to_service(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        if flow.source_pod and flow.service:
            yield Hop(flow, flow.source_pod, flow.service)


def pod_to_external(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        if flow.source_pod and flow.external:
            yield Hop(flow, flow.source_pod, flow["destinationIP"])


def external_to_pod(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        if flow.from_external and flow.destination_pod:
            yield Hop(flow, flow["sourceIP"], flow.destination_pod)


def node_to_node(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        source, destination = flow.nodes
        if source and destination:
            yield Hop(flow, source, destination)


def by_end(flows: Iterable[Flow]) -> Iterator[Hop]:
    """Pods, Services and the Pods behind them."""
    for flow in flows:
        yield Hop(flow, flow.source_end, flow.destination_end)
        if flow.service and flow.destination_pod:
            yield Hop(flow, flow.service, flow.destination_pod)


def decided(flows: Iterable[Flow]) -> Iterator[Hop]:
    for flow in flows:
        if flow.policies:
            yield Hop(flow, flow.source_end, flow.destination_end)
