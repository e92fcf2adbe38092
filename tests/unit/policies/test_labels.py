from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.flows.kubernetes_names import is_label_key, is_label_value
from theia_sf.policies.labels import LabelReader


@pytest.mark.parametrize("text", [None, "", "null", "{}", '{"pod-template-hash":"5d4"}'])
def test_no_labels(text):
    assert LabelReader(["pod-template-hash"]).read(text) == ()


def test_labels_are_sorted_and_ignored_ones_dropped():
    read = LabelReader(["hash"]).read('{"tier":"front","hash":"x#\'","app":"web"}')
    assert read == (("app", "web"), ("tier", "front"))


def test_escapes_of_the_flow_aggregator():
    assert LabelReader().read('{"a":"\\u003c"}') is None
    assert LabelReader().read('{"\\u0061pp":"web"}') == (("app", "web"),)


@pytest.mark.parametrize(
    "text",
    [
        "{broken",
        "[1]",
        '"text"',
        "7",
        '{"a":1}',
        '{"a":null}',
        '{"a":"x#y"}',
        '{"a":"it\'s"}',
        '{"a":"x,y"}',
        '{"a":"\\ud83d"}',
        '{"a":"😀"}',
        '{"a b":"x"}',
        '{"a":"' + "x" * 64 + '"}',
        pytest.param('{"a":"' + "x" * 1_000_000 + '"}', id="1 MB"),
        pytest.param("[" * 100_000, id="deep"),
    ],
)
def test_what_no_selector_can_name(text):
    assert LabelReader().read(text) is None


@given(st.dictionaries(st.text(), st.text()))
def test_any_content_is_read_or_refused(labels):
    read = LabelReader().read(json.dumps(labels))
    usable = all(is_label_key(key) and is_label_value(value) for key, value in labels.items())
    assert read == (tuple(sorted(labels.items())) if usable else None)


@given(st.text())
def test_any_text_is_read_or_refused(text):
    read = LabelReader().read(text)
    assert read is None or all(is_label_key(key) and is_label_value(value) for key, value in read)
