"""`theia-sf drop-detection`."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from theia_sf.cli import analysis, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.detection.method import DEFAULT_MIN_DROPS, Method

_QUERY_TAG: Final = "theia-sf drop-detection"
_COLUMNS: Final = {
    "cluster_uuid": "Cluster",
    "endpoint": "Endpoint",
    "direction": "Direction",
    "date": "Date",
    "drops": "Drops",
}
_METHOD_COLUMNS: Final = {
    Method.MAD: {"median": "Median", "mad": "MAD", "score": "Score"},
    Method.STDEV: {"mean": "Mean", "stdev": "Standard deviation"},
}


@with_sign_in
def drop_detection(  # noqa: PLR0917 (the options of the command)
    _job_type: analysis.Type = analysis.JobType.INITIAL,
    start: analysis.Start = None,
    end: analysis.End = None,
    start_ts: analysis.StartTs = None,
    end_ts: analysis.EndTs = None,
    cluster_uuid: analysis.ClusterUuid = None,
    method: Annotated[
        Method,
        typer.Option(
            "--method",
            help="mad: compare a day with the median of the other days, quiet ones included. stdev: the rule of the "
            "original program, mean ± 3 standard deviations, which needs 11 days.",
        ),
    ] = Method.MAD,
    min_drops: Annotated[
        int, typer.Option("--min-drops", min=1, help="With mad: days with fewer drops are never abnormal.")
    ] = DEFAULT_MIN_DROPS,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    udf_version: Annotated[str | None, options.hidden_flag("--udf-version")] = None,
    wait_timeout: Annotated[
        str, typer.Option("--wait-timeout", help="Give up after this time, and cancel the query: 5m, 1h30m, 100s.")
    ] = "5m",
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Detect days on which an endpoint had abnormally many dropped or rejected flows.

    An endpoint is a Pod (namespace/pod), or the IP address of what is no Pod: the destination of traffic dropped by an
    ingress rule, the source of traffic dropped by an egress rule. Days are UTC days; clusters are kept apart.

    \b
    theia-sf drop-detection
    theia-sf drop-detection --start now-30d --output json
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.detection.report import report_drops
    from theia_sf.flows.ranges import flow_range
    from theia_sf.flows.time_window import parse_timeout

    analysis.note_udf_version(udf_version)
    chosen = flow_range(start=start, end=end, start_ts=start_ts, end_ts=end_ts, cluster_uuid=cluster_uuid)
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    with analysis.open_flows(
        sign_in=sign_in,
        database=database_name,
        warehouse=warehouse_name,
        timeout_seconds=timeout,
        query_tag=_QUERY_TAG,
    ) as source:
        found = report_drops(source, chosen, method=method, min_drops=min_drops)
    console.note(f"Read {found.records:,} flows, {found.dropped:,} of them dropped or rejected.")
    for line in found.caveats:
        console.warn(line)
    if not found.findings:
        console.note("No abnormal drops were found.")
    if found.findings or output is not OutputFormat.TABLE:
        columns = {**_COLUMNS, **_METHOD_COLUMNS[method]}
        render([finding.as_dict() for finding in found.findings], output, title="Abnormal drops", columns=columns)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("drop-detection")(drop_detection)
