"""Every query of every dashboard runs as Grafana would run it, and shows what its panel needs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.grafana.checks import KINDS, check_panel, check_variable
from tests.integration.grafana.panels import Dashboard, Panel, Variable, dashboards, queries_anywhere
from tests.integration.grafana.reader import Reader, View, everything
from tests.integration.grafana.records import ODD_CLUSTER, Dataset
from tests.integration.grafana.values import expected
from theia_sf_dashboards.interpolation import Selection

DASHBOARDS = {dashboard.name: dashboard for dashboard in dashboards()}
PANELS = [panel for dashboard in DASHBOARDS.values() for panel in dashboard.panels]
EXPECTED = expected()
What = Callable[[Dataset], tuple[datetime, datetime, dict[str, Selection]]]
VARIABLES = [variable for dashboard in DASHBOARDS.values() for variable in dashboard.variables]


def keys(panel: Panel) -> set[tuple[str, str, str]]:
    return {(panel.dashboard, panel.title, target.ref) for target in panel.targets}


def full(flows: Dataset) -> tuple[datetime, datetime]:
    """All flows, and all that was loaded of them since, to the millisecond, as Grafana has it."""
    return flows.start, datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=5, milliseconds=250)


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


def some_of_it(flows: Dataset) -> tuple[datetime, datetime, dict[str, Selection]]:
    """A range within days, two clusters, a Namespace of each."""
    chosen = {
        "cluster": Selection((flows.records[0]["clusterUUID"], ODD_CLUSTER)),
        "namespace": Selection(("shop", "odd")),
    }
    return flows.start + timedelta(days=1, hours=7, minutes=13), flows.end - timedelta(hours=2), chosen


def decided_on(flows: Dataset) -> tuple[datetime, datetime, dict[str, Selection]]:
    """Two policies and one Pod, where they came in."""
    chosen = {
        "pod": Selection(("odd/server-0", "shop/db-0")),
        "policy": Selection(("odd/antrea-policy", "odd/both", "shop/protect-db")),
        "direction": Selection(("ingress",)),
    }
    return flows.start, flows.end, chosen


@pytest.mark.parametrize("what", [lambda flows: (*full(flows), {}), some_of_it, decided_on])
@pytest.mark.parametrize("panel", [panel for panel in PANELS if keys(panel) & EXPECTED.keys()], ids=str)
def test_a_panel_shows_what_the_records_say(panel: Panel, what: What, reader: Reader, flows: Dataset) -> None:
    start, end, chosen = what(flows)
    dashboard = DASHBOARDS[panel.dashboard]
    known = everything(dashboard)
    view = View(start, end, known | {name: value for name, value in chosen.items() if name in known})
    frames = reader.panel(panel, view)
    for ref, frame in frames.items():
        case = EXPECTED.get((panel.dashboard, panel.title, ref))
        if case is not None:
            interval = 0 if panel.kind == "stat" else reader.interval(panel, view)
            assert_equal(frame.rows, case(flows.records, view, interval))


def assert_equal(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> None:
    """Whole numbers, texts and moments in UTC are the same; what was divided is so to nine digits."""
    assert len(found) == len(wanted)
    for row, expected_row in zip(found, wanted, strict=True):
        assert len(row) == len(expected_row)
        for value, expected_value in zip(row, expected_row, strict=True):
            if expected_value is ...:
                continue
            if isinstance(expected_value, float):
                assert float(value) == pytest.approx(expected_value, rel=1e-9), (row, expected_row)
            elif isinstance(value, datetime):
                assert value.replace(tzinfo=UTC) == expected_value.replace(tzinfo=UTC), (row, expected_row)
            else:
                assert value == expected_value, (row, expected_row)


def test_the_records_tell_at_least_fifteen_panels_and_some_of_each_dashboard() -> None:
    told = [panel for panel in PANELS if keys(panel) & EXPECTED.keys()]
    assert len(told) >= 15
    assert {panel.dashboard for panel in told} == {*DASHBOARDS}
    assert {*EXPECTED} <= {key for panel in told for key in keys(panel)}


def test_the_harness_knows_every_query_and_every_kind_of_panel() -> None:
    assert DASHBOARDS
    for dashboard in DASHBOARDS.values():
        known = [target.sql for panel in dashboard.panels for target in panel.targets]
        known += [variable.sql for variable in dashboard.variables]
        assert sorted(known) == sorted(queries_anywhere(dashboard.raw)), dashboard.name
        assert {panel.kind for panel in dashboard.panels} <= KINDS
