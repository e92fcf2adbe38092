"""`theia-sf ingestion`: what was not loaded, and loading it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.provision.outputs import PipelineOutputs
    from theia_sf.snowflake.settings import ConnectionSettings

_ERRORS = {"kind": "Kind", "file": "File", "row": "Row", "time": "Time", "message": "Error or record"}
_RETRIED = {"file": "File", "outcome": "Outcome", "rows": "Rows loaded", "error": "Error"}
_LONGEST_MESSAGE = 300  # characters, in the table form


@with_sign_in
@with_stack
def errors(
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many records and notifications.")] = 20,
    from_queue: Annotated[
        bool,
        typer.Option(
            "--notifications",
            help="Also look into the SQS queue. Messages stay there, but are hidden for half a minute.",
        ),
    ] = False,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit with 4 if there are any errors.")] = False,
    *,
    stack: StackFlags,
    warehouse_name: options.WarehouseName = None,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show the files of the last 14 days that failed as a whole, and the records that could not be read.

    A file fails when it cannot be decompressed; nothing of it is loaded. A line that is no flow record is put
    aside with its file and row; the view REJECTED_FLOWS holds all of them.
    """
    from dataclasses import asdict

    from theia_sf.cli.console import note
    from theia_sf.cli.output import render
    from theia_sf.errors import DifferencesFoundError
    from theia_sf.ingestion.failures import failed_files, notifications, rejected_records
    from theia_sf.ingestion.pipe import FlowPipe
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.warehouse import warehouse_for

    settings, outputs = _pipeline(stack, sign_in)
    with (
        session(settings, query_tag="theia-sf ingestion errors") as connected,
        warehouse_for(connected, warehouse_name),
    ):
        pipe = FlowPipe(connected, outputs)
        found = [*failed_files(pipe), *rejected_records(pipe, limit)]
    if from_queue:
        found += notifications(pipe, outputs.sqs_queue_arn, limit)
    rows = [asdict(error) for error in found]
    if output is OutputFormat.TABLE:
        rows = [row | {"message": row["message"][:_LONGEST_MESSAGE]} for row in rows]
    if not rows and output is OutputFormat.TABLE:
        note("No ingestion errors.")
        return
    render(rows, output, columns=_ERRORS)
    if rows and exit_code:
        message = f"There are {len(rows)} ingestion errors." if len(rows) > 1 else "There is an ingestion error."
        raise DifferencesFoundError(message)


@with_sign_in
@with_stack
def retry(
    unchanged_too: Annotated[
        bool, typer.Option("--unchanged", help="Also try files that have not been replaced since they failed.")
    ] = False,
    *,
    stack: StackFlags,
    warehouse_name: options.WarehouseName = None,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Load failed files again that have been replaced in the bucket since. Nothing is loaded twice."""
    from dataclasses import asdict

    from theia_sf.cli.console import note
    from theia_sf.cli.output import render
    from theia_sf.errors import TheiaError
    from theia_sf.ingestion.pipe import FlowPipe
    from theia_sf.ingestion.retry import Outcome
    from theia_sf.ingestion.retry import retry as load_again
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.warehouse import warehouse_for

    settings, outputs = _pipeline(stack, sign_in)
    with (
        session(settings, query_tag="theia-sf ingestion retry") as connected,
        warehouse_for(connected, warehouse_name),
    ):
        results = load_again(connected, FlowPipe(connected, outputs), unchanged_too=unchanged_too)
    if not results and output is OutputFormat.TABLE:
        note("No file has failed in the last 14 days.")
        return
    render([asdict(result) for result in results], output, columns=_RETRIED)
    if any(result.outcome is Outcome.FAILED for result in results):
        message = "Some files failed again."
        raise TheiaError(message, hint="The column Error says why; replace the files and try again.")


def _pipeline(flags: StackFlags, sign_in: SignIn) -> tuple[ConnectionSettings, PipelineOutputs]:
    from theia_sf.cli.provisioning import find_target
    from theia_sf.provision.operations import read_outputs
    from theia_sf.snowflake.settings import resolve

    settings = resolve(sign_in)
    return settings, read_outputs(find_target(flags, settings).request)


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Show what was not loaded into the flows table, and load it again.")
    group.command("errors")(errors)
    group.command("retry")(retry)
    app.add_typer(group, name="ingestion")
