"""Runs a dashboard's queries as Grafana and the plugin do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from snowflake.connector import SnowflakeConnection

from tests.integration.grafana.checks import Frame
from tests.integration.grafana.panels import Dashboard, Panel, Variable
from theia_sf_dashboards.interpolation import UNKNOWN_RANGE, Scope, Selection, interpolate
from theia_sf_dashboards.macros import MacroContext, expand

DATASOURCE = "P1DBD59F661D68B90"
USAGE_DASHBOARDS = {"cost_dashboard"}


@dataclass(frozen=True)
class View:
    """What somebody looks at: a time range and what is chosen."""

    start: datetime
    end: datetime
    chosen: Mapping[str, Selection]


class Reader:
    """A session as the data source opens one.

    Args:
        connection: of the reader role.
        usage: of a role that may also read what the account uses, for the dashboards that say they need it; None where
            no such dashboard is looked at.
    """

    def __init__(self, connection: SnowflakeConnection, usage: SnowflakeConnection | None = None) -> None:
        self._connection = connection
        self._usage = usage or connection

    def rows(self, sql: str, tag: str = "", *, usage: bool = False) -> Frame:
        """Run one statement under a query tag."""
        connection = self._usage if usage else self._connection
        with connection.cursor() as cursor:
            cursor.execute(sql, _statement_params={"QUERY_TAG": tag})
            columns = [(column.name, column.type_code) for column in cursor.description]
            rows = [tuple(row) for row in cursor.fetchall()]  # type: ignore[arg-type]
        return Frame(tuple(name for name, _ in columns), tuple(code for _, code in columns), rows)

    def panel(self, panel: Panel, view: View, *, usage: bool | None = None) -> dict[str, Frame]:
        """The frames of a panel, by the refId of its targets; by the other role where its dashboard needs that."""
        if usage is None:
            usage = panel.dashboard in USAGE_DASHBOARDS
        tag = plugin_tag(panel.dashboard_uid, panel.id)
        scope = Scope(view.start, view.end, view.chosen, interval_ms=panel.interval(view.start, view.end))
        context = MacroContext(view.start, view.end)
        return {
            target.ref: self.rows(expand(interpolate(target.sql, scope), context).sql, tag, usage=usage)
            for target in panel.targets
        }

    def variable(self, variable: Variable, view: View) -> Frame:
        """What a variable offers."""
        filled = interpolate(variable.sql, Scope(view.start, view.end, view.chosen))
        return self.rows(expand(filled, MacroContext(*UNKNOWN_RANGE)).sql)

    def choose(
        self, dashboard: Dashboard, start: datetime, end: datetime, numbers: Mapping[str, int | None]
    ) -> dict[str, Selection]:
        """Choose from what the variables offer, each under what is chosen of those before it.

        Args:
            dashboard: whose variables.
            start: of the time range.
            end: of the time range.
            numbers: how many values to choose, by variable; None or absent is All.
        """
        chosen = everything(dashboard)
        for variable in dashboard.variables:
            offered = self.variable(variable, View(start, end, chosen)).column("value")
            number = numbers.get(variable.name)
            chosen[variable.name] = _all(variable, offered) if number is None else Selection(tuple(offered[:number]))
        return chosen


def plugin_tag(dashboard_uid: str, panel_id: int) -> str:
    """The query tag that the plugin sets (its pkg/utils/queryInfo.go), as far as queries of a panel differ in it."""
    return json.dumps(
        {
            "pluginVersion": "2.1.0",
            "dashboardId": dashboard_uid,
            "panelId": str(panel_id),
            "grafana": {"version": "11.6.0", "datasourceId": DATASOURCE},
        }
    )


def everything(dashboard: Dashboard) -> dict[str, Selection]:
    """All of every variable."""
    return {variable.name: _all(variable, ()) for variable in dashboard.variables}


def _all(variable: Variable, offered: tuple[str, ...] | list[str]) -> Selection:
    return Selection(tuple(offered), multi=variable.multi, all_chosen=True, all_value=variable.all_value)
