"""`theia-sf delete-kms-key`."""

from __future__ import annotations

import os
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
    try:
        users = _users(key.arn, where)
    except TheiaError:  # the context's bucket cannot be looked through
        if not force:
            raise
        users = ""
    if users and not force:
        message = f"The state of {users} cannot be read without this key."
        raise TheiaError(message, hint="Run theia-sf offboard first, or add --force.")
    if key.state != PENDING_DELETION:
        lost = f"The state of {users} cannot be read then" if users else "What it encrypted is lost then"
        confirm(f"{lost}. Schedule the deletion of the KMS key {key.key_id} in 30 days?", yes=yes)
        key = schedule_deletion(key.arn, where)
    if output is OutputFormat.TABLE:
        day = f"{key.deletion_date:%Y-%m-%d %H:%M %Z}" if key.deletion_date else "a day that AWS does not tell"
        write(f"Key {key.key_id} will be deleted on {day}")
    else:
        render({"key_id": key.key_id, "arn": key.arn, "deletion_date": key.deletion_date}, output)


def _users(arn: str, region: str) -> str:
    """The stacks that need the key, in words; none are known without a context for the key's account."""
    from theia_sf.aws.arns import parse_arn
    from theia_sf.aws.buckets import BucketMissingError
    from theia_sf.provision.context import Identity, current
    from theia_sf.provision.key_users import stacks_under_key

    account = parse_arn(arn, "kms").account
    context = current(Identity(aws_account=account, aws_endpoint=os.environ.get("AWS_ENDPOINT_URL", "")))
    if context is None:
        return ""
    try:
        stacks = stacks_under_key(arn, context.bucket_name, region)
    except BucketMissingError:
        return ""
    return f"{', '.join(stacks)} in {context.bucket_name}" if stacks else ""


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("delete-kms-key")(delete_kms_key)
