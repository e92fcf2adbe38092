"""`theia-sf flows tail`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from theia_sf.cli import analysis, flows_options, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.flows.choices import Action

if TYPE_CHECKING:
    from theia_sf.flows.arrivals import Arrivals
    from theia_sf.flows.records import Record

_QUERY_TAG: Final = "theia-sf flows tail"


@with_sign_in
def tail(  # noqa: PLR0917 (the options of the command)
    namespace: flows_options.Namespace = None,
    pod: Annotated[
        str | None,
        typer.Option("--pod", help="Only flows with this Pod at either end: name or namespace/name, * is anything."),
    ] = None,
    action: Annotated[
        Action | None, typer.Option("--action", help="Only flows to which network policies did this.")
    ] = None,
    cluster_uuid: analysis.ClusterUuid = None,
    since: Annotated[
        str, typer.Option("--since", help="Begin with records that were loaded since: now-5m, or an RFC 3339 time.")
    ] = "now-5m",
    lines: Annotated[
        int, typer.Option("--lines", min=0, max=100_000, help="Begin with so many of them at most, the newest.")
    ] = 20,
    follow: Annotated[bool, typer.Option("--follow/--no-follow", help="Go on with what arrives.")] = True,
    interval: Annotated[str, typer.Option("--interval", help="Time between two looks: 10s, 1m.")] = "30s",
    duration: Annotated[
        str | None, typer.Option("--duration", help="End after this time: 10m, 1h.", show_default="on Ctrl-C")
    ] = None,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    wait_timeout: Annotated[
        str, typer.Option("--wait-timeout", help="Give up when one look takes longer: 5m, 1h30m, 100s.")
    ] = flows_options.WAIT_TIMEOUT,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show the newest flows, and those that arrive in the database from now on, one line each.

    Each look runs a query, and looks less than a minute apart keep the warehouse running: an X-Small one costs a
    credit an hour. It ends on Ctrl-C (exit code 130), after --duration (0), or when nobody reads its output any more.

    Flows arrive a minute or two after they end: the Flow Aggregator uploads them once a minute, Snowpipe loads them.
    --output json writes one object per line, yaml one document per flow.

    \b
    theia-sf flows tail --namespace shop
    theia-sf flows tail --action drop --output json | jq -r .source
    theia-sf flows tail --pod 'shop/web-*' --duration 10m
    """
    from datetime import UTC, datetime

    from theia_sf.errors import UsageError
    from theia_sf.flows.arrivals import Arrivals
    from theia_sf.flows.filters import normalise_cluster_uuid
    from theia_sf.flows.records import record_filter
    from theia_sf.flows.time_window import parse_time, parse_timeout

    cluster = normalise_cluster_uuid(cluster_uuid) if cluster_uuid else None
    wanted = record_filter(cluster=cluster, namespace=namespace, pod=pod, action=action)
    now = datetime.now(UTC)
    age = now - parse_time(since, now=now, flag="--since")
    if age.total_seconds() < 0:
        message = f"--since {since} is in the future."
        raise UsageError(message, hint="Write now-5m, or an RFC 3339 time of the past.")
    pause = parse_timeout(interval, "--interval")
    left = parse_timeout(duration, "--duration") if duration else None
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    with analysis.open_flows(
        sign_in=sign_in,
        database=database_name,
        warehouse=warehouse_name,
        timeout_seconds=timeout,
        query_tag=_QUERY_TAG,
        spinner=False,
    ) as source:
        arrivals = Arrivals(source, wanted)
        write = _writer(output, one_cluster=cluster is not None)
        for record in arrivals.latest(lines, age):
            write(record)
        if follow:
            _follow(arrivals, write, pause, left)


def _follow(arrivals: Arrivals, write: Callable[[Record], None], pause: float, seconds: float | None) -> None:
    """Look again and again, until the time is over; the last look is at its end."""
    from theia_sf.cli import console
    from theia_sf.cli.waiting import sleep_while_read

    console.note(f"Looking every {pause:g} s for flows that arrive, which keeps the warehouse busy. Ctrl-C ends it.")
    begun = time.monotonic()
    while True:
        left = None if seconds is None else seconds - (time.monotonic() - begun)
        if left is not None and left <= 0:
            return
        sleep_while_read(pause if left is None else min(pause, left))
        for record in arrivals.poll():
            write(record)


def _writer(output: OutputFormat, *, one_cluster: bool) -> Callable[[Record], None]:
    """Return what writes a record; lines name the cluster from the second one on that is seen."""
    from theia_sf.cli.flow_lines import in_colour, record_line
    from theia_sf.cli.output import row_writer
    from theia_sf.flows.records import FIELDS, Record

    clusters: set[str | None] = set()
    colour = in_colour()

    def line(record: Record) -> str:
        clusters.add(record.cluster_uuid)
        return record_line(record, cluster=not one_cluster and len(clusters) > 1, colour=colour)

    return row_writer(output, FIELDS, row=Record.as_dict, line=line)
