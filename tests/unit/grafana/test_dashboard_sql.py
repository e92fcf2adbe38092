"""Reading the SQL of panels."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.limits import LIMITS
from theia_sf_dashboards.provisioning import render
from theia_sf_dashboards.sql import statement

QUERIES = files("theia_sf_dashboards") / "queries"
NAMES = re.compile(r"(?<!\$)\{(\w+)\}")


def test_a_fragment_keeps_the_indent_of_its_line_and_loses_its_comments() -> None:
    lines = statement("flow_records/count.sql").splitlines()
    assert lines[:3] == ["WITH flow AS (", "  SELECT", "    clusterUUID AS cluster,"]
    assert not [line for line in lines if "--" in line]


def test_a_limit_is_a_number() -> None:
    assert statement("flow_records/table.sql").endswith(f"\nLIMIT {LIMITS['row_limit']}")


def test_grafanas_variables_are_left_alone() -> None:
    assert "(${cluster:sqlstring})" in statement("flow_records/count.sql")


def test_a_value_is_put_in_and_may_hold_placeholders() -> None:
    text = statement("homepage/bytes.sql", kind="(flow_type = 3 OR {denied})")
    assert "WHERE (flow_type = 3 OR (ingress_action IN (2, 3) OR egress_action IN (2, 3)))" in text


def test_a_value_may_be_a_file() -> None:
    text = statement("traffic/pairs.sql", ends="node_to_node/ends.sql")
    assert "\n    source_node AS source,\n" in text


def test_an_unused_value_and_an_unknown_name_are_errors() -> None:
    with pytest.raises(ValueError, match=r"flow_records/count\.sql has no placeholder for kind"):
        statement("flow_records/count.sql", kind="TRUE")
    with pytest.raises(FileNotFoundError):
        statement("homepage/bytes.sql")
    with pytest.raises(FileNotFoundError):
        statement("no/such.sql")


def test_nothing_in_braces_is_left_in_a_dashboard() -> None:
    for dashboard in DASHBOARDS:
        texts = re.findall(r'"(?:queryText|query)": "((?:[^"\\]|\\.)*)"', render(dashboard))
        assert texts
        assert not [match for text in texts for match in NAMES.findall(text)]


def test_no_value_of_braces_is_taken_for_a_limit() -> None:
    shared = {entry.name.removesuffix(".sql") for entry in (QUERIES / "shared").iterdir()}
    assert not shared & LIMITS.keys()
