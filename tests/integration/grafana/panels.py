"""The queries that the generated dashboards hold, and what is chosen at their top."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from theia_sf_dashboards.interpolation import interval_of

FOLDER = Path(__file__).parents[3] / "grafana" / "theia_sf_grafana" / "provisioning" / "dashboards"
DEFAULT_POINTS = 1000
"""That Grafana asks for where a panel says nothing: one for each pixel of its width."""


@dataclass(frozen=True)
class Target:
    """One query of a panel. `query_type` is what the plugin makes of its rows: "table" or "time series"."""

    ref: str
    sql: str
    query_type: str
    time_columns: tuple[str, ...]


@dataclass(frozen=True)
class Panel:
    """A panel that shows the results of queries; `points` and `least_interval` are its query options."""

    dashboard: str
    dashboard_uid: str
    id: int
    title: str
    kind: str
    targets: tuple[Target, ...]
    points: int
    least_interval: str

    def __str__(self) -> str:
        return f"{self.dashboard}: {self.title} ({self.kind})"

    @property
    def keys(self) -> set[tuple[str, str, str]]:
        """The dashboard, the title and the refId of each target."""
        return {(self.dashboard, self.title, target.ref) for target in self.targets}

    def interval(self, start: datetime, end: datetime) -> int:
        """The milliseconds by which the panel groups."""
        return interval_of(start, end, self.points, self.least_interval)


@dataclass(frozen=True)
class Variable:
    """A variable whose values a query gives."""

    dashboard: str
    name: str
    sql: str
    multi: bool
    all_value: str | None

    def __str__(self) -> str:
        return f"{self.dashboard}: ${self.name}"


@dataclass(frozen=True)
class Dashboard:
    """A dashboard's panels with queries, its variables in their order, and its annotations as panels."""

    name: str
    uid: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    raw: dict[str, Any]


def dashboards() -> list[Dashboard]:
    """Return the generated dashboards, by name."""
    return [
        _dashboard(path.stem, json.loads(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.json"))
    ]


def queries_anywhere(raw: Any) -> Iterator[str]:
    """Yield every text that is a query, wherever it stands in a dashboard's JSON."""
    if isinstance(raw, dict):
        for key, value in raw.items():
            if key in {"queryText", "query"} and isinstance(value, str) and value:
                yield value
            else:
                yield from queries_anywhere(value)
    elif isinstance(raw, list):
        for value in raw:
            yield from queries_anywhere(value)


def _dashboard(name: str, raw: dict[str, Any]) -> Dashboard:
    of = name, raw["uid"]
    panels = (*_panels(of, raw["panels"]), *_annotations(of, raw))
    listed = raw.get("templating", {}).get("list", [])
    variables = [
        Variable(name, v["name"], v["query"], v.get("multi", False), v.get("allValue"))
        for v in listed
        if v["type"] == "query"
    ]
    return Dashboard(*of, panels, tuple(variables), raw)


def _panels(dashboard: tuple[str, str], found: list[dict[str, Any]]) -> Iterator[Panel]:
    for panel in found:
        yield from _panels(dashboard, panel.get("panels", []))
        if targets := panel.get("targets"):
            options = panel.get("maxDataPoints") or DEFAULT_POINTS, panel.get("interval") or ""
            yield Panel(*dashboard, panel["id"], panel["title"], panel["type"], _targets(targets), *options)


def _annotations(dashboard: tuple[str, str], raw: dict[str, Any]) -> Iterator[Panel]:
    for number, mark in enumerate(raw.get("annotations", {}).get("list", []), 1):
        if (target := mark.get("target", {})) and target.get("queryText"):
            targets = _targets([{"refId": "Anno", **target}])
            yield Panel(*dashboard, -number, mark["name"], "annotation", targets, 100, "")


def _targets(targets: list[dict[str, Any]]) -> tuple[Target, ...]:
    return tuple(
        Target(t["refId"], t["queryText"], t.get("queryType", ""), tuple(t.get("timeColumns") or ())) for t in targets
    )


def outer_limit(sql: str) -> int | None:
    """Return the LIMIT that ends a statement, None if it has none."""
    found = re.search(r"\bLIMIT\s+(\d+)\s*;?\s*$", sql, re.IGNORECASE)
    return int(found[1]) if found else None
