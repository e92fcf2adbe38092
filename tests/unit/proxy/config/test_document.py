"""docs/proxy-configuration.md names every setting, with the default that it has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.config.upstreams import Identity
from theia_sf.proxy.users.registry import Registry, User

TEXT = (Path(__file__).parents[4] / "docs" / "proxy-configuration.md").read_text()
ROWS = [
    (name, cells[1].strip())
    for line in TEXT.splitlines()
    if line.startswith("| `")
    for cells in [line.strip("|").split("|")]
    for name in re.findall(r"`([\w.]+)`", cells[0])
]
OF_LISTS = {"listen.tls.others", "upstreams.NAME.identities", "audit.snowflake.identity"}
"""Whose own settings stand elsewhere."""


def settings(model: type[BaseModel], before: str = "") -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        path = before + (field.alias or name)
        below = next((it for it in models(field.annotation) if path not in OF_LISTS), None)
        if below is None:
            yield path, field
        else:
            yield from settings(below, f"{path}.NAME." if path == "upstreams" else f"{path}.")


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from models(inner)


SETTINGS = dict(settings(ProxyConfig))
DESCRIBED = {name: default for name, default in ROWS if "." in name or name in SETTINGS}


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - OF_LISTS | {"listen.tls.others"}))
def test_every_setting_is_there_with_its_default(name: str) -> None:
    field, told = SETTINGS[name], DESCRIBED[name]
    if field.is_required():
        assert told == "required"
    elif field.default in (None, ()):
        assert told == "none"
    else:
        assert yaml.safe_load(told.strip("`")) == field.default


def test_nothing_is_there_that_is_no_setting() -> None:
    assert DESCRIBED.keys() - SETTINGS.keys() == set()


def test_every_setting_of_an_identity_is_there() -> None:
    named = {name for name, _ in ROWS if "." not in name}
    assert {field.alias or name for name, field in Identity.model_fields.items()} <= named


def test_the_example_of_users_has_all_that_there_is() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    content = yaml.safe_load(example)
    assert set(content["users"]["alice"]) == set(User.model_fields)
    (alice,) = Registry.model_validate(content).users.values()
    assert alice.groups == ("analysts",)
