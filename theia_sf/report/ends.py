"""The ends of flows as nodes of a graph: workloads by their Namespace and labels, Services and addresses."""

from __future__ import annotations

from collections import Counter
from typing import Final, Literal, NamedTuple

from theia_sf.report.shown import safe
from theia_sf.report.workloads import Identity, IdentityReader, Labels

Kind = Literal["workload", "external", "outside"]
OTHERS: Final = "Other addresses"
_SERVICE: Final = "Service whose Pods are not in the records"


class End(NamedTuple):
    """One end of flows.

    Attributes:
        cluster: UUID of the cluster, empty if the record has none.
        namespace: Namespace of Pods; None for what is no Pod.
        kind: `workload`; `external` for one address or Service; `outside` for all addresses that are not told apart.
        identity: the labels that tell a workload; no labels for the others.
        label: the address or Service; empty for a workload.
    """

    cluster: str
    namespace: str | None
    kind: Kind
    identity: Identity
    label: str


class EndReader:
    """Makes ends of the columns of a statement."""

    def __init__(self) -> None:
        self._labels = IdentityReader()

    def read(
        self,
        cluster: str | None,
        namespace: str | None,
        labels: str | None,
        address: str | None,
        service: str | None = None,
    ) -> End:
        """Return the end: Pods if there is a Namespace, else the address, else the Service.

        Without any of these it is one of the addresses that are not told apart.
        """
        where = cluster or ""
        if namespace is not None:
            return End(where, namespace, "workload", self._labels.read(labels), "")
        if address is None and service is not None:
            return End(where, None, "external", Identity(()), service.partition(":")[0])
        if address is None:
            return End(where, None, "outside", Identity(()), OTHERS)
        return End(where, None, "external", Identity(()), address)


def names(ends: set[End]) -> dict[End, str]:
    """Name each end, so that no two of a Namespace have the same name.

    Workloads of the same name are told apart by those of their labels in which they differ.
    """
    shared: dict[tuple[str, str, str], list[End]] = {}
    named = {end: safe(end.label) for end in ends if end.namespace is None}
    for end in ends:
        if end.namespace is not None:
            shared.setdefault((end.cluster, end.namespace, end.identity.name), []).append(end)
    for (_, _, name), alike in shared.items():
        if len(alike) == 1:
            named[alike[0]] = name
            continue
        seen = Counter(label for end in alike for label in end.identity.labels or ())
        for end in alike:
            own: Labels = tuple(label for label in end.identity.labels or () if seen[label] < len(alike))
            text = ", ".join(f"{key}={value}" for key, value in own)
            named[end] = safe(f"{name} ({text})" if text else name)
    return named


def describe(end: End) -> str:
    """Return what else there is to say of an end: a workload's labels, or that it is a Service."""
    if end.namespace is not None:
        return end.identity.text
    return _SERVICE if "/" in end.label else ""


def in_full(end: End, name: str) -> str:
    """Return an end in one line of text: the name after its Namespace."""
    return name if end.namespace is None else f"{safe(end.namespace)}/{name}"
