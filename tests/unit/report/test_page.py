"""The page as a whole: what a browser would make of it, told by a parser."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.unit.report.sample import HOSTILE, SampleSource, about, sample_page, sample_report
from theia_sf.report.assemble import page
from theia_sf.report.read import read_report
from theia_sf.report.sections import SECTIONS
from theia_sf.report.shown import safe

_VOID = {"meta", "link", "br", "img", "input", "hr"}


class Page(HTMLParser):
    """The elements of a page, with their attributes and texts; a script's text comes in pieces."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.payloads: dict[str, Any] = {}
        self.text: list[str] = []
        self.open: list[str] = []
        self._script: dict[str, str | None] | None = None
        self._code = ""
        self._style = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag not in _VOID:
            self.open.append(tag)
        self._script = attributes if tag == "script" else None
        self._style = tag == "style"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if self._script is not None:
            if self._script.get("type") == "application/json":
                self.payloads[str(self._script["id"])] = json.loads(self._code)
            else:
                self.scripts.append(self._code)
            self._script, self._code = None, ""
        self._style = False

    def handle_data(self, data):
        if self._style:
            return
        if self._script is None:
            self.text.append(data)
        else:
            self._code += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for one, attributes in self.elements if one == tag]

    def ids(self) -> list[str]:
        return [str(attributes["id"]) for _, attributes in self.elements if "id" in attributes]


@pytest.fixture(scope="module")
def plain() -> Page:
    return Page(sample_page(300))


@pytest.fixture(scope="module")
def hostile() -> Page:
    return Page(sample_page(300, hostile=True))


@pytest.fixture(params=["plain", "hostile"])
def read(request) -> Page:
    return request.getfixturevalue(request.param)


def policy(read: Page) -> dict[str, list[str]]:
    (meta,) = [one for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    directives = [directive.split() for directive in str(meta["content"]).split(";")]
    return {name: values for name, *values in directives}


def test_every_element_is_closed_and_every_id_is_there_once(read):
    assert read.open == []
    assert [one for one, times in Counter(read.ids()).items() if times > 1] == []


def test_the_policy_lets_exactly_the_scripts_of_the_page_run(read):
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in read.scripts]
    told = policy(read)
    assert sorted(told.pop("script-src")) == sorted(hashes)
    assert told == {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:", "blob:"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
    }
    assert len(hashes) == len(set(hashes)) > 5


def test_nothing_is_loaded_and_no_attribute_is_a_script(read):
    for tag, attributes in read.elements:
        assert not [
            name for name in attributes if name.startswith("on") or name in {"src", "action", "style", "srcset"}
        ]
        href = attributes.get("href")
        assert href is None or href.startswith("#") or (tag, href) == ("link", "data:,")
    assert {"iframe", "img", "object", "embed", "form", "base"}.isdisjoint(tag for tag, _ in read.elements)


def test_hostile_names_make_no_element_that_others_do_not_make(plain, hostile):
    assert {tag for tag, _ in hostile.elements} <= {tag for tag, _ in plain.elements}
    attributes = {(tag, name) for tag, some in hostile.elements for name in some}
    assert attributes <= {(tag, name) for tag, some in plain.elements for name in some}
    assert len(hostile.scripts) == len(plain.scripts)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_are_shown_as_they_are(hostile, text):
    shown = safe(text)
    assert any(shown in one for one in hostile.text)
    assert any(shown in str(one[2]) for one in hostile.payloads["data-graph"]["workloads"])


def test_names_are_isolated_from_the_text_around_them(hostile):
    assert len(hostile.all("bdi")) > 100
    assert not [one for one in hostile.text if re.search("[\u202a-\u202e\u2066-\u2069]", one)]


def test_the_contents_name_every_section(read):
    ids = [section.id for section in SECTIONS]
    assert [str(one["href"]) for one in read.all("a")][: len(ids) + 1] == ["#main", *(f"#{one}" for one in ids)]
    assert [(one["id"], one["aria-labelledby"]) for one in read.all("section")] == [
        (one, f"{one}-title") for one in ids
    ]
    assert set(read.ids()) >= {"main", "contents", "theme-toggle", "graph", *ids, *(f"{one}-title" for one in ids)}


def test_every_chart_has_its_data_and_a_table_that_says_the_same(plain):
    names = [str(one["data-chart"]) for one in plain.all("figure")]
    assert names == [
        "traffic-bytes",
        "traffic-flows",
        "talkers-pods",
        "talkers-namespaces",
        "talkers-services",
        "talkers-addresses",
        "denied-days",
    ]
    for name in names:
        data = plain.payloads[f"data-{name}"]
        assert data["kind"] in {"timeseries", "bars"}
        assert data["unit"] in {"bytes", "flows", "drops"}
        assert data["title"] in plain.text
        assert f"{data['title']} as a table" in plain.text
        for series in data["series"]:
            assert len(series["y"]) == len(data["x"]) == len(set(data["x"]))
    assert {str(one["data-type"]) for one in plain.all("th")} == {"text", "number", "bytes", "time"}


def test_the_graph_names_nodes_and_edges_by_index(plain):
    graph = plain.payloads["data-graph"]
    assert set(graph) == {"clusters", "namespaces", "workloads", "edges", "omitted"}
    nodes = graph["workloads"]
    for cluster, namespace, name, labels, kind in nodes:
        assert 0 <= cluster < len(graph["clusters"])
        assert (namespace == -1) == (kind != "workload")
        assert namespace < len(graph["namespaces"])
        assert name
        assert isinstance(labels, str)
    assert len({tuple(node[:3]) for node in nodes}) == len(nodes)
    for edge in graph["edges"]:
        source, destination, traffic, service, flows, octets, reverse, denied, first, last = edge
        assert max(source, destination) < len(nodes)
        assert isinstance(traffic, str)
        assert isinstance(service, str)
        assert flows >= 1
        assert flows >= denied
        assert min(octets, reverse, denied) >= 0
        assert first <= last


def test_the_same_flows_give_the_same_bytes():
    assert sample_page(50) == sample_page(50)


def test_a_report_without_flows_is_a_page_that_says_so():
    read = Page(page(read_report(SampleSource(0), about())))
    text = " ".join(read.text)
    assert "There are no flow records in the time range" in text
    assert "Nothing to recommend" in text
    assert "graph" not in read.ids()
    assert len(read.all("section")) == len(SECTIONS)


def test_progress_is_told_section_by_section():
    told = []

    class Working:
        def __init__(self, message):
            told.append(message)

        def __enter__(self):
            return None

        def __exit__(self, *_):
            return None

    source = SampleSource(20)
    read_report(source, about(), Working)
    assert told == [
        "Reading the size of the database",
        "Reading the traffic over time",
        "Reading the top talkers",
        "Reading the edges between workloads",
        "Reading the dropped and rejected flows",
        "Reading the traffic for policies",
    ]
    assert len(source.statements) == 8  # docs/report.md tells the number


def test_sections_say_what_they_leave_out_in_one_place():
    report = sample_report(300)
    told = [caveat for section in SECTIONS for caveat in section.caveats(report.parts[section.id])]
    text = "\n".join(Page(page(report)).text)
    assert any("could not be read as flow records" in one for one in told)
    assert all(one in text for one in told)
