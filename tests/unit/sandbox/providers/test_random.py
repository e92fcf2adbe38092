"""RandomString."""

from __future__ import annotations

import re

import pytest

from theia_sf.sandbox.providers.random import RandomString

DEFAULTS = dict(RandomString.defaults)


def test_the_alphabets_that_are_switched_off_do_not_occur() -> None:
    resource = RandomString(None)
    inputs = {**DEFAULTS, "length": 16, "upper": False, "special": False}
    texts = {resource.create(inputs) for _ in range(50)}
    assert len(texts) == 50
    assert all(re.fullmatch(r"[a-z0-9]{16}", text) for text in texts)


def test_minimums_are_kept() -> None:
    text = RandomString(None).create({**DEFAULTS, "length": 4, "minNumeric": 2, "minSpecial": 2})
    assert len(re.findall(r"\d", text)) == 2
    assert not re.search(r"[A-Za-z]", text)


def test_the_state_is_all_there_is() -> None:
    assert RandomString(None).read("abc", {"length": 3}) == {"length": 3, "result": "abc"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"length": 0},
        {"length": 2, "minLower": 3},
        {"length": 2, "lower": False, "upper": False, "numeric": False, "special": False},
    ],
)
def test_impossible_inputs_are_refused(inputs: dict[str, object]) -> None:
    assert RandomString(None).check({**DEFAULTS, **inputs})
