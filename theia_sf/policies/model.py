"""What a recommendation is made of: workloads, peers, traffic, policies, and the reasons for leaving records out.

Workloads and peers are named tuples, not dataclasses: one run makes, hashes and sorts hundreds of thousands of them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, NamedTuple

Labels = tuple[tuple[str, str], ...]
"""A Pod's labels as pairs of key and value, sorted by key."""


class PolicyType(StrEnum):
    """The values of `--policy-type`."""

    ANP_DENY_APPLIED = "anp-deny-applied"
    ANP_DENY_ALL = "anp-deny-all"
    K8S_NP = "k8s-np"


class Reason(StrEnum):
    """Why a flow record takes no part in a recommendation. edges.sql tells the first five, `recommend` the others."""

    CROSSES_BOUND = "crosses-bound"
    POLICY_ON_BOTH_SIDES = "policy-on-both-sides"
    POLICY_ON_ONE_SIDE = "policy-on-one-side"
    DENIED = "denied"
    NO_POD = "no-pod"
    NAMESPACE_ALLOWED = "namespace-allowed"
    ICMP_IN_KUBERNETES = "icmp-in-kubernetes"
    PROTOCOL = "protocol"
    PORT = "port"
    ADDRESS = "address"
    NAMESPACE = "namespace"
    LABELS = "labels"


class Workload(NamedTuple):
    """The Pods of a Namespace that carry all of these labels; with no label, every Pod of the Namespace."""

    namespace: str
    labels: Labels


class Service(NamedTuple):
    """A Service, with all its ports."""

    namespace: str
    name: str


class Address(NamedTuple):
    """One IPv4 or IPv6 address, as a CIDR block of a single address."""

    cidr: str


Peer = Workload | Service | Address


class Traffic(NamedTuple):
    """What a rule lets through: a protocol and its port; ICMP has no port."""

    protocol: str
    port: int | None


class Rule(NamedTuple):
    """One peer and all the traffic seen with it, sorted; a Service has no traffic of its own."""

    peer: Peer
    traffic: tuple[Traffic, ...]


@dataclass(frozen=True)
class AllowWorkload:
    """Let a workload's seen traffic through."""

    workload: Workload
    ingress: tuple[Rule, ...]
    egress: tuple[Rule, ...]


@dataclass(frozen=True)
class RejectWorkload:
    """Reject what no allow policy lets through, from and to the Pods of one workload."""

    workload: Workload


@dataclass(frozen=True)
class AllowNamespace:
    """Let everything through for the Pods of a Namespace that `--ns-allow` names."""

    namespace: str


@dataclass(frozen=True)
class RejectAll:
    """Reject what no allow policy lets through, from and to any Pod of the cluster."""


Direction = Literal["ingress", "egress"]
Policy = AllowWorkload | RejectWorkload | AllowNamespace | RejectAll


@dataclass(slots=True)
class Seen:
    """The flow records behind a rule: how many, their bytes in both directions, and when (Unix seconds)."""

    flows: int
    octets: int
    first: int
    last: int

    def add(self, flows: int, octets: int, first: int, last: int) -> None:
        """Count further records."""
        self.flows += flows
        self.octets += octets
        self.first = min(self.first, first)
        self.last = max(self.last, last)


class RuleKey(NamedTuple):
    """A rule of a recommendation: the workload that it is for, the direction, and the peer."""

    workload: Workload
    direction: Direction
    peer: Peer


@dataclass
class Recommendation:
    """Policies in the order in which they are to be applied, and what is needed to tell how they came about.

    Attributes:
        policies: allow before reject, each group sorted by what the policies apply to.
        flows: records in the time range, those left out included.
        edges: distinct connections among those that were not left out by the database.
        left_out: records by the reason for which they were left out.
        clusters: UUIDs of clusters with a record among the edges; at least two when there are several, not always all.
        outside: records with an end that is no Pod, among those used.
        cut: whether `--limit` may have cut off edges.
        seen: the flow records behind each rule, if that was asked for.
    """

    policy_type: PolicyType
    policies: list[Policy] = field(default_factory=list[Policy])
    flows: int = 0
    edges: int = 0
    left_out: Counter[Reason] = field(default_factory=Counter[Reason])
    clusters: set[str] = field(default_factory=set[str])
    outside: int = 0
    cut: bool = False
    seen: dict[RuleKey, Seen] | None = None
