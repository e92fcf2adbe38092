from __future__ import annotations

import pytest
import yaml

from tests.unit.policies.flow_records import CLUSTER
from tests.unit.policies.schemas import check
from theia_sf.policies.edges import Edge
from theia_sf.policies.model import Address, PolicyType, Reason, RuleKey, Seen, Service, Workload
from theia_sf.policies.recommend import recommend
from theia_sf.policies.render.documents import documents, overview, to_yaml
from theia_sf.policies.summary import summary_lines, warnings

APPLIED, ALL, K8S = PolicyType.ANP_DENY_APPLIED, PolicyType.ANP_DENY_ALL, PolicyType.K8S_NP
WEB, DB = '{"app":"web"}', '{"app":"db"}'
NAMESPACE = "kubernetes.io/metadata.name"


def edge(**values) -> Edge:
    """Two flows from shop/web to shop/db, TCP 5432; the arguments change it."""
    base = Edge(None, "shop", WEB, None, "shop", DB, None, None, 5432, 6, 2, CLUSTER, CLUSTER, 300, 1_000, 1_060)
    return base._replace(**values)


def to_nowhere(ip: str, **values) -> Edge:
    return edge(to_namespace=None, to_labels=None, to_ip=ip, **values)


def from_nowhere(ip: str, **values) -> Edge:
    return edge(from_namespace=None, from_labels=None, from_ip=ip, **values)


def objects(*edges: Edge, policy_type: PolicyType = ALL, **options):
    found = list(documents(recommend(edges, policy_type, **options)))
    for one in found:
        check(one)
    return found


def spec_of(found, app: str):
    (spec,) = [
        one["spec"]
        for one in found
        if one["kind"] == "NetworkPolicy" and yaml.safe_dump(one["spec"]).count(f"app: {app}\n") and _selects(one, app)
    ]
    return spec


def _selects(one, app: str) -> bool:
    spec = one["spec"]
    selector = spec["podSelector"] if "podSelector" in spec else spec["appliedTo"][0]["podSelector"]
    return selector.get("matchLabels", {}).get("app") == app


def pods(app: str, namespace: str = "shop"):
    return {
        "namespaceSelector": {"matchLabels": {NAMESPACE: namespace}},
        "podSelector": {"matchLabels": {"app": app}},
    }


def test_pod_to_pod_in_antrea():
    found = objects(edge())
    assert [one["kind"] for one in found] == ["NetworkPolicy", "NetworkPolicy", "ClusterNetworkPolicy"]
    port = [{"port": 5432, "protocol": "TCP"}]
    assert spec_of(found, "web") == {
        "tier": "application",
        "priority": 5,
        "appliedTo": [{"podSelector": {"matchLabels": {"app": "web"}}}],
        "egress": [{"action": "Allow", "to": [pods("db")], "ports": port}],
    }
    assert spec_of(found, "db")["ingress"] == [{"action": "Allow", "from": [pods("web")], "ports": port}]


def test_pod_to_pod_in_kubernetes():
    found = objects(edge(), policy_type=K8S, allowed_namespaces=["kube-system"])
    assert [one["apiVersion"] for one in found] == ["networking.k8s.io/v1"] * 2
    assert spec_of(found, "web") == {
        "podSelector": {"matchLabels": {"app": "web"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [pods("db")], "ports": [{"port": 5432, "protocol": "TCP"}]}],
    }


def test_pod_to_service():
    flow = edge(to_service="data/postgres:tcp")
    antrea = objects(flow)
    assert spec_of(antrea, "web")["egress"] == [
        {"action": "Allow", "toServices": [{"name": "postgres", "namespace": "data"}]}
    ]
    assert spec_of(antrea, "db")["ingress"][0]["from"] == [pods("web")]
    assert spec_of(objects(flow, policy_type=K8S), "web")["egress"][0]["to"] == [pods("db")]


@pytest.mark.parametrize("port_name", ["default/kubernetes", "default/kubernetes:", "default/kubernetes:https"])
def test_service_without_pods(port_name):
    flow = to_nowhere("172.18.0.2", to_service=port_name, to_port=6443)
    assert spec_of(objects(flow), "web")["egress"] == [
        {"action": "Allow", "toServices": [{"name": "kubernetes", "namespace": "default"}]}
    ]
    assert spec_of(objects(flow, policy_type=K8S), "web")["egress"] == [
        {"to": [{"ipBlock": {"cidr": "172.18.0.2/32"}}], "ports": [{"port": 6443, "protocol": "TCP"}]}
    ]


