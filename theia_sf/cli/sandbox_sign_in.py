"""`theia-sf sandbox sign-in`: try each way of signing in to Snowflake in the sandbox."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer


class Method(StrEnum):
    """A way to sign in, other than by the administrator's password or key pair (`sandbox env`)."""

    ACCESS_TOKEN = "access-token"  # noqa: S105 - a way, not a secret
    BROWSER = "browser"
    MFA = "mfa"
    OAUTH = "oauth"
    OAUTH_CLIENT = "oauth-client"
    OIDC = "oidc"


def sign_in(
    method: Annotated[
        Method,
        typer.Argument(
            help="access-token: a programmatic access token; oauth: an access token; oauth-client: client id and "
            "secret, which the connector exchanges for one; oidc: a workload's ID token; mfa: password and passcode; "
            "browser: a page of the sandbox.",
            show_default=False,
        ),
    ],
    user: Annotated[
        str | None,
        typer.Option(
            "--user",
            help="Sign in as this user, who is made if it is not there.",
            show_default="the administrator; THEIA_MFA for mfa, THEIA_WORKLOAD for oidc",
        ),
    ] = None,
    expired: Annotated[
        bool, typer.Option("--expired", help="Make a credential that has expired, to see it refused.")
    ] = False,
    shell: Annotated[
        str | None,
        typer.Option("--shell", help="bash (also for zsh and sh), fish or json.", show_default="by $SHELL"),
    ] = None,
) -> None:
    """Print the variables, secrets among them, that make a shell sign in to the sandbox's Snowflake in another way.

    Use it in a shell that uses the sandbox: eval "$(theia-sf sandbox sign-in oauth)"
    """
    import json

    from theia_sf.cli import console
    from theia_sf.cli.output import write
    from theia_sf.cli.sandbox import control_module, shell_of

    control = control_module()
    from theia_sf.sandbox import credentials, environment

    kind = environment.Shell(shell_of(shell))
    variables = credentials.request(control.require(), method.value, user, expired=expired)
    console.note(f"{variables['SNOWFLAKE_USER']} signs in by {method.value}.")
    if kind is environment.Shell.JSON:
        write(json.dumps(variables, indent=2))
    else:
        write("\n".join(environment.sign_in_lines(variables, os.environ, kind)))


def register(app: typer.Typer) -> None:
    """Add the command to the group `sandbox`."""
    del app
    from theia_sf.cli.sandbox import sandbox

    sandbox.command(name="sign-in")(sign_in)
