"""`theia-sf create-kms-key`."""

from __future__ import annotations

import typer

from theia_sf.cli.options import Output, Region
from theia_sf.cli.output import OutputFormat


def create_kms_key(region: Region = None, output: Output = OutputFormat.TABLE) -> None:
    """Create a KMS key to encrypt the secrets in the infrastructure state with.

    Hand its ID to onboard by --key-id or THEIA_SF_KMS_KEY_ID. AWS charges about one dollar a month for a key.
    """
    from theia_sf.aws.kms import create_key
    from theia_sf.aws.session import resolve_region
    from theia_sf.cli.output import render, write

    where = resolve_region(region)
    key = create_key(where)
    if output is OutputFormat.TABLE:
        write(f"Key ID: {key.key_id}")
    else:
        render({"key_id": key.key_id, "arn": key.arn, "region": where}, output)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("create-kms-key")(create_kms_key)