@pytest.mark.parametrize(
    ("address", "cidr"),
    [
        ("203.0.113.9", "203.0.113.9/32"),
        ("2001:DB8:0:0::9", "2001:db8::9/128"),
        ("::ffff:192.0.2.1", "192.0.2.1/32"),
    ],
)
@pytest.mark.parametrize("policy_type", list(PolicyType))
def test_to_and_from_the_outside(address, cidr, policy_type):
    found = objects(to_nowhere(address), from_nowhere(address), policy_type=policy_type)
    assert spec_of(found, "web")["egress"][0]["to"] == [{"ipBlock": {"cidr": cidr}}]
    assert spec_of(found, "db")["ingress"][0]["from"] == [{"ipBlock": {"cidr": cidr}}]


def test_icmp_is_a_protocol_of_the_peer_in_antrea():
    ping = edge(protocol=1, to_port=0, to_service="data/postgres:tcp")
    found = objects(ping, edge(), edge(protocol=58, to_port=0))
    assert spec_of(found, "web")["egress"] == [
        {
            "action": "Allow",
            "to": [pods("db")],
            "ports": [{"port": 5432, "protocol": "TCP"}],
            "protocols": [{"icmp": {}}],
        }
    ]


def test_icmp_is_left_out_of_kubernetes_policies():
    found = recommend([edge(protocol=1, to_port=0)], K8S)
    assert (found.policies, found.left_out) == ([], {Reason.ICMP_IN_KUBERNETES: 2})


def test_a_peer_has_one_rule_with_all_its_traffic_sorted():
    flows = [edge(to_port=port, protocol=number) for port, number in ((53, 17), (443, 6), (80, 6), (9, 132), (80, 6))]
    (rule,) = spec_of(objects(*flows, policy_type=K8S), "web")["egress"]
    assert [(one["protocol"], one["port"]) for one in rule["ports"]] == [
        ("SCTP", 9),
        ("TCP", 80),
        ("TCP", 443),
        ("UDP", 53),
    ]


@pytest.mark.parametrize("service", ["no-slash:80", "a/b/c:80", "Bad_Name/x:80", "/x:80", "x/:80"])
def test_a_malformed_service_name_counts_as_none(service):
    assert spec_of(objects(edge(to_service=service)), "web")["egress"][0]["to"] == [pods("db")]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"protocol": 47}, Reason.PROTOCOL),
        ({"protocol": 2}, Reason.PROTOCOL),
        ({"to_port": 0}, Reason.PORT),
        ({"from_labels": '{"a":"x#y"}'}, Reason.LABELS),
        ({"to_labels": "{"}, Reason.LABELS),
        ({"from_namespace": "Not A Name"}, Reason.NAMESPACE),
        ({"to_namespace": None, "to_ip": "fe80::1%eth0"}, Reason.ADDRESS),
        ({"to_namespace": None, "to_ip": None}, Reason.ADDRESS),
        ({"left_out": "denied"}, Reason.DENIED),
    ],
)
def test_what_no_rule_can_name_is_counted(values, reason):
    found = recommend([edge(**values)], ALL, allowed_namespaces=["kube-system"])
    assert found.policies == []
    assert found.left_out == {reason: 2}


def test_pods_of_allowed_namespaces_get_no_policy_but_are_peers():
    dns = edge(to_namespace="kube-system", to_labels='{"k8s-app":"kube-dns"}', to_port=53, protocol=17)
    within = dns._replace(from_namespace="kube-system")
    found = recommend([dns, within], ALL, allowed_namespaces=["kube-system"])
    every = list(documents(found))
    assert [one["metadata"].get("namespace") for one in every] == [None, "shop", None]
    assert every[0]["spec"]["tier"] == "platform"
    assert every[0]["spec"]["appliedTo"] == [{"namespaceSelector": {"matchLabels": {NAMESPACE: "kube-system"}}}]
    assert found.left_out == {Reason.NAMESPACE_ALLOWED: 2}


def test_deny_applied_rejects_per_workload_and_deny_all_once():
    applied = objects(edge(), policy_type=APPLIED)
    rejects = [one["spec"] for one in applied if "-reject-" in one["metadata"]["name"]]
    assert [one["appliedTo"] for one in rejects] == [[pods("db")], [pods("web")]]
    everything = [{"podSelector": {}}]
    (reject_all,) = [one["spec"] for one in objects(edge()) if "-reject-all-" in one["metadata"]["name"]]
    assert reject_all == {
        "tier": "baseline",
        "priority": 5,
        "appliedTo": [{"namespaceSelector": {}, "podSelector": {}}],
        "ingress": [{"action": "Reject", "from": everything}],
        "egress": [{"action": "Reject", "to": everything}],
    }


def test_no_edges_no_policies():
    assert recommend([], ALL, allowed_namespaces=["kube-system"]).policies == []


