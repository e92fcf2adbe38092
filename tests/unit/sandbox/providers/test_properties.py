"""Property maps on the wire."""

from __future__ import annotations

from google.protobuf import struct_pb2
from hypothesis import given, settings
from hypothesis import strategies as st

from theia_sf.sandbox.providers.properties import UNKNOWN, decode, encode, has_unknown

SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def _struct(values: dict[str, object]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def test_secrets_are_unwrapped_and_outputs_too() -> None:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "text"}
    output = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4", "value": [1]}
    pending = {SIGNATURE: "d0e6a833031e9bbcd3f4e8bde6ca49a4"}
    assert decode(_struct({"a": secret, "b": output, "c": pending})) == {"a": "text", "b": [1], "c": UNKNOWN}


def test_unknowns_keep_their_place_in_both_directions() -> None:
    wire = _struct({"a": UNKNOWN_TEXT, "b": {"c": [UNKNOWN_TEXT, 2]}})
    plain = decode(wire)
    assert plain == {"a": UNKNOWN, "b": {"c": [UNKNOWN, 2]}}
    assert encode(plain) == wire
    assert has_unknown(plain)
    assert not has_unknown({"a": [{"b": 1}]})


def test_nothing_is_not_sent() -> None:
    assert decode(encode({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


# Hypothesis tries the constants that it finds in the source, which are the words that have a meaning of their own.
MARKERS = {UNKNOWN_TEXT, SIGNATURE, "__defaults"}
texts = st.text(st.characters(codec="utf-8")).filter(lambda text: text not in MARKERS)
values = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts, inner),
    max_leaves=10,
)


@settings(deadline=None)  # a busy machine is no failure
@given(st.dictionaries(texts, values))
def test_plain_values_come_back_as_they_were(properties: dict[str, object]) -> None:
    assert decode(encode(properties)) == properties


def test_what_the_published_providers_note_in_a_state_is_left_out() -> None:
    assert decode(_struct({"a": {"__defaults": ["b"], "b": 1}, "__defaults": []})) == {"a": {"b": 1}}
