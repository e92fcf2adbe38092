"""What panels show of a few flow records, where their meaning is not obvious."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.flows.memory import MemorySource
from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.interpolation import Scope, Selection, interpolate, interval_of
from theia_sf_dashboards.limits import LIMITS, MOST_POINTS
from theia_sf_dashboards.macros import MacroContext, expand
from theia_sf_dashboards.provisioning import render

START = datetime(2026, 1, 7, 12, tzinfo=UTC)
END = START + timedelta(hours=1)
MINUTE = START.replace(tzinfo=None)
"""The first of the range, as the macro for grouping gives it: UTC without saying so."""
ALL = Selection((), all_chosen=True, all_value="'__all'")
CONTENTS = {dashboard.name: json.loads(render(dashboard)) for dashboard in DASHBOARDS}
ISOLATION = "(Kubernetes isolation)"

Row = dict[str, Any]

pytestmark = pytest.mark.filterwarnings("ignore:Arrow output:UserWarning")  # fakesnow's use of DuckDB


def record(minutes: float, **values: Any) -> Row:
    """A record of HTTP from shop/web to shop/api through its Service, in the middle of a connection."""
    ended = START + timedelta(minutes=minutes)
    return {
        "flowStartSeconds": (ended - timedelta(minutes=5)).isoformat(),
        "flowEndSeconds": ended.isoformat(),
        "flowEndReason": 2,
        "flowType": 2,
        "protocolIdentifier": 6,
        "clusterUUID": "one",
        "sourceIP": "10.0.0.1",
        "sourceTransportPort": 40_000,
        "sourcePodNamespace": "shop",
        "sourcePodName": "web",
        "sourceNodeName": "node-1",
        "destinationIP": "10.0.0.2",
        "destinationTransportPort": 80,
        "destinationPodNamespace": "shop",
        "destinationPodName": "api",
        "destinationNodeName": "node-2",
        "destinationServicePortName": "shop/api:http",
        "ingressNetworkPolicyName": "",
        "ingressNetworkPolicyNamespace": "",
        "ingressNetworkPolicyRuleName": "",
        "ingressNetworkPolicyRuleAction": 0,
        "ingressNetworkPolicyType": 0,
        "egressNetworkPolicyName": "",
        "egressNetworkPolicyNamespace": "",
        "egressNetworkPolicyRuleName": "",
        "egressNetworkPolicyRuleAction": 0,
        "egressNetworkPolicyType": 0,
        "octetDeltaCount": 600,
        "reverseOctetDeltaCount": 60,
        "packetDeltaCount": 6,
        "reversePacketDeltaCount": 1,
        **values,
    }


def to_external(minutes: float, address: str, **values: Any) -> Row:
    ends = {"flowType": 3, "destinationIP": address, "destinationPodNamespace": "", "destinationPodName": ""}
    return record(minutes, **ends, destinationNodeName="", destinationServicePortName="", **values)


def from_external(minutes: float, address: str, **values: Any) -> Row:
    ends = {"sourceIP": address, "sourcePodNamespace": "", "sourcePodName": "", "sourceNodeName": ""}
    return record(minutes, **{"flowType": 4, **ends, **values})


def ingress(policy: str, action: int = 1, **values: Any) -> Row:
    return {"ingressNetworkPolicyName": policy, "ingressNetworkPolicyRuleAction": action, **values}


def egress(policy: str, action: int = 1, **values: Any) -> Row:
    return {"egressNetworkPolicyName": policy, "egressNetworkPolicyRuleAction": action, **values}


class Panels:
    """Runs the queries of panels over the records that were loaded."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source

    def load(self, *records: Row) -> Panels:
        self._source.load(list(records))
        return self

    def show(self, dashboard: str, title: str, ref: str = "A", **chosen: str | list[str]) -> list[Row]:
        """The rows of a panel's query, by the names of the columns."""
        panel = next(panel for panel in every_panel(dashboard) if panel["title"] == title)
        query = next(target for target in panel["targets"] if target["refId"] == ref)
        return self._run(query["queryText"], interval_of(START, END, MOST_POINTS, "1m"), chosen)

    def values(self, dashboard: str, variable: str, **chosen: str | list[str]) -> list[str]:
        """What a variable offers."""
        (found,) = (one for one in CONTENTS[dashboard]["templating"]["list"] if one["name"] == variable)
        return [row["value"] for row in self._run(found["query"], None, chosen)]

    def _run(self, text: str, interval: int | None, chosen: dict[str, str | list[str]]) -> list[Row]:
        names = ("cluster", "namespace", "pod", "policy", "direction")
        variables = {name: _selection(chosen[name]) if name in chosen else ALL for name in names}
        sql = interpolate(text, Scope(START, END, variables, interval))
        cursor = self._source._run(expand(sql, MacroContext(START, END)).sql)
        columns = [column[0] for column in cursor.description]
        return [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]


