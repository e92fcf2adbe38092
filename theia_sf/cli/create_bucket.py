"""`theia-sf create-bucket`."""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli.options import Output, Region
from theia_sf.cli.output import OutputFormat
from theia_sf.errors import UsageError

DEFAULT_PREFIX = "antrea"


def create_bucket(
    region: Region = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="Name of the bucket.", show_default="the prefix and four random words"),
    ] = None,
    prefix: Annotated[
        str | None,
        typer.Option("--prefix", help="What a random name starts with.", show_default=DEFAULT_PREFIX),
    ] = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Create an S3 bucket for the infrastructure state, which onboard needs.

    The bucket is private, encrypted, and keeps old versions. A bucket of that name that you have already is left as
    it is, which counts as success.

    \b
    theia-sf create-bucket --name this-is-the-name-i-want
    theia-sf create-bucket --region us-east-2
    """
    from theia_sf.aws.buckets import bucket_region, check_name, create_state_bucket
    from theia_sf.aws.session import resolve_region
    from theia_sf.cli.output import render, write
    from theia_sf.petnames import pet_name

    if name is not None and prefix is not None:
        message = "--name and --prefix exclude each other."
        raise UsageError(message, hint="A name is used as it is; a prefix gets random words added.")
    bucket = name if name is not None else f"{prefix or DEFAULT_PREFIX}-{pet_name(4, '-')}"
    check_name(bucket)
    where = resolve_region(region)
    created = create_state_bucket(bucket, where)
    if output is OutputFormat.TABLE:
        write(f"Bucket name: {bucket}")
    else:
        actual = where if created else bucket_region(bucket)
        render({"bucket_name": bucket, "region": actual, "created": created}, output)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("create-bucket")(create_bucket)
