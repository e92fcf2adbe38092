"""Names of recommended policies.

A name is derived from what the policy applies to and from nothing else. So a later run gives the same workload the same
name, and `kubectl apply` updates the policy in place, whatever its rules have become.
"""

from __future__ import annotations

import base64
import hashlib
import json

from theia_sf.policies.model import (
    AllowNamespace,
    AllowWorkload,
    Policy,
    PolicyType,
    RejectAll,
    RejectWorkload,
)

# 80 bits: a collision among a million policies has a probability of 4e-13.
_DIGEST_BYTES = 10
_MAX_LENGTH = 63  # a DNS-1123 label, the strictest rule for names in Kubernetes


def policy_name(policy: Policy, kind: str, policy_type: PolicyType, cluster: str | None) -> str:
    """Return the name of a policy: a DNS-1123 label that tells its purpose and ends in a hash of what it applies to.

    Args:
        policy: the policy.
        kind: its Kubernetes kind.
        policy_type: the kind of recommendation; two of them over the same workload are different policies.
        cluster: UUID of the cluster that was asked for; None when no cluster was.
    """
    match policy:
        case AllowWorkload(workload=workload):
            prefix = "recommend-k8s-np" if policy_type is PolicyType.K8S_NP else "recommend-allow-anp"
            identity = [kind, policy_type, "allow", workload.namespace, workload.labels]
        case RejectWorkload(workload=workload):
            prefix = "recommend-reject-acnp"
            identity = [kind, policy_type, "reject", workload.namespace, workload.labels]
        case AllowNamespace(namespace=namespace):
            prefix = f"recommend-allow-acnp-{namespace}"
            identity = [kind, policy_type, "allow", namespace]
        case RejectAll():
            prefix = "recommend-reject-all-acnp"
            identity = [kind, policy_type, "reject"]
    digest = _digest([*identity, cluster])
    return f"{prefix[: _MAX_LENGTH - len(digest) - 1].rstrip('-')}-{digest}"


def _digest(identity: list[object]) -> str:
    text = json.dumps(identity, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()[:_DIGEST_BYTES]
    return base64.b32encode(digest).decode().lower()
