"""The distinct connections among flow records, aggregated where the records are."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from textwrap import indent
from typing import Any, NamedTuple

from theia_sf.flows.source import FlowSource
from theia_sf.flows.time_window import TimeWindow


class Edge(NamedTuple):
    """Flow records that are the same connection, or that are left out for the same reason.

    Attributes:
        left_out: a value of `theia_sf.policies.model.Reason`, with the columns up to `protocol` all None; or None.
        from_namespace: Namespace of the source Pod; None when the source is no Pod, and only then `from_ip` is set.
        from_labels: the record's text of the source Pod's labels.
        to_namespace: Namespace of the destination Pod; None when it is no (known) Pod, and only then `to_ip` is set.
        to_labels: the record's text of the destination Pod's labels.
        to_service: destinationServicePortName as recorded, `namespace/name:port`.
        to_port: destinationTransportPort.
        protocol: IP protocol number.
        flows: number of records.
        first_cluster: least cluster UUID among the records.
        last_cluster: greatest cluster UUID among the records.
        octets: what passed in them, in both directions.
        first_seen: when the first of them started, a Unix second.
        last_seen: when the last of them ended, a Unix second.
    """

    left_out: str | None
    from_namespace: str | None
    from_labels: str | None
    from_ip: str | None
    to_namespace: str | None
    to_labels: str | None
    to_ip: str | None
    to_service: str | None
    to_port: int | None
    protocol: int | None
    flows: int
    first_cluster: str | None
    last_cluster: str | None
    octets: int
    first_seen: int
    last_seen: int


def statement(flows: str, *, limited: bool) -> str:
    """Return the statement over a SELECT of flow records; parameters: start, end, cluster and, if limited, limit.

    A limit keeps the edges with the most records; every column breaks ties, so the same records give the same edges.
    """
    sql = files("theia_sf.policies").joinpath("edges.sql").read_text(encoding="utf-8").replace("{flows}", flows)
    if not limited:
        return sql
    return f"""SELECT *
FROM (
{indent(sql.rstrip(), "  ")}
) AS edges
QUALIFY
  left_out IS NOT NULL
  OR ROW_NUMBER() OVER (
    PARTITION BY left_out
    ORDER BY
      flows DESC, from_namespace, from_labels, from_ip, to_namespace, to_labels, to_ip, to_service, to_port,
      protocol_number
  ) <= %(limit)s
"""  # noqa: S608 (the values are bound)


def read_edges(
    source: FlowSource, window: TimeWindow, *, cluster: str | None = None, limit: int | None = None
) -> Iterator[Edge]:
    """Yield the edges of a time window, in no particular order.

    Args:
        source: where the flow records are.
        window: a record belongs to it when it starts at or after the start and ends before the end.
        cluster: UUID of the only cluster to look at.
        limit: the greatest number of edges, besides those left out.

    Raises:
        TheiaError: when the statement fails or takes too long.
    """
    params: dict[str, str | int | None] = {
        "start": window.start.isoformat() if window.start else None,
        "end": window.end.isoformat() if window.end else None,
        "cluster": cluster,
    }
    if limit is not None:
        params["limit"] = limit
    yield from map(_edge, source.rows(statement(source.flows, limited=limit is not None), params))


def _edge(row: tuple[Any, ...]) -> Edge:
    """Make an edge of a row; numbers may arrive as Decimal."""
    port, protocol, flows, first_cluster, last_cluster, octets, first_seen, last_seen = row[8:]
    return Edge(
        *row[:8],  # pyright: ignore[reportCallIssue] (the statement's columns are the fields)
        to_port=None if port is None else int(port),
        protocol=None if protocol is None else int(protocol),
        flows=int(flows),
        first_cluster=first_cluster,
        last_cluster=last_cluster,
        octets=int(octets or 0),
        first_seen=int(first_seen or 0),
        last_seen=int(last_seen or 0),
    )