def test_unlabelled_pods_are_their_namespace_with_a_warning():
    found = recommend([edge(from_labels="null")], APPLIED)
    assert any(
        one["spec"]["appliedTo"] == [{"podSelector": {}}] and one["kind"] == "NetworkPolicy" for one in documents(found)
    )
    told = " ".join(warnings(found, cluster=None))
    assert "policy that applies to their whole Namespace: shop" in told
    assert "let the whole Namespace of it through: shop" in told


@pytest.mark.parametrize(
    ("edges", "policy_type", "text"),
    [
        ([edge(), edge(left_out="policy-on-one-side")], K8S, "2 flows with a policy on one side only"),
        ([edge(), edge(left_out="crosses-bound")], K8S, "2 flows across a bound of the time range"),
        ([edge(last_cluster="other")], K8S, "come from 2 or more clusters"),
        ([edge(from_labels='{"job-name":"x"}')], K8S, "add to --label-ignore: job-name"),
        ([edge(to_labels='{"batch.kubernetes.io/x":"1"}')], K8S, "add to --label-ignore: batch.kubernetes.io/x"),
        ([edge(to_service="a/b:c")], ALL, "A rule for a Service opens all of its ports, not only those seen: a/b"),
        ([to_nowhere("192.0.2.1")], ALL, "from and to the outside of the cluster (2 flows here) is not denied"),
        ([edge()], APPLIED, "2 workloads had traffic in one direction only"),
    ],
)
def test_a_warning_where_it_matters(edges, policy_type, text):
    assert any(text in one for one in warnings(recommend(edges, policy_type), cluster=None))


def test_no_warning_where_none_matters():
    both = [edge(), edge(from_labels=DB, to_labels=WEB)]
    assert list(warnings(recommend(both, K8S), cluster=None)) == []
    assert list(warnings(recommend([edge(last_cluster="other")], K8S), cluster=CLUSTER)) == []


def test_the_summary_counts_everything():
    found = recommend([edge(), edge(left_out="denied", flows=3000), edge(protocol=47, flows=1)], K8S)
    assert summary_lines(found) == [
        "Read 3,003 flows: 2 edges, 2 policies.",
        "Left out 3,000 flows: dropped or rejected.",
        "Left out 1 flow: a protocol that policies cannot name.",
    ]


def test_a_reached_limit_is_told():
    assert recommend([edge()], K8S, limit=1).cut
    assert not recommend([edge()], K8S, limit=2).cut


def test_overview_of_each_kind():
    rows = [overview(one) for one in objects(edge(), policy_type=APPLIED, allowed_namespaces=["kube-system"])]
    assert [(row["kind"], row["applied_to"], row["ingress_rules"], row["egress_rules"]) for row in rows] == [
        ("ClusterNetworkPolicy", f"{NAMESPACE}=kube-system", 1, 1),
        ("NetworkPolicy", "app=db", 1, 0),
        ("NetworkPolicy", "app=web", 0, 1),
        ("ClusterNetworkPolicy", f"{NAMESPACE}=shop, app=db", 1, 1),
        ("ClusterNetworkPolicy", f"{NAMESPACE}=shop, app=web", 1, 1),
    ]


def test_documents_are_separated_by_three_dashes():
    text = "".join(to_yaml(objects(edge(), policy_type=K8S)))
    assert text.count("\n---\n") == 1
    assert text.startswith("apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: ")
    assert text.endswith("\n")


def test_explaining_counts_the_flows_behind_each_rule():
    flows = [
        edge(),
        edge(to_port=80, octets=7, first_seen=10, last_seen=20),
        edge(to_service="shop/db:sql", octets=50, first_seen=5_000, last_seen=6_000),
        to_nowhere("192.0.2.1"),
        edge(from_namespace="kube-system"),
        edge(left_out="denied"),
        edge(protocol=2),
    ]
    found = recommend(flows, APPLIED, allowed_namespaces=["kube-system"], explain=True)
    web, db = Workload("shop", (("app", "web"),)), Workload("shop", (("app", "db"),))
    assert found.seen == {
        RuleKey(web, "egress", db): Seen(4, 307, 10, 1_060),
        RuleKey(web, "egress", Service("shop", "db")): Seen(2, 50, 5_000, 6_000),
        RuleKey(web, "egress", Address("192.0.2.1/32")): Seen(2, 300, 1_000, 1_060),
        RuleKey(db, "ingress", web): Seen(6, 357, 10, 6_000),
        RuleKey(db, "ingress", Workload("kube-system", (("app", "web"),))): Seen(2, 300, 1_000, 1_060),
    }


def test_without_explaining_nothing_is_counted():
    assert recommend([edge()], APPLIED).seen is None
