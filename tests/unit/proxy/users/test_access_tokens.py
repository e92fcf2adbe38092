"""The form of access tokens, and hashes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theia_sf.proxy.users import hashing
from theia_sf.proxy.users.access_tokens import new_access_token, token_id
from theia_sf.proxy.users.hashing import HASHERS, Kind, hash_secret, is_hash, nobodys, verify


def test_new_tokens_differ_and_have_the_form() -> None:
    made = [new_access_token() for _ in range(1000)]
    assert len({found for found, _ in made}) == len({token.reveal() for _, token in made}) == 1000
    for found, token in made:
        assert token_id(token.reveal()) == found
        assert re.fullmatch(r"theia_[a-z0-9]{12}_[\w-]{43}", token.reveal())


@given(st.integers(0, 61), st.text(max_size=3))
def test_what_is_longer_shorter_or_of_other_characters_is_none(place: int, inserted: str) -> None:
    token = "theia_" + "abc123" * 2 + "_" + "Aa0-_" * 8 + "xyz"
    changed = token[:place] + inserted + token[place + 1 :]
    same_form = re.fullmatch(r"theia_[a-z0-9]{12}_[A-Za-z0-9_-]{43}", changed, re.ASCII) is not None
    assert (token_id(changed) is not None) == same_form


@given(st.text(max_size=100))
def test_other_texts_are_none(text: str) -> None:
    assert token_id(text) is None


@given(st.text(max_size=50), st.text(max_size=50))
def test_a_hash_is_that_of_one_text(text: str, other: str) -> None:
    encoded = hashing.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(text.encode())
    assert verify(encoded, text, Kind.TOKEN)
    assert verify(encoded, other, Kind.TOKEN) == (text == other)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_hash_of_nobodys_costs_what_the_others_cost(kind: Kind) -> None:
    assert nobodys(kind).split("$")[1:4] == HASHERS[kind].hash(b"x").split("$")[1:4]
    assert is_hash(nobodys(kind))
    assert not verify(None, "", kind)


def test_the_costs_are_those_that_are_documented() -> None:
    assert hash_secret("x", Kind.TOKEN).startswith("$argon2id$v=19$m=8192,t=1,p=1$")
    assert hash_secret("x", Kind.PASSWORD).startswith("$argon2id$v=19$m=65536,t=3,p=4$")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "secret",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2i$v=19$m=65536,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=99999999,t=3,p=4$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ],
)
def test_what_is_no_hash_that_can_be_checked(text: str) -> None:
    assert not is_hash(text)
