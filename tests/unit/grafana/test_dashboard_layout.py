"""Putting panels on the grid."""

from __future__ import annotations

from itertools import combinations

from grafana_foundation_sdk.models.dashboard import GridPos, Panel, RowPanel
from hypothesis import given
from hypothesis import strategies as st

from theia_sf_dashboards.layout import COLUMNS, Item, Row, place


def panel(width: int, height: int) -> Panel:
    return Panel(type_val="stat", title="x", grid_pos=GridPos(w=width, h=height))


def boxes(items: list[Panel | RowPanel]) -> list[tuple[int, int, int, int]]:
    return [(p.x, p.y, p.w, p.h) for item in items if (p := item.grid_pos)]


def test_panels_stand_beside_each_other_until_the_line_is_full() -> None:
    assert boxes(place([panel(12, 4), panel(12, 6), panel(8, 2)])) == [(0, 0, 12, 4), (12, 0, 12, 6), (0, 6, 8, 2)]


def test_a_row_begins_a_new_line() -> None:
    assert boxes(place([panel(8, 4), Row("Row", [panel(24, 5)]), panel(6, 2)])) == [
        (0, 0, 8, 4),
        (0, 4, 24, 1),
        (0, 5, 24, 5),
        (0, 10, 6, 2),
    ]


def test_the_panels_of_a_closed_row_stand_in_it_and_take_no_room() -> None:
    row, below = place([Row("Row", [panel(24, 5)], collapsed=True), panel(6, 2)])
    assert isinstance(row, RowPanel)
    assert row.collapsed
    assert boxes([*row.panels]) == [(0, 1, 24, 5)]
    assert boxes([below]) == [(0, 1, 6, 2)]


def test_every_panel_has_a_number_of_its_own() -> None:
    placed = place([panel(24, 1), Row("Row", [panel(24, 1)], collapsed=True), panel(24, 1)])
    inside = [inner for item in placed if isinstance(item, RowPanel) for inner in item.panels]
    assert [item.id_val for item in [*placed, *inside]] == [1, 2, 4, 3]


sizes = st.tuples(st.integers(1, COLUMNS), st.integers(1, 30))
groups = st.lists(st.one_of(sizes, st.tuples(st.booleans(), st.lists(sizes, max_size=4))), max_size=12)


@given(groups)
def test_nothing_overlaps_whatever_the_sizes(plan: list[tuple[int, int] | tuple[bool, list[tuple[int, int]]]]) -> None:
    items: list[Item] = []
    for first, second in plan:
        if isinstance(second, list):
            items.append(Row("Row", [panel(*size) for size in second], collapsed=bool(first)))
        else:
            items.append(panel(first, second))
    for one, other in combinations(boxes(place(items)), 2):
        beside = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        below = one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1]
        assert beside or below
