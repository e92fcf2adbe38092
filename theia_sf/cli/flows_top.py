"""`theia-sf flows top`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from theia_sf.cli import analysis, flows_options, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.flows.choices import Kind, Metric

if TYPE_CHECKING:
    from theia_sf.flows.ranges import FlowRange
    from theia_sf.flows.top import Talker, Top

_QUERY_TAG: Final = "theia-sf flows top"
_NAMES: Final = {
    Kind.PODS: "Pod",
    Kind.NAMESPACES: "Namespace",
    Kind.SERVICES: "Service",
    Kind.EXTERNAL: "Address",
    Kind.POLICIES: "Policy",
    Kind.NODES: "Node",
}
_WIDE: Final = 110  # columns of a terminal in which names need not be folded
_NARROW: Final = 100
_SHORT_TREND: Final = 12


@with_sign_in
def top(  # noqa: PLR0917 (the options of the command)
    kind: Annotated[
        Kind,
        typer.Argument(
            help="What the traffic is added up by; external: addresses of what is no Pod.", show_default=True
        ),
    ] = Kind.PODS,
    metric: Annotated[Metric, typer.Option("--by", help="What is greatest at the top.")] = Metric.BYTES,
    start: flows_options.Start = flows_options.START,
    end: flows_options.End = flows_options.END,
    cluster_uuid: analysis.ClusterUuid = None,
    namespace: flows_options.Namespace = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="The greatest number of rows.")] = 10,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    wait_timeout: flows_options.WaitTimeout = flows_options.WAIT_TIMEOUT,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show who and what has the most traffic.

    Bytes and packets are those of both directions. A flow counts for both of its ends (Pods, Namespaces, Nodes,
    addresses) and for the policies of both, so shares of the total may add up to more than 100 %. Denials are flows
    that a policy dropped or rejected. With --namespace, `top pods` shows that Namespace's Pods alone.

    \b
    theia-sf flows top
    theia-sf flows top external --by flows --start now-1d
    theia-sf flows top policies --by denials --namespace shop --output json
    """
    from theia_sf.cli import console
    from theia_sf.flows.filters import check_namespace
    from theia_sf.flows.ranges import flow_range
    from theia_sf.flows.time_window import parse_timeout
    from theia_sf.flows.top import read_top

    chosen = flow_range(start=start or flows_options.START, end=end or flows_options.END, cluster_uuid=cluster_uuid)
    inside = check_namespace(namespace) if namespace is not None else None
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    with analysis.open_flows(
        sign_in=sign_in,
        database=database_name,
        warehouse=warehouse_name,
        timeout_seconds=timeout,
        query_tag=_QUERY_TAG,
    ) as source:
        found = read_top(source, chosen, kind, metric, namespace=inside, limit=limit)
    from theia_sf.cli.flow_lines import size

    total = found.total
    traffic = f"{size(total.bytes)} in {total.packets:,} packets"
    console.note(f"Read {total.flows:,} flows, {total.denials:,} of them denied: {traffic}.")
    if not found.talkers:
        console.note(f"There are no {kind.value} to show.")
    _print(found, chosen, kind, metric, output)


def _print(found: Top, chosen: FlowRange, kind: Kind, metric: Metric, output: OutputFormat) -> None:
    from theia_sf.cli.flow_lines import moment, terminal_width
    from theia_sf.cli.output import render

    if output is not OutputFormat.TABLE:
        render([_row(talker) for talker in found.talkers], output, columns=dict.fromkeys(_FIELDS, ""))
        return
    if not found.talkers:
        return
    width = terminal_width()
    several = len({talker.cluster_uuid for talker in found.talkers}) > 1
    columns = {"name": _NAMES[kind]} | ({"cluster_uuid": "Cluster"} if several else {})
    columns |= {"bytes": "Bytes", "packets": "Packets", "flows": "Flows", "denials": "Denied", "share": "Share"}
    columns |= {"trend": "Trend"}
    if width < _NARROW:  # what was asked for stays
        for key in {"packets", "flows", "bytes", "denials"} - {metric.value}:
            columns.pop(key)
    rows = [_shown(talker, wide=width >= _WIDE) for talker in found.talkers]
    window = chosen.window
    title = f"{kind.value.capitalize()} by {metric.value}, {moment(window.start)} to {moment(window.end)}"
    render(rows, output, title=title, columns=columns)


_FIELDS: Final = ("name", "cluster_uuid", "bytes", "packets", "flows", "denials", "share", "trend")


def _row(talker: Talker) -> dict[str, Any]:
    traffic = talker.traffic
    numbers = (traffic.bytes, traffic.packets, traffic.flows, traffic.denials, round(talker.share, 6), talker.trend)
    return dict(zip(_FIELDS, (talker.name, talker.cluster_uuid, *numbers), strict=True))


def _shown(talker: Talker, *, wide: bool) -> dict[str, str]:
    from theia_sf.cli.flow_lines import short_uuid, size
    from theia_sf.cli.sparklines import sparkline

    traffic = talker.traffic
    return {
        "name": talker.name,
        "cluster_uuid": (talker.cluster_uuid or "") if wide else short_uuid(talker.cluster_uuid),
        "bytes": size(traffic.bytes),
        "packets": f"{traffic.packets:,}",
        "flows": f"{traffic.flows:,}",
        "denials": f"{traffic.denials:,}",
        "share": f"{talker.share:.1%}",
        "trend": sparkline(talker.trend, None if wide else _SHORT_TREND),
    }
