"""The context of a session, as Snowflake's answers tell it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from theia_sf.proxy.sessions.model import SessionRecord

_TOLD: Final = {
    "finalRoleName": "role",
    "finalWarehouseName": "warehouse",
    "finalDatabaseName": "database",
    "finalSchemaName": "schema",
}


def told(record: SessionRecord, data: Mapping[str, Any]) -> SessionRecord:
    """Return a session with the context that an answer tells; the same object where nothing changed.

    Args:
        record: the session.
        data: the `data` of the answer to a statement, or those of its fields that are known. A field that is there
            and null says that nothing is current.
    """
    found: dict[str, Any] = {}
    for field, attribute in _TOLD.items():
        value = data.get(field)
        if (
            field in data
            and (value is None or isinstance(value, str))
            and getattr(record, attribute) != (value or None)
        ):
            found[attribute] = value or None
    return replace(record, **found) if found else record
