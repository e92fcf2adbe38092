"""`theia-sf sandbox`: AWS, Snowflake and their Pulumi providers on this machine, to try everything without cost."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat

if TYPE_CHECKING:
    from theia_sf.sandbox.daemon.state import SandboxState
    from theia_sf.sandbox.flows import FlowFile

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

    control = control_module()
    from theia_sf.provision import context

    with console.working("Starting the sandbox…"):
        _, started = control.start(port)
    status = control.status()
    _show(status, output)
    if not started:
        console.note("The sandbox was running already.")
    elif context.forget_endpoint(status["aws_endpoint"]):
        console.note("Forgot the context: its stack was in an earlier sandbox.")
    if output is OutputFormat.TABLE:
        console.note('Point this shell at it: eval "$(theia-sf sandbox env)"')


@sandbox.command()
def stop() -> None:
    """Stop the sandbox and forget everything in it."""
    from theia_sf.cli import console

    stopped = control_module().stop()
    console.note("The sandbox is stopped." if stopped else "The sandbox was not running.")


@sandbox.command()
def status(output: Output = OutputFormat.TABLE) -> None:
    """Show whether the sandbox runs, and where it listens."""
    _show(control_module().status(), output)


@sandbox.command()
def env(
    shell: Annotated[
        str | None,
        typer.Option("--shell", help="bash (also for zsh and sh), fish or json.", show_default="by $SHELL"),
    ] = None,
    unset: Annotated[bool, typer.Option("--unset", help="Undo it: bring back what was set before.")] = False,
    key_pair: Annotated[
        bool, typer.Option("--key-pair", help="Sign in to Snowflake by key pair instead of password.")
    ] = False,
) -> None:
    """Print the environment variables that point a shell at the sandbox.

    Use it as: eval "$(theia-sf sandbox env)" (fish: theia-sf sandbox env | source)
    """
    import json

    from theia_sf.cli.output import write

    control = control_module()
    from theia_sf.sandbox import environment

    kind = environment.Shell(shell_of(shell))
    if kind is environment.Shell.JSON:
        wanted = (
            environment.undone(os.environ)
            if unset
            else environment.changes(control.require(), os.environ, key_pair=key_pair)
        )
        write(json.dumps(wanted, indent=2))
        return
    lines = (
        environment.undo_lines(os.environ, kind)
        if unset
        else environment.shell_lines(control.require(), os.environ, kind, key_pair=key_pair)
    )
    write("\n".join(lines))


@sandbox.command()
def flows(  # noqa: PLR0917 (Typer calls with keywords)
    rows: Annotated[int, typer.Option("--rows", help="How many records.")] = 10_000,
    days: Annotated[int, typer.Option("--days", help="Over how many days they are spread, up to yesterday.")] = 7,
    namespaces: Annotated[
        str, typer.Option("--namespaces", help="Namespaces of the made-up cluster, separated by commas.")
    ] = "shop,payments,analytics",
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same flows.")] = 1,
    antrea: Annotated[
        str, typer.Option("--antrea", help="The Antrea release whose record layout is written, from 1.9 on.")
    ] = "2.7",
    directory: Annotated[
        Path, typer.Option("--directory", file_okay=False, help="Folder that the files are written to.")
    ] = Path("flows"),
    upload: Annotated[
        bool, typer.Option("--upload", help="Upload them to the sandbox's flows bucket instead of writing them.")
    ] = False,
    bucket_name: Annotated[
        str | None,
        typer.Option(
            "--bucket-name",
            help="Bucket for --upload.",
            show_default="the context's, or the only flows bucket",
        ),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Generate flow record files as Antrea's Flow Aggregator writes them."""
    from theia_sf.cli import console
    from theia_sf.cli.output import render

    control = control_module()
    from theia_sf.sandbox import flows as generator

    names = tuple(name.strip() for name in namespaces.split(","))
    files = generator.generate(generator.FlowOptions(rows, days, names, seed, antrea))
    if upload:
        from theia_sf.sandbox.flows_bucket import upload_to_sandbox

        with console.working("Generating and uploading flows…"):
            state = control.require()
            written = upload_to_sandbox(state, files, bucket_name, _database_in_use(state))
    else:
        with console.working(f"Generating flows in {directory}…"):
            written = _write(files, directory)
    render(written, output, columns={"file": "File", "records": "Records", "bytes": "Bytes"})


def _database_in_use(state: SandboxState) -> str | None:
    """The current context's database, if its stack is in this sandbox."""
    from theia_sf.provision import context
    from theia_sf.sandbox.daemon.ports import HOST

    current = context.load()
    if current is None or current.identity.aws_endpoint != f"http://{HOST}:{state.ports.aws}":
        return None
    return current.database_name


def _write(files: Iterable[FlowFile], directory: Path) -> list[dict[str, Any]]:
    """Write the files, and tell of each.

    Raises:
        UsageError: the folder can't be written to.
    """
    from theia_sf.errors import UsageError

    written: list[dict[str, Any]] = []
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for file in files:
            path = directory / file.name
            path.write_bytes(file.content)
            written.append({"file": str(path), "records": file.records, "bytes": len(file.content)})
    except OSError as error:
        message = f"Cannot write to {directory}: {error.strerror}."
        raise UsageError(message, hint="Choose another --directory.") from error
    return written


def shell_of(asked: str | None) -> str:
    """The shell to write lines for: the one that was asked for, else the user's.

    Raises:
        UsageError: there is no such one.
    """
    from theia_sf.errors import UsageError
    from theia_sf.sandbox.environment import Shell

    name = asked or ("fish" if Path(os.environ.get("SHELL", "")).name == "fish" else "bash")
    if name not in set(Shell):
        message = f"--shell {name} is not known."
        raise UsageError(message, hint="It can be bash, fish or json.")
    return name


def register(app: typer.Typer) -> None:
    """Add the command group."""
    app.add_typer(sandbox, name="sandbox")


def control_module() -> Any:
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
