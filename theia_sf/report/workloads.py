"""What the ends of a flow are called: the workload that a Pod's labels tell, a Service, an address."""

from __future__ import annotations

import json
from typing import Any, Final, NamedTuple, cast

from theia_sf.flows.records import PROTOCOLS
from theia_sf.report.shown import safe

# Labels that tell what a Pod is, the most telling first: Kubernetes' recommended label, then what was used before it.
_NAMES: Final = ("app.kubernetes.io/name", "app", "k8s-app", "app.kubernetes.io/instance", "name", "run")
_COMPONENT: Final = "app.kubernetes.io/component"
# Labels that differ between the Pods, runs or releases of one workload.
_VOLATILE: Final = frozenset(
    {
        "app.kubernetes.io/managed-by",
        "app.kubernetes.io/version",
        "apps.kubernetes.io/pod-index",
        "chart",
        "controller-revision-hash",
        "controller-uid",
        "helm.sh/chart",
        "job-name",
        "pod-template-generation",
        "pod-template-hash",
        "statefulset.kubernetes.io/pod-name",
    }
)
_VOLATILE_PREFIX: Final = "batch.kubernetes.io/"
NO_LABELS: Final = "Pods without labels"
UNREADABLE: Final = "Pods with unreadable labels"
_LONGEST_LABELS: Final = 400  # characters

Labels = tuple[tuple[str, str], ...]


class Identity(NamedTuple):
    """What Pods are the same workload by: their labels but the volatile ones; None if they cannot be read."""

    labels: Labels | None

    @property
    def name(self) -> str:
        """What to call it; different workloads may have the same name."""
        if self.labels is None:
            return UNREADABLE
        labels = dict(self.labels)
        name = next((labels[key] for key in _NAMES if labels.get(key)), None)
        if name is None:
            return safe(_text(self.labels)) or NO_LABELS
        component = labels.get(_COMPONENT)
        return safe(name if component is None or component == name else f"{name}/{component}")

    @property
    def text(self) -> str:
        """Its labels as a selector would be written."""
        return "" if self.labels is None else safe(_text(self.labels), _LONGEST_LABELS)


class IdentityReader:
    """Reads the label columns of flow records; equal texts are read once."""

    def __init__(self) -> None:
        self._known: dict[str | None, Identity] = {}

    def read(self, text: str | None) -> Identity:
        """Return the workload of a Pod whose labels are recorded as this text.

        Unlike in a policy, labels that Kubernetes would refuse are good enough to be shown.
        """
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = Identity(_parse(text))
        return known


def _parse(text: str | None) -> Labels | None:
    if not text:
        return ()
    try:
        parsed: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if parsed is None:
        return ()
    if not isinstance(parsed, dict):
        return None
    labels = cast("dict[str, Any]", parsed)
    if not all(isinstance(value, str) for value in labels.values()):
        return None
    return tuple((key, value) for key, value in sorted(labels.items()) if not _is_volatile(key))


def _is_volatile(key: str) -> bool:
    return key in _VOLATILE or key.startswith(_VOLATILE_PREFIX)


def _text(labels: Labels) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels)


def traffic_name(protocol: int | None, port: int | None) -> str:
    """Return a protocol and its port: `TCP/8080`, `ICMP`, `IP protocol 89`."""
    if protocol is None:
        return "unknown protocol"
    name = PROTOCOLS.get(protocol, f"IP protocol {protocol}")
    return f"{name}/{port}" if port else name
