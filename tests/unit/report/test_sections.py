"""What the sections read, against sums over the same records that are made here."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from tests.unit.policies.flow_records import CLUSTER, OTHER_CLUSTER, fixture, record
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.time_window import TimeWindow
from theia_sf.policies.model import Reason
from theia_sf.policies.options import PolicyOptions
from theia_sf.report.read import read_report
from theia_sf.report.section import About
from theia_sf.report.sections import graph
from theia_sf.report.sections.denied import DENIED
from theia_sf.report.sections.graph import GRAPH, MOST_ADDRESSES
from theia_sf.report.sections.overview import OVERVIEW
from theia_sf.report.sections.policies import POLICIES
from theia_sf.report.sections.talkers import TALKERS, TOP
from theia_sf.report.sections.traffic import MOST_BUCKETS, TRAFFIC, bucket_length
from theia_sf.report.sections.uncovered import UNCOVERED

START = datetime(2026, 7, 1, tzinfo=UTC)
END = datetime(2026, 7, 4, 12, tzinfo=UTC)
NOW = datetime(2026, 7, 9, tzinfo=UTC)


def at(moment: datetime) -> str:
    return moment.isoformat()


def unix(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def spread(records):
    """The records over eight days around the range, some of them across its bounds, with bytes of all sizes."""
    dice = random.Random(7)
    for number, one in enumerate(records):
        end = START - timedelta(days=2) + timedelta(seconds=dice.randrange(8 * 86_400))
        one |= {
            "flowStartSeconds": at(end - timedelta(seconds=dice.choice([0, 60, 90_000]))),
            "flowEndSeconds": at(end),
            "octetDeltaCount": dice.randrange(10 ** dice.randrange(1, 9)),
            "reverseOctetDeltaCount": dice.randrange(10 ** dice.randrange(1, 9)),
            "sourcePodName": None if one["sourcePodNamespace"] is None else f"pod-{number % 13}",
            "destinationPodName": None if one["destinationPodNamespace"] is None else f"pod-{number % 7}",
        }
    return records


RECORDS = spread(fixture(800))


def about(start=START, end=END, cluster=None, **options) -> About:
    return About("ANTREA_X", FlowRange(TimeWindow(start, end), cluster, NOW), PolicyOptions(**options), "1")


def chosen(records=RECORDS, start=START, end=END, cluster=None):
    return [
        one
        for one in records
        if unix(at(start)) <= unix(one["flowEndSeconds"]) < unix(at(end))
        and (cluster is None or one["clusterUUID"] == cluster)
    ]


def denied(one) -> bool:
    return bool({one["ingressNetworkPolicyRuleAction"], one["egressNetworkPolicyRuleAction"]} & {2, 3})


def total(records, *columns: str) -> int:
    return sum(one[column] for one in records for column in columns or ("octetDeltaCount", "reverseOctetDeltaCount"))


def destination(one, column: str):
    return None if one["flowType"] == 3 else one[column] or None


@pytest.fixture(scope="module", params=[None, CLUSTER], ids=["all-clusters", "one-cluster"])
def case(request, memory):
    """A report over the range, and the records that it is about."""
    return read_report(memory.load(RECORDS), about(cluster=request.param)), chosen(cluster=request.param)


def test_overview(case):
    report, records = case
    read = report.part(OVERVIEW)
    by_cluster = defaultdict(list)
    for one in records:
        by_cluster[one["clusterUUID"]].append(one)
    assert {one.cluster: one[1:] for one in read.chosen} == {
        cluster: (
            len(some),
            total(some, "octetDeltaCount"),
            total(some, "reverseOctetDeltaCount"),
            sum(map(denied, some)),
            min(unix(one["flowEndSeconds"]) for one in some),
            max(unix(one["flowEndSeconds"]) for one in some),
        )
        for cluster, some in by_cluster.items()
    }
    assert (read.records, read.octets) == (len(records), total(records))
    everything = Counter(one["clusterUUID"] for one in RECORDS)
    assert {one.cluster: one.records for one in read.held} == everything  # whatever the report is about
    assert min(one.first_start for one in read.held) == min(unix(one["flowStartSeconds"]) for one in RECORDS)


def test_traffic(case):
    report, records = case
    read = report.part(TRAFFIC)
    assert read.length == 1_800
    expected = defaultdict(lambda: [0, 0, 0, 0])
    for one in records:
        bucket = expected[unix(one["flowEndSeconds"]) // 1_800 * 1_800]
        for index, number in enumerate((1, one["octetDeltaCount"], one["reverseOctetDeltaCount"], denied(one))):
            bucket[index] += number
    starts = [bucket.start for bucket in read.buckets]
    assert starts == list(range(min(expected), max(expected) + 1, 1_800))
    assert {bucket.start: list(bucket[1:]) for bucket in read.buckets if bucket.records} == expected


@pytest.mark.parametrize(
    ("seconds", "length"),
    [(0, 60), (3_600, 60), (86_400, 600), (7 * 86_400, 3_600), (30 * 86_400, 21_600), (400 * 86_400, 7 * 86_400)],
)
def test_the_length_of_a_bucket_fits_the_time(seconds, length):
    assert bucket_length(1_782_900_000, 1_782_900_000 + seconds) == length


def test_there_are_never_too_many_buckets_also_with_a_record_of_1970():
    length = bucket_length(0, 1_782_900_000)
    assert 1_782_900_000 // length < MOST_BUCKETS


def test_talkers(case):
    report, records = case
    read = report.part(TALKERS)
    expected = {kind: defaultdict(lambda: [0, 0, 0, 0]) for kind in read.top}

    def add(kind, cluster, name, sent, received, one):
        if name is not None:
            for index, number in enumerate((sent, received, 1, denied(one))):
                expected[kind][cluster, name][index] += number

    for one in records:
        forth, back, cluster = one["octetDeltaCount"], one["reverseOctetDeltaCount"], one["clusterUUID"]
        source = one["sourcePodNamespace"], one["sourcePodName"]
        target = destination(one, "destinationPodNamespace"), destination(one, "destinationPodName")
        service = destination(one, "destinationServicePortName")
        for namespace, address, sent, received in (
            (source, one["sourceIP"], forth, back),
            (target, one["destinationIP"], back, forth),
        ):
            pod = f"{namespace[0]}/{namespace[1]}" if namespace[0] and namespace[1] else None
            for kind, name in (("pod", pod), ("namespace", namespace[0])):
                add(kind, cluster, name, sent, received, one)
            if namespace[0] is None and (namespace is source or service is None):
                add("address", cluster, address, sent, received, one)
        if target[0] is not None and source[0] == target[0]:  # one record at one end is one record
            expected["namespace"][cluster, source[0]][2] -= 1
            expected["namespace"][cluster, source[0]][3] -= denied(one)
            if source == target:
                expected["pod"][cluster, f"{source[0]}/{source[1]}"][2] -= 1
                expected["pod"][cluster, f"{source[0]}/{source[1]}"][3] -= denied(one)
        if service is not None:
            add("service", cluster, service.partition(":")[0], back, forth, one)
    for kind, talkers in read.top.items():
        assert read.total[kind] == len(expected[kind])
        found = {(one.cluster, one.name): list(one[2:]) for one in talkers}
        first = sorted(expected[kind], key=lambda key: (-sum(expected[kind][key][:2]), key[1], key[0]))[:TOP]
        assert found == {key: expected[kind][key] for key in first}
        assert [(one.cluster, one.name) for one in talkers] == first


def test_the_graph_holds_every_flow(case):
    report, records = case
    read = report.part(GRAPH)
    weights = [weight for _, weight in read.edges]
    assert sum(weight.flows for weight in weights) == len(records)
    assert sum(weight.total for weight in weights) == total(records)
    assert sum(weight.denied for weight in weights) == sum(map(denied, records))
    assert min(weight.first for weight in weights) == min(unix(one["flowStartSeconds"]) for one in records)
    assert max(weight.last for weight in weights) == max(unix(one["flowEndSeconds"]) for one in records)
    assert read.omitted == (0, 0, 0)
    assert [weight.total for weight in weights] == sorted((weight.total for weight in weights), reverse=True)
    by_namespaces = Counter()
    for key, weight in read.edges:
        by_namespaces[key.source.namespace, key.destination.namespace] += weight.total
    expected = Counter()
    for one in records:
        expected[one["sourcePodNamespace"], destination(one, "destinationPodNamespace")] += total([one])
    assert by_namespaces == expected


def test_pods_of_a_workload_are_one_node(load):
    labels = ['{"app":"web","pod-template-hash":"a"}', '{"app":"web","pod-template-hash":"b"}']
    source = load([record(sourcePodLabels=text) for text in labels])
    ((key, weight),) = read_report(source, about()).part(GRAPH).edges
    assert (key.source.identity.name, key.destination.identity.name, key.traffic) == ("web", "db", "TCP/5432")
    assert (weight.flows, weight.octets, weight.reverse_octets) == (2, 200, 400)


def test_addresses_beyond_the_greatest_are_one_node(load):
    outside = {"destinationPodNamespace": None, "destinationPodName": None, "destinationPodLabels": None, "flowType": 3}
    records = [
        record(destinationIP=f"203.0.{number // 200}.{number % 200}", octetDeltaCount=1_000 - number, **outside)
        for number in range(MOST_ADDRESSES + 50)
    ]
    read = read_report(load(records), about()).part(GRAPH)
    kinds = Counter(key.destination.kind for key, _ in read.edges)
    assert kinds == {"external": MOST_ADDRESSES, "outside": 1}
    (others,) = [weight for key, weight in read.edges if key.destination.kind == "outside"]
    assert (others.flows, others.octets) == (50, total(records[MOST_ADDRESSES:], "octetDeltaCount"))
    assert any("all others are one node" in caveat for caveat in GRAPH.caveats(read))


def test_edges_beyond_the_greatest_are_summed_up_and_those_that_were_denied_are_kept(load, monkeypatch):
    monkeypatch.setattr(graph, "MOST_EDGES", 20)
    records = [record(destinationTransportPort=port, octetDeltaCount=port) for port in range(1, 121)]
    records[0] |= {"ingressNetworkPolicyRuleAction": 2, "octetDeltaCount": 0, "reverseOctetDeltaCount": 0}
    read = read_report(load(records), about()).part(GRAPH)
    ports = {int(key.traffic.partition("/")[2]) for key, _ in read.edges}
    assert ports == {1, *range(102, 121)}
    assert read.omitted == (100, 100, sum(range(2, 102)) + 100 * 200)
    assert any("100 others with 100 flow records and" in caveat for caveat in GRAPH.caveats(read))


def test_rows_beyond_those_that_are_asked_for_are_summed_up_too(load, monkeypatch):
    monkeypatch.setattr(graph, "_MOST_ROWS", 10)
    monkeypatch.setattr(graph, "_DENIED_ROWS", 2)
    records = [record(destinationTransportPort=port, octetDeltaCount=port) for port in range(1, 31)]
    for port in range(1, 6):
        records[port - 1]["egressNetworkPolicyRuleAction"] = 3
    read = read_report(load(records), about()).part(GRAPH)
    assert {key.traffic for key, _ in read.edges} == {f"TCP/{port}" for port in (1, 2, *range(21, 31))}
    assert read.omitted == (18, 18, sum(range(3, 21)) + 18 * 200)


def test_denied(case):
    report, records = case
    read = report.part(DENIED)
    stopped = [one for one in records if denied(one)]
    assert sum(one.flows for _, one in read.between) + read.omitted == len(stopped)
    actions = Counter()
    for denial, one in read.between:
        actions[denial.action, denial.direction] += one.flows
    expected = Counter()
    for one in stopped:
        side = "ingress" if one["ingressNetworkPolicyRuleAction"] in {2, 3} else "egress"
        expected["dropped" if one[f"{side}NetworkPolicyRuleAction"] == 2 else "rejected", side] += 1
    assert actions == expected
    # The days are those of drop-detection, to which a flow belongs that starts and ends within the range.
    whole = [one for one in stopped if unix(one["flowStartSeconds"]) >= unix(at(START))]
    days = Counter(one["flowStartSeconds"][:10] for one in whole)
    assert {day.isoformat(): drops for day, drops in read.days if drops} == days


def test_a_denial_names_the_rule_that_stopped_it(load):
    stopped = record(
        ingressNetworkPolicyRuleAction=3,
        ingressNetworkPolicyNamespace="shop",
        ingressNetworkPolicyName="protect",
        ingressNetworkPolicyRuleName="r1",
    )
    isolated = record(egressNetworkPolicyRuleAction=2)
    read = read_report(load([stopped, stopped, isolated]), about()).part(DENIED)
    assert [(one.policy, one.rule, one.action, one.direction, times.flows) for one, times in read.between] == [
        ("shop/protect", "r1", "rejected", "ingress", 2),
        ("(Kubernetes isolation)", "", "dropped", "egress", 1),
    ]


def test_abnormal_days_are_marked(load):
    days = [START + timedelta(days=number) for number in range(8)]
    quiet = [record(flowStartSeconds=at(day), flowEndSeconds=at(day), ingressNetworkPolicyRuleAction=2) for day in days]
    report = read_report(load([*quiet, *[quiet[3]] * 200]), about(end=None))
    read = report.part(DENIED)
    assert [(found.series.endpoint, found.date.isoformat(), found.drops) for found in read.findings] == [
        ("shop/db-0", "2026-07-04", 201)
    ]
    chart = DENIED.view(read, report)["chart_data"]
    assert chart.markers == [("2026-07-04T00:00:00Z", "1 abnormal endpoint")]
    assert chart.series == (("Dropped or rejected", [1, 1, 1, 201, 1, 1, 1, 1]),)


def test_policies_tell_the_traffic_of_each_rule(case):
    report, _ = case
    found = report.part(POLICIES).recommendation
    used = Counter()
    for key, seen in found.seen.items():
        used[key.direction] += seen.flows
        assert seen.first <= seen.last
    assert {(key.workload, key.direction, key.peer) for key in found.seen} == {
        (policy.workload, direction, rule.peer)
        for policy in found.policies
        if hasattr(policy, "workload") and hasattr(policy, "ingress")
        for direction in ("ingress", "egress")
        for rule in getattr(policy, direction)
    }
    took_part = found.flows - sum(found.left_out.values())
    assert max(used.values()) <= took_part <= sum(used.values())
    everything = [one for one in RECORDS if report.about.chosen.cluster in {None, one["clusterUUID"]}]
    assert found.flows == sum(
        unix(one["flowEndSeconds"]) >= unix(at(START)) and unix(one["flowStartSeconds"]) < unix(at(END))
        for one in everything
    )


def test_a_policy_is_shown_with_its_rules_and_its_yaml(load):
    to_service = record(destinationServicePortName="shop/db:sql")
    report = read_report(load([record(), record(destinationTransportPort=80), to_service]), about())
    shown = POLICIES.view(report.part(POLICIES), report)
    (web,) = [policy for policy in shown["allow"] if policy.applies_to == "shop: app=web"]
    moments = 1_782_900_000, 1_782_900_060
    assert web[2:6] == (3, 900, *moments)
    assert web.rules.rows == [
        ("egress", "shop: app=db", "TCP/80, TCP/5432", 2, 600, *moments),
        ("egress", "Service shop/db", "all ports of the Service", 1, 300, *moments),
    ]
    assert yaml.safe_load(web.yaml)["metadata"]["name"] == web.name
    assert {row[1] for row in shown["others"].rows} == {"ClusterNetworkPolicy"}
    assert [one["spec"]["tier"] for one in yaml.safe_load_all(shown["others_yaml"])] == ["baseline", "baseline"]


def test_the_command_beside_the_policies_writes_the_same_ones(load):
    chosen_options = {"allowed_namespaces": ("kube-system",), "ignored_labels": ("a/b", "c")}
    report = read_report(load([record()]), about(cluster=CLUSTER, end=None, **chosen_options))
    assert POLICIES.view(report.part(POLICIES), report)["command"] == (
        "theia-sf policy-recommendation --database-name ANTREA_X --policy-type anp-deny-applied"
        f" --start 2026-07-01T00:00:00+00:00 --cluster-uuid {CLUSTER} --ns-allow kube-system --label-ignore a/b,c"
        " > policies.yml"
    )


def test_what_no_policy_is_about_is_told_by_reason(load):
    bare = record(sourcePodLabels=None, destinationPodNamespace="billing")
    flows = [record(), record(ingressNetworkPolicyRuleAction=2), record(protocolIdentifier=2), bare]
    report = read_report(load([*flows, {"rejectedRecord": "a,b"}]), about())
    assert report.part(POLICIES).recommendation.left_out == {Reason.DENIED: 1, Reason.PROTOCOL: 1}
    shown = UNCOVERED.view(None, report)
    assert shown["table_data"].rows == [
        ("dropped or rejected", 1, 0.25),
        ("a protocol that policies cannot name", 1, 0.25),
    ]
    assert (shown["left_out"], shown["flows"], shown["share"], shown["bare"]) == (2, 4, "50.0 %", ["shop"])
    assert next(iter(OVERVIEW.caveats(report.part(OVERVIEW)))).startswith("1 line of the flow files")


def test_one_cluster_leaves_out_the_others(load):
    report = read_report(load([record(), record(clusterUUID=OTHER_CLUSTER)]), about(cluster=OTHER_CLUSTER))
    assert [one.cluster for one in report.part(OVERVIEW).chosen] == [OTHER_CLUSTER]
    assert {key.source.cluster for key, _ in report.part(GRAPH).edges} == {OTHER_CLUSTER}
