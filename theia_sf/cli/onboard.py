"""`theia-sf onboard`: make the pipeline, or bring it up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack_and_key
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.cli.stack_options import ChangeFlags, changes, with_stack_options

if TYPE_CHECKING:
    from theia_sf.provision.context import Context


@with_sign_in
@with_stack_and_key
@with_stack_options
def onboard(
    *,
    stack: StackFlags,
    change: ChangeFlags,
    sign_in: SignIn,
    workdir: Annotated[str | None, options.hidden_flag("--workdir")] = None,
    warehouse_name: Annotated[str | None, options.hidden_flag("--warehouse-name")] = None,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Make everything between the flow records in S3 and the Snowflake database, or bring it up to date.

    The first time this takes a few minutes. Run it again whenever you like: it restores what was deleted by hand,
    applies what a newer theia-sf brings, and changes nothing otherwise. Flows are never lost by it. The stack remembers
    --tag, --reader-warehouse and its service users: give these options to change them, and only then.

    A service user is for one program, such as Grafana: it may read the flows, use the reader's warehouse, and nothing
    else. It has no password. Run onboard again for each further one.

    The stack becomes the current context, so that the other commands need no flags to find it.

    \b
    theia-sf onboard --bucket-name my-state --key-id 1234abcd-12ab-34cd-56ef-1234567890ab
    theia-sf onboard --service-user GRAFANA --role-arn arn:aws:iam::123456789012:role/grafana
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render, write
    from theia_sf.cli.progress import ProgressDisplay
    from theia_sf.cli.provisioning import find_target, remembered
    from theia_sf.ingestion.upgrade import pipe_upgrade
    from theia_sf.provision import operations
    from theia_sf.provision.outputs import ROWS
    from theia_sf.snowflake.settings import resolve

    for flag, given, reason in (
        ("--workdir", workdir, "nothing is unpacked any more"),
        ("--warehouse-name", warehouse_name, "making the database needs no warehouse"),
    ):
        if given is not None:
            console.note(f"{flag} has no effect: {reason}.")
    changed = changes(change)
    settings = resolve(sign_in)
    target = find_target(stack, settings)
    with ProgressDisplay() as progress:
        outputs = operations.onboard(
            changed(target.request),
            progress,
            pipe_upgrade=pipe_upgrade,
            on_ready=lambda known: _remember(remembered(target, known.database_name if known else None)),
        )
    _remember(remembered(target, outputs.database_name))
    render(outputs.result(), output, columns={name: title for title, name in ROWS})
    if output is OutputFormat.TABLE:
        write(
            "SUCCESS!\n"
            "To update infrastructure, run 'theia-sf onboard' again\n"
            "To destroy all infrastructure, run 'theia-sf offboard'\n\n"
            "Values for the Helm chart of Antrea's Flow Aggregator:\n\n" + outputs.helm_values()
        )


def _remember(stack: Context) -> None:
    """Makes the stack the current context. Failing to is no reason to lose what onboard has to say."""
    from theia_sf.cli import console
    from theia_sf.errors import UsageError
    from theia_sf.provision import context

    try:
        context.save(stack)
    except UsageError as error:
        console.warn(f"{error.message} Name the stack by flags, then: nothing remembers it.")


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("onboard")(onboard)
