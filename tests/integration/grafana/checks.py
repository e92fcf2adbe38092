"""What a panel needs of a result: the columns of its kind, and what the plugin and Grafana do with them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.grafana.panels import Panel, Target, Variable, outer_limit

# the connector's type codes
FIXED, REAL, TEXT, DATE, TIMESTAMP, LTZ, TZ, NTZ, BOOLEAN = 0, 1, 2, 3, 4, 6, 7, 8, 13
NUMBERS = {FIXED, REAL}
MOMENTS = {TIMESTAMP, LTZ, TZ, NTZ}

MOST_ROWS = {"table": 1000, "piechart": 25, "bargauge": 50, "barchart": 50, "stat": 50, "gauge": 50, "annotation": 1000}
MOST_EDGES, MOST_NODES, MOST_SERIES, MOST_VALUES = 50, 100, 50, 1000
SANKEY = "netsage-sankey-panel"
KINDS = {*MOST_ROWS, "timeseries", "nodeGraph", SANKEY}


@dataclass(frozen=True)
class Frame:
    """The result of a query as it comes from Snowflake."""

    names: tuple[str, ...]
    types: tuple[int, ...]
    rows: list[tuple[Any, ...]]

    def column(self, name: str) -> list[Any]:
        return [row[self.names.index(name)] for row in self.rows]

    def dicts(self) -> list[dict[str, Any]]:
        return [dict(zip(self.names, row, strict=True)) for row in self.rows]


def check_panel(panel: Panel, frames: dict[str, Frame]) -> None:
    """Check the frames of a panel, by the refId of its targets."""
    assert panel.kind in KINDS, f"the harness does not know what a {panel.kind} panel needs"
    for target in panel.targets:
        _check_frame(target, frames[target.ref])
    if panel.kind == "nodeGraph":
        _check_graph(frames)
        return
    for target in panel.targets:
        frame = frames[target.ref]
        match panel.kind:
            case "timeseries":
                assert target.query_type == "time series"
            case "annotation":
                assert "time" in frame.names
                assert frame.types[frame.names.index("time")] in MOMENTS
            case kind if kind == SANKEY:
                _check_sankey(frame)
            case "piechart" | "bargauge" | "barchart" | "stat" | "gauge":
                _check_numbers(panel.kind, frame)
            case _:
                assert target.query_type == "table"
        if target.query_type == "table":
            assert len(frame.rows) <= MOST_ROWS.get(panel.kind, MOST_EDGES)


def check_variable(variable: Variable, frame: Frame) -> None:
    """Check what a variable offers: texts in order that differ, none of which can leave its quotes or be a macro."""
    assert frame.names in {("value",), ("__text", "__value")}
    assert set(frame.types) == {TEXT}
    values = frame.column(frame.names[-1])
    assert len(values) == len(set(values)) <= MOST_VALUES
    assert all(values), "an empty value, or NULL"
    assert not [value for value in values if set(value) & set("'\"\\$")]
    assert values == sorted(values)
    assert len(frame.rows) <= (outer_limit(variable.sql) or 0)


def check_rows(found: list[tuple[Any, ...]], wanted: list[tuple[Any, ...]]) -> None:
    """Compare rows in their order: whole numbers, texts and moments in UTC exactly, what was divided to nine digits.

    `...` is any value.
    """
    assert len(found) == len(wanted)
    for row, wanted_row in zip(found, wanted, strict=True):
        assert len(row) == len(wanted_row)
        assert all(map(_same, row, wanted_row)), f"{row} instead of {wanted_row}"


def _same(value: Any, wanted: Any) -> bool:
    if wanted is ...:
        return True
    if isinstance(wanted, float):
        return float(value) == pytest.approx(wanted, rel=1e-9)
    if isinstance(wanted, datetime):
        # CONVERT_TIMEZONE('UTC', …) is a TIMESTAMP_TZ in Snowflake and a TIMESTAMP_NTZ in the sandbox
        return isinstance(value, datetime) and value.replace(tzinfo=UTC) == wanted.replace(tzinfo=UTC)
    return value == wanted


def _check_frame(target: Target, frame: Frame) -> None:
    limit = outer_limit(target.sql)
    assert limit is not None, "no LIMIT at the end"
    assert len(frame.rows) <= limit
    assert len(set(frame.names)) == len(frame.names) > 0
    assert set(frame.types) <= NUMBERS | MOMENTS | {TEXT, DATE, BOOLEAN}, "a type that the plugin shows as text"
    assert target.query_type in {"table", "time series"}
    if target.query_type == "time series":
        _check_series(target, frame)


def _check_series(target: Target, frame: Frame) -> None:
    """The plugin makes columns of series (long to wide): it needs moments that rise, and one number for each label."""
    lower = [name.lower() for name in frame.names]
    assert lower.count("time") == 1
    assert "time" in target.time_columns
    time = lower.index("time")
    assert frame.types[time] in MOMENTS
    numbers = [i for i, kind in enumerate(frame.types) if kind in NUMBERS]
    labels = [i for i, kind in enumerate(frame.types) if kind in {TEXT, BOOLEAN}]
    assert numbers, "no number"
    assert len(numbers) + len(labels) + 1 == len(frame.names), "a column is neither time, number nor label"
    moments = [row[time] for row in frame.rows]
    assert None not in moments, "the plugin stops at a time that is NULL"
    assert moments == sorted(moments), "not in the order of time"
    keys = [(row[time], *(row[i] for i in labels)) for row in frame.rows]
    assert len(keys) == len(set(keys)), "two rows for one moment and label"
    assert not [key for key in keys if None in key[1:]], "a label is NULL"
    assert not [row for row in frame.rows if any(row[i] is not None and not _finite(row[i]) for i in numbers)]
    assert len({key[1:] for key in keys}) * len(numbers) <= MOST_SERIES, "too many series"


def _finite(number: Any) -> bool:
    return Decimal(number).is_finite()


def _check_numbers(kind: str, frame: Frame) -> None:
    numbers = [i for i, type_ in enumerate(frame.types) if type_ in NUMBERS]
    texts = [i for i, type_ in enumerate(frame.types) if type_ == TEXT]
    if kind in {"stat", "gauge"}:
        assert numbers or set(frame.types) & (MOMENTS | {TEXT}), "nothing to show"
        return
    assert numbers, "no number"
    assert not [row for row in frame.rows if any(row[i] is None for i in (*texts, *numbers))], "a slice without a name"
    names = [tuple(row[i] for i in texts) for row in frame.rows]
    assert len(names) == len(set(names)), "two slices of one name"


def _check_sankey(frame: Frame) -> None:
    assert len(frame.types) >= 3
    assert set(frame.types[:-1]) == {TEXT}
    assert frame.types[-1] in NUMBERS
    assert not [row for row in frame.rows if None in row]
    assert len(frame.rows) <= MOST_EDGES


def _check_graph(frames: dict[str, Frame]) -> None:
    edges = [frame for frame in frames.values() if "source" in frame.names]
    nodes = [frame for frame in frames.values() if "source" not in frame.names]
    assert len(edges) == len(nodes) == 1
    assert {"id", "source", "target"} <= set(edges[0].names)
    assert {"id", "title"} <= set(nodes[0].names)
    ids = nodes[0].column("id")
    assert len(ids) == len(set(ids)) <= MOST_NODES
    assert None not in ids
    links = edges[0].column("id")
    assert len(links) == len(set(links)) <= MOST_EDGES
    ends = {*edges[0].column("source"), *edges[0].column("target")}
    assert ends <= set(ids), "an edge leads to a node that is not there"
    assert set(ids) <= ends, "a node without an edge"
    for name in ("thickness", "mainstat", "secondarystat"):
        if name in edges[0].names:
            index = edges[0].names.index(name)
            assert edges[0].types[index] in NUMBERS | {TEXT}
