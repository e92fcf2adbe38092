"""Secrets in what passes by."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.protocol.scrub import Scrubber, spellings

TOKEN = "ver:1-hint:8521912329-ETMsDgAA/X+VsGDlA=="


@pytest.mark.parametrize(
    "text",
    [
        TOKEN,
        json.dumps(TOKEN),
        TOKEN.replace("/", "\\/"),
        TOKEN.replace("+", "\\u002b").replace("=", "\\u003d"),
        "ver%3A1-hint%3A8521912329-ETMsDgAA%2FX%2BVsGDlA%3D%3D",
    ],
)
def test_every_spelling_is_taken_out(text: str) -> None:
    scrubber = Scrubber([TOKEN])
    assert scrubber.whole(f"a {text} b".encode()) == b"a *** b" or b'"***"' in scrubber.whole(f"a {text} b".encode())
    assert scrubber.found


def test_words_too_short_to_be_told_from_others_stay() -> None:
    assert Scrubber(["pw"]).whole(b"pwned") == b"pwned"


@given(
    before=st.binary(max_size=200),
    after=st.binary(max_size=200),
    cuts=st.lists(st.integers(0, 500), max_size=12),
)
def test_no_cut_between_pieces_lets_a_secret_through(before: bytes, after: bytes, cuts: list[int]) -> None:
    data = before + TOKEN.encode() + after
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    scrubber = Scrubber([TOKEN])
    pieces = [scrubber.feed(data[start:end]) for start, end in itertools.pairwise(edges)]
    out = b"".join(pieces) + scrubber.end()
    assert TOKEN.encode() not in out
    assert out == data.replace(TOKEN.encode(), b"***")


@given(st.binary(max_size=2000), st.integers(1, 64))
def test_a_stream_without_secrets_arrives_as_it_is(data: bytes, size: int) -> None:
    scrubber = Scrubber([TOKEN])
    pieces = [scrubber.feed(data[start : start + size]) for start in range(0, len(data), size)]
    assert b"".join(pieces) + scrubber.end() == data


def test_a_secret_of_several_lines_is_known_as_json_writes_it() -> None:
    assert "-----BEGIN\\nabc" in spellings("-----BEGIN\nabc")
