"""What the flows have where two ends have no connection: each end alone, and names like theirs."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Final

from theia_sf.flows.buckets import bucket_parameters
from theia_sf.flows.choices import Kind, Metric
from theia_sf.flows.ends import End
from theia_sf.flows.queries import query
from theia_sf.flows.ranges import FlowRange
from theia_sf.flows.source import FlowSource
from theia_sf.flows.top import read_top

_MOST_NAMES: Final = 5000  # to look for similar ones among
_SIMILAR: Final = 3
_LIKENESS: Final = 0.75  # of difflib's ratio; names of one Namespace have much in common anyway


def what_is_known(source: FlowSource, chosen: FlowRange, first: End, second: End) -> list[str]:
    """Tell, of ends that have no connection, which are in the flows of that time at all, and which names are similar.

    Raises:
        TheiaError: a statement fails or takes too long.
    """
    first_source, first_destination, first_values = first.bound("first")
    second_source, second_destination, second_values = second.bound("second")
    sql = query(
        "known",
        flows=source.flows,
        first=f"({first_source}) OR ({first_destination})",
        second=f"({second_source}) OR ({second_destination})",
    )
    ((flows, *numbers),) = source.rows(sql, bucket_parameters(chosen) | first_values | second_values)
    if not flows:
        return ["There are no flows at all of that time."]
    told: list[str] = []
    for end, number in zip((first, second), numbers, strict=True):
        if number:
            told.append(f"{end.text} is an end of {int(number):,} of the {int(flows):,} flows of that time.")
            continue
        names = similar(
            end, (one.name for one in read_top(source, chosen, end.kind, Metric.FLOWS, limit=_MOST_NAMES).talkers)
        )
        told.append(f"{end.text} is an end of none of the {int(flows):,} flows of that time.")
        if names:
            told.append(f"Similar: {', '.join(names)}.")
    return told


def similar(end: End, names: Iterable[str]) -> list[str]:
    """Return up to three of the names that look like an end's, most similar first, as one would write them."""
    looked_for = end.text.removeprefix("service:")
    known = {name + "/" if end.kind is Kind.NAMESPACES else name for name in names}
    found = difflib.get_close_matches(looked_for, sorted(known), n=_SIMILAR, cutoff=_LIKENESS)
    return [f"service:{name}" if end.kind is Kind.SERVICES else name for name in found]
