"""What policies dropped and rejected, and the days on which that was abnormal."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import DashboardLink, Panel

from theia_sf_dashboards import panels, uids, units, variables
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.sql import statement

_BOTH = "A record that is denied at both ends counts at each."
_WHOM = "On ingress that is who was not reached, on egress who did not get through; an IP where that is no Pod."
_ISOLATION = "Antrea names no policy where Kubernetes NetworkPolicies isolate a Pod and none of them allows a flow."
_RULE = (
    "Days on which an endpoint had abnormally many drops, by the rule of `theia-sf drop-detection`: at least 10, and "
    "more than 3.5 spreads above the median of the cluster's other days. Complete UTC days only, at least four of "
    "them. A selected NetworkPolicy changes nothing here."
)


def _panels() -> Sequence[Item]:
    return [
        _number("Denied Flow Records", f"Flow records that a policy dropped or rejected. {_BOTH}", "COUNT(*)"),
        _number("Denied Endpoints", f"To whom flows were denied. {_WHOM}", "COUNT(DISTINCT endpoint)"),
        _number("Denying Policies", f"Policies that denied flows. {_ISOLATION}", "COUNT(DISTINCT policy)"),
        panels.stat("Findings", _RULE, statement("drops/findings_count.sql", findings="drops/findings.sql"), width=6),
        panels.time_series(
            "Denied Flow Records by Direction and Action",
            f"Flow records by the interval in which they ended. {_BOTH}",
            _of_denials("over_time"),
            unit=units.COUNT,
            bars=True,
            width=16,
        ),
        panels.bar_gauge(
            "Top 10 Denied Endpoints",
            f"The endpoints with the most denied flow records. {_WHOM}",
            _of_denials("top_endpoints"),
            unit=units.COUNT,
            width=8,
            height=10,
        ),
        Row("Findings of drop-detection", _findings()),
        Row("By endpoint, policy and day", _breakdowns()),
    ]


def _findings() -> list[Panel]:
    return [
        panels.time_series(
            "Abnormal Days",
            f"The drops of the days that are findings, at the start of the day in UTC. {_RULE}",
            statement("drops/findings_over_time.sql", findings="drops/findings.sql"),
            unit=units.COUNT,
            bars=True,
            width=10,
        ),
        panels.table(
            "Findings",
            f"{_RULE} The spread is the greatest of 1.4826 times the median absolute deviation (MAD), the root of the "
            f"median, and 1. At most {LIMITS['row_limit']}, those with the greatest score.",
            statement("drops/findings_table.sql", findings="drops/findings.sql"),
            column_units={"Drops": units.COUNT},
            column_links={"Endpoint": _pod_links()},
            width=14,
            height=10,
        ),
    ]


def _breakdowns() -> list[Panel]:
    policy = [drill_down("Decisions of this policy", uids.NETWORK_POLICY, value="policy")]
    return [
        panels.time_series(
            "Denied Flow Records by Day and Endpoint",
            "By UTC day, the first and the last as far as the time range reaches. The "
            f"{LIMITS['series_limit']} endpoints with the most.",
            _of_denials("by_day"),
            unit=units.COUNT,
            bars=True,
            width=24,
        ),
        panels.table(
            "Denials by Endpoint",
            f"{_WHOM} At most {LIMITS['row_limit']}, those with the most denied flow records.",
            _of_denials("by_endpoint"),
            column_units=dict.fromkeys(("Dropped", "Rejected", "Policies"), units.COUNT),
            column_links={"Endpoint": _pod_links()},
        ),
        panels.table(
            "Denials by Policy",
            f"Each rule that denied flows. {_ISOLATION} At most {LIMITS['row_limit']}.",
            _of_denials("by_policy"),
            column_units=dict.fromkeys(("Denied records", "Endpoints"), units.COUNT),
            column_links={"Policy": policy},
        ),
        panels.table(
            "Who Was Denied What",
            f"Source, destination, port and policy; at most {LIMITS['row_limit']}, those with the most denied flow "
            f"records. {_ISOLATION}",
            _of_denials("who_what"),
            column_units={"Denied records": units.COUNT, "Port": units.PLAIN},
            column_links={"Source": _pod_links(), "Destination": _pod_links(), "Policy": policy},
            height=16,
        ),
    ]


def _pod_links() -> list[DashboardLink]:
    return [drill_down("Flow records of this Pod", uids.FLOW_RECORDS, value="pod")]


def _number(title: str, description: str, number: str) -> Panel:
    sql = statement("drops/count.sql", denials="drops/denials.sql", number=number, title=title)
    return panels.stat(title, description, sql, width=6)


def _of_denials(name: str) -> str:
    return statement(f"drops/{name}.sql", denials="drops/denials.sql")


DASHBOARD = Dashboard(
    name="drops_dashboard",
    uid=uids.DROPS,
    title="Dropped and Rejected Flows",
    summary="What policies denied, to whom and when, and the days on which that was abnormal.",
    panels=_panels,
    variables=variables.policy_variables,
    time_from="now-7d",
)
