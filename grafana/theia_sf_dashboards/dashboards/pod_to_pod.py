"""Traffic between Pods."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.traffic import Traffic

_TRAFFIC = Traffic("Pod-to-Pod", "Pod", "Pod", "pod_to_pod/ends.sql")


def _panels() -> Sequence[Item]:
    records = [drill_down("Flow records of this Pod", uids.FLOW_RECORDS, value="pod")]
    return [
        _TRAFFIC.graph(),
        _TRAFFIC.pairs(links={"Source": records, "Destination": records}),
        *_TRAFFIC.throughput_of_pairs(),
        _TRAFFIC.throughput_of_sources(),
        _TRAFFIC.throughput_of_destinations(),
        _TRAFFIC.shares(
            "Cumulative Bytes of Source Pod Namespace", "What the Pods of each Namespace send.", "source_namespace"
        ),
        _TRAFFIC.shares(
            "Cumulative Bytes of Destination Pod Namespace",
            "What is sent to the Pods of each Namespace.",
            "destination_namespace",
        ),
        _TRAFFIC.sankeys(),
    ]


DASHBOARD = Dashboard(
    name="pod_to_pod_dashboard",
    uid=uids.POD_TO_POD,
    title="Pod-to-Pod Flows",
    summary="Traffic between Pods, with Services resolved to the Pods behind them.",
    panels=_panels,
)
