"""`theia-sf doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli.options import BucketName, KeyId, KeyRegion, Output, Region
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from theia_sf.health.check import Check

SnowflakeOnly = Annotated[bool, typer.Option("--snowflake", help="Look at the sign-in to Snowflake alone, in detail.")]
_WIDTH = 8  # of the longest verdict, and a space


@with_sign_in
def doctor(
    snowflake_only: SnowflakeOnly = False,
    region: Region = None,
    bucket_name: BucketName = None,
    key_id: KeyId = None,
    key_region: KeyRegion = None,
    *,
    sign_in: SignIn,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Check everything that theia-sf needs, and say what to do about what is missing.

    Looks at the Pulumi CLI, the AWS identity and region, the state's bucket and key, the Snowflake sign-in and the
    role's privileges; changes nothing and costs nothing. Exits with 0 if all is well (warnings included), 3 if AWS
    or Snowflake cannot be reached or signed in to, 1 if anything else fails.

    With --snowflake it tells where the settings of the sign-in come from, the account and host, the authenticator,
    the key's fingerprint or the token's end, and, signed in, the user and its roles.
    """
    from theia_sf.cli.output import render, sanitize, write
    from theia_sf.errors import ExitCode
    from theia_sf.health.check import Verdict

    if snowflake_only:
        from theia_sf.health.sign_in import sign_in_details

        checks = list(sign_in_details(sign_in))
    else:
        checks = _everything(region, bucket_name, key_id, key_region, sign_in)
    if output is OutputFormat.TABLE:
        for check in checks:
            write(sanitize(f"{check.verdict:<{_WIDTH}}{check.name}: {check.detail}"))
            if check.advice:
                write(sanitize(f"{'':<{_WIDTH}}-> {check.advice}"))
    else:
        fields = ("check", "verdict", "detail", "advice")
        rows = [(check.name, check.verdict, check.detail, check.advice) for check in checks]
        render([dict(zip(fields, row, strict=True)) for row in rows], output)
    failed = [check.exit_code for check in checks if check.verdict is Verdict.FAILED]
    if failed:
        raise typer.Exit(ExitCode.CONNECTION if ExitCode.CONNECTION in failed else ExitCode.FAILED)


def _everything(
    region: str | None, bucket_name: str | None, key_id: str | None, key_region: str | None, sign_in: SignIn
) -> list[Check]:
    from theia_sf.health.aws import aws
    from theia_sf.health.check import guarded
    from theia_sf.health.local import pulumi, versions
    from theia_sf.health.snowflake import snowflake
    from theia_sf.provision.context import load

    context = load()
    bucket = bucket_name or (context.bucket_name if context else None)
    key = key_id or (context.key_id if context else None)
    where = key_region or (context.key_region if context and not key_id else None)
    return [
        *versions(),
        *guarded("Pulumi CLI", pulumi),
        *aws(region, bucket, key, where),
        *snowflake(sign_in),
    ]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("doctor")(doctor)
