"""A dashboard: what it is called, its variables and its panels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models import dashboard as grafana
from grafana_foundation_sdk.models.dashboard import VariableModel

from theia_sf_dashboards import links, variables
from theia_sf_dashboards.layout import Item, place

_REFRESH_INTERVALS = ["1m", "5m", "15m", "1h"]


@dataclass(frozen=True)
class Dashboard:
    """One dashboard.

    Attributes:
        name: of its file, without `.json`.
        uid: in its address; never changed, as bookmarks and links hold it.
        title: what menus show.
        summary: one sentence about what it shows, for its description and the home page.
        panels: makes its panels and rows, in the order in which they stand.
        variables: the selectors at its top.
        time_from: the beginning of the time range that it opens with.
    """

    name: str
    uid: str
    title: str
    summary: str
    panels: Callable[[], Sequence[Item]]
    variables: Callable[[], Sequence[VariableModel]] = variables.flow_variables
    time_from: str = "now-1h"

    def build(self) -> grafana.Dashboard:
        """Return the dashboard as Grafana knows it. Nothing refreshes it, as every query costs warehouse time."""
        return grafana.Dashboard(
            uid=self.uid,
            title=self.title,
            description=self.summary,
            tags=[links.TAG],
            timezone="browser",
            editable=True,
            graph_tooltip=grafana.DashboardCursorSync.CROSSHAIR,
            time=grafana.DashboardDashboardTime(from_val=self.time_from, to="now"),
            timepicker=grafana.TimePickerConfig(refresh_intervals=_REFRESH_INTERVALS),
            refresh="",
            panels=place(self.panels()),
            templating=grafana.DashboardDashboardTemplating(list_val=list(self.variables())),
            links=[links.menu()],
        )
