"""`theia-sf report`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from theia_sf.cli import analysis, options
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.policies.model import PolicyType
from theia_sf.policies.options import DEFAULT_LABEL_IGNORE, DEFAULT_NS_ALLOW, PolicyOptions

_QUERY_TAG: Final = "theia-sf report"
_DEFAULT_FILE: Final = Path("theia-sf-report.html")
_STDOUT: Final = Path("-")


@with_sign_in
def report(  # noqa: PLR0917 (the options of the command)
    output_file: Annotated[
        Path,
        typer.Option(
            "--output-file", help="File to write the page to, replaced if it is there; - for stdout.", dir_okay=False
        ),
    ] = _DEFAULT_FILE,
    start: analysis.Start = None,
    end: analysis.End = None,
    start_ts: analysis.StartTs = None,
    end_ts: analysis.EndTs = None,
    cluster_uuid: analysis.ClusterUuid = None,
    policy_type: Annotated[
        PolicyType, typer.Option("--policy-type", help="Type of the recommended policies, as of policy-recommendation.")
    ] = PolicyType.ANP_DENY_APPLIED,
    ns_allow: analysis.NsAllow = DEFAULT_NS_ALLOW,
    label_ignore: analysis.LabelIgnore = DEFAULT_LABEL_IGNORE,
    database_name: options.DatabaseName = None,
    warehouse_name: options.WarehouseName = None,
    wait_timeout: Annotated[
        str, typer.Option("--wait-timeout", help="Give up on a statement after this time: 10m, 1h30m, 100s.")
    ] = "10m",
    *,
    sign_in: SignIn,
) -> None:
    """Write what the flows show into one HTML file, to be opened in a browser.

    It shows what is in the database, traffic over time, the top talkers, a graph of who talks to whom, denied traffic
    and abnormal drops, the recommended policies with the traffic that each would allow, and what is not covered. The
    file needs no network: it loads nothing and sends nothing. It holds names, labels and addresses; mind who gets it.

    \b
    theia-sf report --start now-7d
    theia-sf report --start now-1d --cluster-uuid UUID --output-file today.html
    """
    from theia_sf import __version__
    from theia_sf.cli import console
    from theia_sf.flows.ranges import flow_range
    from theia_sf.flows.time_window import parse_timeout
    from theia_sf.policies.garbage import collector_paused
    from theia_sf.report.assemble import page
    from theia_sf.report.assets import check_installed
    from theia_sf.report.read import read_report
    from theia_sf.report.section import About
    from theia_sf.report.sections.overview import OVERVIEW
    from theia_sf.report.shown import size

    check_installed()
    wanted = PolicyOptions.parse(policy_type, ns_allow=ns_allow, label_ignore=label_ignore)
    chosen = flow_range(start=start, end=end, start_ts=start_ts, end_ts=end_ts, cluster_uuid=cluster_uuid)
    timeout = parse_timeout(wait_timeout, "--wait-timeout")
    with _target(output_file) as write, collector_paused():
        with analysis.open_flows(
            sign_in=sign_in,
            database=database_name,
            warehouse=warehouse_name,
            timeout_seconds=timeout,
            query_tag=_QUERY_TAG,
            spinner=False,
        ) as source:
            found = read_report(source, About(source.database, chosen, wanted, __version__), console.working)
        with console.working("Making the page"):
            written = write(page(found))
    if not found.part(OVERVIEW).records:
        console.note("There are no such flow records; the page says so.")
    if output_file == _STDOUT:
        console.note(f"Wrote {size(written)}.")
    else:
        console.note(f"Wrote {size(written)} to {output_file}; open it in a browser.")


def _target(path: Path) -> AbstractContextManager[Callable[[str], int]]:
    from theia_sf.report.target import opened

    return _stdout() if path == _STDOUT else opened(path)


@contextmanager
def _stdout() -> Generator[Callable[[str], int]]:
    def write(text: str) -> int:
        data = text.encode()
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
        return len(data)

    yield write


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("report")(report)
