"""Who moved the most bytes: Pods, Namespaces, Services, and addresses that are no Pod."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from theia_sf.report.payloads import Chart, Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.shown import safe

TOP: Final = 100
_CHARTED: Final = 10
# Kind as the statement names it -> its name within the page, and its heading.
_KINDS: Final = {
    "pod": ("pods", "Pods"),
    "namespace": ("namespaces", "Namespaces"),
    "service": ("services", "Services"),
    "address": ("addresses", "Addresses that are no Pod"),
}


class Talker(NamedTuple):
    """One of the ends; bytes as seen from it."""

    cluster: str | None
    name: str
    sent: int
    received: int
    records: int
    denied: int


@dataclass(frozen=True)
class Talkers:
    """By kind: those that moved the most bytes, the first ones first; and how many there are in all."""

    top: Mapping[str, tuple[Talker, ...]]
    total: Mapping[str, int]


def read(reading: Reading) -> Talkers:
    """Ask for the ends that moved the most bytes."""
    top: dict[str, list[Talker]] = {kind: [] for kind in _KINDS}
    total = dict.fromkeys(_KINDS, 0)
    for kind, cluster, name, sent, received, records, denied, of_kind in reading.rows("talkers", top=TOP):
        top[kind].append(Talker(cluster, name, int(sent), int(received), int(records), int(denied)))
        total[kind] = int(of_kind)
    ordered = {
        kind: tuple(sorted(some, key=lambda one: (-one.sent - one.received, one.name, one.cluster or "")))
        for kind, some in top.items()
    }
    return Talkers(ordered, total)


def _view(data: Talkers, _: Report) -> Mapping[str, Any]:
    several = len({talker.cluster for some in data.top.values() for talker in some}) > 1
    kinds = [
        {"title": title, "total": data.total[kind], "chart": _chart(name, title, data.top[kind], several)}
        for kind, (name, title) in _KINDS.items()
        if data.top[kind]
    ]
    return {"kinds": kinds, "top": TOP}


def _chart(name: str, title: str, talkers: tuple[Talker, ...], several: bool) -> Chart:
    columns = (
        Column("Name"),
        Column("Sent", "bytes"),
        Column("Received", "bytes"),
        Column("Both", "bytes"),
        Column("Flow records", "number"),
        Column("Dropped or rejected", "number"),
    )
    rows = [
        (safe(one.name), one.sent, one.received, one.sent + one.received, one.records, one.denied) for one in talkers
    ]
    if several:
        columns = (Column("Cluster"), *columns)
        rows = [(safe(one.cluster or ""), *row) for one, row in zip(talkers, rows, strict=True)]
    first = talkers[:_CHARTED]
    return Chart(
        name=f"talkers-{name}",
        title=f"{title} by bytes",
        kind="bars",
        unit="bytes",
        x=[_label(one, several) for one in first],
        series=(("Sent", [one.sent for one in first]), ("Received", [one.received for one in first])),
        table=Table(f"{title} by bytes", columns, rows, filtered=True),
        stacked=True,
    )


def _label(talker: Talker, several: bool) -> str:
    """Return a name that no other bar has."""
    return safe(f"{talker.name} ({(talker.cluster or '')[:8]})" if several else talker.name)


def _caveats(data: Talkers) -> Iterable[str]:
    for kind, (_, title) in _KINDS.items():
        more = data.total[kind] - len(data.top[kind])
        if more > 0:
            yield f"{title}: the {TOP} that moved the most bytes are shown; {more:,} others are not."


TALKERS = Section("talkers", "Top talkers", "top talkers", read, _view, _caveats)
