"""What a recommendation can be told, with the defaults that the command and the scheduled job share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from theia_sf.policies.model import PolicyType

DEFAULT_NS_ALLOW: Final = "kube-system,flow-aggregator,flow-visibility"
DEFAULT_LABEL_IGNORE: Final = "pod-template-hash,controller-revision-hash,pod-template-generation"


@dataclass(frozen=True)
class PolicyOptions:
    """How to recommend policies.

    Attributes:
        policy_type: which API the policies are written for, and what they deny besides.
        allowed_namespaces: Namespaces whose Pods get no policy of their own.
        ignored_labels: keys of labels that do not tell workloads apart.
        limit: the greatest number of distinct edges to read; None for all.
    """

    policy_type: PolicyType = PolicyType.ANP_DENY_APPLIED
    allowed_namespaces: tuple[str, ...] = ()
    ignored_labels: tuple[str, ...] = ()
    limit: int | None = None

    @classmethod
    def parse(
        cls,
        policy_type: PolicyType = PolicyType.ANP_DENY_APPLIED,
        *,
        ns_allow: str = DEFAULT_NS_ALLOW,
        label_ignore: str = DEFAULT_LABEL_IGNORE,
        limit: int = 0,
    ) -> PolicyOptions:
        """Read the options as they are written: lists with commas, and 0 for no limit.

        Raises:
            UsageError: an item is no name of a Namespace, or no label key.
        """
        from theia_sf.flows.filters import parse_label_keys, parse_namespaces  # noqa: PLC0415 (not for --help)

        return cls(policy_type, parse_namespaces(ns_allow), parse_label_keys(label_ignore), limit or None)
