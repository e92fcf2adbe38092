"""What changes between the inputs an object was made with and those the program asks for now."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from theia_sf.sandbox.providers.properties import Properties, has_unknown
from theia_sf.sandbox.providers.resource import Resource


@dataclass
class Difference:
    """The result of a comparison.

    Attributes:
        kinds: the changed inputs, each with its kind in the provider protocol (ADD, UPDATE_REPLACE …).
        replaces: those of them that replace the object.
        delete_before_replace: whether old and new object would have the same name.
    """

    kinds: dict[str, str] = field(default_factory=dict[str, str])
    replaces: set[str] = field(default_factory=set[str])
    delete_before_replace: bool = False


def difference(resource: Resource[Any], olds: Properties, news: Properties, ignored: set[str]) -> Difference:
    """Compare the inputs of a resource.

    A value unknown until the update counts as changed. A default that the old inputs lack (the published provider made
    the object) was in force all the same.
    """
    olds, news = {**resource.defaults, **olds}, {**resource.defaults, **news}
    result = Difference()
    for key in sorted((olds.keys() | news.keys()) - ignored):
        old, new = olds.get(key), news.get(key)
        if old == new or (not has_unknown(new) and resource.same(key, old, new)):
            continue
        kind = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
        if resource.replaced_by(key, old, new):
            kind += "_REPLACE"
            result.replaces.add(key)
        result.kinds[key] = kind
    name = resource.name_property
    result.delete_before_replace = bool(result.replaces) and name is not None and olds.get(name) == news.get(name)
    return result
