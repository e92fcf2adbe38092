from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.policies.flow_records import CLUSTER, OTHER_CLUSTER, record
from theia_sf.flows.time_window import TimeWindow
from theia_sf.policies.edges import Edge, read_edges

DAY = TimeWindow(datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC))
PLAIN = Edge(
    None, "shop", '{"app":"web"}', None, "shop", '{"app":"db"}', None, None, 5432, 6, 1, CLUSTER, CLUSTER, 0, 0, 0
)


def edges(source, window=TimeWindow(), **options):  # noqa: B008 (immutable)
    """The edges without what was measured along them, which one test looks at."""
    found = (edge._replace(octets=0, first_seen=0, last_seen=0) for edge in read_edges(source, window, **options))
    return sorted(found, key=str)


def left_out(reason: str, flows: int = 1) -> Edge:
    return Edge(reason, *[None] * 9, flows, CLUSTER, CLUSTER, 0, 0, 0)


def test_equal_connections_are_one_edge(load):
    flows = [record(), record(destinationIP="10.10.9.9", sourceIP="10.10.9.8"), record(clusterUUID=OTHER_CLUSTER)]
    assert edges(load(flows)) == [PLAIN._replace(flows=3, last_cluster=OTHER_CLUSTER)]


def test_an_edge_tells_its_bytes_of_both_directions_and_when_it_was_seen(load):
    later = record(
        flowStartSeconds="2026-07-01T12:00:00+02:00",
        flowEndSeconds="2026-07-01T13:00:00+02:00",
        octetDeltaCount=7,
        reverseOctetDeltaCount=0,
    )
    (edge,) = read_edges(load([record(), later]), TimeWindow())
    at_ten = int(datetime(2026, 7, 1, 10, tzinfo=UTC).timestamp())
    assert (edge.flows, edge.octets, edge.first_seen, edge.last_seen) == (2, 307, at_ten, at_ten + 3600)


def test_a_rejected_line_is_no_flow(load):
    assert edges(load([{"rejectedRecord": "a,b,c"}, record()])) == [PLAIN]


def test_an_end_without_namespace_is_its_address(load):
    flows = [
        record(sourcePodNamespace=None, sourcePodLabels=None, flowType=4),
        record(destinationPodNamespace="", destinationPodLabels="", flowType=2),
        record(flowType=3, destinationServicePortName="a/b:c"),
    ]
    external = PLAIN._replace(to_namespace=None, to_labels=None, to_ip="10.10.0.2", flows=2)
    inbound = PLAIN._replace(from_namespace=None, from_labels=None, from_ip="10.10.0.1")
    assert edges(load(flows)) == sorted([external, inbound], key=str)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"ingressNetworkPolicyName": "np"}, "policy-on-one-side"),
        ({"egressNetworkPolicyName": "np", "egressNetworkPolicyRuleAction": 2}, "policy-on-one-side"),
        ({"ingressNetworkPolicyName": "np", "egressNetworkPolicyName": "np"}, "policy-on-both-sides"),
        ({"ingressNetworkPolicyRuleAction": 2}, "denied"),
        ({"egressNetworkPolicyRuleAction": 3}, "denied"),
        ({"sourcePodNamespace": None, "destinationPodNamespace": None}, "no-pod"),
        ({"sourcePodNamespace": None, "flowType": 3}, "no-pod"),
    ],
)
def test_what_is_left_out_is_counted_by_reason(load, values, reason):
    assert edges(load([record(**values), record(**values)])) == [left_out(reason, 2)]


def test_empty_names_are_no_names(load):
    assert edges(load([record(ingressNetworkPolicyName="", egressNetworkPolicyName="")])) == [PLAIN]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-07-01T00:00:00+00:00", "2026-07-01T23:59:59+00:00", [PLAIN]),
        ("2026-06-30T23:59:59+00:00", "2026-07-01T00:00:00+00:00", [left_out("crosses-bound")]),
        ("2026-07-01T23:59:59+00:00", "2026-07-02T00:00:00+00:00", [left_out("crosses-bound")]),
        ("2026-07-02T00:00:00+00:00", "2026-07-02T00:01:00+00:00", []),
        ("2026-06-30T23:00:00+00:00", "2026-06-30T23:59:59+00:00", []),
        ("2026-06-30T20:00:00-04:00", "2026-07-01T00:00:00-04:00", [PLAIN]),
    ],
)
def test_a_flow_belongs_to_a_window_that_holds_all_of_it(load, start, end, expected):
    assert edges(load([record(flowStartSeconds=start, flowEndSeconds=end)]), DAY) == expected


def test_one_cluster(load):
    flows = [record(), record(clusterUUID=OTHER_CLUSTER, destinationTransportPort=1)]
    assert edges(load(flows), cluster=CLUSTER) == [PLAIN]


def test_a_value_is_never_sql(load):
    assert edges(load([record()]), cluster="x' OR '1'='1") == []


def test_a_limit_keeps_the_edges_with_the_most_flows_and_every_reason(load):
    rare = [record(destinationTransportPort=port) for port in range(1, 50)]
    denied = [record(ingressNetworkPolicyRuleAction=2)] * 3
    source = load([*rare, record(), record(), *denied])
    first = edges(source, limit=3)
    assert first == edges(source, limit=3)
    assert PLAIN._replace(flows=2) in first
    assert left_out("denied", 3) in first
    assert [edge.to_port for edge in first if edge.left_out is None and edge.flows == 1] == [1, 2]
