"""Who talks to whom in the made-up cluster: edges, as the constant part of their flow records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from random import Random

from theia_sf.flows.layouts import Release, no_labels
from theia_sf.sandbox.flows.cluster import Cluster, Pod, Workload

TCP, UDP, ICMP = 6, 17, 1
_EXTERNAL_SERVERS = ("203.0.113.10", "203.0.113.77", "198.51.100.20", "2001:db8:77::10")
_EXTERNAL_CLIENTS = ("192.0.2.15", "192.0.2.200")


class Action(IntEnum):
    """What a policy rule did to a flow."""

    NONE = 0
    ALLOW = 1
    DROP = 2
    REJECT = 3


class PolicyKind(IntEnum):
    """Whose rule it was."""

    NONE = 0
    KUBERNETES = 1
    ANTREA = 2
    ANTREA_CLUSTER = 3


@dataclass(frozen=True)
class Edge:
    """One kind of flow. `values` holds the columns that all its records share; `weight` its share of the traffic."""

    values: dict[str, object]
    weight: float
    dropped: bool = False
    from_source: bool = True
    from_destination: bool = True


class TrafficBuilder:
    """Builds the edges of a cluster as an Antrea release reports them."""

    def __init__(self, random: Random, cluster: Cluster, release: Release) -> None:
        self._random = random
        self._cluster = cluster
        self._release = release

    def allowed(self) -> Iterator[Edge]:
        """The traffic of a healthy application, DNS, its peers outside of the cluster, and some ICMP."""
        namespaces = self._namespaces()
        dns = self._cluster.workloads["kube-system", "kube-dns"]
        for number, namespace in enumerate(namespaces):
            frontend, api, cache, db, reports, scanner = self._application(namespace)
            neighbour = self._cluster.workloads[namespaces[(number + 1) % len(namespaces)], "api"]
            ipv6 = number % 2 == 1
            yield from self._to_service(frontend, api, 8, ipv6=ipv6)
            yield from self._to_service(api, cache, 6)
            yield from self._to_service(api, db, 6, policy=("allow-api-to-db", Action.ALLOW, PolicyKind.ANTREA))
            yield from self._to_service(api, neighbour, 2)
            yield from self._to_service(reports, db, 1)
            for client in (frontend, api, reports):
                yield from self._to_service(client, dns, 1.5)
            yield from self._to_pods(reports, frontend, 1, port=9102)
            yield from self._to_pods(scanner, api, 0.3, port=0, protocol=ICMP)
            yield from self._to_outside(api, 3)
            yield from self._from_outside(frontend, 3)

    def dropped(self) -> Iterator[Edge]:
        """What policies stop; the first edge is the one to make a spike of."""
        namespace = self._namespaces()[0]
        _, api, cache, db, reports, scanner = self._application(namespace)
        target = replace(db, pods=db.pods[:1])
        antrea = ("protect-db", Action.DROP, PolicyKind.ANTREA)
        yield from self._to_pods(scanner, target, 2, port=db.port, policy=antrea)
        yield from self._to_pods(scanner, api, 1, port=22, policy=("no-ssh", Action.REJECT, PolicyKind.ANTREA_CLUSTER))
        # A Kubernetes NetworkPolicy isolates a Pod: the record shows the action, and no policy.
        yield from self._to_pods(reports, cache, 1, port=6379, policy=("", Action.DROP, PolicyKind.KUBERNETES))

    def _namespaces(self) -> list[str]:
        return [key[0] for key in self._cluster.workloads if key[1] == "frontend"]

    def _application(self, namespace: str) -> list[Workload]:
        names = ("frontend", "api", "cache", "db", "reports", "scanner")
        return [self._cluster.workloads[namespace, name] for name in names]

    def _to_service(
        self,
        client: Workload,
        server: Workload,
        weight: float,
        *,
        ipv6: bool = False,
        policy: tuple[str, Action, PolicyKind] | None = None,
    ) -> Iterator[Edge]:
        cluster_ip = server.cluster_ipv6 if ipv6 else server.cluster_ip
        service = {
            "destinationClusterIP": cluster_ip,
            "destinationServiceIP": cluster_ip,
            "destinationServicePort": server.port,
            "destinationServicePortName": server.service_port_name(port_name_optional=self._release >= (2, 5)),
        }
        for source, target in self._pairs(client, server):
            values = self._between(source, target, server.port, server.protocol, ipv6=ipv6)
            yield Edge(values | service | _ingress(target, policy), weight)

    def _to_pods(
        self,
        client: Workload,
        server: Workload,
        weight: float,
        *,
        port: int,
        protocol: int = TCP,
        policy: tuple[str, Action, PolicyKind] | None = None,
    ) -> Iterator[Edge]:
        dropped = policy is not None and policy[1] in {Action.DROP, Action.REJECT}
        for source, target in self._pairs(client, server):
            values = self._between(source, target, port, protocol) | _ingress(target, policy)
            yield Edge(values, weight, dropped=dropped, from_source=not dropped)

    def _to_outside(self, client: Workload, weight: float) -> Iterator[Edge]:
        for source in client.pods:
            server = self._random.choice(_EXTERNAL_SERVERS)
            values = self._record(TCP, 443, flowType=3) | self._source(source, ipv6=":" in server)
            egress = {
                "egressName": f"egress-{source.namespace}",
                "egressIP": "172.18.0.240",
                "egressNodeName": self._cluster.nodes[0],
            }
            yield Edge(values | {"destinationIP": server} | egress, weight, from_destination=False)

    def _from_outside(self, server: Workload, weight: float) -> Iterator[Edge]:
        for target in server.pods:
            flow_type = 4 if self._release >= (2, 7) else 0
            values = self._record(TCP, server.port, flowType=flow_type) | self._destination(target, ipv6=False)
            client = self._random.choice(_EXTERNAL_CLIENTS)
            yield Edge(values | {"sourceIP": client}, weight, from_source=False)

    def _pairs(self, client: Workload, server: Workload) -> Iterator[tuple[Pod, Pod]]:
        for source in client.pods:
            for target in server.pods:
                if source is not target:
                    yield source, target

    def _between(self, source: Pod, target: Pod, port: int, protocol: int, *, ipv6: bool = False) -> dict[str, object]:
        record = self._record(protocol, port, flowType=1 if source.node == target.node else 2)
        return record | self._source(source, ipv6=ipv6) | self._destination(target, ipv6=ipv6)

    def _record(self, protocol: int, port: int, **values: object) -> dict[str, object]:
        layer7 = protocol == TCP and port == 8080  # noqa: PLR2004 - the frontend's HTTP
        http = '{"0":{"hostname":"shop.example","url":"/items?q=a,b","http_user_agent":"curl/8.5","status":200}}'
        return {
            "flowEndReason": 3,
            "destinationTransportPort": port,
            "protocolIdentifier": protocol,
            "tcpState": "TIME_WAIT" if protocol == TCP else "",
            "clusterUUID": self._cluster.uuid,
            "appProtocolName": "http" if layer7 else "",
            "httpVals": http if layer7 else "",
            **values,
        }

    def _source(self, pod: Pod, *, ipv6: bool) -> dict[str, object]:
        return {
            "sourceIP": pod.ipv6 if ipv6 else pod.ip,
            "sourcePodName": pod.name,
            "sourcePodNamespace": pod.namespace,
            "sourceNodeName": pod.node,
            "sourcePodLabels": pod.labels or no_labels(self._release),
        }

    def _destination(self, pod: Pod, *, ipv6: bool) -> dict[str, object]:
        return {
            "destinationIP": pod.ipv6 if ipv6 else pod.ip,
            "destinationPodName": pod.name,
            "destinationPodNamespace": pod.namespace,
            "destinationNodeName": pod.node,
            "destinationPodLabels": pod.labels or no_labels(self._release),
            "destinationClusterIP": "::" if ipv6 else "0.0.0.0",  # noqa: S104 - what Antrea writes without a Service
        }


def _ingress(target: Pod, policy: tuple[str, Action, PolicyKind] | None) -> dict[str, object]:
    if policy is None:
        return {}
    name, action, kind = policy
    return {
        "ingressNetworkPolicyName": name,
        "ingressNetworkPolicyNamespace": target.namespace if name and kind is not PolicyKind.ANTREA_CLUSTER else "",
        "ingressNetworkPolicyRuleName": f"{name}-1" if name else "",
        "ingressNetworkPolicyRuleAction": int(action),
        "ingressNetworkPolicyType": int(kind),
    }