def _selection(values: str | list[str]) -> Selection:
    return Selection((values,) if isinstance(values, str) else tuple(values))


def every_panel(dashboard: str) -> Iterator[Row]:
    for item in CONTENTS[dashboard]["panels"]:
        yield from item.get("panels") or [item]


@pytest.fixture
def panels(memory: MemorySource) -> Panels:
    return Panels(memory)


def home(panels: Panels, title: str, **chosen: str | list[str]) -> float:
    (row,) = panels.show("homepage", title, **chosen)
    (value,) = row.values()
    return float(value)


def test_a_rate_is_the_octets_of_an_interval_by_its_seconds(panels: Panels) -> None:
    panels.load(record(0.5), record(0.9, octetDeltaCount=300), record(1.5))
    assert panels.show("pod_to_pod_dashboard", "Throughput of Pod-to-Pod") == [
        {"time": MINUTE, "series": "shop/web → shop/api", "Value": 900 * 8 / 60},
        {"time": MINUTE + timedelta(minutes=1), "series": "shop/web → shop/api", "Value": 600 * 8 / 60},
    ]
    (first, *_) = panels.show("pod_to_pod_dashboard", "Reverse Throughput of Pod-to-Pod")
    assert first["Value"] == 120 * 8 / 60


def test_the_series_with_the_most_bytes_are_shown_up_to_the_newest_point(panels: Panels) -> None:
    many = LIMITS["series_limit"] + 5
    early = [record(1, sourcePodName=f"small-{number}", octetDeltaCount=number + 1) for number in range(many)]
    late = record(59.5, sourcePodName="large", octetDeltaCount=10_000)
    rows = panels.load(*early, late).show("pod_to_pod_dashboard", "Throughput of Pod as Source")
    assert len({row["series"] for row in rows}) == LIMITS["series_limit"]
    assert rows[-1]["series"] == "shop/large"
    assert "shop/small-0" not in {row["series"] for row in rows}


def test_the_bounds_of_the_time_range_are_left_out(panels: Panels) -> None:
    panels.load(record(0), record(0.001), record(59.999), record(60))
    assert home(panels, "Data Transmitted") == 2 * 660


def test_a_line_that_is_no_flow_record_is_no_flow(panels: Panels) -> None:
    panels.load(record(1), {"rejectedRecord": "x", "loadedAt": START.isoformat()})
    assert panels.show("flow_records_dashboard", "Flow Records Count")[0] == {"Flow records": 1}


def test_connections_are_told_by_both_ports_and_end_with_their_last_record(panels: Panels) -> None:
    panels.load(
        record(1),
        record(2, flowEndReason=3),
        record(1, sourceTransportPort=40_001),
        record(1, clusterUUID="two"),
    )
    assert home(panels, "Active Connections") == 2
    assert home(panels, "Stopped Connections") == 1
    assert home(panels, "Active Connections", cluster="one") == 1


def test_what_clusters_have_of_the_same_name_is_counted_for_each(panels: Panels) -> None:
    panels.load(record(1), record(2), record(1, clusterUUID="two"))
    assert home(panels, "Pods") == 4
    assert home(panels, "Nodes") == 4
    assert home(panels, "Services") == 2
    assert home(panels, "Pods", cluster="two") == 2


