"""Traffic between Nodes."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item
from theia_sf_dashboards.traffic import Traffic

_TRAFFIC = Traffic("Node-to-Node", "Node", "Node", "node_to_node/ends.sql")


def _panels() -> Sequence[Item]:
    return [
        _TRAFFIC.graph(height=14),
        _TRAFFIC.pairs(),
        *_TRAFFIC.throughput_of_pairs(),
        _TRAFFIC.throughput_of_sources(),
        _TRAFFIC.throughput_of_destinations(),
        _TRAFFIC.shares("Cumulative Bytes of Node as Source", "What the Pods of each Node send.", "source"),
        _TRAFFIC.shares(
            "Cumulative Bytes of Node as Destination", "What is sent to the Pods of each Node.", "destination"
        ),
        _TRAFFIC.sankeys(),
    ]


DASHBOARD = Dashboard(
    name="node_to_node",
    uid=uids.NODE_TO_NODE,
    title="Node-to-Node Flows",
    summary="Traffic between the Nodes that Pods run on, within one Node included.",
    panels=_panels,
)
