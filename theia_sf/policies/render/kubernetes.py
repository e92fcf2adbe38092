"""Policies as Kubernetes NetworkPolicies, API `networking.k8s.io/v1`."""

from __future__ import annotations

from typing import Any

from theia_sf.policies.model import Address, AllowWorkload, Labels, Peer, PolicyType, Service, Traffic
from theia_sf.policies.names import policy_name
from theia_sf.policies.protocols import ICMP

# Every Namespace carries its name under this key, set by the API server since Kubernetes 1.21.
NAMESPACE_LABEL = "kubernetes.io/metadata.name"
_KIND = "NetworkPolicy"


def kubernetes_policy(policy: AllowWorkload, policy_type: PolicyType, cluster: str | None) -> dict[str, Any]:
    """Return the object to apply; a direction without rules is left unrestricted.

    Args:
        policy: the workload and its rules, none of which names a Service or ICMP.
        policy_type: the kind of recommendation, which is part of the policy's identity.
        cluster: UUID of the cluster that was asked for, which is part of it too; None when no cluster was.
    """
    spec: dict[str, Any] = {"podSelector": selector(policy.workload.labels), "policyTypes": []}
    for direction, side, rules in (("ingress", "from", policy.ingress), ("egress", "to", policy.egress)):
        if rules:
            spec["policyTypes"].append(direction.capitalize())
            spec[direction] = [{side: [_peer(rule.peer)], "ports": ports(rule.traffic)} for rule in rules]
    metadata = {"name": policy_name(policy, _KIND, policy_type, cluster), "namespace": policy.workload.namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": _KIND, "metadata": metadata, "spec": spec}


def selector(labels: Labels) -> dict[str, Any]:
    """Return a label selector; without labels it selects everything."""
    return {"matchLabels": dict(labels)} if labels else {}


def ports(traffic: tuple[Traffic, ...]) -> list[dict[str, Any]]:
    """Return the `ports` of a rule, which both APIs write alike; ICMP has none."""
    return [{"port": one.port, "protocol": one.protocol} for one in traffic if one.protocol != ICMP]


def _peer(peer: Peer) -> dict[str, Any]:
    match peer:
        case Address(cidr=cidr):
            return {"ipBlock": {"cidr": cidr}}
        case Service():
            message = "a Kubernetes NetworkPolicy cannot name a Service"
            raise TypeError(message)
        case _:
            return {
                "namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: peer.namespace}},
                "podSelector": selector(peer.labels),
            }
