from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from theia_sf.flows.buckets import BUCKETS
from theia_sf.flows.choices import Kind, Metric
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.time_window import TimeWindow
from theia_sf.flows.top import read_top

A, B = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"
START = datetime(2026, 7, 1, 10, tzinfo=UTC)
SECONDS = 3600
HOUR = FlowRange(TimeWindow(START, START + timedelta(seconds=SECONDS)), None, START)
COUNTS = ("octetDeltaCount", "reverseOctetDeltaCount", "packetDeltaCount", "reversePacketDeltaCount")
POLICIES = {1: "K8sNetworkPolicy:", 2: "AntreaNetworkPolicy:", 3: "AntreaClusterNetworkPolicy:"}


def record(second=60, **values):
    return {
        "flowStartSeconds": (START - timedelta(hours=5)).isoformat(),
        "flowEndSeconds": (START + timedelta(seconds=second)).isoformat(),
        "sourcePodNamespace": "shop",
        "sourcePodName": "web-1",
        "sourceIP": "10.0.0.1",
        "sourceNodeName": "node-1",
        "destinationPodNamespace": "shop",
        "destinationPodName": "db-1",
        "destinationIP": "10.0.0.2",
        "destinationNodeName": "node-2",
        "destinationServicePortName": "shop/db:sql",
        "ingressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyRuleAction": 0,
        "clusterUUID": A,
        **dict(zip(COUNTS, (100, 10, 4, 1), strict=True)),
    } | values


def many(number: int) -> list[dict]:
    random = Random(7)
    records = []
    for _ in range(number):
        one = record(random.randrange(-600, SECONDS + 600), clusterUUID=random.choice((A, B)))
        for end in ("source", "destination"):
            one[f"{end}PodNamespace"], one[f"{end}PodName"] = random.choice(
                [("", ""), (None, None), ("shop", "web-1"), ("shop", "db-1"), ("bank", "api-1"), ("bank", "web-1")]
            )
            one[f"{end}IP"] = f"10.0.0.{random.randrange(4)}"
            one[f"{end}NodeName"] = random.choice(["node-1", "node-2", "", None])
        one["destinationServicePortName"] = random.choice(["shop/db:sql", "bank/api", "", None])
        for way in ("ingress", "egress"):
            policy = f"{way}NetworkPolicy"
            one[f"{policy}RuleAction"] = random.choice([0, 0, 1, 2, 3])
            one[f"{policy}Name"], one[f"{policy}Namespace"], one[f"{policy}Type"] = random.choice(
                [("", "", 0), (None, None, 1), ("a", "shop", 1), ("a", "shop", 2), ("strict", "", 3)]
            )
        one |= {count: random.randrange(1000) for count in COUNTS}
        records.append(one)
    return records


RECORDS = many(2000)


def names(one: dict, kind: Kind) -> dict[str, bool]:
    """The names of a record, and whether it was denied as this one: worked out apart from the SQL."""
    denied = {way: one[f"{way}NetworkPolicyRuleAction"] in {2, 3} for way in ("ingress", "egress")}
    found: dict[str, bool] = {}
    if kind is Kind.SERVICES:
        return {one["destinationServicePortName"]: any(denied.values())} if one["destinationServicePortName"] else {}
    if kind is Kind.POLICIES:
        for way, end in (("ingress", "destination"), ("egress", "source")):
            policy = f"{way}NetworkPolicy"
            if one[f"{policy}Name"]:
                inside = f"{one[f'{policy}Namespace']}/" if one[f"{policy}Namespace"] else ""
                name = POLICIES[one[f"{policy}Type"]] + inside + one[f"{policy}Name"]
            elif denied[way]:
                inside = f"{one[f'{end}PodNamespace']}/" if one[f"{end}PodNamespace"] else ""
                name = f"K8sNetworkPolicy:{inside}(isolation)"
            else:
                continue
            found[name] = found.get(name, False) or denied[way]
        return found
    for end in ("source", "destination"):
        pod, namespace = one[f"{end}PodName"], one[f"{end}PodNamespace"]
        name = {
            Kind.PODS: f"{namespace}/{pod}" if pod else None,
            Kind.NAMESPACES: namespace,
            Kind.EXTERNAL: None if pod else one[f"{end}IP"],
            Kind.NODES: one[f"{end}NodeName"],
        }[kind]
        if name:
            found[name] = any(denied.values())
    return found


