"""Who and what has the most traffic: Pods, Namespaces, Services, external peers, NetworkPolicies or Nodes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from theia_sf.flows.buckets import BUCKETS, bucket_parameters
from theia_sf.flows.choices import Kind, Metric
from theia_sf.flows.queries import query
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import FlowSource


class _Names(NamedTuple):
    """The two names of a record, and whether it was denied as either; SQL over the columns of FLOWS."""

    first: str
    second: str
    first_denied: str
    second_denied: str


_INGRESS_DENIED: Final = "ingressNetworkPolicyRuleAction IN (2, 3)"
_EGRESS_DENIED: Final = "egressNetworkPolicyRuleAction IN (2, 3)"
_DENIED: Final = f"{_INGRESS_DENIED} OR {_EGRESS_DENIED}"


def _both_ends(expression: str) -> _Names:
    first, second = (expression.replace("{end}", end) for end in ("source", "destination"))
    return _Names(first, second, _DENIED, _DENIED)


def _policy(direction: str, end: str) -> str:
    """A policy as Antrea writes references to it: `AntreaNetworkPolicy:namespace/name`, no Namespace for a cluster's.

    A Namespace's isolation by Kubernetes NetworkPolicies drops without naming one of them.
    """
    policy = f"{direction}NetworkPolicy"
    return (
        f"CASE WHEN NULLIF({policy}Name, '') IS NOT NULL THEN CASE {policy}Type WHEN 1 THEN 'K8sNetworkPolicy:'"
        f" WHEN 2 THEN 'AntreaNetworkPolicy:' WHEN 3 THEN 'AntreaClusterNetworkPolicy:' ELSE '' END"
        f" || COALESCE(NULLIF({policy}Namespace, '') || '/', '') || {policy}Name"
        f" WHEN {policy}RuleAction IN (2, 3) THEN 'K8sNetworkPolicy:'"
        f" || COALESCE(NULLIF({end}PodNamespace, '') || '/', '') || '(isolation)' END"
    )


_NAMES: Final = {
    # Of the Pods of one Namespace, where that is asked for; their peers are found as the other kinds.
    Kind.PODS: _both_ends(
        "CASE WHEN %(namespace)s IS NULL OR {end}PodNamespace = %(namespace)s"
        " THEN NULLIF({end}PodNamespace, '') || '/' || NULLIF({end}PodName, '') END"
    ),
    Kind.NAMESPACES: _both_ends("NULLIF({end}PodNamespace, '')"),
    Kind.SERVICES: _Names("NULLIF(destinationServicePortName, '')", "NULL", _DENIED, _DENIED),
    Kind.EXTERNAL: _both_ends("CASE WHEN NULLIF({end}PodName, '') IS NULL THEN NULLIF({end}IP, '') END"),
    Kind.POLICIES: _Names(
        _policy("ingress", "destination"), _policy("egress", "source"), _INGRESS_DENIED, _EGRESS_DENIED
    ),
    Kind.NODES: _both_ends("NULLIF({end}NodeName, '')"),
}


@dataclass
class Traffic:
    """Bytes and packets of both directions, flow records, and those of them that were dropped or rejected."""

    bytes: int = 0
    packets: int = 0
    flows: int = 0
    denials: int = 0

    def add(self, traffic: Iterable[Any]) -> None:
        """Add bytes, packets, flows and denials, in this order."""
        octets, packets, flows, denials = (int(number or 0) for number in traffic)
        self.bytes += octets
        self.packets += packets
        self.flows += flows
        self.denials += denials

    def of(self, metric: Metric) -> int:
        """Return what the metric measures."""
        return {
            Metric.BYTES: self.bytes,
            Metric.PACKETS: self.packets,
            Metric.FLOWS: self.flows,
            Metric.DENIALS: self.denials,
        }[metric]


@dataclass
class Talker:
    """One name at the top.

    Attributes:
        share: its part of all traffic, by the chosen metric: 0 to 1. Shares of ends add up to more than 1.
        trend: the chosen metric in each part of the window, oldest first.
    """

    cluster_uuid: str | None
    name: str
    traffic: Traffic
    share: float
    trend: list[int]


@dataclass
class Top:
    """The names with the most traffic, greatest first, and all the traffic there was."""

    talkers: list[Talker] = field(default_factory=list[Talker])
    total: Traffic = field(default_factory=Traffic)


def read_top(
    source: FlowSource,
    chosen: FlowRange,
    kind: Kind,
    metric: Metric = Metric.BYTES,
    *,
    namespace: str | None = None,
    limit: int = 10,
) -> Top:
    """Find the names with the most traffic.

    Args:
        source: where the flow records are.
        chosen: of what time, and of which cluster; a record belongs to the time at which it ends, as its counts are
            those since the record before it.
        kind: what the traffic is added up by.
        metric: what is greatest at the top.
        namespace: only flows that have a Pod of this Namespace at an end, and of Pods only its own.
        limit: the greatest number of names.

    Raises:
        UsageError: the time is open on a side.
        TheiaError: when the statement fails or takes too long.
    """
    sql = query("top", **_NAMES[kind]._asdict(), flows=source.flows)
    parameters = bucket_parameters(chosen) | {"namespace": namespace, "metric": metric.value, "limit": limit}
    return collect(source.rows(sql, parameters), metric)


def collect(rows: Iterable[tuple[Any, ...]], metric: Metric) -> Top:
    """Put the rows of the statement, which come in order, together by name."""
    top = Top()
    found: dict[tuple[str | None, str], Talker] = {}
    for cluster, name, bucket, *numbers in rows:
        if not top.total.flows:
            top.total.add(numbers[4:])
        if name is None:
            continue
        talker = found.setdefault((cluster, name), Talker(cluster, name, Traffic(), 0, [0] * BUCKETS))
        part = Traffic()
        part.add(numbers[:4])
        talker.traffic.add(numbers[:4])
        talker.trend[int(bucket)] += part.of(metric)
    for talker in found.values():
        talker.share = talker.traffic.of(metric) / max(1, top.total.of(metric))
    top.talkers = list(found.values())
    return top
