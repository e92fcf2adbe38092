"""The home page: what there is in the time range, and the way to everything else."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import DashboardLink, Panel

from theia_sf_dashboards import panels, uids, units
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.links import drill_down, to_dashboard
from theia_sf_dashboards.sql import statement

_CONNECTION = "A connection is a cluster, a protocol, and address and port at both ends."
_ANY = "TRUE"
_WITH_EXTERNAL = "(flow_type = 3 OR {from_external})"

_ABOUT = """
**theia-sf** shows the network flows of Kubernetes clusters that run Antrea. Antrea's Flow Aggregator writes flow
records to S3 once a minute, and Snowpipe loads them into Snowflake.

Every number on this page is about the time range and the selection above. Each panel is a query on the warehouse of the
data source: nothing is refreshed by itself.
"""


def homepage(others: Sequence[Dashboard]) -> Dashboard:
    """Return the home page, which introduces the other dashboards."""
    return Dashboard(
        name="homepage",
        uid=uids.HOME,
        title="Home",
        summary="What there is in the time range, and the way to every other dashboard.",
        panels=lambda: [*_overview(), *_ways(others)],
    )


def _overview() -> Sequence[Item]:
    pods = to_dashboard("Traffic between Pods", uids.POD_TO_POD)
    services = to_dashboard("Traffic to Services", uids.POD_TO_SERVICE)
    nodes = to_dashboard("Traffic between Nodes", uids.NODE_TO_NODE)
    external = to_dashboard("Traffic with external", uids.POD_TO_EXTERNAL)
    policies = to_dashboard("Decisions of policies", uids.NETWORK_POLICY)
    denials = to_dashboard("What was denied", uids.DROPS)
    records = to_dashboard("Flow records", uids.FLOW_RECORDS)
    stats = [
        _ends("Pods", "pod", "Pods that sent or received.", pods),
        panels.stat("Services", "Services that were used.", statement("homepage/services.sql"), links=[services]),
        _ends("Nodes", "node", "Nodes whose Pods sent or received.", nodes),
        _connections("Active Connections", "whose last record says that they go on", records, "last_end_reason = 2"),
        _connections("Stopped Connections", "whose last record says that they ended", records, "last_end_reason <> 2"),
        _connections("Denied Connections", "that a policy dropped or rejected", denials, kind="{denied}"),
        _bytes("Data Transmitted", "Bytes in both directions.", records),
        _throughput("Overall Throughput", "Bits per second in both directions", records),
        panels.stat(
            "NetworkPolicies",
            "NetworkPolicies that decided on a flow.",
            statement("homepage/policies.sql"),
            links=[policies],
        ),
        _bytes("Data with External", "Bytes to and from outside of the cluster.", external, _WITH_EXTERNAL),
        _throughput("Throughput with External", "Bits per second to and from outside", external, _WITH_EXTERNAL),
        _connections("To-External Connections", "from Pods to outside", external, kind="flow_type = 3"),
    ]
    return [Row("Cluster Overview", stats)]


def _ways(others: Sequence[Dashboard]) -> Sequence[Item]:
    return [
        panels.bar_gauge(
            "Top 10 Active Source Pods",
            "The Pods that sent the most bytes.",
            statement("homepage/top_pods.sql"),
            unit=units.BYTES,
            links=[drill_down("Traffic of this Pod", uids.POD_TO_POD, value="pod", shown="__data.fields.Pod")],
        ),
        panels.time_series(
            "Number of Flow Records Per Minute",
            "Flow records by the minute in which they ended; the average where an interval is longer.",
            statement("homepage/records_per_minute.sql"),
            unit=units.COUNT,
        ),
        panels.text("Overview of Project Theia", "What this is.", _ABOUT.strip(), height=10),
        panels.dashboard_list("Dashboard Links", "Every dashboard, for the same time range and selection.", height=10),
        panels.text(
            "Introduction of Pre-built Dashboards",
            "What each dashboard shows.",
            "\n".join(f"- [{other.title}](/d/{other.uid}?${{__url_time_range}}): {other.summary}" for other in others),
            width=24,
            height=11,
        ),
    ]


def _ends(title: str, kind: str, description: str, link: DashboardLink) -> Panel:
    return panels.stat(title, description, statement("homepage/ends.sql", kind=kind, title=title), links=[link])


def _connections(title: str, which: str, link: DashboardLink, state: str = _ANY, *, kind: str = _ANY) -> Panel:
    sql = statement("homepage/connections.sql", kind=kind, state=state)
    return panels.stat(title, f"Connections {which}. {_CONNECTION}", sql, links=[link])


def _bytes(title: str, description: str, link: DashboardLink, kind: str = _ANY) -> Panel:
    sql = statement("homepage/bytes.sql", kind=kind)
    return panels.stat(title, description, sql, unit=units.BYTES, links=[link])


def _throughput(title: str, description: str, link: DashboardLink, kind: str = _ANY) -> Panel:
    sql = statement("homepage/throughput.sql", kind=kind)
    return panels.stat(
        title, f"{description}, on the average of the time range.", sql, unit=units.BITS_PER_SECOND, links=[link]
    )
