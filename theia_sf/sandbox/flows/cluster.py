"""A made-up cluster: Nodes, workloads, their Pods and Services."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import count
from random import Random

_SUFFIX = "bcdfghjklmnpqrstvwxz2456789"  # the alphabet of Kubernetes' generated names
_POD_NETWORK = int(IPv4Address("10.10.0.0"))
_POD_NETWORK_6 = int(IPv6Address("fd00:10:10::"))
_SERVICE_NETWORK = int(IPv4Address("10.96.0.0"))
_SERVICE_NETWORK_6 = int(IPv6Address("fd00:10:96::"))


@dataclass(frozen=True)
class Pod:
    """A Pod. `labels` is the JSON text that a record shows, '' for a Pod without any."""

    name: str
    namespace: str
    node: str
    ip: str
    ipv6: str
    labels: str


@dataclass(frozen=True)
class Workload:
    """A Deployment or StatefulSet with its Pods, and the port of its Service."""

    name: str
    namespace: str
    pods: tuple[Pod, ...]
    port: int
    port_name: str
    protocol: int
    cluster_ip: str
    cluster_ipv6: str

    def service_port_name(self, *, port_name_optional: bool) -> str:
        """`namespace/name:port`, as Antrea names a Service's port; an unnamed port leaves a colon before 2.5."""
        separator = "" if not self.port_name and port_name_optional else ":"
        return f"{self.namespace}/{self.name}{separator}{self.port_name}"


@dataclass(frozen=True)
class Cluster:
    """What the records of one cluster are about. `workloads` are keyed by (namespace, name)."""

    uuid: str
    nodes: tuple[str, ...]
    workloads: dict[tuple[str, str], Workload]


@dataclass(frozen=True)
class _Plan:
    name: str
    replicas: int
    port: int
    port_name: str
    kind: str = "Deployment"
    protocol: int = 6


_APPLICATION = (
    _Plan("frontend", 3, 8080, "http"),
    _Plan("api", 3, 9090, "grpc"),
    _Plan("cache", 1, 6379, ""),
    _Plan("db", 2, 5432, "sql", kind="StatefulSet"),
    _Plan("reports", 1, 8000, "web", kind="bare"),
    _Plan("scanner", 1, 7070, "probe"),
)
_DNS = (_Plan("kube-dns", 2, 53, "dns", protocol=17),)


def build_cluster(random: Random, namespaces: Iterable[str]) -> Cluster:
    """The cluster of a seed: kube-system with its DNS, and the same application in every namespace."""
    nodes = tuple(f"node-{number}" for number in range(1, 5))
    numbers = count(1)
    workloads: dict[tuple[str, str], Workload] = {}
    for namespace, plans in [("kube-system", _DNS), *((name, _APPLICATION) for name in namespaces)]:
        for plan in plans:
            pods = tuple(_pods(random, plan, namespace, nodes, numbers))
            service = next(numbers)
            workloads[namespace, plan.name] = Workload(
                name=plan.name,
                namespace=namespace,
                pods=pods,
                port=plan.port,
                port_name=plan.port_name,
                protocol=plan.protocol,
                cluster_ip=str(IPv4Address(_SERVICE_NETWORK + service)),
                cluster_ipv6=str(IPv6Address(_SERVICE_NETWORK_6 + service)),
            )
    digits = f"{random.getrandbits(128):032x}"
    uuid = f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    return Cluster(uuid, nodes, workloads)


def _pods(random: Random, plan: _Plan, namespace: str, nodes: tuple[str, ...], numbers: Iterator[int]) -> Iterator[Pod]:
    template = _name(random, 10)
    for index in range(plan.replicas):
        number = next(numbers)
        stateful = plan.kind == "StatefulSet"
        name = f"{plan.name}-{index}" if stateful else f"{plan.name}-{template}-{_name(random, 5)}"
        labels = {"app": plan.name, "app.kubernetes.io/part-of": namespace}
        if stateful:
            labels |= {
                "apps.kubernetes.io/pod-index": str(index),
                "controller-revision-hash": f"{plan.name}-{template}",
                "statefulset.kubernetes.io/pod-name": name,
            }
        else:
            labels |= {"pod-template-hash": template}
        yield Pod(
            name=name,
            namespace=namespace,
            node=random.choice(nodes),
            ip=str(IPv4Address(_POD_NETWORK + number)),
            ipv6=str(IPv6Address(_POD_NETWORK_6 + number)),
            labels="" if plan.kind == "bare" else json.dumps(labels, sort_keys=True, separators=(",", ":")),
        )


def _name(random: Random, length: int) -> str:
    return "".join(random.choices(_SUFFIX, k=length))
