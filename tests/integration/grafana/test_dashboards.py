"""Every query of every dashboard runs as Grafana would run it, and shows what its panel needs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.grafana.checks import KINDS, check_panel, check_variable
from tests.integration.grafana.panels import Dashboard, Panel, Variable, dashboards, queries_anywhere
from tests.integration.grafana.reader import Reader, View, everything
from tests.integration.grafana.records import Dataset

DASHBOARDS = {dashboard.name: dashboard for dashboard in dashboards()}
PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
VARIABLES = [variable for dashboard in DASHBOARDS.values() for variable in dashboard.variables]


def full(flows: Dataset) -> tuple[datetime, datetime]:
    """All flows, and all that was loaded of them since."""
    return flows.start, datetime.now(UTC) + timedelta(minutes=5)


def empty(flows: Dataset) -> tuple[datetime, datetime]:
    return flows.start - timedelta(days=60), flows.start - timedelta(days=55)


@pytest.fixture(scope="module")
def narrow(reader: Reader, flows: Dataset) -> dict[str, View]:
    """By dashboard: one value of each variable."""
    start, end = full(flows)
    return {
        name: View(start, end, reader.choose(dashboard, start, end, dict.fromkeys(names(dashboard), 1)))
        for name, dashboard in DASHBOARDS.items()
    }


def names(dashboard: Dashboard) -> list[str]:
    return [variable.name for variable in dashboard.variables]


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_a_panel_shows_everything_something_and_nothing(
    panel: Panel, reader: Reader, flows: Dataset, narrow: dict[str, View]
) -> None:
    dashboard = DASHBOARDS[panel.dashboard]
    check_panel(panel, reader.panel(panel, View(*full(flows), everything(dashboard))))
    check_panel(panel, reader.panel(panel, narrow[panel.dashboard]))
    check_panel(panel, reader.panel(panel, View(*empty(flows), everything(dashboard))))


@pytest.mark.parametrize("variable", {variable.sql: variable for variable in VARIABLES}.values(), ids=str)
def test_a_variable_offers_what_can_be_chosen(
    variable: Variable, reader: Reader, flows: Dataset, narrow: dict[str, View]
) -> None:
    dashboard = DASHBOARDS[variable.dashboard]
    offered = reader.variable(variable, View(*full(flows), everything(dashboard)))
    check_variable(variable, offered)
    assert offered.rows
    some = reader.variable(variable, narrow[variable.dashboard])
    check_variable(variable, some)
    assert some.rows
    assert reader.variable(variable, View(*empty(flows), everything(dashboard))).rows == []


def test_the_harness_knows_every_query_and_every_kind_of_panel() -> None:
    assert DASHBOARDS
    for dashboard in DASHBOARDS.values():
        known = [target.sql for panel in dashboard.panels for target in panel.targets]
        known += [variable.sql for variable in dashboard.variables]
        assert sorted(known) == sorted(queries_anywhere(dashboard.raw)), dashboard.name
        assert {panel.kind for panel in dashboard.panels} <= KINDS
