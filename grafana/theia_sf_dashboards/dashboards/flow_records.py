"""Every flow record: how many, when, and the newest in full."""

from __future__ import annotations

from collections.abc import Sequence

from theia_sf_dashboards import uids, units, variables
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.panels import stat, table, time_series
from theia_sf_dashboards.sql import statement


def _panels() -> Sequence[Item]:
    pod = [drill_down("Traffic of this Pod", uids.POD_TO_POD, value="pod")]
    policy = [drill_down("Decisions of this policy", uids.NETWORK_POLICY, value="policy")]
    return [
        stat(
            "Flow Records Count",
            "Flow records that ended in the time range. A connection that goes on is recorded about once a minute.",
            statement("flow_records/count.sql"),
            width=6,
            height=8,
        ),
        time_series(
            "Flow Records Count",
            "Flow records by the interval in which they ended.",
            statement("flow_records/count_over_time.sql"),
            unit=units.COUNT,
            bars=True,
            width=18,
            height=8,
        ),
        table(
            "Flow Records Table",
            "The newest flow records, at most 1000. Choose a shorter time range or a selection to see others.",
            statement("flow_records/table.sql"),
            column_units={
                "Bytes": units.BYTES,
                "Reverse bytes": units.BYTES,
                "Packets": units.COUNT,
                "Reverse packets": units.COUNT,
                "Source port": units.PLAIN,
                "Destination port": units.PLAIN,
            },
            column_links={
                "Source Pod": pod,
                "Destination Pod": pod,
                "Ingress policy": policy,
                "Egress policy": policy,
            },
            height=20,
        ),
    ]


DASHBOARD = Dashboard(
    name="flow_records_dashboard",
    uid=uids.FLOW_RECORDS,
    title="Flow Records",
    summary="Every flow record of the time range: how many, when, and the newest in full.",
    panels=_panels,
    variables=variables.policy_variables,
)
