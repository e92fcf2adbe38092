"""`theia-sf delete-kms-key`."""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli.options import Output, Region, Yes
from theia_sf.cli.output import OutputFormat
from theia_sf.errors import TheiaError


def delete_kms_key(
    key_id: Annotated[str, typer.Option("--key-id", help="KMS key: ID, ARN or alias.")],
    region: Region = None,
    force: Annotated[
        bool, typer.Option("--force", help="Delete the key even if a known stack's state needs it.")
    ] = False,
    yes: Yes = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Schedule the deletion of a KMS key in 30 days, the longest that AWS offers.

    Without its key the state of a stack cannot be read any more, not even to delete the stack: so the command
    refuses while a stack in the current context's bucket needs the key. Until the day of its deletion,
    `aws kms cancel-key-deletion` saves the key.
    """
    from theia_sf.aws.kms import PENDING_DELETION, describe_key, schedule_deletion
    from theia_sf.aws.session import resolve_region
    from theia_sf.cli.console import confirm
    from theia_sf.cli.output import render, write

    where = resolve_region(region)
    key = describe_key(key_id, where)
    if not force:
        _refuse_if_needed(key.arn, where)
    if key.state != PENDING_DELETION:
        confirm(
            f"Schedule the deletion of the KMS key {key.key_id} in 30 days? What it encrypted is lost then.",
            yes=yes,
        )
        key = schedule_deletion(key.arn, where)
    if output is OutputFormat.TABLE:
        day = f"{key.deletion_date:%Y-%m-%d %H:%M %Z}" if key.deletion_date else "a day that AWS does not tell"
        write(f"Key {key.key_id} will be deleted on {day}")
    else:
        render({"key_id": key.key_id, "arn": key.arn, "deletion_date": key.deletion_date}, output)


def _refuse_if_needed(arn: str, region: str) -> None:
    from theia_sf.aws.buckets import BucketMissingError
    from theia_sf.provision.context import load
    from theia_sf.provision.key_users import stacks_under_key

    context = load()
    if context is None:
        return
    try:
        stacks = stacks_under_key(arn, context.bucket_name, region)
    except BucketMissingError:
        return
    if stacks:
        message = f"The state of {', '.join(stacks)} in {context.bucket_name} cannot be read without this key."
        hint = "Run theia-sf offboard first, or add --force."
        raise TheiaError(message, hint=hint)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("delete-kms-key")(delete_kms_key)
