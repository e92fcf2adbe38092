"""Data within the page: JSON that no text can break out of, tables, and charts with a table that says the same."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

# `<` could end the script element or begin a comment in it; U+2028 and U+2029 were line ends to older JavaScript.
_ESCAPED: Final = {ord(one): f"\\u{ord(one):04x}" for one in "<>&\u2028\u2029"}

ColumnKind = Literal["text", "number", "share", "bytes", "time"]
ChartKind = Literal["timeseries", "bars"]
Unit = Literal["bytes", "flows", "bits/s", "drops"]
Value = str | int | float | None


def embedded_json(value: Any) -> str:
    """Return JSON for a `<script type="application/json">`: no character in it means anything to HTML.

    Halves of surrogate pairs, which have no UTF-8, stay escaped as everything outside of ASCII does.
    """
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).translate(_ESCAPED)


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and what is in it.

    A share is a fraction that is shown in percent, bytes are a number of them, a time is a Unix second.
    """

    title: str
    kind: ColumnKind = "text"

    @property
    def sorted_as(self) -> str:
        """What the page's script is told to sort it by."""
        return "number" if self.kind == "share" else self.kind


@dataclass(frozen=True)
class Table:
    """A table of the page.

    Attributes:
        caption: what it shows.
        columns: its columns.
        rows: the raw values, formatted by the template.
        filtered: whether it gets a field to filter its rows.
    """

    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value]]
    filtered: bool = False


@dataclass(frozen=True)
class Chart:
    """A chart: values over times (Unix seconds) or over categories.

    Attributes:
        name: its id within the page.
        title: what it shows.
        kind: over times or over categories.
        unit: of the values.
        x: times as RFC 3339, or the categories' names.
        series: name to values, one for each x.
        stacked: whether the series add up.
        markers: points of x that have something to tell.
        table: the same as a table.
    """

    name: str
    title: str
    kind: ChartKind
    unit: Unit
    x: Sequence[str]
    series: Sequence[tuple[str, Sequence[int]]]
    table: Table
    stacked: bool = False
    markers: Sequence[tuple[str, str]] = field(default_factory=tuple[tuple[str, str], ...])

    def payload(self) -> dict[str, Any]:
        """Return what the page's script draws."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "x": list(self.x),
            "series": [{"name": name, "y": list(values)} for name, values in self.series],
            "title": self.title,
            "stacked": self.stacked,
            "markers": [{"x": x, "text": text} for x, text in self.markers],
        }
