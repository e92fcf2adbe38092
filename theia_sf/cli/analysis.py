"""What the commands that analyse flows share: the flags that choose the flows, and the way to them."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import console

if TYPE_CHECKING:
    from theia_sf.flows.snowflake_source import SnowflakeFlowSource
    from theia_sf.snowflake.sign_in import SignIn


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

NsAllow = Annotated[str, typer.Option("--ns-allow", help="Namespaces without restrictions, separated by commas.")]
LabelIgnore = Annotated[
    str, typer.Option("--label-ignore", help="Pod labels that do not tell workloads apart, separated by commas.")
]


def note_udf_version(udf_version: str | None) -> None:
    """Say that `--udf-version` has no meaning any more, if it was given."""
    if udf_version is not None:
        console.note("--udf-version has no effect: nothing runs as a user-defined function any more.")


@contextmanager
def open_flows(
    *,
    sign_in: SignIn,
    database: str | None,
    warehouse: str | None,
    timeout_seconds: float,
    query_tag: str,
    spinner: bool = True,
) -> Generator[SnowflakeFlowSource]:
    """Sign in, choose the database, take a warehouse, and give them back at the end.

    The time limit is for all of it: what signing in and the warehouse took is not left for the statement. Without the
    spinner, results can be written while the flows are read: on a terminal it would take stdout for itself.

    Raises:
        UsageError: there is no such database, or it is not clear which is meant.
        ConnectionFailedError: no or refused credentials, or Snowflake was not reached.
        TheiaError: the warehouse does not exist, or may not be made.
    """
    from theia_sf.flows.reading import flows_of
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    deadline = time.monotonic() + timeout_seconds
    settings = resolve(sign_in)
    with (
        session(settings, query_tag=query_tag) as opened,
        flows_of(opened, settings, database=database, warehouse=warehouse, deadline=deadline) as source,
        console.working(f"Reading the flows of {source.database}") if spinner else nullcontext(),
    ):
        yield source
