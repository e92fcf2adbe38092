"""What the commands that analyse flows share: the flags that choose the flows, and the way to them."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from theia_sf.cli import console

if TYPE_CHECKING:
    from theia_sf.flows.source import FlowSource
    from theia_sf.flows.time_window import TimeWindow
    from theia_sf.snowflake.sign_in import SignIn

_MIN_TIMEOUT: Final = 1.0


class JobType(StrEnum):
    """The values of `--type`; the original announced a second one and never had it."""

    INITIAL = "initial"


Type = Annotated[JobType, typer.Option("--type", help="Type of the job; there is only this one.")]
Start = Annotated[
    str | None, typer.Option("--start", help="Start of the time range: now-1h30m, now-7d, or an RFC 3339 time.")
]
End = Annotated[
    str | None, typer.Option("--end", help="End of the time range: now, now-1h, or an RFC 3339 time (not included).")
]
StartTs = Annotated[str | None, typer.Option("--start-ts", help="Start, as an RFC 3339 time; wins over --start.")]
EndTs = Annotated[str | None, typer.Option("--end-ts", help="End, as an RFC 3339 time; wins over --end.")]
ClusterUuid = Annotated[
    str | None, typer.Option("--cluster-uuid", help="Only flows of this cluster.", show_default="all clusters")
]


@dataclass(frozen=True)
class FlowRange:
    """Which flows to read: of what time, of which cluster (None: all); `now` is what the times were relative to."""

    window: TimeWindow
    cluster: str | None
    now: datetime


def flow_range(
    *, start: str | None, end: str | None, start_ts: str | None, end_ts: str | None, cluster_uuid: str | None
) -> FlowRange:
    """Read the flags that choose flows.

    Raises:
        UsageError: a time or the UUID is malformed, or the range is reversed.
    """
    from datetime import UTC

    from theia_sf.flows.filters import normalise_cluster_uuid
    from theia_sf.flows.time_window import resolve_window

    now = datetime.now(UTC)
    window = resolve_window(start=start, end=end, start_ts=start_ts, end_ts=end_ts, now=now)
    return FlowRange(window, normalise_cluster_uuid(cluster_uuid) if cluster_uuid else None, now)


def note_udf_version(udf_version: str | None) -> None:
    """Say that `--udf-version` has no meaning any more, if it was given."""
    if udf_version is not None:
        console.note("--udf-version has no effect: nothing runs as a user-defined function any more.")


@contextmanager
def open_flows(
    *, sign_in: SignIn, database: str | None, warehouse: str | None, timeout_seconds: float, query_tag: str
) -> Generator[FlowSource]:
    """Sign in, choose the database, take a warehouse, and give them back at the end.

    The time limit is for all of it: what signing in and the warehouse took is not left for the statement.

    Raises:
        UsageError: there is no such database, or it is not clear which is meant.
        ConnectionFailedError: no or refused credentials, or Snowflake was not reached.
        TheiaError: the warehouse does not exist, or may not be made.
    """
    from theia_sf.flows.databases import find_database
    from theia_sf.flows.snowflake_source import SnowflakeFlowSource
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve
    from theia_sf.snowflake.warehouse import warehouse_for

    deadline = time.monotonic() + timeout_seconds
    settings = resolve(sign_in)
    with session(settings, query_tag=query_tag) as opened:
        name = find_database(opened, settings, database)
        with warehouse_for(opened, warehouse), console.working(f"Reading the flows of {name}"):
            left = max(_MIN_TIMEOUT, deadline - time.monotonic())
            yield SnowflakeFlowSource(opened, name, timeout_seconds=left)
