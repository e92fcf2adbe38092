"""Puts panels on Grafana's grid of 24 columns: from left to right, and below when a line is full. Nothing overlaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel

COLUMNS = 24


@dataclass(frozen=True)
class Row:
    """A heading with panels below it. The queries of a collapsed one do not run before somebody opens it."""

    title: str
    panels: Sequence[Panel]
    collapsed: bool = False


Item = Panel | Row


class _Grid:
    """Where the next panel goes."""

    def __init__(self) -> None:
        self._x = 0
        self._y = 0
        self._height = 0
        self._ids = 0

    def place(self, panel: Panel) -> Panel:
        size = panel.grid_pos or GridPos(w=COLUMNS, h=1)
        if self._x + size.w > COLUMNS:
            self._next_line()
        panel.grid_pos = GridPos(x=self._x, y=self._y, w=size.w, h=size.h)
        panel.id_val = self._next_id()
        self._x += size.w
        self._height = max(self._height, size.h)
        return panel

    def place_row(self, row: Row) -> list[Panel | RowPanel]:
        self._next_line()
        position = GridPos(x=0, y=self._y, w=COLUMNS, h=1)
        heading = RowPanel(collapsed=row.collapsed, title=row.title, grid_pos=position, id_val=self._next_id())
        self._y += 1
        below = self._y
        panels = [self.place(panel) for panel in row.panels]
        self._next_line()
        if not row.collapsed:
            return [heading, *panels]
        heading.panels = panels
        self._y = below  # what a collapsed row holds takes no room
        return [heading]

    def _next_line(self) -> None:
        self._x = 0
        self._y += self._height
        self._height = 0

    def _next_id(self) -> int:
        self._ids += 1
        return self._ids


def place(items: Sequence[Item]) -> list[Panel | RowPanel]:
    """Return the panels of a dashboard with their positions and ids, in the order given.

    A panel says its width and height only; a row begins a new line.
    """
    grid = _Grid()
    placed: list[Panel | RowPanel] = []
    for item in items:
        if isinstance(item, Row):
            placed += grid.place_row(item)
        else:
            placed.append(grid.place(item))
    return placed
