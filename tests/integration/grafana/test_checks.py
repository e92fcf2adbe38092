"""The checks themselves: each fault that they are there for is one to them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.grafana.checks import (
    DATE,
    FIXED,
    NTZ,
    REAL,
    SANKEY,
    TEXT,
    Frame,
    check_panel,
    check_rows,
    check_variable,
)
from tests.integration.grafana.panels import Panel, Target, Variable

ONE, TWO = datetime(2026, 1, 1), datetime(2026, 1, 2)  # noqa: DTZ001 - as Snowflake gives a TIMESTAMP_NTZ
SERIES = Frame(("time", "series", "Value"), (NTZ, TEXT, FIXED), [(ONE, "a", 1), (ONE, "b", 2), (TWO, "a", 3)])
EDGES = Frame(("id", "source", "target"), (TEXT, TEXT, TEXT), [("x", "a", "b"), ("y", "b", "b")])
NODES = Frame(("id", "title"), (TEXT, TEXT), [("a", "A"), ("b", "B")])
SLICES = Frame(("name", "Bytes"), (TEXT, FIXED), [("a", 1), ("b", 2)])
STREAMS = Frame(("source", "destination", "bytes"), (TEXT, TEXT, FIXED), [("a", "b", 1)])


def check(kind: str, *frames: Frame, sql: str = "SELECT 1\nLIMIT 4", query_type: str | None = None) -> None:
    type_ = query_type or ("time series" if kind == "timeseries" else "table")
    targets = tuple(Target(str(number), sql, type_, ("time",)) for number in range(len(frames)))
    panel = Panel("d", "uid", 1, "Title", kind, targets, 300, "1m")
    check_panel(panel, {str(number): frame for number, frame in enumerate(frames)})


def with_rows(frame: Frame, *rows: tuple[Any, ...]) -> Frame:
    return Frame(frame.names, frame.types, list(rows))


def test_good_frames_pass() -> None:
    check("timeseries", SERIES)
    check("nodeGraph", NODES, EDGES)
    check("piechart", SLICES)
    check(SANKEY, STREAMS)
    check("stat", Frame(("Flows",), (REAL,), [(None,)]))
    check("table", Frame(("Day",), (DATE,), []))


@pytest.mark.parametrize(
    "frame",
    [
        with_rows(SERIES, (None, "a", 1)),
        with_rows(SERIES, (TWO, "a", 1), (ONE, "a", 1)),
        with_rows(SERIES, (ONE, "a", 1), (ONE, "a", 2)),
        with_rows(SERIES, (ONE, None, 1)),
        with_rows(SERIES, (ONE, "a", Decimal("NaN"))),
        with_rows(SERIES, *[(ONE, "a", 1)] * 5),
        Frame(("moment", "series", "Value"), SERIES.types, SERIES.rows),
        Frame(SERIES.names, (TEXT, TEXT, FIXED), SERIES.rows),
        Frame(SERIES.names, (NTZ, TEXT, TEXT), SERIES.rows),
        Frame(("time", "Value", "Value"), (NTZ, FIXED, FIXED), []),
    ],
)
def test_a_series_that_the_plugin_cannot_draw_is_a_fault(frame: Frame) -> None:
    with pytest.raises(AssertionError):
        check("timeseries", frame)


def test_more_series_than_a_panel_shows_are_a_fault() -> None:
    frame = with_rows(SERIES, *((ONE, f"{number:02}", 1) for number in range(51)))
    with pytest.raises(AssertionError, match="too many series"):
        check("timeseries", frame, sql="SELECT 1 LIMIT 100")


@pytest.mark.parametrize(
    ("nodes", "edges"),
    [
        (with_rows(NODES, ("a", "A")), EDGES),
        (with_rows(NODES, ("a", "A"), ("b", "B"), ("c", "C")), EDGES),
        (with_rows(NODES, ("a", "A"), ("b", "B"), ("b", "B")), EDGES),
        (NODES, with_rows(EDGES, ("x", "a", "b"), ("x", "b", "a"))),
        (Frame(("id", "name"), (TEXT, TEXT), NODES.rows), EDGES),
        (NODES, NODES),
    ],
)
def test_a_graph_that_does_not_hang_together_is_a_fault(nodes: Frame, edges: Frame) -> None:
    with pytest.raises(AssertionError):
        check("nodeGraph", nodes, edges)


@pytest.mark.parametrize(
    ("kind", "frame"),
    [
        ("piechart", with_rows(SLICES, (None, 1))),
        ("piechart", with_rows(SLICES, ("a", 1), ("a", 2))),
        ("bargauge", Frame(("name",), (TEXT,), [("a",)])),
        ("stat", Frame(("Day",), (DATE,), [])),
        (SANKEY, with_rows(STREAMS, ("a", None, 1))),
        (SANKEY, Frame(("source", "bytes"), (TEXT, FIXED), [])),
        ("heatmap", SLICES),
    ],
)
def test_what_a_panel_cannot_show_is_a_fault(kind: str, frame: Frame) -> None:
    with pytest.raises(AssertionError):
        check(kind, frame)


def test_a_query_without_a_limit_or_of_the_wrong_kind_is_a_fault() -> None:
    for changed in ({"sql": "SELECT 1 LIMIT 4 OFFSET 2"}, {"sql": "SELECT (SELECT 1 LIMIT 4)"}, {"query_type": "logs"}):
        with pytest.raises(AssertionError):
            check("table", SLICES, **changed)


@pytest.mark.parametrize(
    "values", [["a", "a"], ["b", "a"], [""], [None], ["it's"], ['"'], ["\\"], ["$a"], list("abcde")]
)
def test_values_that_cannot_be_chosen_are_a_fault(values: list[str]) -> None:
    variable = Variable("d", "pod", "SELECT 1 LIMIT 4", True, "'__all'")
    with pytest.raises((AssertionError, TypeError)):
        check_variable(variable, Frame(("value",), (TEXT,), [(value,) for value in values]))


@pytest.mark.parametrize(
    ("found", "wanted"),
    [([(1,)], []), ([(2,)], [(1,)]), ([("a", 1)], [("a",)]), ([(1.0001,)], [(1.0,)]), ([("x",)], [(ONE,)])],
)
def test_other_rows_are_a_fault(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> None:
    with pytest.raises(AssertionError):
        check_rows(found, wanted)
    check_rows(wanted, wanted)
    check_rows([(1, "a")], [(1, ...)])
