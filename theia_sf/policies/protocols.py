"""IP protocol numbers, and what a policy can say about each."""

from __future__ import annotations

from theia_sf.policies.model import PolicyType, Reason, Traffic

ICMP = "ICMP"

# IANA's protocol numbers. Both API groups know these three with ports.
_WITH_PORTS = {6: "TCP", 17: "UDP", 132: "SCTP"}

# ICMP and ICMPv6: Antrea's `protocols` has one `icmp` for both, and takes the IP version from the peer. Its `igmp`
# excludes peers, and so does not fit rules that are made of them.
_ICMP_NUMBERS = frozenset({1, 58})
_MAX_PORT = 65535


def traffic_of(protocol: int | None, port: int | None, policy_type: PolicyType) -> Traffic | Reason:
    """Return what a rule has to name to let this through, or the reason why no rule can.

    Args:
        protocol: protocolIdentifier of the flow record, an IP protocol number.
        port: destinationTransportPort of the flow record; 0 for protocols without ports.
        policy_type: Kubernetes policies know protocols with ports only.
    """
    if protocol in _ICMP_NUMBERS:
        return Reason.ICMP_IN_KUBERNETES if policy_type is PolicyType.K8S_NP else Traffic(ICMP, None)
    name = _WITH_PORTS.get(protocol) if protocol is not None else None
    if name is None:
        return Reason.PROTOCOL
    if port is None or not 1 <= port <= _MAX_PORT:
        return Reason.PORT
    return Traffic(name, port)
