"""Every dashboard, in the order in which the home page introduces them."""

from __future__ import annotations

from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.dashboards import (
    cost,
    drops,
    flow_records,
    homepage,
    ingestion,
    network_policy,
    network_topology,
    node_to_node,
    pod_to_external,
    pod_to_pod,
    pod_to_service,
)

_FLOWS: tuple[Dashboard, ...] = (
    flow_records.DASHBOARD,
    pod_to_pod.DASHBOARD,
    pod_to_service.DASHBOARD,
    pod_to_external.DASHBOARD,
    node_to_node.DASHBOARD,
    network_policy.DASHBOARD,
    network_topology.DASHBOARD,
    drops.DASHBOARD,
    ingestion.DASHBOARD,
)
_OTHERS = (*_FLOWS, cost.cost(_FLOWS))

DASHBOARDS: tuple[Dashboard, ...] = (homepage.homepage(_OTHERS), *_OTHERS)
