"""Trends as a line of block characters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

_BLOCKS: Final = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None], width: int | None = None) -> str:
    """Return a character for each value: the lowest for zero alone, the highest for the greatest.

    Args:
        values: oldest first; None and NaN, where nothing is known, become a space. Negative ones are drawn as zero.
        width: the greatest number of characters; so many neighbours as it takes are added up to one.
    """
    if width is not None and 0 < width < len(values):
        size = math.ceil(len(values) / width)
        values = [_sum(values[start : start + size]) for start in range(0, len(values), size)]
    known = [value for value in values if value is not None and math.isfinite(value)]
    most = max(known, default=0)
    return "".join(_block(value, most) for value in values)


def _sum(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None and not math.isnan(value)]
    return sum(known) if known else None


def _block(value: float | None, most: float) -> str:
    if value is None or math.isnan(value):
        return " "
    if value <= 0:
        return _BLOCKS[0]
    if math.isinf(value):
        return _BLOCKS[-1]
    return _BLOCKS[max(1, math.ceil(value / most * (len(_BLOCKS) - 1)))]
