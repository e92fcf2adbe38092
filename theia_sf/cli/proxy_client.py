"""`theia-sf proxy login`, `connect`, `env` and `show-connection`: the proxy for those who use it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_options import Where, shell_lines, with_proxy
from theia_sf.proxy.client.clients import Client

if TYPE_CHECKING:
    from theia_sf.proxy.client.target import Target

Profile = Annotated[
    str, typer.Option("--profile", metavar="NAME", envvar="THEIA_SF_PROXY_PROFILE", help="What to call it.")
]
ShowSecret = Annotated[bool, typer.Option("--show-secret", help="Put the access token in.")]


def login(  # noqa: PLR0917 (Typer calls with keywords)
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Address of the proxy: https://HOST:PORT.", show_default=False),
    ] = None,
    user: Annotated[str | None, typer.Option("--user", help="User of the proxy.", show_default="asked for")] = None,
    account: Annotated[
        str | None, typer.Option("--account", help="Account behind the proxy.", show_default="the only one")
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option(
            "--ca-file",
            metavar="FILE",
            help="Certificates to trust besides those of public authorities.",
            show_default=False,
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            envvar="THEIA_SF_PROXY_TOKEN_FILE",
            help="File with the access token.",
            show_default="asked for",
        ),
    ] = None,
    profile: Profile = "default",
    offline: Annotated[bool, typer.Option("--offline", help="Do not try it by signing in.")] = False,
) -> None:
    """Remember a proxy and an access token on this machine, after a sign-in with them.

    The other commands then need no options. The token is kept in a file of mode 0600 that drivers read by themselves.

    \b
    theia-sf proxy login --url https://proxy.example.com:8443 --ca-file ca.pem --user alice
    theia-sf proxy connect -- snow sql -q 'SELECT COUNT(*) FROM FLOWS'
    """
    from dataclasses import replace

    from theia_sf.cli import console
    from theia_sf.errors import UsageError
    from theia_sf.proxy.client import profiles

    if url is None:
        message = "Which proxy is meant?"
        raise UsageError(message, hint="Name it by --url https://HOST:PORT.")
    where = Where(url=url, user=user, account=account, ca_file=ca_file, token_file=token_file)
    target = where.target()
    if (not target.user or target.token is None) and not console.is_interactive():
        message = "There is no terminal to ask for user and access token on."
        raise UsageError(message, hint="Name the user by --user, and a file that holds the token by --token-file.")
    if not target.user:
        target = replace(target, user=typer.prompt("User of the proxy", err=True))
    if target.token is None:
        target = replace(target, token=console.ask_hidden("Access token: "))
    if not offline:
        _sign_in(target)
    saved = profiles.save(profile, target)
    console.note(f"Remembered {saved.url} as the profile {profile}.")
    console.note("Next: theia-sf proxy connect -- snow sql, or: theia-sf proxy show-connection --client jdbc")


def logout(profile: Profile = "default") -> None:
    """Forget a proxy and the access token on this machine. The token itself stays valid: see `users revoke`."""
    from theia_sf.cli import console
    from theia_sf.proxy.client import profiles

    there = profiles.forget(profile)
    console.note(f"Forgot the profile {profile}." if there else f"There was no profile {profile}.")


@with_proxy
def connect(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="COMMAND", help="Program and its arguments.", show_default="snow sql"),
    ] = None,
    *,
    where: Where,
) -> None:
    """Run a program that reaches Snowflake through the proxy: Snowflake's CLI, or any that uses its drivers.

    The program finds the proxy by SNOWFLAKE_* variables and by a connections.toml of its own, whose connection
    `theia-sf` is the default; what this machine's own files say of other accounts is out of its sight. The access token
    is in a file that only you can read, never among the arguments. The program's exit code is the one you see.

    \b
    theia-sf proxy connect -- snow sql -q 'SELECT COUNT(*) FROM FLOWS'
    theia-sf proxy connect -- python notebook.py
    """
    import shutil
    import sys

    from theia_sf.errors import UsageError
    from theia_sf.proxy.client.running import run

    target = _with_token(where.target())
    if not command:
        if shutil.which("snow") is None:
            message = "Snowflake's CLI (snow) is not installed, and no other program is named."
            raise UsageError(message, hint="Name one: theia-sf proxy connect -- PROGRAM …")
        command = ["snow", "sql"]
    sys.stdout.flush()
    sys.stderr.flush()
    raise typer.Exit(run(command, target, os.environ))


@with_proxy
def env(
    shell: Annotated[
        str | None,
        typer.Option("--shell", help="bash (also for zsh and sh), fish or json.", show_default="by $SHELL"),
    ] = None,
    show_secret: ShowSecret = False,
    *,
    where: Where,
) -> None:
    """Print the environment variables that lead Snowflake's drivers and theia-sf through the proxy.

    Use it as: eval "$(theia-sf proxy env)" (fish: theia-sf proxy env | source). Variables of other credentials are
    taken away. The access token is named by its file; --show-secret sets it itself.
    """
    from theia_sf.cli.output import write
    from theia_sf.errors import UsageError
    from theia_sf.proxy.client.environment import changes, trust_bundle

    target = _with_token(where.target())
    if target.token_file is None and not show_secret:
        message = "The access token is in no file that a variable could name."
        raise UsageError(message, hint="Add --token-file FILE, or --show-secret.")
    write(shell_lines(changes(target, os.environ, trust_bundle(target), show_secret=show_secret), shell))


@with_proxy
def show_connection(
    client: Annotated[
        Client, typer.Option("--client", help="Program that shall reach the proxy.", case_sensitive=False)
    ],
    show_secret: ShowSecret = False,
    *,
    where: Where,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print what a client has to be told to reach the proxy, in the client's own words.

    The access token is not among it, but for --show-secret; where the client reads it from a file, the file is named.

    \b
    theia-sf proxy show-connection --client dbeaver
    theia-sf proxy show-connection --client grafana > datasource.yaml
    """
    from theia_sf.cli import console
    from theia_sf.cli.output import render, write
    from theia_sf.errors import UsageError
    from theia_sf.proxy.client.environment import trust_bundle
    from theia_sf.proxy.client.settings import settings
    from theia_sf.proxy.client.shown import PLACEHOLDER, USER

    target = where.target()
    if show_secret and target.token is None:
        message = "There is no access token to show."
        raise UsageError(message, hint="Name the file that holds it by --token-file.")
    shown = settings(client, target, trust_bundle(target), show_secret=show_secret)
    if output is OutputFormat.TABLE:
        write(shown.text)
    else:
        render(dict(shown.values), output)
    for note in shown.notes:
        console.note(note)
    if USER in shown.text:
        console.note(f"{USER} stands for your user of the proxy; --user puts it in.")
    if PLACEHOLDER in shown.text:
        console.note(f"{PLACEHOLDER} stands for the secret; --show-secret puts it in.")


def _with_token(target: Target) -> Target:
    from theia_sf.errors import UsageError

    if target.token is None:
        message = "There is no access token to sign in to the proxy with."
        raise UsageError(message, hint="Name the file that holds it by --token-file, or run: theia-sf proxy login")
    return target


def _sign_in(target: Target) -> None:
    """Sign in once, and out again.

    Raises:
        ConnectionFailedError: the proxy is not reached, is not trusted, or refuses.
    """
    from theia_sf.cli import console
    from theia_sf.proxy.client.trial import sign_in

    with console.working("Signing in…"):
        role, database = sign_in(target)
    console.note(f"Signed in: role {role or '-'}, database {database or '-'}.")


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `proxy`."""
    program = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    group.command("login")(login)
    group.command("logout")(logout)
    group.command("connect", context_settings=program)(connect)
    group.command("env")(env)
    group.command("show-connection")(show_connection)
