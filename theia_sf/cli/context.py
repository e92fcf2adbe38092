"""`theia-sf context`: the stack that commands mean when their flags name none."""

from __future__ import annotations

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat


def show(
    command: typer.Context,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show the stack that commands mean when their flags name none: the last one that was onboarded.

    It counts only under the AWS account, Snowflake account and endpoints it was made with.
    """
    if command.invoked_subcommand is not None:
        return
    from dataclasses import asdict

    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.provision import context

    found = context.load()
    if found is None:
        console.note("There is no current context: onboard sets one.")
        if output is not OutputFormat.TABLE:
            render({}, output)
        return
    fields = asdict(found)
    identity = fields.pop("identity")
    render({**fields, **identity}, output)


def clear() -> None:
    """Forget the current context. The stack itself stays as it is."""
    from theia_sf.cli import console
    from theia_sf.provision import context

    console.note("Forgot the context." if context.clear() else "There was no context.")


def register(app: typer.Typer) -> None:
    """Adds the command group to the program."""
    group = typer.Typer(rich_markup_mode=None)
    group.callback(invoke_without_command=True)(show)
    group.command("clear")(clear)
    app.add_typer(group, name="context")
