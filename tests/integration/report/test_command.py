"""report against the sandbox's Snowflake, as a user runs it."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import snowflake.connector

from tests.integration.report.conftest import FLOWS
from tests.unit.policies.flow_records import CLUSTER
from theia_sf.cli import main
from theia_sf.errors import ExitCode
from theia_sf.report import assets, read


class Read(HTMLParser):
    """What a page tells: the facts of the overview, and the payloads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.payloads = {
            name: json.loads(data)
            for name, data in re.findall(r'<script type="application/json" id="data-([^"]+)">(.*?)</script>', text)
        }
        self.feed(text)
        self.close()

    def handle_data(self, data):
        self.texts.append(data.strip())

    def fact(self, name: str) -> str:
        texts = [text for text in self.texts if text]
        return texts[texts.index(name) + 1]


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = main.run(["report", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def warehouses(sandbox) -> set[str]:
    with snowflake.connector.connect(**sandbox.snowflake) as connection:
        rows: list[Any] = connection.cursor().execute("SHOW WAREHOUSES").fetchall()
    return {row[0] for row in rows}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """The current folder, empty."""
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    return place


def denied(flow) -> bool:
    return bool({flow["ingressNetworkPolicyRuleAction"], flow["egressNetworkPolicyRuleAction"]} & {2, 3})


def test_the_page_tells_what_the_flows_are(sandbox_env, database, capsys, folder):
    before = warehouses(sandbox_env)
    code, out, err = run(capsys, "--database-name", database.lower())
    assert (code, out) == (ExitCode.OK, "")
    assert [path.name for path in folder.iterdir()] == ["theia-sf-report.html"]
    page = Read((folder / "theia-sf-report.html").read_text(encoding="utf-8"))
    assert page.fact("Flow records") == str(len(FLOWS))
    assert page.fact("Dropped or rejected") == str(sum(map(denied, FLOWS)))
    assert page.fact("Traffic, both directions") == "90.0 kB"
    assert page.fact("Lines that could not be read") == "2"
    traffic = page.payloads["traffic-bytes"]
    assert [sum(series["y"]) for series in traffic["series"]] == [100 * len(FLOWS), 200 * len(FLOWS)]
    graph = page.payloads["graph"]
    assert sum(edge[4] for edge in graph["edges"]) == len(FLOWS)
    assert sum(edge[7] for edge in graph["edges"]) == sum(map(denied, FLOWS))
    assert graph["omitted"] == {"edges": 0, "flows": 0, "octets": 0}
    assert "Reading the traffic over time" in err
    assert re.search(r"Wrote \d\.\d\d MB to theia-sf-report.html; open it in a browser.", err)
    assert warehouses(sandbox_env) == before


def test_a_cluster_a_range_and_a_warehouse(sandbox_env, database, capsys, folder):
    code, _, _ = run(
        capsys,
        *("--database-name", database, "--warehouse-name", "report_wh", "--cluster-uuid", CLUSTER.upper()),
        *("--start", "2026-07-01T10:00:00Z", "--end", "2026-07-01T11:00:00Z", "--output-file", "out.html"),
    )
    assert code == ExitCode.OK
    page = Read((folder / "out.html").read_text(encoding="utf-8"))
    assert page.fact("Flow records") == str(sum(flow["clusterUUID"] == CLUSTER for flow in FLOWS))
    assert page.fact("From") == "2026-07-01 10:00:00 UTC"


def test_to_stdout(sandbox_env, database, capsys, folder):
    code, out, err = run(capsys, "--database-name", database, "--output-file", "-")
    assert code == ExitCode.OK
    assert out.startswith("<!DOCTYPE html>")
    assert out.endswith("</html>\n")
    assert "Wrote" in err
    assert list(folder.iterdir()) == []


def test_no_flows_are_a_page_that_says_so(sandbox_env, database, capsys, folder):
    code, _, err = run(capsys, "--database-name", database, "--end", "2020-01-01T00:00:00Z")
    assert code == ExitCode.OK
    assert "There are no such flow records; the page says so." in err
    page = Read((folder / "theia-sf-report.html").read_text(encoding="utf-8"))
    assert "There are no flow records in the time range." in page.texts
    assert page.fact("Lines that could not be read") == "2"


@pytest.mark.parametrize("place", ["missing/report.html", "."])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_asked(sandbox_env, monkeypatch, capsys, place):
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "wrong")  # would be noticed next
    code, out, err = run(capsys, "--output-file", place)
    assert (code, out) == (ExitCode.USAGE, "")
    assert place in err
    assert "Traceback" not in err


def test_an_interrupted_report_leaves_the_file_that_was_there(sandbox_env, database, monkeypatch, capsys, folder):
    def interrupted(*_):
        raise KeyboardInterrupt

    (folder / "theia-sf-report.html").write_text("old")
    monkeypatch.setattr(read, "read_report", interrupted)
    code, _, err = run(capsys, "--database-name", database)
    assert code == ExitCode.INTERRUPTED
    assert "Interrupted." in err
    assert [path.name for path in folder.iterdir()] == ["theia-sf-report.html"]
    assert (folder / "theia-sf-report.html").read_text() == "old"


def test_a_failed_sign_in_leaves_nothing(sandbox_env, monkeypatch, capsys, folder):
    monkeypatch.setenv("SNOWFLAKE_PASSWORD", "wrong")
    code, out, _ = run(capsys)
    assert (code, out) == (ExitCode.CONNECTION, "")
    assert list(folder.iterdir()) == []


def test_without_the_extra_it_is_told_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(assets, "find_spec", lambda name: None if name == "plotly" else object())
    code, out, err = run(capsys)
    assert (code, out) == (ExitCode.USAGE, "")
    assert "The report needs packages that are not installed: plotly." in err
    assert "pip install 'theia-sf[report]'" in err
