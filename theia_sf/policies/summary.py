"""What to tell the user about a recommendation besides its policies: counts, what was left out, and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theia_sf.policies.model import (
    AllowWorkload,
    PolicyType,
    Reason,
    Recommendation,
    RejectAll,
    RejectWorkload,
    Service,
    Workload,
)

REASONS = {
    Reason.CROSSES_BOUND: "not wholly within the time range",
    Reason.POLICY_ON_BOTH_SIDES: "covered by a policy on both sides",
    Reason.POLICY_ON_ONE_SIDE: "covered by a policy on one side",
    Reason.DENIED: "dropped or rejected",
    Reason.NO_POD: "a Pod at neither end",
    Reason.NAMESPACE_ALLOWED: "only Pods of --ns-allow Namespaces",
    Reason.ICMP_IN_KUBERNETES: "ICMP, which Kubernetes policies cannot name",
    Reason.PROTOCOL: "a protocol that policies cannot name",
    Reason.PORT: "no valid port",
    Reason.ADDRESS: "no valid IP address",
    Reason.NAMESPACE: "a Namespace that Kubernetes would refuse",
    Reason.LABELS: "labels that Kubernetes would refuse",
}
"""Why flow records take no part in a recommendation, in words."""

# Labels that Kubernetes gives to each Pod of a StatefulSet, or to each run of a Job.
_PER_POD_LABELS = frozenset(
    {"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "controller-uid", "job-name"}
)
_PER_JOB_PREFIX = "batch.kubernetes.io/"


def summary_lines(recommendation: Recommendation) -> list[str]:
    """Return the counts, and one line per reason for leaving records out, the most frequent first."""
    found = recommendation
    lines = [f"Read {_count(found.flows, 'flow')}: {_count(found.edges, 'edge')}, {_policies(found)}."]
    reasons = sorted(found.left_out.items(), key=lambda item: (-item[1], item[0]))
    lines += [f"Left out {_count(flows, 'flow')}: {REASONS[reason]}." for reason, flows in reasons if flows]
    return lines


def warnings(recommendation: Recommendation, *, cluster: str | None) -> Iterator[str]:
    """Yield what a user should know before applying the policies; nothing that does not concern these flows.

    Args:
        recommendation: the policies, with how they came about.
        cluster: UUID of the cluster that was asked for; None when no cluster was.
    """
    found = recommendation
    allow = [policy for policy in found.policies if isinstance(policy, AllowWorkload)]
    one_side = found.left_out[Reason.POLICY_ON_ONE_SIDE]
    if one_side:
        yield (
            f"{_count(one_side, 'flow')} with a policy on one side only: the other side gets no rule for such flows,"
            " and a reject policy on it would cut them off."
        )
    crossing = found.left_out[Reason.CROSSES_BOUND]
    if crossing:
        yield f"{_count(crossing, 'flow')} across a bound of the time range: widen it to use them."
    if cluster is None and len(found.clusters) > 1:
        yield (
            f"The flows come from {len(found.clusters)} or more clusters, which were merged by Namespace and labels;"
            " choose one by --cluster-uuid."
        )
    if found.cut:
        yield "--limit was reached: traffic that is not among the edges read has no rule."
    yield from _about_selectors(allow)
    yield from _about_antrea(found, allow)


def _about_selectors(allow: list[AllowWorkload]) -> Iterator[str]:
    bare = [policy.workload.namespace for policy in allow if not policy.workload.labels]
    if bare:
        yield (
            f"Pods without labels, or with ignored ones only, get a policy that applies to their whole Namespace:"
            f" {_some(bare)}."
        )
    peers = {
        rule.peer.namespace
        for policy in allow
        for rule in (*policy.ingress, *policy.egress)
        if isinstance(rule.peer, Workload) and not rule.peer.labels
    }
    if peers:
        yield f"Rules whose peer is a Pod without labels let the whole Namespace of it through: {_some(sorted(peers))}."
    volatile = {key for policy in allow for key, _ in policy.workload.labels if _is_per_pod(key)}
    if volatile:
        yield (
            "Some workloads are told apart by labels that each Pod or Job run has for itself, so their policies fit"
            f" no later one; add to --label-ignore: {_some(sorted(volatile))}."
        )


def _about_antrea(found: Recommendation, allow: list[AllowWorkload]) -> Iterator[str]:
    if found.policy_type is PolicyType.K8S_NP:
        return
    services = {rule.peer for policy in allow for rule in policy.egress if isinstance(rule.peer, Service)}
    if services:
        names = [f"{service.namespace}/{service.name}" for service in sorted(services)]
        yield f"A rule for a Service opens all of its ports, not only those seen: {_some(names)}."
    if any(isinstance(policy, (RejectWorkload, RejectAll)) for policy in found.policies):
        yield (
            "The reject policies cover traffic between Pods only: traffic from and to the outside of the cluster"
            f" ({_count(found.outside, 'flow')} here) is not denied."
        )
    if found.policy_type is PolicyType.ANP_DENY_APPLIED:
        half = sum(1 for policy in allow if not policy.ingress or not policy.egress)
        if half:
            yield (
                f"{_count(half, 'workload')} had traffic in one direction only; the reject policies deny Pods in both"
                " directions."
            )


def _is_per_pod(key: str) -> bool:
    return key in _PER_POD_LABELS or key.startswith(_PER_JOB_PREFIX)


def _policies(found: Recommendation) -> str:
    return _count(len(found.policies), "policy", "policies")


def _count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def _some(names: Iterable[str]) -> str:
    """Name the first five, and how many more there are."""
    every = list(names)
    more = len(every) - 5
    return ", ".join(every[:5]) + (f" and {more:,} more" if more > 0 else "")
