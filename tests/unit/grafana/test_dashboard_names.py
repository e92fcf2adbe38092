"""The names in a panel's SQL, as Snowflake resolves them: what is not quoted is upper case, and what is keeps its case.

DuckDB, which runs the panels in the sandbox, does not tell upper from lower case.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import OptimizeError
from sqlglot.optimizer.qualify import qualify

from tests.unit.flows.memory import COLUMNS
from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.interpolation import Scope, Selection, interpolate
from theia_sf_dashboards.macros import MacroContext, expand
from theia_sf_dashboards.provisioning import render

END = datetime(2026, 1, 8, tzinfo=UTC)
START = END - timedelta(days=1)
CHOSEN = {name: Selection(("a", "b")) for name in ("cluster", "namespace", "pod", "policy", "direction")}
SCHEMA = {"FLOWS": {name.upper(): kind for name, kind in COLUMNS.items()}}


def resolved(sql: str) -> exp.Expression:
    """The statement with every column found in what it selects from."""
    return qualify(sqlglot.parse_one(sql, dialect="snowflake"), dialect="snowflake", schema=SCHEMA)


def statements(dashboard: Dashboard) -> Iterator[str]:
    """Every statement that reads flows, as it goes to Snowflake."""
    content = json.loads(render(dashboard))
    panels = [*content["panels"], *(panel for row in content["panels"] for panel in row.get("panels", []))]
    texts = [query["queryText"] for panel in panels for query in panel.get("targets", [])]
    texts += [variable["query"] for variable in content["templating"]["list"]]
    for text in texts:
        sql = expand(interpolate(text, Scope(START, END, CHOSEN, 600_000)), MacroContext(START, END)).sql
        parsed = sqlglot.parse_one(sql, dialect="snowflake")
        own = {cte.alias for cte in parsed.find_all(exp.CTE)}
        if {table.name for table in parsed.find_all(exp.Table)} - own == {"FLOWS"}:
            yield sql


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)
def test_every_name_is_found(dashboard: Dashboard) -> None:
    for sql in statements(dashboard):
        outer = resolved(sql)
        assert isinstance(outer, exp.Query)
        # an alias that is not quoted comes back in capitals, and no panel, unit or link would find it
        assert not [name for name in outer.named_selects if name.isupper()], sql


def test_the_dashboards_of_flows_are_all_looked_at() -> None:
    looked_at = {dashboard.name for dashboard in DASHBOARDS if len(list(statements(dashboard))) > 3}
    assert looked_at >= {
        "homepage",
        "flow_records_dashboard",
        "pod_to_pod_dashboard",
        "pod_to_service",
        "pod_to_external",
        "node_to_node",
        "networkpolicy_dashboard",
        "network_topology",
    }


@pytest.mark.parametrize(
    "sql",
    [
        'SELECT sourceIP AS "Source" FROM FLOWS ORDER BY source',
        'WITH flow AS (SELECT sourceIP AS "source" FROM FLOWS) SELECT source FROM flow',
        "SELECT sourceAddress FROM FLOWS",
    ],
)
def test_a_name_that_snowflake_would_not_find_is_an_error(sql: str) -> None:
    with pytest.raises(OptimizeError):
        resolved(sql)
