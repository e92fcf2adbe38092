from __future__ import annotations

import pytest

from theia_sf.errors import UsageError
from theia_sf.flows.filters import normalise_cluster_uuid, parse_label_keys, parse_namespaces
from theia_sf.flows.kubernetes_names import is_dns_label, is_label_key, is_label_value

UUID = "0a1b2c3d-4e5f-4a7b-8c9d-aabbccddeeff"


@pytest.mark.parametrize(
    "text",
    [
        UUID,
        UUID.upper(),
        f"{{{UUID}}}",
        f"urn:uuid:{UUID}",
        f"URN:UUID:{UUID.upper()}",
        UUID.replace("-", ""),
        f" {UUID} ",
    ],
)
def test_any_spelling_of_a_uuid(text):
    assert normalise_cluster_uuid(text) == UUID


@pytest.mark.parametrize(
    "text", ["x", UUID[:-1], f"{UUID}0", f"{{{UUID}", f"{UUID}}}", f"{UUID}' OR 1=1 --", UUID + "\n-"]
)
def test_anything_else_is_no_uuid(text):
    with pytest.raises(UsageError, match="is not a UUID"):
        normalise_cluster_uuid(text)


def test_lists_are_trimmed_and_free_of_duplicates():
    assert parse_namespaces(" kube-system , flow-aggregator,kube-system") == ("kube-system", "flow-aggregator")
    assert parse_label_keys("app, example.com/hash_1") == ("app", "example.com/hash_1")
    assert parse_namespaces("  ") == ()


@pytest.mark.parametrize("text", ["a,,b", "a,", "Upper", "a b", "a'b", "x" * 64, "-a"])
def test_bad_namespaces(text):
    with pytest.raises(UsageError, match=r"--ns-allow: .* is not the name of a Namespace"):
        parse_namespaces(text)


@pytest.mark.parametrize("text", ["a,,b", "a b", "/a", "a/", "a/b/c", "UPPER.com/a", "x" * 64, "a;b"])
def test_bad_label_keys(text):
    with pytest.raises(UsageError, match=r"--label-ignore: .* is not a label key"):
        parse_label_keys(text)


@pytest.mark.parametrize(
    ("accepts", "good", "bad"),
    [
        (is_dns_label, ["a", "a-1" * 21, "9"], ["", "a.b", "A", "a-", "a" * 64]),
        (is_label_key, ["example.com/x", "A_b.c", "a" * 63], ["", "/", f"{'a.' * 127}a/x", "é"]),
        (is_label_value, ["", "v1.2_x", "a" * 63], ["v1.", "a" * 64, "a b", "\n"]),
    ],
)
def test_what_kubernetes_accepts(accepts, good, bad):
    assert [text for text in good if not accepts(text)] == []
    assert [text for text in bad if accepts(text)] == []
