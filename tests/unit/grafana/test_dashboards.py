"""What holds for every dashboard that is provisioned."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from grafana_foundation_sdk.cog import plugins
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard as GrafanaDashboard

from theia_sf_dashboards import datasource, provisioning
from theia_sf_dashboards.__main__ import DIRECTORY
from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.dashboard import Dashboard
from theia_sf_dashboards.limits import LIMITS, MOST_POINTS
from theia_sf_dashboards.panels import SANKEY_PLUGIN
from theia_sf_dashboards.variables import ALL

DOCUMENT = Path(__file__).parents[3] / "docs" / "dashboards.md"
CORE = {"stat", "timeseries", "table", "piechart", "bargauge", "nodeGraph", "text", "dashlist", "barchart", "gauge"}
WITHOUT_QUERIES = {"text", "dashlist"}
BUILT_IN = {"__interval", "__interval_ms", "__from", "__to", "__url_time_range"}
WITH_A_UNIT = {"stat", "timeseries", "piechart", "bargauge", "nodeGraph", SANKEY_PLUGIN, "barchart", "gauge"}
READS_FLOWS = re.compile(r"\bFROM (FLOWS|PODS|POLICIES|REJECTED_FLOWS)\b")
ENDS_IN_A_LIMIT = re.compile(r"\nLIMIT (\d+)\Z")
USED = re.compile(r"\$\{(\w+)[}:]|\$(\w+)\b(?!\()")

every_dashboard = pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.name)


def as_json(dashboard: Dashboard) -> dict[str, Any]:
    return json.loads(provisioning.render(dashboard))


def panels_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel but the rows, those of closed rows included."""
    for item in content["panels"]:
        if item["type"] == "row":
            yield from item["panels"]
        else:
            yield item