def test_external_is_both_directions_old_releases_included(panels: Panels) -> None:
    panels.load(record(1), to_external(1, "203.0.113.9"), from_external(1, "192.0.2.1"))
    assert home(panels, "Data with External") == 2 * 660
    assert home(panels, "To-External Connections") == 1
    panels.load(from_external(1, "192.0.2.1", flowType=0))
    assert home(panels, "Data with External") == 660
    (pair,) = panels.show("pod_to_external", "External-to-Pod Traffic")
    assert (pair["Source"], pair["Destination"]) == ("192.0.2.1", "shop/api")
    assert panels.show("pod_to_external", "Pod-to-External Traffic") == []


def test_overall_throughput_is_that_of_the_time_range(panels: Panels) -> None:
    panels.load(record(1), record(59))
    assert home(panels, "Overall Throughput") == pytest.approx(2 * 660 * 8 / 3600)


def test_a_policy_of_the_whole_cluster_has_no_namespace_and_isolation_no_name(panels: Panels) -> None:
    panels.load(
        record(1),
        record(2, **egress("p", egressNetworkPolicyNamespace="shop", egressNetworkPolicyType=2)),
        record(3, **ingress("c", action=3, ingressNetworkPolicyType=3)),
        record(4, **ingress("", action=2, ingressNetworkPolicyType=1)),
    )
    assert panels.values("networkpolicy_dashboard", "policy") == [ISOLATION, "c", "shop/p"]
    assert panels.values("networkpolicy_dashboard", "direction") == ["egress", "ingress"]
    assert home(panels, "NetworkPolicies") == 2
    assert home(panels, "Denied Connections") == 1, "of one connection, in two records"
    rows = panels.show("networkpolicy_dashboard", "NetworkPolicy Decisions")
    told = {(row["Direction"], row["Policy"], row["Type"], row["Action"]) for row in rows}
    assert told == {
        ("egress", "shop/p", "Antrea NetworkPolicy", "allow"),
        ("ingress", "c", "Antrea ClusterNetworkPolicy", "reject"),
        ("ingress", ISOLATION, "Kubernetes NetworkPolicy", "drop"),
    }


def test_a_flow_that_is_decided_on_at_both_ends_counts_once_for_each(panels: Panels) -> None:
    panels.load(record(1, **egress("out"), **ingress("in", action=2)))
    board = "networkpolicy_dashboard"
    assert [row["policy"] for row in panels.show(board, "Cumulative Bytes of Ingress Network Policy")] == ["in"]
    assert [row["policy"] for row in panels.show(board, "Cumulative Bytes of Egress Network Policy")] == ["out"]
    assert len(panels.show(board, "NetworkPolicy Decisions")) == 2
    assert [row["Policy"] for row in panels.show(board, "NetworkPolicy Decisions", direction="egress")] == ["out"]
    assert panels.show(board, "NetworkPolicy Decisions", direction="egress", policy="in") == []
    (point,) = panels.show(board, "Throughput of Ingress Deny NetworkPolicy")
    assert point["series"] == "in: shop/web → shop/api:http"
    assert panels.show(board, "Throughput of Ingress Allow NetworkPolicy") == []
    edges = panels.show(board, "Cumulative Bytes of Flows with NetworkPolicy Information", "edges")
    assert [(edge["mainstat"], edge["secondarystat"], edge["color"]) for edge in edges] == [(660, 1, "red")]


def test_records_of_a_policy_in_a_direction_only(panels: Panels) -> None:
    panels.load(
        record(1, **ingress("p")),
        record(2, **egress("p")),
        record(3),
    )

    def shown(**chosen: str) -> list[str | None]:
        rows = panels.show("flow_records_dashboard", "Flow Records Table", **chosen)
        return [f"{row['Ingress policy']} {row['Egress policy']}" for row in rows]

    assert shown() == ["None None", "None p", "p None"]
    assert shown(policy="p") == ["None p", "p None"]
    assert shown(policy="p", direction="ingress") == ["p None"]
    assert shown(direction="egress") == ["None p"]


