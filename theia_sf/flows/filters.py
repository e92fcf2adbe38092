"""The filters that users put on flows: a cluster, a list of Namespaces, a list of label keys."""

from __future__ import annotations

import re
from collections.abc import Callable

from theia_sf.errors import UsageError
from theia_sf.flows.kubernetes_names import is_dns_label, is_label_key

_UUID = re.compile(
    r"(?:urn:uuid:)?(\{)?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})(?(1)\})",
    re.IGNORECASE,
)


def normalise_cluster_uuid(text: str) -> str:
    """Bring a UUID to the spelling of the flow records: lower case, five groups, nothing around them.

    Braces, `urn:uuid:`, upper case and missing dashes are all accepted.

    Raises:
        UsageError: when the text is not a UUID.
    """
    match = _UUID.fullmatch(text.strip())
    if match is None:
        message = f"--cluster-uuid: {text!r} is not a UUID."
        raise UsageError(message, hint="The form is 12345678-1234-1234-1234-123456789abc.")
    return "-".join(match.groups()[1:]).lower()


def check_namespace(text: str) -> str:
    """Return the name of a Namespace as it was given.

    Raises:
        UsageError: a Namespace cannot have this name.
    """
    if not is_dns_label(text):
        message = f"{text!r} is not the name of a Namespace."
        raise UsageError(message, hint="Names of Namespaces are of a-z, 0-9 and dashes, at most 63 of them.")
    return text


def parse_namespaces(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of Namespaces; spaces around a name do not count, duplicates are dropped.

    Raises:
        UsageError: when an item is not a name that a Namespace can have.
    """
    return _parse_list(text, "--ns-allow", is_dns_label, "the name of a Namespace")


def parse_label_keys(text: str) -> tuple[str, ...]:
    """Read a comma-separated list of label keys; spaces around a key do not count, duplicates are dropped.

    Raises:
        UsageError: when an item is not a key that a label can have.
    """
    return _parse_list(text, "--label-ignore", is_label_key, "a label key")


def _parse_list(text: str, flag: str, accepts: Callable[[str], bool], what: str) -> tuple[str, ...]:
    if not text.strip():
        return ()
    items = [item.strip() for item in text.split(",")]
    for item in items:
        if not accepts(item):
            message = f"{flag}: {item!r} is not {what}."
            raise UsageError(message, hint="Separate the items of the list by commas.")
    return tuple(dict.fromkeys(items))
