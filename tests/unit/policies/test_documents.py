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


EDGE = st.builds(
    Edge,
    left_out=st.none(),
    from_namespace=st.sampled_from(["shop", "billing", None]),
    from_labels=st.sampled_from(['{"app":"a"}', '{"app":"b","tier":"x"}', "null", None]),
    from_ip=st.sampled_from(["192.0.2.1", "2001:db8::1"]),
    to_namespace=st.sampled_from(["shop", "billing", "kube-system", None]),
    to_labels=st.sampled_from(['{"app":"a"}', '{"tier":"x","app":"b"}', "{}"]),
    to_ip=st.sampled_from(["192.0.2.2", "2001:db8::2"]),
    to_service=st.sampled_from(["shop/a:http", "shop/b", "shop/b:", None]),
    to_port=st.sampled_from([80, 443]),
    protocol=st.sampled_from([6, 17, 132, 1]),
    flows=st.integers(1, 9),
    first_cluster=st.just("u"),
    last_cluster=st.just("u"),
)


def text_of(edges, policy_type) -> str:
    return "".join(to_yaml(documents(recommend(edges, policy_type, allowed_namespaces=["kube-system"]))))


@given(st.lists(EDGE, max_size=12), st.randoms(use_true_random=False), st.sampled_from(PolicyType))
def test_the_order_of_the_flows_does_not_matter(edges, dice, policy_type):
    shuffled = [*edges, *edges[:3]]  # the same edge twice changes nothing either
    dice.shuffle(shuffled)
    assert text_of(edges, policy_type) == text_of(shuffled, policy_type)


@given(st.lists(EDGE, min_size=1, max_size=12), EDGE, st.sampled_from(PolicyType))
def test_one_more_flow_renames_nothing_and_changes_its_own_ends_alone(edges, new, policy_type):
    before = {one["metadata"]["name"]: one for one in yaml.safe_load_all(text_of(edges, policy_type)) if one}
    after = {one["metadata"]["name"]: one for one in yaml.safe_load_all(text_of([*edges, new], policy_type)) if one}
    assert before.keys() <= after.keys()
    changed = [name for name, one in before.items() if after[name] != one]
    pods_that_get_policies = [one for one in (new.from_namespace, new.to_namespace) if one not in {None, "kube-system"}]
    assert len(changed) <= len(pods_that_get_policies)


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
            0,
            0,
            0,
        )
        for namespace, labels, service, port, protocol in flows
    ]
    objects = list(documents(recommend(edges, policy_type, allowed_namespaces=["kube-system"])))
    for one in objects:
        check(one)
    assert list(yaml.safe_load_all("".join(to_yaml(objects)))) == objects
