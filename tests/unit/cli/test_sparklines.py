from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.cli.sparklines import sparkline


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([], None, ""),
        ([0, 0], None, "▁▁"),
        ([0, 1, 1000, 500], None, "▁▂█▅"),
        ([5, 5], None, "██"),
        ([1, None, math.nan, 2], None, "▅  █"),
        ([1, math.inf], None, "██"),
        ([-3, 2], None, "▁█"),
        ([1, 1, 0, 0, 4, 0], 3, "▅▁█"),
        ([1, 1, 1, 1, 1], 2, "█▆"),
        ([None, None, 0, None], 2, " ▁"),
        ([1, 2], 5, "▅█"),
    ],
)
def test_sparkline(values, width, shown):
    assert sparkline(values, width) == shown


@given(st.lists(st.one_of(st.none(), st.floats())), st.one_of(st.none(), st.integers(1, 40)))
def test_there_is_a_character_for_each_value_or_no_more_than_fit(values, width):
    shown = sparkline(values, width)
    assert len(shown) == len(values) if width is None else len(shown) <= width
    assert set(shown) <= set(" ▁▂▃▄▅▆▇█")


@given(st.lists(st.integers(0, 10**15), min_size=1))
def test_more_is_never_drawn_lower_and_zero_alone_is_lowest(values):
    shown = dict(zip(values, sparkline(values), strict=True))
    heights = [ord(shown[value]) for value in sorted(shown)]
    assert heights == sorted(heights)
    assert all((character == "▁") == (value == 0) for value, character in shown.items())
