"""Patterns of Snowflake names, as the policy writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import translate
from functools import cache
from typing import Final, Self

from theia_sf.errors import UsageError
from theia_sf.snowflake.identifiers import fold

_PART: Final = re.compile(r'"(?:[^"]|"")+"|[A-Za-z0-9_$*?]+')
_WILDCARDS: Final = re.compile(r"[*?]")


@dataclass(frozen=True)
class NamePattern:
    """One to three parts of a name. `*` and `?` in an unquoted part stand for any characters and for one.

    Attributes:
        parts: as Snowflake stores names; those with wildcards in upper case.
        exact: for each part whether it is to be taken as it is.
    """

    parts: tuple[str, ...]
    exact: tuple[bool, ...]

    @classmethod
    def parse(cls, text: str, longest: int) -> Self:
        """Read `NAME`, `DATABASE.NAME`, `"name"` or `ANTREA_*`.

        Args:
            text: as the policy has it.
            longest: how many parts it may have.

        Raises:
            ValueError: it is no such pattern.
        """
        parts: list[str] = []
        exact: list[bool] = []
        position = len(text) if text.endswith(".") else 0
        while found := _PART.match(text, position):
            word = found.group()
            wild = not word.startswith('"') and _WILDCARDS.search(word) is not None
            parts.append(word.upper() if wild else _stored(word))
            exact.append(not wild)
            position = found.end()
            if position == len(text):
                break
            if text[position] != ".":
                parts.clear()
                break
            position += 1
        if not parts or position != len(text) or len(parts) > longest:
            form = "a name" if longest == 1 else f"a name of up to {longest} parts, divided by dots"
            message = f"{text!r} is not {form}; put names with other characters than letters, digits, _ and $ in quotes"
            raise ValueError(message)
        return cls(tuple(parts), tuple(exact))

    def matches(self, *names: str) -> bool:
        """Tell whether the last parts of a name, as Snowflake stores them, fit."""
        if len(names) < len(self.parts):
            return False
        ends = names[len(names) - len(self.parts) :]
        return all(self._part_matches(i, name) for i, name in enumerate(ends))

    def covers(self, other: NamePattern) -> bool:
        """Tell whether every name that fits the first part of `other` fits the first part of this, too.

        It may say no where it is so: of two different wildcards, only `*` is known to cover the other.
        """
        if self.parts[0] == "*" or (self.parts[0], self.exact[0]) == (other.parts[0], other.exact[0]):
            return True
        return other.exact[0] and self._part_matches(0, other.parts[0])

    def _part_matches(self, index: int, name: str) -> bool:
        part = self.parts[index]
        return part == name if self.exact[index] else _wildcard(part).match(name) is not None


def _stored(word: str) -> str:
    try:
        return fold(word)
    except UsageError as error:
        raise ValueError(error.message) from None


@cache
def _wildcard(part: str) -> re.Pattern[str]:
    return re.compile(translate(part))


def any_matches(patterns: tuple[NamePattern, ...], *names: str) -> bool:
    """Tell whether a name fits one of the patterns."""
    return any(pattern.matches(*names) for pattern in patterns)
