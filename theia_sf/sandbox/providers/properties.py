"""Property maps as the engine sends them, and as plain Python values.

The wire format is a protobuf Struct in which three kinds of values are marked by constants: secrets, outputs and
unknowns (values that only exist after an update). The constants are part of Pulumi's provider protocol
(sdk/proto/pulumi/provider.proto, "property values").
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# protobuf's Struct is typed as a message, not as the mapping that it also is.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from google.protobuf import json_format, struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the protocol's marker, not a secret
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"
# The published providers note here which inputs they filled in; a state that they wrote holds it, at every depth.
_NOTE = "__defaults"
_UNKNOWN_TEXT = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Unknown:
    """The type of `UNKNOWN`: a value that the engine will only know after an update."""

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN = Unknown()

Properties = dict[str, Any]


def decode(struct: struct_pb2.Struct) -> Properties:
    """A property map as plain values: whole numbers as int, no secrets, unknowns as `UNKNOWN`, nulls left out."""
    plain = _plain(json_format.MessageToDict(struct))
    return {key: value for key, value in plain.items() if value is not None}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """The wire form of plain values; entries that are None are left out."""
    struct = struct_pb2.Struct()
    struct.update({key: _wire(value) for key, value in properties.items() if value is not None})
    return struct


def has_unknown(value: Any) -> bool:
    """Whether the value is, or holds anywhere inside, `UNKNOWN`."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return isinstance(value, Unknown)


def same_members(old: Any, new: Any) -> bool:
    """Whether both are lists with the same members, in whatever order."""
    if not isinstance(old, list) or not isinstance(new, list):
        return False
    return sorted(cast("list[str]", old)) == sorted(cast("list[str]", new))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        signature = value.get(_SIGNATURE)
        if signature == _SECRET:
            return _plain(value.get("value"))
        if signature == _OUTPUT:
            return _plain(value["value"]) if "value" in value else UNKNOWN
        return {key: _plain(item) for key, item in value.items() if item is not None and key != _NOTE}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return UNKNOWN if value == _UNKNOWN_TEXT else value


def _wire(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple | set | frozenset):
        return [_wire(item) for item in value]
    return _UNKNOWN_TEXT if isinstance(value, Unknown) else value
