"""Nested settings between the spelling of the Pulumi properties and that of the AWS interface.

`{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}` and
`{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}` are the same settings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

_IRREGULAR = {"id": "ID", "sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID"}
_REGULAR = {theirs: ours for ours, theirs in _IRREGULAR.items()}


def to_aws(value: Any) -> Any:
    """The settings in AWS's spelling; empty and absent values are left out."""
    return _renamed(value, lambda key: _IRREGULAR.get(key, key[0].upper() + key[1:]))


def from_aws(value: Any) -> Any:
    """The settings in Pulumi's spelling; empty and absent values are left out."""
    return _renamed(value, lambda key: _REGULAR.get(key, key[0].lower() + key[1:]))


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        mapping = cast("Mapping[str, Any]", value)
        renamed = {rename(key): _renamed(item, rename) for key, item in mapping.items()}
        return {key: item for key, item in renamed.items() if item not in (None, {}, [], "")}
    if isinstance(value, list):
        return [_renamed(item, rename) for item in cast("list[Any]", value)]
    return value
