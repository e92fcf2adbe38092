"""Ways from one dashboard to another, which keep the time range and what is selected."""

from __future__ import annotations

from collections.abc import Sequence

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


def to_dashboard(title: str, uid: str, *, keep: Sequence[str] = ("cluster", "namespace", "pod")) -> DashboardLink:
    """Return a link to a dashboard.

    Args:
        title: what the link says.
        uid: of the dashboard.
        keep: the variables whose selection goes along.
    """
    kept = "".join(f"&${{{name}:queryparam}}" for name in keep)
    return DashboardLink(title=title, type_val=DashboardLinkType.LINK, url=f"/d/{uid}?${{__url_time_range}}{kept}")


def drill_down(
    title: str, uid: str, *, value: str, shown: str = "__value.raw", keep: Sequence[str] = ("cluster",)
) -> DashboardLink:
    """Return a link from a value that is shown to a dashboard that is about it.

    Args:
        title: what the link says.
        uid: of the dashboard.
        value: the variable there that takes the value.
        shown: where the value stands; that which is clicked, or `__data.fields.NAME` for another column of its row.
        keep: the variables whose selection goes along.
    """
    link = to_dashboard(title, uid, keep=keep)
    link.url = f"{link.url}&var-{value}=${{{shown}:percentencode}}"
    return link
