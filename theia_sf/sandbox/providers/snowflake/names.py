"""Identifiers as the published provider writes them: as given, quoted, never folded to upper case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from theia_sf.snowflake.identifiers import identifier

_PART = re.compile(r'"((?:[^"]|"")*)"|([^.]+)')


def quoted(*names: str) -> str:
    """`"A"."b"` of the names `A` and `b`."""
    return ".".join(identifier('"' + name.replace('"', '""') + '"') for name in names)


def parsed(text: str) -> tuple[str, ...]:
    """The names in an identifier with or without quotes: `"A"."b"` and `A.b` are both `("A", "b")`."""
    return tuple(match[1].replace('""', '"') if match[1] else match[2] for match in _PART.finditer(text))


def camel_case(name: str) -> str:
    """`created_on` as `createdOn`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


def output_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of SHOW as the published provider gives it out: keys in camel case, values as text, nulls left out."""
    return {
        camel_case(key): value if isinstance(value, bool | int) else str(value)
        for key, value in row.items()
        if value is not None
    }
