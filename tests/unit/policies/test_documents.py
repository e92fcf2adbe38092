from __future__ import annotations

import json

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.policies.schemas import check
from theia_sf.policies.edges import Edge
from theia_sf.policies.model import PolicyType
from theia_sf.policies.recommend import recommend
from theia_sf.policies.render.documents import documents, to_yaml

# PyYAML cannot load an escaped lone surrogate into a file, and JSON has none either: they are no text.
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = TEXT | st.integers() | st.booleans() | st.none()
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)
ANY = st.text(max_size=20)


@settings(max_examples=50)
@given(st.lists(st.dictionaries(TEXT, VALUES, min_size=1), min_size=1, max_size=3))
def test_any_objects_read_back_as_they_were(objects):
    assert list(yaml.safe_load_all("".join(to_yaml(objects)))) == objects


def test_words_that_yaml_takes_for_values_are_quoted():
    words = ["yes", "No", "on", "null", "true", "~", "1e3", "0x1", "1:30", "2026-07-01", "", "a: b", "- a", "y", "N"]
    assert list(yaml.safe_load_all("".join(to_yaml([{word: word for word in words}])))) == [
        {word: word for word in words}
    ]


@given(
    st.lists(st.tuples(ANY, st.dictionaries(ANY, ANY), ANY, st.integers(0, 70000), st.integers(0, 255)), max_size=4),
    st.sampled_from(PolicyType),
)
def test_any_flows_give_policies_that_are_valid(flows, policy_type):
    edges = [
        Edge(
            None,
            namespace or "shop",
            json.dumps(labels),
            None,
            "shop",
            json.dumps(labels),
            None,
            service,
            port,
            protocol,
            1,
            "a",
            "a",
        )
        for namespace, labels, service, port, protocol in flows
    ]
    objects = list(documents(recommend(edges, policy_type, allowed_namespaces=["kube-system"])))
    for one in objects:
        check(one)
    assert list(yaml.safe_load_all("".join(to_yaml(objects)))) == objects
