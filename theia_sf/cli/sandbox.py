"""`theia-sf sandbox`: AWS, Snowflake and their Pulumi providers on this machine, to try everything without cost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat

_COLUMNS = {
    "state": "State",
    "pid": "Process",
    "started": "Started",
    "aws_endpoint": "AWS endpoint",
    "aws_account": "AWS account",
    "region": "AWS region",
    "snowflake_endpoint": "Snowflake endpoint",
    "snowflake_account": "Snowflake account",
    "snowflake_user": "Snowflake user",
    "provider_ports": "Provider ports",
    "log": "Log",
}

_PACKAGES = ("moto", "fakesnow", "grpc", "uvicorn", "starlette", "psutil", "pulumi")  # of the extra

sandbox = typer.Typer(
    no_args_is_help=True,
    help="Run AWS, Snowflake and their Pulumi providers on this machine, to try everything without an account.",
)


@sandbox.command()
def start(
    port: Annotated[
        int | None,
        typer.Option(
            "--port",
            min=0,
            max=65535,
            help="First of five consecutive ports on 127.0.0.1; 0 takes any free ones.",
            show_default="5566",
        ),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Start the sandbox in the background, unless it runs already.

    Then point this shell at it: eval "$(theia-sf sandbox env)"
    """
    from theia_sf.cli import console

    control = _control()
    with console.working("Starting the sandbox…"):
        _, started = control.start(port)
    _show(control.status(), output)
    if not started:
        console.note("The sandbox was running already.")
    if output is OutputFormat.TABLE:
        console.note('Point this shell at it: eval "$(theia-sf sandbox env)"')


@sandbox.command()
def stop() -> None:
    """Stop the sandbox and forget everything in it."""
    from theia_sf.cli import console

    stopped = _control().stop()
    console.note("The sandbox is stopped." if stopped else "The sandbox was not running.")


@sandbox.command()
def status(output: Output = OutputFormat.TABLE) -> None:
    """Show whether the sandbox runs, and where it listens."""
    _show(_control().status(), output)


@sandbox.command()
def env(
    shell: Annotated[
        str | None,
        typer.Option("--shell", help="bash (also for zsh and sh), fish or json.", show_default="by $SHELL"),
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Undo it: bring back what was set before.")] = False,
) -> None:
    """Print the environment variables that point a shell at the sandbox.

    Use it as: eval "$(theia-sf sandbox env)" (fish: theia-sf sandbox env | source)
    """
    import json

    from theia_sf.cli.output import write
    from theia_sf.errors import UsageError

    control = _control()
    from theia_sf.sandbox import environment

    name = shell or ("fish" if Path(os.environ.get("SHELL", "")).name == "fish" else "bash")
    if name not in set(environment.Shell):
        message = f"--shell {name} is not known."
        raise UsageError(message, hint="It can be bash, fish or json.")
    kind = environment.Shell(name)
    if kind is environment.Shell.JSON:
        wanted = environment.undone(os.environ) if unset else environment.changes(control.require(), os.environ)
        write(json.dumps(wanted, indent=2))
        return
    lines = (
        environment.undo_lines(os.environ, kind)
        if unset
        else environment.shell_lines(control.require(), os.environ, kind)
    )
    write("\n".join(lines))


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(sandbox, name="sandbox")


def _control() -> Any:
    """The module that starts, stops and finds the sandbox.

    Raises:
        UsageError: the packages of the extra are not installed.
    """
    from importlib.util import find_spec

    from theia_sf.errors import UsageError

    missing = [name for name in _PACKAGES if find_spec(name) is None]
    if missing:
        message = f"The sandbox needs packages that are not installed: {', '.join(missing)}."
        raise UsageError(message, hint="Install the extra: pip install 'theia-sf[sandbox]'")
    from theia_sf.sandbox.daemon import control

    return control


def _show(result: dict[str, Any], output: OutputFormat) -> None:
    from theia_sf.cli.output import render

    columns = {key: heading for key, heading in _COLUMNS.items() if key in result}
    render(result, output, columns=columns)