def queries_of(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for panel in panels_of(content):
        yield from panel.get("targets", [])


def links_of(content: dict[str, Any]) -> Iterator[str]:
    """Every address of another dashboard."""
    yield from re.findall(r"/d/[^\"\\)]+", json.dumps(content["panels"]))


def test_the_files_are_those_that_the_code_makes() -> None:
    assert provisioning.stale(DIRECTORY) == [], "run `make dashboards`"


def test_names_addresses_and_titles_are_each_used_once() -> None:
    for values in zip(*((d.name, d.uid, d.title) for d in DASHBOARDS), strict=True):
        assert len(set(values)) == len(DASHBOARDS)


def test_the_addresses_of_the_first_dashboards_are_those_of_theia() -> None:
    uids = {dashboard.name: dashboard.uid for dashboard in DASHBOARDS}
    assert uids["homepage"] == "F_PWNZ44z"
    assert uids["flow_records_dashboard"] == "dbxiHWV4k"
    assert uids["pod_to_pod_dashboard"] == "B1t6SZVVz"
    assert uids["networkpolicy_dashboard"] == "LvtkNZ4Vz"


@every_dashboard
def test_grafanas_own_model_reads_the_json_and_loses_nothing(dashboard: Dashboard) -> None:
    plugins.register_default_plugins()
    datasource.register()
    content = as_json(dashboard)
    read = GrafanaDashboard.from_json(content)
    assert json.loads(json.dumps(read, cls=JSONEncoder)) == content
    targets = [target for panel in read.panels or [] for target in getattr(panel, "targets", None) or []]
    assert all(isinstance(target, datasource.Query) for target in targets)


@every_dashboard
def test_the_same_dashboard_gives_the_same_bytes(dashboard: Dashboard) -> None:
    assert provisioning.render(dashboard) == provisioning.render(dashboard)


@every_dashboard
def test_no_panel_overlaps_another_or_leaves_the_grid(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    groups = [content["panels"], *(item["panels"] for item in content["panels"] if item["type"] == "row")]
    for group in groups:
        boxes = [panel["gridPos"] for panel in group]
        assert all(box["x"] >= 0 and box["x"] + box["w"] <= 24 and box["h"] > 0 for box in boxes)
        for one, other in combinations(boxes, 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or below, (one, other)
    ids = [item["id"] for item in content["panels"]] + [panel["id"] for panel in panels_of(content)]
    assert len({*ids}) == len({id(item) for item in content["panels"]} | {id(panel) for panel in panels_of(content)})


@every_dashboard
def test_every_panel_says_what_it_shows(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    assert content["description"].endswith(".")
    for panel in panels_of(content):
        title = panel["title"]
        assert title.strip()
        assert panel["description"].endswith("."), title
        if panel["type"] in WITH_A_UNIT:
            assert panel["fieldConfig"]["defaults"].get("unit"), title
        if panel["type"] == "table":
            assert panel["fieldConfig"]["overrides"], title
    for row in content["panels"]:
        assert row["title"].strip()


@every_dashboard
def test_a_column_that_has_a_unit_or_a_link_is_one_of_the_query(dashboard: Dashboard) -> None:
    for panel in panels_of(as_json(dashboard)):
        for override in panel["fieldConfig"]["overrides"]:
            if override["matcher"]["id"] == "byName":
                column = override["matcher"]["options"]
                assert f'AS "{column}"' in panel["targets"][0]["queryText"], (panel["title"], column)


@every_dashboard
def test_only_panels_of_grafana_and_the_optional_one_are_used(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    for panel in panels_of(content):
        assert panel["type"] in CORE | {SANKEY_PLUGIN}
        assert panel.get("pluginVersion") == (None if panel["type"] == SANKEY_PLUGIN else "11.6.0")
        assert bool(panel.get("targets")) != (panel["type"] in WITHOUT_QUERIES)
        if panel["type"] == SANKEY_PLUGIN:
            assert "optional" in panel["description"]
    closed = [row for row in content["panels"] if row["type"] == "row" and row["collapsed"]]
    outside = [panel for panel in content["panels"] if panel["type"] == SANKEY_PLUGIN]
    assert not outside, "its panels stand in closed rows, or Grafana reports the missing plugin at once"
    assert all(row["panels"] for row in closed)


@every_dashboard
def test_every_query_goes_to_the_data_source(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    expected = {"type": datasource.TYPE, "uid": datasource.UID}
    assert datasource.UID == "P1DBD59F661D68B90"
    for panel in panels_of(content):
        if panel["type"] not in WITHOUT_QUERIES:
            assert panel["datasource"] == expected
    assert all(query["datasource"] == expected for query in queries_of(content))
    assert all(variable["datasource"] == expected for variable in content["templating"]["list"])


@every_dashboard
def test_every_query_has_a_limit(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    texts = [query["queryText"] for query in queries_of(content)]
    texts += [variable["query"] for variable in content["templating"]["list"]]
    for text in texts:
        match = ENDS_IN_A_LIMIT.search(text)
        assert match, text[-200:]
        assert int(match[1]) <= LIMITS["point_limit"]


@every_dashboard
def test_no_query_reads_flows_beyond_the_time_range(dashboard: Dashboard) -> None:
    for query in queries_of(as_json(dashboard)):
        text = query["queryText"]
        filters = text.count("$__timeTzFilter(") + min(text.count("$__from,"), text.count("$__to,"))
        assert len(READS_FLOWS.findall(text)) <= filters, text


@every_dashboard
def test_a_query_of_flows_knows_of_the_lines_that_are_no_flow_records(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    texts = [query["queryText"] for query in queries_of(content)]
    texts += [variable["query"] for variable in content["templating"]["list"]]
    for text in texts:
        assert text.count("FROM FLOWS\n") <= text.count("rejectedRecord"), text


@every_dashboard
def test_a_time_series_has_a_time_and_points_that_fit(dashboard: Dashboard) -> None:
    for panel in panels_of(as_json(dashboard)):
        if panel["type"] == "timeseries":
            (query,) = panel["targets"]
            assert query["queryType"] == "time series"
            assert query["timeColumns"] == ["time"]
            assert "fillMode" not in query
            assert 'AS "time"' in query["queryText"]
            assert panel["maxDataPoints"] == MOST_POINTS


def test_the_limit_of_points_cuts_none_of_the_series_that_are_shown() -> None:
    # Grafana rounds the interval to no less than half of what it asked for, and each end may be cut into a bucket.
    assert LIMITS["point_limit"] >= LIMITS["series_limit"] * (2 * MOST_POINTS + 1)


@every_dashboard
def test_variables_that_are_used_are_there(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    defined = [variable["name"] for variable in content["templating"]["list"]]
    assert len(set(defined)) == len(defined)
    texts = [query["queryText"] for query in queries_of(content)]
    for position, variable in enumerate(content["templating"]["list"]):
        used = {match[0] or match[1] for match in USED.findall(variable["query"])} - BUILT_IN
        assert used <= set(defined[:position]), "a variable may use those before it only"
    for text in texts:
        used = {match[0] or match[1] for match in USED.findall(text)} - BUILT_IN
        assert used <= set(defined), text
        # quoted by Grafana, and by nothing else
        assert not re.search(r"\$\{(?!\w+:sqlstring\})", text)
        assert not re.search(r"'\s*\$\{", text)


@every_dashboard
def test_every_variable_offers_all_and_what_the_time_range_holds(dashboard: Dashboard) -> None:
    for variable in as_json(dashboard)["templating"]["list"]:
        assert variable["multi"]
        assert variable["includeAll"]
        assert variable["allValue"] == ALL == "'__all'"
        assert variable["refresh"] == 2, "when the time range changes"
        assert variable["label"]
        assert variable["description"]
        text = variable["query"]
        # the plugin's own macros see no time range there
        assert "$__time" not in text
        assert text.count("$__from") == text.count("$__to") == text.count("FROM FLOWS\n")
        assert f"LIMIT {LIMITS['value_limit']}" in text


@every_dashboard
def test_links_lead_to_dashboards_and_keep_time_range_and_selection(dashboard: Dashboard) -> None:
    content = as_json(dashboard)
    by_uid = {other.uid: {variable.name for variable in other.variables()} for other in DASHBOARDS}
    (menu,) = content["links"]
    assert menu["includeVars"]
    assert menu["keepTime"]
    assert menu["tags"] == content["tags"] == ["theia-sf"]
    defined = {variable["name"] for variable in content["templating"]["list"]}
    for link in links_of(content):
        address, _, parameters = link.removeprefix("/d/").partition("?")
        assert address in by_uid, link
        assert parameters.startswith("${__url_time_range}"), link
        kept = set(re.findall(r"\$\{(\w+):queryparam\}", parameters))
        assert kept <= defined & by_uid[address], link
        assert set(re.findall(r"&var-(\w+)=", parameters)) <= by_uid[address], link


def test_the_home_page_leads_to_every_other_dashboard() -> None:
    home, *others = DASHBOARDS
    linked = {link.removeprefix("/d/").partition("?")[0] for link in links_of(as_json(home))}
    assert {other.uid for other in others} <= linked


@every_dashboard
def test_the_document_describes_every_panel(dashboard: Dashboard) -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    assert f"`/d/{dashboard.uid}`" in document
    section = document.partition(f"\n## {dashboard.title}\n")[2].partition("\n## ")[0]
    missing = {panel["title"] for panel in panels_of(as_json(dashboard)) if f"| {panel['title']} |" not in section}
    assert not missing


@every_dashboard
def test_nothing_is_refreshed_by_itself(dashboard: Dashboard) -> None:
    assert as_json(dashboard)["refresh"] == ""
