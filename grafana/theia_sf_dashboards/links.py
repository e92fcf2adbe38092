"""Ways from one dashboard to another, which keep the time range and what is selected."""

from __future__ import annotations

from grafana_foundation_sdk.models.dashboard import DashboardLink, DashboardLinkType

TAG = "theia-sf"
"""Every dashboard carries it; menus and lists go by it."""


def menu() -> DashboardLink:
    """Return the menu of all dashboards, at the top of each."""
    return DashboardLink(
        title="Dashboards",
        type_val=DashboardLinkType.DASHBOARDS,
        icon="external link",
        tooltip="The other dashboards, for the same time range and selection",
        tags=[TAG],
        as_dropdown=True,
        include_vars=True,
        keep_time=True,
    )


def drill_down(title: str, uid: str, *, value: str, keep: tuple[str, ...] = ("cluster",)) -> DashboardLink:
    """Return a link from a value that is shown to a dashboard that is about it.

    Args:
        title: what the link says.
        uid: of the dashboard.
        value: the variable there that takes the value.
        keep: the variables whose selection goes along.
    """
    kept = "".join(f"&${{{name}:queryparam}}" for name in keep)
    url = f"/d/{uid}?${{__url_time_range}}{kept}&var-{value}=${{__value.raw:percentencode}}"
    return DashboardLink(title=title, type_val=DashboardLinkType.LINK, url=url)
