"""`theia-sf plan`: what onboard would change."""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack_and_key
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.cli.stack_options import ChangeFlags, changes, with_stack_options
from theia_sf.errors import ExitCode

ExitCodeFlag = Annotated[
    bool, typer.Option("--exit-code", help="Exit with 4 where something would change, for scripts.")
]


@with_sign_in
@with_stack_and_key
@with_stack_options
def plan(
    *,
    stack: StackFlags,
    change: ChangeFlags,
    sign_in: SignIn,
    exit_code: ExitCodeFlag = False,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show what onboard would change, and change nothing.

    Looks at what is really there, so objects deleted or changed by hand are seen. Takes no lock.
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.cli.progress import ProgressDisplay
    from theia_sf.cli.provisioning import find_target
    from theia_sf.provision import operations
    from theia_sf.snowflake.settings import resolve

    changed = changes(change)
    settings = resolve(sign_in)
    target = find_target(stack, settings)
    with ProgressDisplay() as progress:
        found = operations.plan(changed(target.request), progress)
    if output is OutputFormat.TABLE:
        if found.changes:
            rows = [
                {
                    "operation": change.operation,
                    "type": change.type,
                    "name": change.urn.rsplit("::", 1)[-1],
                    "properties": change.properties,
                }
                for change in found.changes
            ]
            columns = {"operation": "Operation", "type": "Type", "name": "Name", "properties": "Properties"}
            render(rows, output, columns=columns)
        console.note(f"{found.summary()[0].upper()}{found.summary()[1:]}.")
    else:
        render(found.as_dict(), output)
    if exit_code and found.changes:
        raise typer.Exit(ExitCode.DIFFERENCES)  # the plan has said it all


def register(app: typer.Typer) -> None:
    """Adds the command to the program."""
    app.command("plan")(plan)
