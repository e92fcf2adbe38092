"""Every query of every dashboard runs as Grafana runs it, and shows what its panel needs and what the records say."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from snowflake.connector.errors import ProgrammingError

from tests.integration.grafana.checks import KINDS, Frame, check_panel, check_rows, check_variable
from tests.integration.grafana.panels import Panel, Variable, dashboards, queries_anywhere
from tests.integration.grafana.reader import USAGE_DASHBOARDS, Reader, View, everything, plugin_tag
from tests.integration.grafana.records import ODD_CLUSTER, Dataset
from tests.integration.grafana.values import expected
from theia_sf_dashboards.interpolation import Selection

DASHBOARDS = {dashboard.name: dashboard for dashboard in dashboards()}
PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
VARIABLES = [variable for dashboard in DASHBOARDS.values() for variable in dashboard.variables]
EXPECTED = expected()
TOLD = [panel for panel in PANELS if panel.keys & EXPECTED.keys()]
"""Panels whose values are compared."""


def full(flows: Dataset) -> tuple[datetime, datetime]:
    """All flows, and all that was loaded of them since, to the millisecond, as Grafana has it."""
    return flows.start, datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5, milliseconds=250)


def empty(flows: Dataset) -> tuple[datetime, datetime]:
    return flows.start - timedelta(days=60), flows.start - timedelta(days=55)


@pytest.fixture(scope="module")
def narrow(reader: Reader, flows: Dataset) -> dict[str, View]:
    """By dashboard: one value of each variable, of those that are left under the ones before it."""
    start, end = full(flows)
    return {
        name: View(
            start, end, reader.choose(dashboard, start, end, {variable.name: 1 for variable in dashboard.variables})
        )
        for name, dashboard in DASHBOARDS.items()
    }


@pytest.mark.parametrize("panel", PANELS, ids=str)
def test_a_panel_shows_everything_something_and_nothing(
    panel: Panel, reader: Reader, flows: Dataset, narrow: dict[str, View]
) -> None:
    every = everything(DASHBOARDS[panel.dashboard])
    for view in (View(*full(flows), every), narrow[panel.dashboard], View(*empty(flows), every)):
        frames = reader.panel(panel, view)
        check_panel(panel, frames)
        check_values(panel, frames, view, flows)


def check_values(panel: Panel, frames: dict[str, Frame], view: View, flows: Dataset) -> None:
    """Compare a panel with the records, as far as they tell its values."""
    for ref, frame in frames.items():
        case = EXPECTED.get((panel.dashboard, panel.title, ref))
        if case is not None:
            interval = 0 if panel.kind == "stat" else panel.interval(view.start, view.end)
            check_rows(frame.rows, case(flows.records, view, interval))


def some_of_it(flows: Dataset) -> tuple[datetime, datetime, dict[str, Selection]]:
    """A range that cuts days, two clusters, a Namespace of each."""
    chosen = {
        "cluster": Selection((flows.records[0]["clusterUUID"], ODD_CLUSTER)),
        "namespace": Selection(("shop", "odd")),
    }
    return flows.start + timedelta(days=1, hours=7, minutes=13), flows.end - timedelta(hours=2), chosen


def decided_on(flows: Dataset) -> tuple[datetime, datetime, dict[str, Selection]]:
    """Three policies and two Pods, where flows came in."""
    chosen = {
        "pod": Selection(("odd/server-0", "shop/db-0")),
        "policy": Selection(("odd/antrea-policy", "odd/both", "shop/protect-db")),
        "direction": Selection(("ingress",)),
    }
    return flows.start, flows.end, chosen


@pytest.mark.parametrize("what", [some_of_it, decided_on])
@pytest.mark.parametrize("panel", {panel.dashboard: panel for panel in TOLD}.values(), ids=str)
def test_several_values_can_be_chosen(
    panel: Panel,
    what: Callable[[Dataset], tuple[datetime, datetime, dict[str, Selection]]],
    reader: Reader,
    flows: Dataset,
) -> None:
    start, end, chosen = what(flows)
    known = everything(DASHBOARDS[panel.dashboard])
    view = View(start, end, known | {name: value for name, value in chosen.items() if name in known})
    frames = reader.panel(panel, view)
    check_panel(panel, frames)
    check_values(panel, frames, view, flows)


@pytest.mark.parametrize("variable", {variable.sql: variable for variable in VARIABLES}.values(), ids=str)
def test_a_variable_offers_what_can_be_chosen(
    variable: Variable, reader: Reader, flows: Dataset, narrow: dict[str, View]
) -> None:
    every = everything(DASHBOARDS[variable.dashboard])
    for view in (View(*full(flows), every), narrow[variable.dashboard]):
        offered = reader.variable(variable, view)
        check_variable(variable, offered)
        assert offered.rows
    assert reader.variable(variable, View(*empty(flows), every)).rows == []


def test_the_dashboard_of_costs_counts_the_queries_of_a_panel(reader: Reader, flows: Dataset) -> None:
    cost = DASHBOARDS["cost_dashboard"]
    (panel,) = [panel for panel in cost.panels if panel.title == "Dashboards and Their Panels"]
    for _ in range(3):
        reader.rows("SELECT COUNT(*) FROM FLOWS", plugin_tag(DASHBOARDS["homepage"].uid, 4711))
    (frame,) = reader.panel(panel, View(*full(flows), {})).values()
    assert [row[:3] for row in frame.rows if row[1] == "4711"] == [("Grafana: Home", "4711", 3)]


@pytest.mark.parametrize("name", sorted(USAGE_DASHBOARDS))
def test_what_the_account_uses_is_not_for_every_reader(name: str, reader: Reader, flows: Dataset) -> None:
    for panel in DASHBOARDS[name].panels:
        with pytest.raises(ProgrammingError, match="does not exist or not authorized"):
            reader.panel(panel, View(*full(flows), {}), usage=False)


def test_the_records_tell_at_least_fifteen_panels_and_some_of_each_dashboard() -> None:
    assert len(TOLD) >= 15
    assert {panel.dashboard for panel in TOLD} == DASHBOARDS.keys() - USAGE_DASHBOARDS
    assert EXPECTED.keys() <= {key for panel in TOLD for key in panel.keys}, "a case for a panel that is not there"


def test_the_harness_knows_every_query_and_every_kind_of_panel() -> None:
    assert DASHBOARDS
    for dashboard in DASHBOARDS.values():
        known = [target.sql for panel in dashboard.panels for target in panel.targets]
        known += [variable.sql for variable in dashboard.variables]
        assert sorted(known) == sorted(queries_anywhere(dashboard.raw)), dashboard.name
        assert {panel.kind for panel in dashboard.panels} <= KINDS
