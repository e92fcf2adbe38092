"""What NetworkPolicies decided."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.models.dashboard import Panel

from theia_sf_dashboards import panels, uids, units, variables
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.layout import Item, Row
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.links import drill_down
from theia_sf_dashboards.sql import statement
from theia_sf_dashboards.traffic import Traffic

_TRAFFIC = Traffic("Flows with NetworkPolicy Information", "Pod", "Pod", "networkpolicy/ends.sql")
_OUTCOMES = {"Allow": "1", "Deny": "2, 3"}
"""The rule actions of each: 1 allows, 2 drops, 3 rejects."""


def _panels() -> Sequence[Item]:
    return [
        _TRAFFIC.graph(title="Cumulative Bytes of Flows with NetworkPolicy Information"),
        _decisions(),
        Row("Bytes of each policy", [_shares("Ingress"), _shares("Egress")]),
        Row(
            "Throughput of each policy",
            [_throughput(way, outcome) for outcome in _OUTCOMES for way in ("Ingress", "Egress")],
        ),
    ]


def _shares(way: str) -> Panel:
    return panels.pie(
        f"Cumulative Bytes of {way} Network Policy",
        f"Bytes of the flows that each policy allowed or denied on {way.lower()}. At most {LIMITS['slice_limit']}.",
        statement("networkpolicy/shares.sql", way=way.lower()),
        unit=units.BYTES,
    )


def _throughput(way: str, outcome: str) -> Panel:
    done = "allowed" if outcome == "Allow" else "dropped or rejected"
    return panels.time_series(
        f"Throughput of {way} {outcome} NetworkPolicy",
        f"Bits per second of what policies {done} on {way.lower()}, by policy, source and destination. The "
        f"{LIMITS['series_limit']} with the most bytes in the time range.",
        statement("networkpolicy/throughput.sql", way=way.lower(), actions=_OUTCOMES[outcome]),
        unit=units.BITS_PER_SECOND,
    )


def _decisions() -> Panel:
    records = [drill_down("Flow records of this policy", uids.FLOW_RECORDS, value="policy")]
    return panels.table(
        "NetworkPolicy Decisions",
        f"What each rule decided on whom, at most {LIMITS['row_limit']} rows. Antrea names no policy where Kubernetes "
        "NetworkPolicies isolate a Pod and none of them allows a flow.",
        statement("networkpolicy/decisions.sql"),
        column_units={
            "Bytes": units.BYTES,
            "Reverse bytes": units.BYTES,
            "Flow records": units.COUNT,
            "Port": units.PLAIN,
        },
        column_links={"Policy": records},
    )


DASHBOARD = Dashboard(
    name="networkpolicy_dashboard",
    uid=uids.NETWORK_POLICY,
    title="NetworkPolicy Flows",
    summary="What NetworkPolicies allowed and denied, by policy, direction and pair.",
    panels=_panels,
    variables=variables.policy_variables,
)
