"""What the original program means by its policies, told once more over single flow records, as allowed connections.

Written from the meaning, not from either program: no grouping, no policies, one record at a time. The faults that
docs/differences.md lists as mended are mended here too.
"""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterable
from typing import Any

from tests.unit.policies.flow_records import Record

# (appliedTo namespace, appliedTo labels, direction, peer, protocol, port); peer is ("pod", namespace, labels),
# ("ip", cidr) or ("service", namespace, name), the last with protocol and port None: all of its ports.
Allowed = tuple[str, frozenset[tuple[str, str]], str, tuple[Any, ...], str | None, int | None]

PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP", 1: "ICMP", 58: "ICMP"}


def allowed_by_records(
    records: Iterable[Record], policy_type: str, *, ignored: Iterable[str] = (), namespaces: Iterable[str] = ()
) -> set[Allowed]:
    """What recommended policies of a type have to allow for these records."""
    found: set[Allowed] = set()
    for flow in records:
        found |= _of_record(flow, policy_type == "k8s-np", frozenset(ignored))
    return {one for one in found if one[0] not in set(namespaces)}


def _of_record(flow: Record, kubernetes: bool, ignored: frozenset[str]) -> set[Allowed]:
    if flow["ingressNetworkPolicyName"] or flow["egressNetworkPolicyName"]:
        return set()
    if {flow["ingressNetworkPolicyRuleAction"], flow["egressNetworkPolicyRuleAction"]} & {2, 3}:
        return set()
    protocol = PROTOCOLS.get(flow["protocolIdentifier"])
    port = None if protocol == "ICMP" else flow["destinationTransportPort"]
    if protocol is None or port == 0 or (kubernetes and protocol == "ICMP"):
        return set()
    external = flow["flowType"] == 3
    try:
        source = _end(flow["sourcePodNamespace"], flow["sourcePodLabels"], flow["sourceIP"], ignored)
        namespace = None if external else flow["destinationPodNamespace"]
        destination = _end(namespace, flow["destinationPodLabels"], flow["destinationIP"], ignored)
    except ValueError:
        return set()
    service = (flow["destinationServicePortName"] or "").split(":")[0].split("/")
    found: set[Allowed] = set()
    if source[0] == "pod":
        if len(service) == 2 and not external and not kubernetes and protocol != "ICMP":
            found.add((*source[1:], "egress", ("service", *service), None, None))
        else:
            found.add((*source[1:], "egress", destination, protocol, port))
    if destination[0] == "pod":
        found.add((*destination[1:], "ingress", source, protocol, port))
    return found


def _end(namespace: str | None, labels: str | None, address: str, ignored: frozenset[str]) -> tuple[Any, ...]:
    if not namespace:
        return "ip", str(ipaddress.ip_network(address))
    read = json.loads(labels or "{}") or {}
    kept = {key: value for key, value in read.items() if key not in ignored}
    if not all(value.isascii() and value.replace("-", "").replace("_", "").isalnum() for value in kept.values()):
        raise ValueError
    return "pod", namespace, frozenset(kept.items())


def allowed_by_policies(documents: Iterable[dict[str, Any]]) -> set[Allowed]:
    """What the Allow rules of policies for workloads allow: the same form, read back from objects as applied."""
    found: set[Allowed] = set()
    for document in documents:
        spec = document["spec"]
        if document["kind"] != "NetworkPolicy":
            continue
        applied_to = spec["podSelector"] if "podSelector" in spec else spec["appliedTo"][0]["podSelector"]
        workload = document["metadata"]["namespace"], frozenset(applied_to.get("matchLabels", {}).items())
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in spec.get(direction, []):
                assert rule.get("action", "Allow") == "Allow"
                for service in rule.get("toServices", []):
                    found.add((*workload, direction, ("service", service["namespace"], service["name"]), None, None))
                traffic = [(port["protocol"], port["port"]) for port in rule.get("ports", [])]
                traffic += [("ICMP", None) for _ in rule.get("protocols", [])]
                found |= {(*workload, direction, _peer(peer), *one) for peer in rule.get(side, []) for one in traffic}
    return found


def _peer(peer: dict[str, Any]) -> tuple[Any, ...]:
    if "ipBlock" in peer:
        return "ip", peer["ipBlock"]["cidr"]
    (namespace,) = peer["namespaceSelector"]["matchLabels"].values()
    return "pod", namespace, frozenset(peer["podSelector"].get("matchLabels", {}).items())
