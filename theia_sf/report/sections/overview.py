"""What is in the database, and which part of it the report is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from theia_sf.report.payloads import Column, Table
from theia_sf.report.section import Reading, Report, Section
from theia_sf.report.sections.talkers import TALKERS
from theia_sf.report.shown import counted, safe


class Held(NamedTuple):
    """A cluster's records in the whole database; times are Unix seconds."""

    cluster: str | None
    records: int
    first_start: int | None
    last_end: int | None
    newest: int | None


class Chosen(NamedTuple):
    """A cluster's records that the report is about; octets in both directions, times as Unix seconds."""

    cluster: str | None
    records: int
    octets: int
    reverse_octets: int
    denied: int
    first_end: int
    last_end: int


@dataclass(frozen=True)
class Overview:
    """The database and the chosen flows, by cluster, the most records first; lines that could not be read."""

    held: tuple[Held, ...]
    chosen: tuple[Chosen, ...]
    rejected: int

    @property
    def records(self) -> int:
        """The chosen flow records."""
        return sum(cluster.records for cluster in self.chosen)

    @property
    def denied(self) -> int:
        """Those of them that were dropped or rejected."""
        return sum(cluster.denied for cluster in self.chosen)

    @property
    def octets(self) -> int:
        """What passed in them, in both directions."""
        return sum(cluster.octets + cluster.reverse_octets for cluster in self.chosen)

    @property
    def first_end(self) -> int | None:
        """When the first of them ended."""
        return min((cluster.first_end for cluster in self.chosen), default=None)

    @property
    def last_end(self) -> int | None:
        """When the last of them ended."""
        return max((cluster.last_end for cluster in self.chosen), default=None)


def read(reading: Reading) -> Overview:
    """Ask what the database holds, and what the chosen flows are."""
    held: list[Held] = []
    rejected = 0
    for is_rejected, cluster, records, *times in reading.rows("database"):
        if is_rejected:
            rejected = int(records)
        else:
            held.append(Held(cluster, int(records), *(None if time is None else int(time) for time in times)))
    chosen = [Chosen(cluster, *(int(number or 0) for number in row)) for cluster, *row in reading.rows("overview")]
    return Overview(
        held=tuple(sorted(held, key=lambda one: (-one.records, one.cluster or ""))),
        chosen=tuple(sorted(chosen, key=lambda one: (-one.records, one.cluster or ""))),
        rejected=rejected,
    )


def _view(data: Overview, report: Report) -> Mapping[str, Any]:
    window = report.about.chosen.window
    columns = ("Cluster", "Flow records", "First start", "Last end", "Newest arrived")
    kinds = ("text", "number", "time", "time", "time")
    held = Table(
        "Flow records in the database, by cluster",
        tuple(Column(title, kind) for title, kind in zip(columns, kinds, strict=True)),
        [(safe(one.cluster or "no UUID"), *one[1:]) for one in data.held],
    )
    chosen = Table(
        "Flow records in this report, by cluster",
        (
            Column("Cluster"),
            Column("Flow records", "number"),
            Column("Dropped or rejected", "number"),
            Column("To the destination", "bytes"),
            Column("From the destination", "bytes"),
        ),
        [
            (safe(one.cluster or "no UUID"), one.records, one.denied, one.octets, one.reverse_octets)
            for one in data.chosen
        ],
    )
    return {
        "overview": data,
        "held": held,
        "chosen": chosen,
        "kinds": report.part(TALKERS).total,
        "starts": _unix(window.start),
        "ends": _unix(window.end),
        "held_records": sum(one.records for one in data.held),
        "newest": max((one.newest for one in data.held if one.newest is not None), default=None),
    }


def _unix(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())


def _caveats(data: Overview) -> Iterable[str]:
    if data.rejected:
        lines = counted(data.rejected, "line")
        yield (
            f"{lines} of the flow files in the database could not be read as flow records and are in no number of"
            " this report; the view REJECTED_FLOWS shows them."
        )


OVERVIEW = Section("overview", "Overview", "size of the database", read, _view, _caveats)
