"""From the edges of a network to the policies that let exactly this traffic through.

Pure functions: no database, no clock, no randomness. The order of the edges does not matter.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from theia_sf.flows.kubernetes_names import is_dns_label
from theia_sf.policies.edges import Edge
from theia_sf.policies.labels import LabelReader
from theia_sf.policies.model import (
    Address,
    AllowNamespace,
    AllowWorkload,
    Peer,
    Policy,
    PolicyType,
    Reason,
    Recommendation,
    RejectAll,
    RejectWorkload,
    Rule,
    RuleKey,
    Seen,
    Service,
    Traffic,
    Workload,
)
from theia_sf.policies.protocols import ICMP, traffic_of

_PEER_ORDER: dict[type[Peer], int] = {Workload: 0, Service: 1, Address: 2}


class _Rules:
    """The rules of one workload as they grow: peer to traffic, by direction."""

    __slots__ = ("egress", "ingress")

    def __init__(self) -> None:
        self.ingress: defaultdict[Peer, set[Traffic]] = defaultdict(set)
        self.egress: defaultdict[Peer, set[Traffic]] = defaultdict(set)


def recommend(
    edges: Iterable[Edge],
    policy_type: PolicyType,
    *,
    allowed_namespaces: Sequence[str] = (),
    ignored_labels: Collection[str] = (),
    limit: int | None = None,
    explain: bool = False,
) -> Recommendation:
    """Recommend policies for the traffic that edges describe.

    Args:
        edges: the distinct connections, in any order.
        policy_type: which API the policies are written for, and what they deny besides.
        allowed_namespaces: Namespaces whose Pods get no policy of their own.
        ignored_labels: keys of labels that do not tell workloads apart.
        limit: the limit under which the edges were read, for telling whether it was reached.
        explain: keep count of the flow records behind each rule.
    """
    result = Recommendation(policy_type, seen={} if explain else None)
    labels = LabelReader(ignored_labels)
    allowed = frozenset(allowed_namespaces)
    workloads: dict[Workload, _Rules] = {}
    usable = False
    for edge in edges:
        result.flows += edge.flows
        if edge.left_out is not None:
            result.left_out[Reason(edge.left_out)] += edge.flows
            continue
        result.edges += 1
        connection = _connection(edge, policy_type, labels)
        if isinstance(connection, Reason):
            result.left_out[connection] += edge.flows
            continue
        usable = True
        if not _add_rules(workloads, allowed, connection):
            result.left_out[Reason.NAMESPACE_ALLOWED] += edge.flows
        elif result.seen is not None:
            _count_rules(result.seen, allowed, connection, edge)
        result.clusters.update(cluster for cluster in (edge.first_cluster, edge.last_cluster) if cluster)
        if isinstance(connection.source, Address) or isinstance(connection.destination, Address):
            result.outside += edge.flows
    result.cut = limit is not None and result.edges >= limit
    if usable:
        result.policies = _policies(workloads, policy_type, allowed_namespaces)
    return result


class _Connection(NamedTuple):
    """An edge as rules name it; `target` stands for the destination in an egress rule."""

    source: Workload | Address
    destination: Workload | Address
    target: Peer
    traffic: Traffic


def _connection(edge: Edge, policy_type: PolicyType, labels: LabelReader) -> _Connection | Reason:
    """Return the edge as rules name it, or the reason why no rule can."""
    traffic = traffic_of(edge.protocol, edge.to_port, policy_type)
    if isinstance(traffic, Reason):
        return traffic
    source = _end(edge.from_namespace, edge.from_labels, edge.from_ip, labels)
    if isinstance(source, Reason):
        return source
    destination = _end(edge.to_namespace, edge.to_labels, edge.to_ip, labels)
    if isinstance(destination, Reason):
        return destination
    service = _service(edge.to_service)
    if service is None or policy_type is PolicyType.K8S_NP or traffic.protocol == ICMP:
        # Kubernetes policies have no Services, and Antrea's toServices admits neither ports nor protocols beside it.
        return _Connection(source, destination, destination, traffic)
    return _Connection(source, destination, service, traffic)


def _end(
    namespace: str | None, labels: str | None, address: str | None, reader: LabelReader
) -> Workload | Address | Reason:
    if namespace is None:
        return _address(address)
    if not is_dns_label(namespace):
        return Reason.NAMESPACE
    read = reader.read(labels)
    return Reason.LABELS if read is None else Workload(namespace, read)


@lru_cache(maxsize=100_000)
def _address(text: str | None) -> Address | Reason:
    try:
        address = ipaddress.ip_address(text or "")
    except ValueError:
        return Reason.ADDRESS
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id:
            return Reason.ADDRESS  # an address with a zone has no CIDR notation
        # Newer API servers refuse IPv4-mapped blocks, and Python's spelling of them changed with 3.13.
        address = address.ipv4_mapped or address
    return Address(f"{address}/{address.max_prefixlen}")


@lru_cache(maxsize=100_000)
def _service(port_name: str | None) -> Service | None:
    """Return the Service of a `namespace/name:port`; None for a text of another form, which counts as no Service."""
    namespace, slash, name = (port_name or "").partition(":")[0].partition("/")
    return Service(namespace, name) if slash and is_dns_label(namespace) and is_dns_label(name) else None


def _add_rules(workloads: dict[Workload, _Rules], allowed: frozenset[str], connection: _Connection) -> bool:
    """Add to the source's egress and the destination's ingress; tell whether either is a Pod that gets a policy."""
    source, destination, target, traffic = connection
    added = False
    if isinstance(source, Workload) and source.namespace not in allowed:
        seen = _rules_of(workloads, source).egress[target]
        if not isinstance(target, Service):
            seen.add(traffic)
        added = True
    if isinstance(destination, Workload) and destination.namespace not in allowed:
        _rules_of(workloads, destination).ingress[source].add(traffic)
        added = True
    return added


def _count_rules(seen: dict[RuleKey, Seen], allowed: frozenset[str], connection: _Connection, edge: Edge) -> None:
    """Count the edge's records for the rules that `_add_rules` makes of it."""
    source, destination, target, _ = connection
    keys: list[RuleKey] = []
    if isinstance(source, Workload) and source.namespace not in allowed:
        keys.append(RuleKey(source, "egress", target))
    if isinstance(destination, Workload) and destination.namespace not in allowed:
        keys.append(RuleKey(destination, "ingress", source))
    for key in keys:
        known = seen.get(key)
        if known is None:
            seen[key] = Seen(edge.flows, edge.octets, edge.first_seen, edge.last_seen)
        else:
            known.add(edge.flows, edge.octets, edge.first_seen, edge.last_seen)


