"""What users choose from when they look at flows: the values of options, which the command line reads early."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Kind(StrEnum):
    """What the traffic is added up by."""

    PODS = "pods"
    NAMESPACES = "namespaces"
    SERVICES = "services"
    EXTERNAL = "external"
    POLICIES = "policies"
    NODES = "nodes"


class Metric(StrEnum):
    """What is greatest at the top; each is also the name of a column of the statement."""

    BYTES = "bytes"
    PACKETS = "packets"
    FLOWS = "flows"
    DENIALS = "denials"


class Action(StrEnum):
    """What NetworkPolicies did to a flow: the strictest of ingress and egress."""

    NONE = "none"
    ALLOW = "allow"
    DROP = "drop"
    REJECT = "reject"


class RuleAction(IntEnum):
    """Antrea's numbers for what a rule did (`networkPolicyRuleAction` of its IPFIX registry)."""

    NONE = 0
    ALLOW = 1
    DROP = 2
    REJECT = 3
