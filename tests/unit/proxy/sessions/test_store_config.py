"""The section `store` of the configuration."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from theia_sf.proxy.config.store import Store


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"key_file": "k"}, "either `sqlite`"),
        ({"key_file": "k", "sqlite": "s", "redis": "redis://h"}, "either `sqlite`"),
        ({"sqlite": "s"}, "Field required"),
        ({"key_file": "k", "redis": "http://h"}, "redis"),
        ({"key_file": "k", "redis": "redis://:secret@h"}, "must not hold a password"),
        ({"key_file": "k", "redis": "redis://h?password=secret"}, "must not hold a password"),
        ({"key_file": "k", "sqlite": "s", "redis_password_file": "p"}, "says nothing without `redis`"),
        ({"key_file": "k", "redis": "redis://h", "redis_prefix": ""}, "redis_prefix"),
        ({"key_file": "k", "sqlite": "s", "kms": "x"}, "Extra inputs"),
    ],
)
def test_what_is_wrong_with_it(content: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Store.model_validate(content)


@pytest.mark.parametrize(
    "content", [{"sqlite": "s"}, {"redis": "rediss://h:6380/1"}, {"redis": "unix:///run/redis.sock"}]
)
def test_what_is_right(content: dict[str, Any]) -> None:
    assert Store.model_validate({"key_file": "k", **content}).redis_prefix == "theia-sf:"
