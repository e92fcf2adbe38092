from __future__ import annotations

import itertools

from theia_sf.flows.kubernetes_names import is_dns_label
from theia_sf.policies.model import (
    Address,
    AllowNamespace,
    AllowWorkload,
    PolicyType,
    RejectAll,
    RejectWorkload,
    Rule,
    Traffic,
    Workload,
)
from theia_sf.policies.names import policy_name

WEB = Workload("shop", (("app", "web"),))
ANP = PolicyType.ANP_DENY_APPLIED
NAME = "recommend-allow-anp-q4kigy3xlboralli"
RULE = Rule(Address("192.0.2.1/32"), (Traffic("TCP", 80),))


def test_a_name_is_the_same_in_every_run():
    # Pinned: a change of this text makes every user's next run add a second set of policies beside the first.
    assert policy_name(AllowWorkload(WEB, (), ()), "NetworkPolicy", ANP, None) == NAME


def test_a_name_does_not_depend_on_rules():
    plain = policy_name(AllowWorkload(WEB, (), ()), "NetworkPolicy", ANP, None)
    assert policy_name(AllowWorkload(WEB, (RULE,), (RULE,)), "NetworkPolicy", ANP, None) == plain


def test_whatever_a_policy_applies_to_is_in_its_name():
    workloads = [WEB, Workload("shop", ()), Workload("sho", (("app", "web"),)), Workload("shop", (("app", "we"),))]
    policies = [
        *(AllowWorkload(one, (), ()) for one in workloads),
        *(RejectWorkload(one) for one in workloads),
        AllowNamespace("shop"),
        RejectAll(),
    ]
    names = [
        policy_name(policy, "Kind", policy_type, cluster)
        for policy, policy_type, cluster in itertools.product(policies, PolicyType, [None, "uuid-1", "uuid-2"])
    ]
    assert len(names) == len(set(names))
    assert all(is_dns_label(name) for name in names)


def test_a_long_namespace_makes_no_long_name():
    names = {policy_name(AllowNamespace(f"{'x' * 62}{end}"), "ClusterNetworkPolicy", ANP, None) for end in "ab"}
    assert len(names) == 2
    assert all(is_dns_label(name) for name in names)
