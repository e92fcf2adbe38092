"""What workloads and other ends are called."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.report.ends import OTHERS, EndReader, describe, in_full, names
from theia_sf.report.workloads import NO_LABELS, UNREADABLE, IdentityReader, traffic_name


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({"app.kubernetes.io/name": "cart", "app": "x"}, "cart"),
        ({"app.kubernetes.io/name": "cart", "app.kubernetes.io/component": "db"}, "cart/db"),
        ({"app": "web", "pod-template-hash": "abc"}, "web"),
        ({"k8s-app": "kube-dns"}, "kube-dns"),
        ({"app": "", "k8s-app": "dns"}, "dns"),
        ({"tier": "front", "team": "a"}, "team=a, tier=front"),
        ({"pod-template-hash": "abc", "batch.kubernetes.io/job-name": "j-1"}, NO_LABELS),
        ({}, NO_LABELS),
        (None, NO_LABELS),
        ({"app": "we#b"}, "we#b"),
        ({"app": 1}, UNREADABLE),
        (["app"], UNREADABLE),
    ],
)
def test_a_workload_is_called_by_the_most_telling_label(labels, name):
    assert IdentityReader().read(json.dumps(labels)).name == name


@pytest.mark.parametrize("text", ["{broken", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_labels_that_cannot_be_read_are_said_to_be_so(text):
    assert IdentityReader().read(text).name == UNREADABLE


@pytest.mark.parametrize("text", [None, ""])
def test_no_labels_are_no_fault(text):
    assert IdentityReader().read(text).name == NO_LABELS


def test_pods_of_one_workload_are_the_same_whatever_their_hash():
    reader = IdentityReader()
    first, second = (
        reader.read(json.dumps({"app": "db", "controller-revision-hash": f"db-{one}", "helm.sh/chart": f"db-{one}"}))
        for one in (1, 2)
    )
    assert first == second


def test_workloads_of_one_name_are_told_apart_by_the_labels_in_which_they_differ():
    reader = EndReader()
    texts = ['{"app":"g","tier":"front","x":"1"}', '{"app":"g","tier":"back","x":"1"}', '{"app":"g","x":"1"}']
    front, back, bare = (reader.read("c", "shop", text, None) for text in texts)
    elsewhere = reader.read("c", "other", texts[0], None)
    named = names({front, back, bare, elsewhere})
    assert (named[front], named[back], named[bare], named[elsewhere]) == ("g (tier=front)", "g (tier=back)", "g", "g")
    assert in_full(front, named[front]) == "shop/g (tier=front)"
    assert describe(front) == "app=g, tier=front, x=1"


def test_what_is_no_pod_is_its_address_its_service_or_one_of_the_others():
    reader = EndReader()
    address = reader.read("c", None, None, "192.0.2.1")
    service = reader.read("c", None, None, None, "default/kubernetes:https")
    others = reader.read("c", None, None, None)
    assert [(end.kind, end.label) for end in (address, service, others)] == [
        ("external", "192.0.2.1"),
        ("external", "default/kubernetes"),
        ("outside", OTHERS),
    ]
    assert reader.read("c", "shop", None, None, "shop/db:sql").kind == "workload"


@given(st.dictionaries(st.text(st.characters(exclude_categories=())), st.text(st.characters(exclude_categories=()))))
def test_any_labels_have_a_name_that_can_be_written(labels):
    identity = IdentityReader().read(json.dumps(labels))
    assert identity.name.encode()
    assert isinstance(identity.text.encode(), bytes)


def test_traffic():
    assert [traffic_name(6, 80), traffic_name(1, 0), traffic_name(89, 0), traffic_name(None, None)] == [
        "TCP/80",
        "ICMP",
        "IP protocol 89",
        "unknown protocol",
    ]
