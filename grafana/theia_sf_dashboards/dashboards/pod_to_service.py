"""Traffic from Pods to Services."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.traffic import Traffic

_TRAFFIC = Traffic("Pod-to-Service", "Pod", "Service", "pod_to_service/ends.sql")


def _panels() -> Sequence[Item]:
    return [
        _TRAFFIC.graph(),
        _TRAFFIC.pairs(links={"Source": [drill_down("Flow records of this Pod", uids.FLOW_RECORDS, value="pod")]}),
        *_TRAFFIC.throughput_of_pairs(),
        _TRAFFIC.throughput_of_sources(),
        _TRAFFIC.throughput_of_destinations(),
        _TRAFFIC.sankeys(),
    ]


DASHBOARD = Dashboard(
    name="pod_to_service",
    uid=uids.POD_TO_SERVICE,
    title="Pod-to-Service Flows",
    summary="Traffic from Pods to Services, by the Service's port.",
    panels=_panels,
)
