"""Policies as Antrea's own kinds, API `crd.antrea.io/v1beta1` (Antrea 1.13 and newer).

The tiers are named as the Tier objects are that every Antrea cluster has: lower case.
"""

from __future__ import annotations

from typing import Any

from theia_sf.policies.model import (
    Address,
    AllowNamespace,
    AllowWorkload,
    Labels,
    Policy,
    PolicyType,
    RejectAll,
    RejectWorkload,
    Rule,
    Service,
    Traffic,
    Workload,
)
from theia_sf.policies.names import policy_name
from theia_sf.policies.protocols import ICMP
from theia_sf.policies.render.kubernetes import NAMESPACE_LABEL, ports, selector

_API_VERSION = "crd.antrea.io/v1beta1"
_PRIORITY = 5
_PLATFORM, _APPLICATION, _BASELINE = "platform", "application", "baseline"
# In a ClusterNetworkPolicy this peer is every Pod of the cluster, and nothing outside of it.
_ALL_PODS: dict[str, Any] = {"podSelector": {}}


def antrea_policy(policy: Policy, policy_type: PolicyType, cluster: str | None) -> dict[str, Any]:
    """Return the object to apply.

    Args:
        policy: what it is to do.
        policy_type: the kind of recommendation, which is part of the policy's identity.
        cluster: UUID of the cluster that was asked for, which is part of it too; None when no cluster was.
    """
    applied_to: dict[str, Any]
    match policy:
        case AllowWorkload(workload=workload, ingress=ingress, egress=egress):
            kind, namespace, tier = "NetworkPolicy", workload.namespace, _APPLICATION
            applied_to = {"podSelector": selector(workload.labels)}
            rules = {
                "ingress": [_allow(rule, "from") for rule in ingress],
                "egress": [_allow(rule, "to") for rule in egress],
            }
        case AllowNamespace(namespace=name):
            kind, namespace, tier = "ClusterNetworkPolicy", None, _PLATFORM
            applied_to = {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: name}}}
            rules = _everything("Allow")
        case RejectWorkload(workload=workload):
            kind, namespace, tier = "ClusterNetworkPolicy", None, _BASELINE
            applied_to = _pods(workload.namespace, workload.labels)
            rules = _everything("Reject")
        case RejectAll():
            kind, namespace, tier = "ClusterNetworkPolicy", None, _BASELINE
            applied_to = {"namespaceSelector": {}, "podSelector": {}}
            rules = _everything("Reject")
    metadata = {"name": policy_name(policy, kind, policy_type, cluster)}
    if namespace is not None:
        metadata["namespace"] = namespace
    spec: dict[str, Any] = {"tier": tier, "priority": _PRIORITY, "appliedTo": [applied_to]}
    spec |= {direction: some for direction, some in rules.items() if some}
    return {"apiVersion": _API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def _everything(action: str) -> dict[str, list[dict[str, Any]]]:
    return {"ingress": [{"action": action, "from": [_ALL_PODS]}], "egress": [{"action": action, "to": [_ALL_PODS]}]}


def _allow(rule: Rule, side: str) -> dict[str, Any]:
    if isinstance(rule.peer, Service):
        # The webhook refuses toServices together with peers, ports or protocols.
        return {"action": "Allow", "toServices": [{"name": rule.peer.name, "namespace": rule.peer.namespace}]}
    return {"action": "Allow", side: [_peer(rule.peer)], **_services(rule.traffic)}


def _services(traffic: tuple[Traffic, ...]) -> dict[str, Any]:
    """Return `ports`, `protocols` or both; beside each other they mean either."""
    named: dict[str, Any] = {}
    with_ports = ports(traffic)
    if with_ports:
        named["ports"] = with_ports
    if any(one.protocol == ICMP for one in traffic):
        named["protocols"] = [{"icmp": {}}]
    return named


def _peer(peer: Workload | Address) -> dict[str, Any]:
    return {"ipBlock": {"cidr": peer.cidr}} if isinstance(peer, Address) else _pods(peer.namespace, peer.labels)


def _pods(namespace: str, labels: Labels) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {NAMESPACE_LABEL: namespace}}, "podSelector": selector(labels)}
