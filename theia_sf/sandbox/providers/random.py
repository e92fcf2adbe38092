"""The `random` provider: RandomString."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Provider, Resource

_SPECIAL = "!@#$%&*()-_=+[]{}<>:?"


class RandomString(Resource[None]):
    """A random text that lives in the state alone; every change of an input draws a new one."""

    resource_type = "random:index/randomString:RandomString"
    label = "Random String"
    computed = frozenset({"result"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "lower": True,
        "upper": True,
        "numeric": True,
        "special": True,
        "minLower": 0,
        "minUpper": 0,
        "minNumeric": 0,
        "minSpecial": 0,
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The length must hold all the minimums, and some kind of characters must be allowed."""
        length = inputs.get("length")
        least = sum(inputs[f"min{kind}"] for kind in ("Lower", "Upper", "Numeric", "Special"))
        if isinstance(length, int) and length < max(least, 1):
            return [("length", f"expected length to be at least {max(least, 1)}, got {length}")]
        if not any(_alphabets(inputs).values()):
            return [("length", "at least one of lower, upper, numeric and special must be true")]
        return []

    def replaced_by(self, key: str, old: Any, new: Any) -> bool:
        """Any change draws again."""
        del key, old, new
        return True

    def create(self, inputs: Properties) -> str:
        """Draw the text, which is also the id."""
        alphabets = _alphabets(inputs)
        drawn = [
            secrets.choice(alphabets[kind])
            for kind in alphabets
            for _ in range(inputs[f"min{kind}"])
            if alphabets[kind]
        ]
        everything = "".join(alphabets.values())
        drawn += [secrets.choice(everything) for _ in range(inputs["length"] - len(drawn))]
        secrets.SystemRandom().shuffle(drawn)
        return "".join(drawn)

    def read(self, object_id: str, state: Properties) -> Properties:
        """The state is all there is."""
        return {**state, "result": object_id}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Never called: every change replaces."""

    def delete(self, object_id: str, state: Properties) -> None:
        """Nothing to delete."""


class RandomProvider(Provider[None]):
    """The `random` provider."""

    name = "random"
    distribution = "pulumi-random"

    def __init__(self) -> None:
        super().__init__([RandomString])

    def configure(self, config: Properties) -> None:
        """Needs no configuration."""
        del config


def _alphabets(inputs: Properties) -> dict[str, str]:
    return {
        "Lower": string.ascii_lowercase if inputs["lower"] else "",
        "Upper": string.ascii_uppercase if inputs["upper"] else "",
        "Numeric": string.digits if inputs["numeric"] else "",
        "Special": (inputs.get("overrideSpecial") or _SPECIAL) if inputs["special"] else "",
    }
