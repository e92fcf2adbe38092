"""Traffic that leaves the cluster, and traffic that enters it."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.traffic import Traffic

_OUT = Traffic("Pod-to-External", "Pod", "External Address", "pod_to_external/ends.sql")
_IN = Traffic("External-to-Pod", "External Address", "Pod", "pod_to_external/ends_from_external.sql")


def _panels() -> Sequence[Item]:
    records = [drill_down("Flow records of this Pod", uids.FLOW_RECORDS, value="pod")]
    return [
        Row(
            "From Pods to outside of the cluster",
            [_OUT.graph(), _OUT.pairs(links={"Source": records}), *_OUT.throughput_of_pairs()],
        ),
        Row(
            "From outside of the cluster to Pods",
            [_IN.graph(), _IN.pairs(links={"Destination": records}), *_IN.throughput_of_pairs()],
        ),
        _OUT.sankeys(),
    ]


DASHBOARD = Dashboard(
    name="pod_to_external",
    uid=uids.POD_TO_EXTERNAL,
    title="Pod-to-External Flows",
    summary="Traffic between Pods and what is outside of the cluster, in both directions.",
    panels=_panels,
)
