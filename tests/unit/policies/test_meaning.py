"""The policies for 5,000 flows allow what the original means to allow, no more and no less."""

from __future__ import annotations

import random

import pytest
import yaml

from tests.unit.policies.flow_records import ALLOWED, CLUSTER, IGNORED, fixture
from tests.unit.policies.meaning import allowed_by_policies, allowed_by_records
from tests.unit.policies.schemas import check
from theia_sf.flows.time_window import TimeWindow
from theia_sf.policies.edges import Edge, read_edges
from theia_sf.policies.model import PolicyType, Recommendation
from theia_sf.policies.recommend import recommend
from theia_sf.policies.render.documents import documents, to_yaml

FLOWS = fixture()


def parse(text):
    return list(yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


@pytest.fixture(scope="module")
def edges(memory) -> list[Edge]:
    return list(read_edges(memory.load(FLOWS), TimeWindow()))


def run(edges, policy_type, cluster=None) -> tuple[Recommendation, str]:
    found = recommend(edges, policy_type, allowed_namespaces=ALLOWED, ignored_labels=IGNORED)
    return found, "".join(to_yaml(documents(found, cluster)))


@pytest.mark.parametrize("policy_type", list(PolicyType))
def test_allows_exactly_what_was_seen(edges, policy_type):
    found, text = run(edges, policy_type)
    expected = allowed_by_records(FLOWS, policy_type, ignored=IGNORED, namespaces=ALLOWED)
    every = parse(text)
    for one in every:
        check(one)
    assert allowed_by_policies(every) == expected
    assert len(expected) > 1000
    assert found.flows == len(FLOWS)


def test_one_cluster_alone(load):
    edges = read_edges(load(FLOWS), TimeWindow(), cluster=CLUSTER)
    _, text = run(edges, PolicyType.ANP_DENY_ALL, CLUSTER)
    flows = [flow for flow in FLOWS if flow["clusterUUID"] == CLUSTER]
    expected = allowed_by_records(flows, PolicyType.ANP_DENY_ALL, ignored=IGNORED, namespaces=ALLOWED)
    assert allowed_by_policies(parse(text)) == expected


def test_the_same_flows_in_any_order_give_the_same_bytes(load, edges):
    shuffled = FLOWS.copy()
    random.Random(3).shuffle(shuffled)
    again = list(read_edges(load(shuffled), TimeWindow()))
    for policy_type in PolicyType:
        assert run(edges, policy_type)[1].encode() == run(again, policy_type)[1].encode()


def test_one_new_flow_changes_one_document_and_no_name(load, edges):
    known = next(
        flow
        for flow in FLOWS
        if (flow["flowType"], flow["destinationPodNamespace"], flow["protocolIdentifier"]) == (1, "billing", 6)
        and "app-" in (flow["destinationPodLabels"] or "")
    )
    new = known | {"sourcePodNamespace": None, "sourcePodLabels": None, "sourceIP": "192.0.2.200", "flowType": 4}
    more = list(read_edges(load([*FLOWS, new]), TimeWindow()))
    for policy_type in PolicyType:
        before, after = parse(run(edges, policy_type)[1]), parse(run(more, policy_type)[1])
        changed = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
        assert len(changed) == 1
        assert [one["metadata"] for one in before] == [one["metadata"] for one in after]


def test_every_workload_has_one_policy_and_names_are_unique(edges):
    every = parse(run(edges, PolicyType.ANP_DENY_APPLIED)[1])
    names = [(one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"]) for one in every]
    assert len(names) == len(set(names))
    allow = [one for one in every if one["kind"] == "NetworkPolicy"]
    workloads = {(one["metadata"]["namespace"], str(one["spec"]["appliedTo"])) for one in allow}
    reject = [one for one in every if "-reject-" in one["metadata"]["name"]]
    assert len(workloads) == len(allow) == len(reject)


def test_what_was_left_out_is_counted_by_reason(edges):
    found, _ = run(edges, PolicyType.K8S_NP)
    assert {str(reason) for reason in found.left_out} == {
        "policy-on-both-sides",
        "policy-on-one-side",
        "denied",
        "no-pod",
        "namespace-allowed",
        "icmp-in-kubernetes",
        "protocol",
        "port",
        "address",
        "labels",
    }
    used = found.flows - found.left_out.total()
    assert 0 < used < found.flows
