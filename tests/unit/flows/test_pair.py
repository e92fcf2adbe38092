from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from theia_sf.flows.buckets import BUCKETS
from theia_sf.flows.ends import parse_ends
from theia_sf.flows.pair import read_pair
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.similar import similar, what_is_known
from theia_sf.flows.time_window import TimeWindow

START = datetime(2026, 7, 1, 10, tzinfo=UTC)
HOUR = FlowRange(TimeWindow(START, START + timedelta(hours=1)), None, START)


def record(minute=1, **values):
    ended = START + timedelta(minutes=minute)
    return {
        "flowStartSeconds": (ended - timedelta(minutes=2)).isoformat(),
        "flowEndSeconds": ended.isoformat(),
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "sourceIP": "10.0.0.1",
        "sourceNodeName": "node-1",
        "destinationPodNamespace": "shop",
        "destinationPodName": "db-1",
        "destinationIP": "10.0.0.2",
        "destinationTransportPort": 5432,
        "destinationNodeName": "node-2",
        "destinationServicePortName": "shop/db:sql",
        "protocolIdentifier": 6,
        "ingressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyRuleAction": 0,
        "octetDeltaCount": 100,
        "reverseOctetDeltaCount": 10,
        "packetDeltaCount": 4,
        "reversePacketDeltaCount": 1,
        "tcpState": "ESTABLISHED",
        "flowEndReason": 2,
        "clusterUUID": "A",
    } | values


ALLOWED = {
    "ingressNetworkPolicyRuleAction": 1,
    "ingressNetworkPolicyType": 2,
    "ingressNetworkPolicyNamespace": "shop",
    "ingressNetworkPolicyName": "to-db",
    "ingressNetworkPolicyRuleName": "r1",
}
RECORDS = [
    record(0, **ALLOWED),
    record(59, **ALLOWED, tcpState="TIME_WAIT", flowEndReason=3),
    record(30, destinationTransportPort=22, destinationServicePortName="", egressNetworkPolicyRuleAction=3),
    record(
        30,
        sourcePodName="db-1",
        sourceIP="10.0.0.2",
        sourceNodeName="node-2",
        destinationPodName="web-1",
        destinationIP="10.0.0.1",
        destinationNodeName="node-1",
        destinationServicePortName="",
        octetDeltaCount=1,
        reverseOctetDeltaCount=2,
    ),
    record(30, destinationPodName="cache-1", destinationIP="10.0.0.3"),
    record(60),
    record(-1),
    record(5, clusterUUID="B"),
]


def show(source, first: str, second: str, chosen: FlowRange = HOUR, lines: int = 10):
    return read_pair(source, chosen, *parse_ends(first, second), lines=lines)


def test_who_opened_connections_and_what_went_over_them(load):
    pair = show(load(RECORDS), "shop/web-1", "shop/db-1", FlowRange(HOUR.window, "A", START))
    forth, back = pair.connections
    trend = [0] * BUCKETS
    trend[0], trend[-1], trend[BUCKETS // 2] = 110, 110, 110
    assert forth == {
        "from": "shop/web-1",
        "to": "shop/db-1",
        "cluster_uuid": "A",
        "bytes": 300,
        "reverse_bytes": 30,
        "packets": 12,
        "reverse_packets": 3,
        "flows": 3,
        "denials": 1,
        "first_seen": START - timedelta(minutes=2),
        "last_seen": START + timedelta(minutes=59),
        "trend": trend,
    }
    assert (back["from"], back["to"], back["bytes"], back["reverse_bytes"], back["flows"]) == (
        "shop/db-1",
        "shop/web-1",
        1,
        2,
        1,
    )


def of(parts, *keys, start="shop/web-1"):
    """The flows of parts by their values; a value that stands twice would not be added up."""
    found = Counter()
    for part in parts:
        if part["from"] == start:
            key = tuple(part[key] for key in keys)
            assert key not in found
            found[key] = part["flows"]
    return found


def test_by_port_policy_state_and_node(load):
    pair = show(load(RECORDS), "shop/web-1", "shop/db-1", FlowRange(HOUR.window, "A", START))
    assert of(pair.ports, "protocol", "port", "service") == {("TCP", 5432, "shop/db:sql"): 2, ("TCP", 22, None): 1}
    assert of(pair.policies, "direction", "policy", "rule", "action") == {
        ("ingress", "AntreaNetworkPolicy:shop/to-db", "r1", "allow"): 2,
        ("ingress", None, None, "none"): 1,
        ("egress", "K8sNetworkPolicy:(isolation)", None, "reject"): 1,
        ("egress", None, None, "none"): 2,
    }
    assert of(pair.states, "tcp_state", "end_reason") == {
        ("ESTABLISHED", "active timeout"): 2,
        ("TIME_WAIT", "end of flow"): 1,
    }
    assert of(pair.nodes, "source_node", "destination_node") == {("node-1", "node-2"): 3}
    assert of(pair.nodes, "source_node", "destination_node", start="shop/db-1") == {("node-2", "node-1"): 1}
    assert [one.ended.minute for one in pair.records] == [0, 30, 30, 59]


def test_clusters_are_apart_and_the_newest_records_are_of_all(load):
    pair = show(load(RECORDS), "shop/web-1", "shop/db-1", lines=2)
    assert Counter((one["cluster_uuid"], one["flows"]) for one in pair.connections) == {
        ("A", 3): 1,
        ("A", 1): 1,
        ("B", 1): 1,
    }
    assert len(pair.records) == 2
    assert show(load(RECORDS), "shop/web-1", "shop/db-1", lines=0).records == []


def test_ends_of_every_form_find_the_same(load):
    source = load(RECORDS)
    flows = {
        (first, second): sum(one["flows"] for one in show(source, first, second, lines=0).connections)
        for first, second in [
            ("shop/web-*", "shop/db-1"),
            ("10.0.0.1", "10.0.0.2"),
            ("10.0.0.0/31", "10.0.0.2/32"),
            ("shop/web-1", "shop/d*"),
            ("shop/web-1", "service:shop/db"),
            ("service:shop/db:sql", "shop/web-1"),
            ("shop/", "shop/"),
            ("shop/web-1", "bank/"),
        ]
    }
    assert list(flows.values()) == [5, 5, 5, 5, 4, 4, 6, 0]


def test_of_many_values_the_greatest_are_kept(load):
    rows = [record(1, destinationTransportPort=port) for port in range(1, 30) for _ in range(port)]
    ports = show(load(rows), "shop/web-1", "shop/db-1", lines=0).ports
    assert [one["port"] for one in ports] == list(range(29, 9, -1))


def test_what_is_known_of_ends_without_a_connection(load):
    told = what_is_known(load(RECORDS), HOUR, *parse_ends("shop/web-2", "shop/cache-1"))
    assert told == [
        "shop/web-2 is an end of none of the 6 flows of that time.",
        "Similar: shop/web-1.",
        "shop/cache-1 is an end of 1 of the 6 flows of that time.",
    ]
    told = what_is_known(load(RECORDS), HOUR, *parse_ends("shops/", "service:shop/dbs"))
    assert told[1::2] == ["Similar: shop/.", "Similar: service:shop/db:sql."]
    assert what_is_known(load([]), HOUR, *parse_ends("a/", "b/")) == ["There are no flows at all of that time."]


def test_nothing_similar_is_not_told(load):
    first, _ = parse_ends("zzz/qqq", "shop/")
    assert similar(first, ["shop/web-1"]) == []