def _rules_of(workloads: dict[Workload, _Rules], workload: Workload) -> _Rules:
    rules = workloads.get(workload)
    if rules is None:
        rules = workloads[workload] = _Rules()
    return rules


def _policies(
    workloads: dict[Workload, _Rules], policy_type: PolicyType, allowed_namespaces: Sequence[str]
) -> list[Policy]:
    ordered = sorted(workloads)
    allow = [
        AllowWorkload(workload, _sorted(rules.ingress), _sorted(rules.egress))
        for workload, rules in ((w, workloads[w]) for w in ordered)
    ]
    if policy_type is PolicyType.K8S_NP:
        return list(allow)
    namespaces = [AllowNamespace(namespace) for namespace in sorted(allowed_namespaces)]
    if policy_type is PolicyType.ANP_DENY_ALL:
        return [*namespaces, *allow, RejectAll()]
    return [*namespaces, *allow, *(RejectWorkload(workload) for workload in ordered)]


def _sorted(rules: dict[Peer, set[Traffic]]) -> tuple[Rule, ...]:
    peers = sorted(rules, key=lambda peer: (_PEER_ORDER[type(peer)], peer))
    return tuple(Rule(peer, tuple(sorted(rules[peer], key=_traffic_order))) for peer in peers)


def _traffic_order(traffic: Traffic) -> tuple[str, int]:
    return traffic.protocol, traffic.port or 0
