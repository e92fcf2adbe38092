"""How much a panel shows at most: every query ends in one of these."""

from __future__ import annotations

MOST_POINTS = 300
"""That Grafana asks a time series for. It rounds the interval, at worst to half of what it asked for."""

_SERIES = 50

LIMITS = {
    "row_limit": 1000,
    "edge_limit": 50,
    "node_limit": 100,
    "series_limit": _SERIES,
    "point_limit": _SERIES * (2 * MOST_POINTS + 2),
    "slice_limit": 25,
    "bar_limit": 10,
    "value_limit": 500,
}
"""By the name that stands in the SQL. Two nodes for each edge; every point of every series that is shown."""
