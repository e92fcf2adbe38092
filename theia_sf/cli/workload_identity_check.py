"""`theia-sf workload-identity check`: run where the workload runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.identity.bindings import Bindings

_LABELS = {
    "caller_arn": "Caller",
    "role_arn": "AWS role",
    "user": "Snowflake user",
    "fault": "Fault",
    "command": "To mend it",
    "statement": "or in SQL",
}
_WIDTH = 17  # of the longest label, a colon and two spaces


@with_sign_in
def check(
    impersonation_path: Annotated[
        list[str] | None,
        typer.Option(
            "--impersonation-path",
            help="ARN of a role to assume on the way, in order; the last one signs in. Repeatable.",
            show_default="SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH",
        ),
    ] = None,
    region: options.Region = None,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Tell which Snowflake user the AWS identity of this process signs in as; run it where the workload runs.

    Signs in once by workload identity. If Snowflake knows no user for the role, the command shows the CREATE USER
    to run; if there are also settings for an ordinary sign-in (a key pair, say), it looks for a user that was bound
    to the role by an ARN with its path. Exits with 0 if a user was found, 1 if none was, 3 if AWS or Snowflake
    cannot be reached or refuse for another reason.
    """
    import os
    from dataclasses import replace

    from theia_sf.cli.output import render, sanitize, write
    from theia_sf.errors import ExitCode
    from theia_sf.identity import workload

    if region:
        os.environ["AWS_REGION"] = region  # where the connector looks for it
    settings = workload.workload_settings(sign_in)
    path = tuple(impersonation_path or settings.workload_identity_impersonation_path)
    caller = workload.find_caller(region, path)
    finding = workload.check(
        caller, replace(settings, workload_identity_impersonation_path=path), lambda: _look_up(sign_in)
    )
    result = {
        "caller_arn": caller.arn,
        "role_arn": caller.role.arn if caller.role else None,
        "user": finding.user,
        "fault": finding.fault,
        "command": finding.command,
        "statement": finding.statement,
    }
    if output is OutputFormat.TABLE:
        shown = result | {"user": finding.user or "none"}
        for key, label in _LABELS.items():
            if shown[key]:
                write(sanitize(f"{label + ':':<{_WIDTH}}{shown[key]}"))
    else:
        render(result, output)
    if finding.user is None:
        raise typer.Exit(ExitCode.FAILED)


def _look_up(sign_in: SignIn) -> Bindings | None:
    """What an ordinary sign-in sees, if there are settings for one."""
    from theia_sf.cli.console import note
    from theia_sf.errors import TheiaError
    from theia_sf.identity.bindings import list_bindings
    from theia_sf.identity.workload import ordinary_settings
    from theia_sf.snowflake.connect import session

    try:
        settings = ordinary_settings(sign_in)
        if settings is None:
            return None
        with session(settings, query_tag="theia-sf workload-identity check") as connection:
            return list_bindings(connection)
    except TheiaError as error:
        note(f"Without an ordinary sign-in, users that were bound wrongly cannot be looked for: {error.message}")
        return None
