"""Secrets in what passes by."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.protocol.scrub import Scrubber

TOKEN = "ver:1-hint:8521912329-ETMsDgAA/X+VsGDlA=="
PASSWORD = "p@ss \"w\\rd\" é😀 <'&'>"
KEY = "-----BEGIN PRIVATE KEY-----\nMIIE/vQIBADA+NBg==\n-----END PRIVATE KEY-----\n"


def gson(text: str) -> str:
    """As Java's Gson writes a text, and Go's encoding/json but for the last two."""
    return "".join(f"\\u{ord(one):04x}" if one in "<>&='" else json.dumps(one)[1:-1] for one in text)


def dotnet(text: str) -> str:
    """As .NET's System.Text.Json writes it."""
    return "".join(f"\\u{ord(one):04X}" if one in "<>&'+\"`" else json.dumps(one)[1:-1] for one in text)


WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "json": lambda text: json.dumps(text)[1:-1],
    "json in utf-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json in json": lambda text: json.dumps(json.dumps(text)[1:-1])[1:-1],
    "slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "slashes in json": lambda text: json.dumps(json.dumps(text)[1:-1].replace("/", "\\/"))[1:-1],
    "gson": gson,
    "gson in json": lambda text: json.dumps(gson(text))[1:-1],
    "dotnet": dotnet,
    "url": quote,
    "url parameter": lambda text: quote(text, safe=""),
    "url in small letters": lambda text: re.sub("%..", lambda found: found[0].lower(), quote(text, safe="")),
    "form": lambda text: quote(text, safe="").replace("%20", "+"),
}


@pytest.mark.parametrize("secret", [TOKEN, PASSWORD, KEY], ids=["token", "password", "key"])
@pytest.mark.parametrize("way", WRITTEN)
def test_every_spelling_is_taken_out(way: str, secret: str) -> None:
    found: list[int] = []
    text = WRITTEN[way](secret).encode()
    assert Scrubber([secret], found.append).whole(b"a " + text + b" b") == b"a *** b"
    assert found == [1]
    piecewise = Scrubber([secret])
    whole = b"".join(piecewise.feed(text[at : at + 7]) for at in range(0, len(text), 7)) + piecewise.end()
    assert whole == b"***"


def test_words_too_short_to_be_told_from_others_stay() -> None:
    assert Scrubber(["pw"]).whole(b"pwned") == b"pwned"


def test_a_secret_within_another_does_not_leave_the_rest() -> None:
    assert Scrubber([TOKEN, f"{TOKEN}-more"]).whole(f"{TOKEN}-more".encode()) == b"***"


def test_a_secret_of_signs_alone_is_found_too() -> None:
    assert Scrubber(["!!!!????++++"]).whole(b"a !!!!????++++ b") == b"a *** b"


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
