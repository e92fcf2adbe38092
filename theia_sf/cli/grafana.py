"""`theia-sf grafana`: Grafana for the current stack, provisioned into a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.key_options import PASSPHRASE_VARIABLE
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack
from theia_sf.cli.sign_in import SignIn, with_sign_in
from theia_sf.grafana.versions import PLUGIN_VERSION

if TYPE_CHECKING:
    from theia_sf.cli.provisioning import Target
    from theia_sf.grafana.datasource import Method
    from theia_sf.grafana.provision import Provisioned
    from theia_sf.secret import Secret

group = typer.Typer(no_args_is_help=True, help="Provision Grafana with the dashboards for a stack, and open it.")

_FOLDER = Path("theia-sf-grafana")
_COLUMNS = {"path": "File", "purpose": "What it is"}


@with_sign_in
@with_stack
def provision(  # noqa: PLR0917 (Typer calls with keywords)
    directory: Annotated[
        Path, typer.Option("--output", "--output-dir", "-o", metavar="DIR", help="Folder to provision into.")
    ] = _FOLDER,
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            help="Snowflake user that Grafana signs in as.",
            show_default="the stack's only service user with a key pair",
        ),
    ] = None,
    auth: Annotated[
        str | None,
        typer.Option(
            "--auth",
            metavar="key-pair|access-token|password",
            help="How Grafana signs in.",
            show_default="as the file of the secret says, else key-pair",
        ),
    ] = None,
    private_key_path: Annotated[
        Path | None,
        typer.Option("--private-key-path", metavar="FILE", help="Private key of that user.", show_default=False),
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(
            "--passphrase-file",
            metavar="FILE",
            help="Passphrase that opens the private key.",
            show_default=f"{PASSPHRASE_VARIABLE}, SNOWFLAKE_PRIVATE_KEY_PASSPHRASE, or asked for",
        ),
    ] = None,
    token_file_path: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="Programmatic access token of that user.", show_default=False
        ),
    ] = None,
    password_file: Annotated[
        Path | None,
        typer.Option("--password-file", metavar="FILE", help="Password of that user.", show_default=False),
    ] = None,
    plugin_version: Annotated[
        str | None,
        typer.Option("--plugin-version", help="Version of michelin-snowflake-datasource.", show_default=PLUGIN_VERSION),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="Port of Grafana on this machine.", show_default="3000"),
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Write into a folder, or over files, that are not theia-sf's; they are kept."),
    ] = False,
    *,
    stack: StackFlags,
    sign_in: SignIn,
    output: Annotated[
        OutputFormat,
        typer.Option("--format", envvar="THEIA_SF_OUTPUT", help="How to print the result.", case_sensitive=False),
    ] = OutputFormat.TABLE,
) -> None:
    """Write everything that Grafana needs to show the flows of a stack: for Docker Compose and for Kubernetes.

    Grafana signs in as a service user, who reads the flows and nothing else. The secret comes from a file and goes into
    a file of its own in DIR/secrets; nothing else that is written holds one. To sign in to Snowflake itself, where the
    account is taken from, the variables, --connection, --credentials-file or --secret-id serve.

    Run it again to bring the files up to date. Options that are not given again stay as they were.

    \b
    theia-sf onboard --service-user GRAFANA --public-key grafana.pub
    theia-sf grafana provision --output grafana --private-key-path grafana.p8
    theia-sf grafana open grafana
    """
    from theia_sf.cli.provisioning import find_target
    from theia_sf.grafana.provision import provision as write
    from theia_sf.grafana.request import Options, prepare
    from theia_sf.provision.operations import read_stack
    from theia_sf.snowflake.settings import resolve

    prepared = prepare(
        Options(
            folder=directory.expanduser(),
            user=user,
            method=_method(auth),
            private_key_path=_expanded(private_key_path),
            token_file=_expanded(token_file_path),
            password_file=_expanded(password_file),
            passphrase=_passphrase(_expanded(private_key_path), passphrase_file),
            plugin_version=plugin_version,
            port=port,
            force=force,
        )
    )
    settings = resolve(sign_in)
    target = find_target(stack, settings)
    outputs, remembered = read_stack(target.request)
    done = write(prepared, outputs, remembered.service_users, settings, onboard=_onboard(target))
    _tell(done, directory.expanduser(), output)


def open_(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that Grafana was provisioned into.")
    ] = _FOLDER,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Print the command that starts Grafana, and the address where it then is.

    Checks before that everything Grafana needs is in the folder. Runs nothing itself.
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render, write
    from theia_sf.grafana.opening import opening

    found = opening(directory.expanduser())
    if output is not OutputFormat.TABLE:
        values = {
            "command": found.command,
            "url": found.url,
            "user": found.user,
            "password_file": str(found.password_file),
            "kubernetes": found.kubernetes,
        }
        render(values, output)
        return
    write(f"{found.command}\n{found.url}")
    console.note(f"Sign in to Grafana as {found.user}, with the password in {found.password_file}.")
    console.note(f"In Kubernetes instead: {found.kubernetes}")


def _method(auth: str | None) -> Method | None:
    from theia_sf.errors import UsageError
    from theia_sf.grafana.datasource import Method

    if auth is None:
        return None
    try:
        return Method(auth.lower())
    except ValueError as error:
        message = f"Grafana's data source does not sign in by {auth!r}."
        raise UsageError(message, hint=f"--auth takes {', '.join(Method)}.") from error


def _passphrase(key: Path | None, file: Path | None) -> Secret | None:
    """What opens the private key; asked for only where the key says that it is encrypted."""
    from theia_sf.cli import console
    from theia_sf.cli.key_options import given_passphrase
    from theia_sf.errors import UsageError
    from theia_sf.secret import Secret
    from theia_sf.snowflake.private_text import read_private

    if key is None:
        if file is not None:
            message = "--passphrase-file was given without the private key that it opens."
            raise UsageError(message, hint="Add --private-key-path FILE.")
        return None
    given = given_passphrase(file, no_passphrase=False)
    variable = os.environ.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE", "")
    if given is not None or variable:
        return given or Secret(variable)
    if console.is_interactive() and b"ENCRYPTED" in read_private(key, "private key file"):
        return console.ask_hidden(f"Passphrase of {key}: ")
    return None


def _expanded(path: Path | None) -> Path | None:
    return None if path is None else path.expanduser()


def _onboard(target: Target) -> str:
    """The command that onboards the same stack."""
    from shlex import quote

    request = target.request
    if target.from_context:
        return "theia-sf onboard"
    return f"theia-sf onboard --bucket-name {quote(request.bucket_name)} --stack-name {quote(request.stack_name)}"


def _tell(done: Provisioned, directory: Path, output: OutputFormat) -> None:
    from shlex import quote

    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.grafana.files import purpose

    render([{"path": str(directory / path), "purpose": purpose(path)} for path in done.files], output, columns=_COLUMNS)
    for path in done.written.kept:
        console.note(f"A file that was not theia-sf's is kept as {path}.")
    for path in done.written.removed:
        console.note(f"Removed {path}, which is not provisioned any more.")
    for warning in done.warnings:
        console.warn(warning)
    console.note(f"Grafana signs in to Snowflake as {done.reader.user}, by {done.reader.method}.")
    for path in done.missing:
        console.note(f"Still to come: {path}. Run this again with the option that names the secret's file.")
    console.note(f"Next: theia-sf grafana open {quote(str(directory))}")


def register(app: typer.Typer) -> None:
    """Add the group to the program."""
    group.command("provision")(provision)
    group.command("open")(open_)
    app.add_typer(group, name="grafana")
