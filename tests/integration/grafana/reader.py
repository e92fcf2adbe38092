"""Runs a dashboard's queries as Grafana and the plugin do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from snowflake.connector import SnowflakeConnection

from tests.integration.grafana.checks import Frame
from tests.integration.grafana.panels import Dashboard, Panel, Variable
from theia_sf_dashboards.interpolation import UNKNOWN_RANGE, Scope, Selection, interpolate, interval_of
from theia_sf_dashboards.macros import MacroContext, expand


@dataclass(frozen=True)
class View:
    """What somebody looks at: a time range and what is chosen."""

    start: datetime
    end: datetime
    chosen: Mapping[str, Selection]


class Reader:
    """A session as the data source opens one."""

    def __init__(self, connection: SnowflakeConnection) -> None:
        self._connection = connection

    def rows(self, sql: str) -> Frame:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            columns = [(column.name, column.type_code) for column in cursor.description]
            rows = [tuple(row) for row in cursor.fetchall()]  # type: ignore[arg-type]
        return Frame(tuple(name for name, _ in columns), tuple(code for _, code in columns), rows)

    def panel(self, panel: Panel, view: View) -> dict[str, Frame]:
        """The frames of a panel, by the refId of its targets."""
        interval = interval_of(view.start, view.end, panel.points, panel.least_interval)
        scope = Scope(view.start, view.end, view.chosen, interval_ms=interval)
        context = MacroContext(view.start, view.end)
        return {target.ref: self.rows(expand(interpolate(target.sql, scope), context).sql) for target in panel.targets}

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


def everything(dashboard: Dashboard) -> dict[str, Selection]:
    """All of every variable."""
    return {variable.name: _all(variable, ()) for variable in dashboard.variables}


def _all(variable: Variable, offered: tuple[str, ...] | list[str]) -> Selection:
    return Selection(tuple(offered), multi=variable.multi, all_chosen=True, all_value=variable.all_value)
