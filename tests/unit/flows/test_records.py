from __future__ import annotations

from datetime import UTC, datetime

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.choices import Action
from theia_sf.flows.records import (
    FIELDS,
    Record,
    RecordFilter,
    end_name,
    newest,
    policy_name,
    protocol_name,
    record_filter,
    records_query,
)

ENDED = "2026-07-01T10:00:00+00:00"


def record(**values):
    return {
        "flowEndSeconds": ENDED,
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "destinationPodNamespace": "bank",
        "destinationPodName": "api-1",
        "sourceIP": "10.0.0.1",
        "destinationIP": "10.0.0.2",
        "clusterUUID": "A",
    } | values


def found(source, wanted: RecordFilter, lines: int = 100) -> list[Record]:
    return list(newest(source, records_query(source), wanted.parameters(), lines))


@pytest.mark.parametrize(
    ("namespace", "pod", "numbers"),
    [
        (None, None, [1, 2, 3]),
        ("shop", None, [1, 2]),
        ("bank", None, [1, 3]),
        (None, "api-1", [1, 3]),
        (None, "shop/web-1", [1]),
        ("shop", "api-1", []),
        ("bank", "*-1", [1, 3]),
        (None, "w*", [1, 2, 3]),
        (None, "shop/*2", [2]),
    ],
)
def test_a_namespace_and_a_pod_are_of_the_same_end(load, namespace, pod, numbers):
    rows = [
        record(sourceTransportPort=1),
        record(sourceTransportPort=2, sourcePodName="web-2", destinationPodNamespace="", destinationPodName=""),
        record(sourceTransportPort=3, sourcePodNamespace="dev"),
    ]
    wanted = record_filter(namespace=namespace, pod=pod)
    assert sorted(one.source_port for one in found(load(rows), wanted)) == numbers


def test_the_strictest_action_counts_in_sql_as_in_python(load):
    actions = [None, 0, 1, 2, 3, 9]
    source = load(
        [
            record(ingressNetworkPolicyRuleAction=ingress, egressNetworkPolicyRuleAction=egress)
            for ingress in actions
            for egress in actions
        ]
    )
    seen = 0
    for action in Action:
        for one in found(source, record_filter(action=action)):
            known = {one.ingress_action, one.egress_action} & {1, 2, 3}
            assert one.action() is action is Action[["NONE", "ALLOW", "DROP", "REJECT"][int(max(known, default=0))]]
            seen += 1
    assert seen == len(actions) ** 2


def test_the_newest_come_last_and_others_are_cut(load):
    rows = [record(flowEndSeconds=f"2026-07-01T10:00:{second:02}+00:00") for second in (5, 1, 9, 3)]
    ended = [one.ended for one in found(load(rows), RecordFilter(cluster="A"), 3)]
    assert ended == [datetime(2026, 7, 1, 10, 0, second, tzinfo=UTC) for second in (3, 5, 9)]
    assert found(load(rows), RecordFilter(cluster="B")) == []


def test_a_record_as_it_is_printed(load):
    values = {
        "destinationIP": "203.0.113.9",
        "destinationPodNamespace": "",
        "destinationPodName": "",
        "destinationTransportPort": 443,
        "destinationServicePortName": "",
        "protocolIdentifier": 6,
        "octetDeltaCount": 7,
        "reverseOctetDeltaCount": 8,
        "ingressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyRuleAction": 2,
        "egressNetworkPolicyType": 3,
        "egressNetworkPolicyName": "strict",
        "egressNetworkPolicyNamespace": "",
        "egressNetworkPolicyRuleName": "deny-all",
        "tcpState": "SYN_SENT",
        "flowEndReason": 1,
    }
    (one,) = found(load([record(**values)]), RecordFilter())
    shown = one.as_dict()
    assert tuple(shown) == FIELDS
    assert {key: value for key, value in shown.items() if value is not None} == {
        "time": datetime(2026, 7, 1, 10, tzinfo=UTC),
        "cluster_uuid": "A",
        "source": "shop/web-1",
        "source_ip": "10.0.0.1",
        "destination": "203.0.113.9",
        "destination_ip": "203.0.113.9",
        "destination_port": 443,
        "protocol": "TCP",
        "bytes": 7,
        "reverse_bytes": 8,
        "action": "drop",
        "ingress_action": "none",
        "egress_policy": "AntreaClusterNetworkPolicy:strict",
        "egress_rule": "deny-all",
        "egress_action": "drop",
        "tcp_state": "SYN_SENT",
        "end_reason": "idle timeout",
    }


def test_names():
    assert end_name("shop", "web-1", "10.0.0.1") == "shop/web-1"
    assert end_name("", "", "10.0.0.1") == "10.0.0.1"
    assert end_name(None, None, None) == ""
    assert [protocol_name(number) for number in (6, 99, None)] == ["TCP", "99", None]
    assert policy_name(1, "shop", "web", 1) == "K8sNetworkPolicy:shop/web"
    assert policy_name(2, "shop", "web", 1) == "AntreaNetworkPolicy:shop/web"
    assert policy_name(9, "", "web", 1) == "web"
    assert policy_name(1, "", "", 2) == "K8sNetworkPolicy:(isolation)"
    assert policy_name(0, "", "", 0) is None


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"namespace": "Shop"}, "'Shop' is not the name of a Namespace."),
        ({"pod": "Web"}, "--pod: 'Web' is not the name of a Pod."),
        ({"pod": "web_1"}, "--pod: 'web_1' is not the name of a Pod."),
        ({"pod": "web%"}, "--pod: 'web%' is not the name of a Pod."),
        ({"pod": "shop/"}, "--pod: 'shop/' is not the name of a Pod."),
        ({"pod": "/web"}, "'' is not the name of a Namespace."),
        ({"pod": "a/b/c"}, "'a/b' is not the name of a Namespace."),
        ({"pod": ""}, "--pod: '' is not the name of a Pod."),
        ({"pod": "shop/web", "namespace": "bank"}, "is not in the Namespace bank"),
    ],
)
def test_bad_filters(options, sentence):
    with pytest.raises(UsageError) as caught:
        record_filter(**options)
    assert sentence in caught.value.message
    assert caught.value.hint
