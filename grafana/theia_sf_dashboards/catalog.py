"""Every dashboard, in the order in which the home page shows them."""

from __future__ import annotations

from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.dashboards import flow_records

DASHBOARDS: tuple[Dashboard, ...] = (flow_records.DASHBOARD,)
