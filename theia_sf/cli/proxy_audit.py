"""`theia-sf proxy audit`: what was done through the proxy, and whether the record of it is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from theia_sf.cli import proxy_audit_verify
from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_audit_verify import Folder
from theia_sf.cli.proxy_options import ConfigPath, configuration, require_server
from theia_sf.cli.shared_options import expanded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from theia_sf.proxy.audit.query import Filters

_TOLD: Final = {"outcome": "{}", "code": "code {}", "rule": "by {}", "rows": "rows {}", "durationMs": "{} ms"}


class Wanted(dict[str, "str | None"]):
    """What the filters' flags say, by name."""


def _option(flag: str, text: str) -> Any:
    return Annotated[str | None, typer.Option(flag, help=text, show_default=False)]


FILTERS: Final[dict[str, Any]] = {
    "user": _option("--user", "Only this user."),
    "account": _option("--account", "Only this account."),
    "session": _option("--session", "Only this session."),
    "peer": _option("--peer", "Only from this IP address."),
    "instance": _option("--instance", "Only of this instance of the proxy."),
    "event": _option("--event", "Only this kind, or all that begin with it: statement, session.denied."),
    "outcome": _option("--outcome", "Only these: success, failure or unknown."),
    "query_id": _option("--query-id", "Only this query of Snowflake's."),
    "contains": _option("--contains", "Only records with this text, in upper or lower case."),
    "since": _option("--since", "From this time on: now-1h, or an RFC 3339 time."),
    "until": _option("--until", "Before this time."),
}


def _with_filters(function: Any) -> Any:
    return expanded(function, "wanted", Wanted, FILTERS, Wanted)


@_with_filters
def tail(
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, max=1_000_000, help="So many of the last records.")
    ] = 10,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with those that are written.")] = False,
    path: Folder = None,
    config: ConfigPath = None,
    *,
    wanted: Wanted,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show the last records, one line each; with --follow, until Ctrl-C (exit code 130), those that are written.

    --output json writes one object per line, with everything that was recorded.

    \b
    theia-sf proxy audit tail -f --event statement.denied
    """
    folder = _folder(path, config)
    from theia_sf.proxy.audit.tail import tail as read

    _write(read(folder, lines, _filters(wanted), follow=follow), output)


@_with_filters
def query(
    path: Folder = None,
    config: ConfigPath = None,
    *,
    wanted: Wanted,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Show all records that fit, of all instances, in the order of time. They may be many: memory does not grow.

    --output json writes one object per line, with everything that was recorded.

    \b
    theia-sf proxy audit query --user alice --since now-1d --contains FLOWS
    theia-sf proxy audit query --event statement.finished --output csv > statements.csv
    """
    folder = _folder(path, config)
    from theia_sf.proxy.audit.query import query as read

    _write(read(folder, _filters(wanted)), output)


def _folder(path: Path | None, config: Path | None) -> Path:
    require_server()
    return path.expanduser() if path is not None else configuration(config)[0].audit.path


def _filters(wanted: Wanted) -> Filters:
    from datetime import UTC, datetime
    from typing import cast

    from theia_sf.errors import UsageError
    from theia_sf.flows.time_window import parse_time
    from theia_sf.proxy.audit.query import Filters

    now = datetime.now(UTC)
    given: dict[str, Any] = {name: value for name, value in wanted.items() if value is not None}
    for name in ("since", "until"):
        if name in given:
            given[name] = parse_time(cast("str", given[name]), now=now, flag=f"--{name}")
    if "since" in given and "until" in given and given["since"] >= given["until"]:
        message = "--since is not before --until."
        raise UsageError(message, hint="Exchange them, or leave one of them out.")
    return Filters(**given)


def _write(records: Iterable[dict[str, Any]] | Iterator[dict[str, Any]], output: OutputFormat) -> None:
    from theia_sf.cli.output import row_writer
    from theia_sf.proxy.audit.query import COLUMNS, row

    flat = output is OutputFormat.CSV
    write = row_writer(output, COLUMNS, row=row if flat else dict, line=_line)
    for record in records:
        write(record)


def _line(record: dict[str, Any]) -> str:
    """A record for people: when, what, who, and what there is to say. Line feeds in it must not look like another."""
    from theia_sf.cli.output import sanitize
    from theia_sf.proxy.audit.query import row

    flat = row(record)
    parts = [str(flat["time"]), str(flat["event"]), str(flat["user"] or "-")]
    for name, text in _TOLD.items():
        if flat[name] is not None:
            parts.append(text.format(flat[name]))
    said = flat["sqlText"] or flat["message"]
    if said is not None:
        parts.append(str(said))
    return "  ".join(" ".join(sanitize(part).split()) for part in parts)


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `proxy`."""
    audit = typer.Typer(no_args_is_help=True, help="What was done through the proxy.")
    audit.command("tail")(tail)
    audit.command("query")(query)
    audit.command("verify")(proxy_audit_verify.verify)
    group.add_typer(audit, name="audit")
