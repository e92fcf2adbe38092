"""Names as the published provider reads them, and rows of SHOW as it gives them out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_PART = re.compile(r'"((?:[^"]|"")*)"|([^.]+)')


def parsed(text: str) -> tuple[str, ...]:
    """The names in an identifier with or without quotes: `"A"."b"` and `A.b` are both `("A", "b")`."""
    return tuple(match[1].replace('""', '"') if match[1] else match[2] for match in _PART.finditer(text))


def camel_case(name: str) -> str:
    """`created_on` as `createdOn`."""
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


# What SHOW answers as text and the published provider gives out as something else, in all of its `…ShowOutput` types.
_FLAGS = {
    *("auto_resume", "enable_query_acceleration", "is_current", "is_default", "is_inherited", "enabled"),
    *("has_credentials", "has_encryption_key", "directory_enabled", "allow_overlapping_execution"),
}
_NUMBERS = {"available", "provisioning", "quiescing", "other"}
_STRUCTURES = {"task_relations", "predecessors", "target_completion_interval"}


def output_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of SHOW as the published provider gives it out: keys in camel case, nulls and structures left out.

    The types are the published ones too, so that it can take over a state that the sandbox's provider wrote.
    """
    return {
        camel_case(key): _output(key, value)
        for key, value in row.items()
        if value is not None and key not in _STRUCTURES
    }


def _output(key: str, value: Any) -> Any:
    if key in _FLAGS:
        return str(value).lower() in {"true", "y"}
    if key in _NUMBERS:
        return float(value or 0)
    return value if isinstance(value, bool | int) else str(value)