def expected(kind: Kind, metric: Metric) -> dict[tuple[str, str], list[int]]:
    sums: dict[tuple[str, str], list[int]] = {}
    for one in RECORDS:
        second = (datetime.fromisoformat(one["flowEndSeconds"]) - START).total_seconds()
        if not 0 <= second < SECONDS:
            continue
        for name, denied in names(one, kind).items():
            value = {
                Metric.BYTES: one[COUNTS[0]] + one[COUNTS[1]],
                Metric.PACKETS: one[COUNTS[2]] + one[COUNTS[3]],
                Metric.FLOWS: 1,
                Metric.DENIALS: int(denied),
            }[metric]
            trend = sums.setdefault((one["clusterUUID"], name), [0] * BUCKETS)
            trend[int(second * BUCKETS / SECONDS)] += value
    return {key: trend for key, trend in sums.items() if sum(trend)}


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        (kind, metric)
        for kind in Kind
        for metric in Metric
        if kind is Kind.PODS or metric in {Metric.BYTES, Metric.DENIALS}
    ],
)
def test_the_sums_are_those_that_python_makes(load, kind, metric):
    top = read_top(load(RECORDS), HOUR, kind, metric, limit=1000)
    assert {(one.cluster_uuid, one.name): one.trend for one in top.talkers} == expected(kind, metric)
    weights = [one.traffic.of(metric) for one in top.talkers]
    assert weights == [sum(one.trend) for one in top.talkers] == sorted(weights, reverse=True)
    assert top.total.of(metric) > 0
    assert [one.share for one in top.talkers] == [weight / top.total.of(metric) for weight in weights]


def test_the_total_counts_each_flow_once(load):
    end = START + timedelta(seconds=SECONDS)
    inside = [one for one in RECORDS if START <= datetime.fromisoformat(one["flowEndSeconds"]) < end]
    total = read_top(load(RECORDS), HOUR, Kind.NODES).total
    denied = sum(
        {one[f"{way}NetworkPolicyRuleAction"] for way in ("ingress", "egress")} & {2, 3} != set() for one in inside
    )
    assert (total.flows, total.denials) == (len(inside), denied)
    assert total.bytes == sum(one[COUNTS[0]] + one[COUNTS[1]] for one in inside)
    assert total.packets == sum(one[COUNTS[2]] + one[COUNTS[3]] for one in inside)


def test_a_limit_keeps_the_greatest_and_a_tie_has_one_order(load):
    everything = read_top(load(RECORDS), HOUR, Kind.PODS, limit=1000).talkers
    assert [one.name for one in read_top(load(RECORDS), HOUR, Kind.PODS, limit=3).talkers] == [
        one.name for one in everything[:3]
    ]
    tied = [record(sourcePodName=f"web-{number}") for number in range(9)]
    assert [one.name for one in read_top(load(tied), HOUR, Kind.PODS, limit=4).talkers] == [
        "shop/db-1",
        *(f"shop/web-{number}" for number in range(3)),
    ]


def test_a_flow_within_a_pod_or_a_namespace_counts_once(load):
    source = load([record(destinationPodName="web-1")])
    (pod,) = read_top(source, HOUR, Kind.PODS).talkers
    (namespace,) = read_top(source, HOUR, Kind.NAMESPACES).talkers
    assert (pod.traffic.bytes, pod.share, namespace.traffic.flows) == (110, 1, 1)


def test_of_a_namespace(load):
    records = [
        record(),
        record(destinationPodNamespace="bank", destinationPodName="api-1", destinationServicePortName="bank/api"),
        record(sourcePodNamespace="bank", destinationPodNamespace="bank"),
        record(sourcePodNamespace="", sourcePodName=""),
    ]

    def top(kind, namespace):
        return Counter(
            {one.name: one.traffic.flows for one in read_top(load(records), HOUR, kind, namespace=namespace).talkers}
        )

    assert top(Kind.PODS, "shop") == {"shop/web-1": 2, "shop/db-1": 2}
    assert top(Kind.NAMESPACES, "bank") == {"bank": 2, "shop": 1}
    assert top(Kind.SERVICES, "shop") == {"shop/db:sql": 2, "bank/api": 1}
    assert top(Kind.EXTERNAL, "shop") == {"10.0.0.1": 1}
    assert top(Kind.PODS, "none") == {}


def test_only_a_cluster_and_no_line_that_is_no_record(load):
    chosen = FlowRange(HOUR.window, B, START)
    source = load([record(), record(clusterUUID=B), {"rejectedRecord": "x", "flowEndSeconds": START.isoformat()}])
    assert read_top(source, chosen, Kind.PODS).total.flows == 1
    assert read_top(source, HOUR, Kind.PODS).total.flows == 2


def test_the_first_and_the_last_moment(load):
    top = read_top(load([record(0), record(SECONDS - 1), record(SECONDS), record(-1)]), HOUR, Kind.NAMESPACES)
    (shop,) = top.talkers
    assert shop.trend == [110, *[0] * (BUCKETS - 2), 110]


def test_no_flows_and_no_names(load):
    assert read_top(load([]), HOUR, Kind.PODS).talkers == []
    top = read_top(load([record(destinationServicePortName="")]), HOUR, Kind.SERVICES)
    assert (top.talkers, top.total.flows) == ([], 1)
    assert read_top(load([record()]), HOUR, Kind.PODS, Metric.DENIALS).talkers == []


def test_a_name_is_a_value(load):
    hostile = "x'; DROP TABLE FLOWS; --"
    source = load([record(sourcePodName=hostile)])
    assert f"shop/{hostile}" in {one.name for one in read_top(source, HOUR, Kind.PODS).talkers}
    assert read_top(source, HOUR, Kind.PODS, namespace=hostile).talkers == []
    assert read_top(source, HOUR, Kind.PODS).total.flows == 1
