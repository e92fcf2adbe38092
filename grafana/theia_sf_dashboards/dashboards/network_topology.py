"""Who depends on whom: Namespaces, Pods, Services and what is outside."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.traffic import Traffic

_NAMESPACES = Traffic("Namespace Topology", "Namespace", "Namespace", "network_topology/ends_of_namespaces.sql")
_PODS = Traffic("Network Topology", "Pod", "Pod", "network_topology/ends_of_pods.sql")


def _panels() -> Sequence[Item]:
    namespace = [drill_down("Network topology of this Namespace", uids.NETWORK_TOPOLOGY, value="namespace")]
    return [
        _NAMESPACES.graph(title="Namespace Topology", height=14),
        _PODS.graph(title="Network Topology", height=24),
        _NAMESPACES.pairs(links={"Source": namespace, "Destination": namespace}),
        _PODS.pairs(),
    ]


DASHBOARD = Dashboard(
    name="network_topology",
    uid=uids.NETWORK_TOPOLOGY,
    title="Network Topology",
    summary="Who depends on whom: Namespaces, Pods, the Services between them, and what is outside of the cluster.",
    panels=_panels,
)
