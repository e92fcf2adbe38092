"""`theia-sf flows show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from theia_sf.cli import analysis, flows_options, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.flows.pair import Pair, Part

_QUERY_TAG: Final = "theia-sf flows show"
_ENDS: Final = {"from": "From", "to": "To"}
_TRAFFIC: Final = {"flows": "Flows", "bytes": "Bytes", "reverse_bytes": "Bytes back", "denials": "Denied"}
_LESS_TRAFFIC: Final = {"flows": "Flows", "bytes": "Bytes", "denials": "Denied"}
_PACKETS: Final = {"packets": "Packets", "reverse_packets": "Packets back"}
_TIMES: Final = {"first_seen": "First seen", "last_seen": "Last seen"}
_TREND: Final = {"trend": "Trend"}
_WIDEST: Final = 240  # characters of a line that has room for every column
_WIDE: Final = 150
_SHORT_TREND: Final = 12
_PORTS: Final = {"protocol": "Protocol", "port": "Port", "service": "Service"}
_POLICIES: Final = {"direction": "Direction", "policy": "Policy", "rule": "Rule", "action": "Action"}
_LESS_POLICIES: Final = {"direction": "Direction", "policy": "Policy", "action": "Action", "flows": "Flows"}
_STATES: Final = {"tcp_state": "TCP state", "end_reason": "Record written on"}
_NODES: Final = {"source_node": "From Node", "destination_node": "To Node"}


@with_sign_in
def show(  # noqa: PLR0917 (the options of the command)
    source: Annotated[
        str,
        typer.Argument(
            help="namespace/pod (* is anything), namespace/ for all of its Pods, an address, or an IPv4 network.",
        ),
    ],
    destination: Annotated[
        str,
        typer.Argument(help="The same, or service:namespace/name[:port name]."),
    ],
    start: flows_options.Start = flows_options.START,
    end: flows_options.End = flows_options.END,
    cluster_uuid: analysis.ClusterUuid = None,
    lines: Annotated[
        int, typer.Option("--lines", min=0, max=10_000, help="Show so many records at most, the newest.")
    ] = 10,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    wait_timeout: flows_options.WaitTimeout = flows_options.WAIT_TIMEOUT,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show the connections between two ends, whichever of them opened them.

    Traffic in both directions over time, ports and Services, the network policies that decided and how, TCP states,
    Nodes, and the newest records. If there are none, it says what is known of each end, and which names are similar.

    \b
    theia-sf flows show shop/web-7c9d shop/db-0
    theia-sf flows show 'shop/web-*' service:shop/db --start now-1d
    theia-sf flows show shop/ 10.0.0.0/8 --output json
    """
    from theia_sf.cli import console
    from theia_sf.cli.flow_lines import moment
    from theia_sf.flows.ends import parse_ends
    from theia_sf.flows.pair import read_pair
    from theia_sf.flows.ranges import flow_range
    from theia_sf.flows.similar import what_is_known
    from theia_sf.flows.time_window import parse_timeout

    first, second = parse_ends(source, destination)
    chosen = flow_range(start=start or flows_options.START, end=end or flows_options.END, cluster_uuid=cluster_uuid)
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    known: list[str] = []
    with analysis.open_flows(
        sign_in=sign_in,
        database=database_name,
        warehouse=warehouse_name,
        timeout_seconds=timeout,
        query_tag=_QUERY_TAG,
    ) as flows:
        pair = read_pair(flows, chosen, first, second, lines=lines)
        if not pair.connections:
            known = what_is_known(flows, chosen, first, second)
    times = f"{moment(chosen.window.start)} to {moment(chosen.window.end)}"
    if not pair.connections:
        console.note(f"There are no flows between {first.text} and {second.text}, {times}.")
        for sentence in known:
            console.note(sentence)
    if output is OutputFormat.TABLE:
        _print(pair, times)
    else:
        _write(pair, {"source": first.text, "destination": second.text, **_bounds(chosen.window)}, output)


def _bounds(window: Any) -> dict[str, Any]:
    return {"start": window.start, "end": window.end}


def _write(pair: Pair, head: dict[str, Any], output: OutputFormat) -> None:
    from dataclasses import asdict

    from theia_sf.cli.output import render

    parts = asdict(pair) | {"records": [record.as_dict() for record in pair.records]}
    render({**head, **parts}, output)


def _print(pair: Pair, times: str) -> None:
    from theia_sf.cli.flow_lines import record_line, terminal_width
    from theia_sf.cli.output import write

    if not pair.connections:
        return
    cluster = {"cluster_uuid": "Cluster"} if len({one["cluster_uuid"] for one in pair.connections}) > 1 else {}
    both_ways = len({one["from"] for one in pair.connections}) > 1
    ends = {"from": "From"} if both_ways else {}
    width = terminal_width()
    more = (_PACKETS if width >= _WIDEST else {}) | (_TIMES if width >= _WIDE else {}) | _TREND
    _table(pair.connections, f"Connections, {times}", {**_ENDS, **cluster, **_TRAFFIC, **more}, width)
    traffic = _TRAFFIC if width >= _WIDE else _LESS_TRAFFIC
    _table(pair.ports, "Ports", {**ends, **_PORTS, **traffic}, width)
    policies = {**_POLICIES, **traffic} if width >= _WIDE else _LESS_POLICIES
    _table(pair.policies, "Network policies", {**ends, **policies}, width)
    _table(pair.states, "States", {**ends, **_STATES, **traffic}, width)
    _table(pair.nodes, "Nodes", {**ends, **_NODES, **traffic}, width)
    if pair.records:
        write("Newest records")
        for record in pair.records:
            write(record_line(record, cluster=bool(cluster)))


def _table(parts: list[Part], title: str, columns: dict[str, str], width: int) -> None:
    from theia_sf.cli.output import render

    if parts:
        rows = [_shown(part, wide=width >= _WIDE, widest=width >= _WIDEST) for part in parts]
        render(rows, OutputFormat.TABLE, title=title, columns=columns)


def _shown(part: Part, *, wide: bool, widest: bool) -> Part:
    from theia_sf.cli.flow_lines import moment, short_uuid, size
    from theia_sf.cli.sparklines import sparkline

    shown = {**part, **{key: size(part[key]) for key in ("bytes", "reverse_bytes")}}
    shown |= {key: f"{part[key]:,}" for key in ("packets", "reverse_packets", "flows", "denials")}
    if "trend" in part:  # of connections
        shown |= {"first_seen": moment(part["first_seen"]), "last_seen": moment(part["last_seen"])}
        shown["trend"] = sparkline(part["trend"], None if wide else _SHORT_TREND)
        shown["cluster_uuid"] = part["cluster_uuid"] if widest else short_uuid(part["cluster_uuid"])
    return shown
