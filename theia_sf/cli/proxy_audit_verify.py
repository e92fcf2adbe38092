"""`theia-sf proxy audit verify`: whether the record of what was done through the proxy is whole."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_options import ConfigPath, configuration

if TYPE_CHECKING:
    from theia_sf.proxy.audit.chain import Link
    from theia_sf.proxy.audit.verify import ChainReport

_REPORT: Final = {
    "instance": "Instance",
    "files": "Files",
    "records": "Records",
    "keyed": "By a key",
    "problems": "Problems",
    "last": "Last record",
}

Folder = Annotated[
    Path | None,
    typer.Option("--path", metavar="DIR", help="Folder of the records.", show_default="that of the configuration"),
]


def verify(
    anchors: Annotated[
        list[str] | None,
        typer.Option(
            "--anchor",
            metavar="INSTANCE:SEQ:HASH",
            help="Record that must be there, as an earlier verify told it; may be repeated.",
        ),
    ] = None,
    missing_start: Annotated[
        bool, typer.Option("--missing-start", help="Older files were put away, and that is as it should be.")
    ] = False,
    path: Folder = None,
    config: ConfigPath = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Look whether records were removed, changed, moved or cut off; the proxy may be writing.

    Each problem is told with file and line. Exits with 4 if there are any. The last record of each instance is told as
    an anchor: kept elsewhere, it shows later whether the end is missing, even to who has the key.
    """
    loaded, _ = configuration(config)
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.errors import DifferencesFoundError
    from theia_sf.proxy.audit.chain import read_keyring
    from theia_sf.proxy.audit.verify import verify as look

    audit = loaded.audit
    keyring = read_keyring(audit.key_file, audit.old_key_files)
    known = [_anchor(text) for text in anchors or ()]
    folder = path.expanduser() if path is not None else audit.path
    reports = look(folder, keyring, anchors=known, missing_start=missing_start)
    render([_report(report, output) for report in reports], output, columns=_REPORT)
    for report in reports:
        for remark in report.notes:
            console.note(f"Note: {remark}")
        for remark in report.problems:
            console.warn(str(remark))
    count = sum(len(report.problems) for report in reports)
    if count:
        message = f"The records are not whole: {count} problem{'' if count == 1 else 's'}."
        raise DifferencesFoundError(message, hint="Compare with a copy; what is told first may be all that happened.")


def _anchor(text: str) -> tuple[str, Link]:
    from theia_sf.errors import UsageError
    from theia_sf.proxy.audit.chain import Link

    instance, _, rest = text.partition(":")
    seq, _, digest = rest.partition(":")
    if not instance or not seq.isdecimal() or not digest:
        message = f"{text!r} is not an anchor."
        raise UsageError(message, hint="Give it as `verify` tells it: INSTANCE:SEQ:HASH.")
    return instance, Link(int(seq), digest)


def _report(report: ChainReport, output: OutputFormat) -> dict[str, Any]:
    last = f"{report.instance}:{report.last.seq}:{report.last.hash}" if report.last is not None else None
    row: dict[str, Any] = {
        "instance": report.instance,
        "files": report.files,
        "records": report.records,
        "keyed": report.keyed,
        "last": last,
    }
    if output in {OutputFormat.TABLE, OutputFormat.CSV}:
        return row | {"problems": len(report.problems)}
    return row | {
        "problems": [str(remark) for remark in report.problems],
        "notes": [str(remark) for remark in report.notes],
    }