def test_a_selection_is_met_by_either_end(panels: Panels) -> None:
    panels.load(record(1), record(1, destinationPodNamespace="db"), record(1, sourcePodNamespace="db"))
    assert home(panels, "Data Transmitted", namespace="db") == 2 * 660
    assert home(panels, "Data Transmitted", pod="db/api") == 660
    assert home(panels, "Data Transmitted", pod="db/web") == 660
    assert home(panels, "Data Transmitted", pod=["db/web", "db/api"]) == 2 * 660
    assert home(panels, "Data Transmitted", namespace="db", pod="shop/web") == 660


def test_the_pods_that_are_offered_are_those_of_the_namespaces_chosen(panels: Panels) -> None:
    panels.load(record(1, destinationPodNamespace="db"), record(1, clusterUUID="two", sourcePodNamespace="other"))
    assert panels.values("homepage", "cluster") == ["one", "two"]
    assert panels.values("homepage", "namespace") == ["db", "other", "shop"]
    assert panels.values("homepage", "namespace", cluster="one") == ["db", "shop"]
    assert panels.values("homepage", "pod", namespace="db") == ["db/api"]
    assert panels.values("homepage", "pod", cluster="two") == ["other/web", "shop/api"]


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a\\b", "$__timeFrom"])
def test_a_value_that_would_not_stay_one_in_sql_is_not_offered(panels: Panels, name: str) -> None:
    panels.load(record(1, sourcePodNamespace=name, clusterUUID=name), record(1))
    assert panels.values("homepage", "cluster") == ["one"]
    assert panels.values("homepage", "namespace") == ["shop"]
    assert panels.values("homepage", "pod") == ["shop/api", "shop/web"]


def test_both_ends_of_every_edge_are_nodes_and_shares_add_up(panels: Panels) -> None:
    many = LIMITS["edge_limit"] + 10
    panels.load(*(record(1, sourcePodName=f"web-{number}", octetDeltaCount=100 + number) for number in range(many)))
    edges = panels.show("pod_to_pod_dashboard", "Pod-to-Pod Graph", "edges")
    nodes = panels.show("pod_to_pod_dashboard", "Pod-to-Pod Graph", "nodes")
    assert len(edges) == LIMITS["edge_limit"]
    assert {edge[end] for edge in edges for end in ("source", "target")} == {node["id"] for node in nodes}
    assert len({edge["id"] for edge in edges}) == len(edges)
    for node in nodes:
        assert float(node["arc__sent"]) + float(node["arc__received"]) == pytest.approx(1)
    api = next(node for node in nodes if node["id"] == "shop/api")
    assert (api["title"], api["subtitle"]) == ("api", "shop")
    assert api["mainstat"] == sum(edge["mainstat"] for edge in edges)


def test_a_node_that_talks_to_itself_is_not_counted_twice(panels: Panels) -> None:
    panels.load(record(1, destinationNodeName="node-1"))
    (node,) = panels.show("node_to_node", "Node-to-Node Graph", "nodes")
    assert (node["id"], node["mainstat"]) == ("node-1", 660)


def test_a_service_stands_between_the_pods_of_the_topology(panels: Panels) -> None:
    panels.load(record(1), to_external(1, "203.0.113.9"), from_external(1, "192.0.2.1", destinationServicePortName=""))
    edges = panels.show("network_topology", "Network Topology", "edges")
    assert {(edge["source"], edge["target"]) for edge in edges} == {
        ("shop/web", "shop/api:http"),
        ("shop/api:http", "shop/api"),
        ("shop/web", "203.0.113.9"),
        ("192.0.2.1", "shop/api"),
    }
    namespaces = panels.show("network_topology", "Namespace Topology", "edges")
    assert {(edge["source"], edge["target"]) for edge in namespaces} == {
        ("shop", "shop"),
        ("shop", "(no Pod)"),
        ("(no Pod)", "shop"),
    }
