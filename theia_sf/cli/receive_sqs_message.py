"""`theia-sf receive-sqs-message`."""

from __future__ import annotations

from typing import Annotated

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat


def receive_sqs_message(
    queue_arn: Annotated[str, typer.Option("--queue-arn", help="ARN of the SQS queue, as printed by onboard.")],
    region: Annotated[
        str | None,
        typer.Option("--region", help="AWS region; must be the ARN's.", show_default="the ARN's"),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Delete the message from the queue.")] = False,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Print one message about an ingestion error, if there is one; do not wait for one.

    Snowflake sends such a message when it cannot load a file. Without --delete the message becomes available again
    after a short while.
    """
    from theia_sf.aws.queues import receive_message
    from theia_sf.cli.console import note
    from theia_sf.cli.output import render, sanitize, write

    message = receive_message(queue_arn, delete=delete, region=region)
    if message is None:
        note("The queue holds no message.")
        if output is not OutputFormat.TABLE:
            render([], output)
    elif output is OutputFormat.TABLE:
        write(sanitize(message.body))
    else:
        render([{"message_id": message.message_id, "body": message.content(), "deleted": delete}], output)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("receive-sqs-message")(receive_sqs_message)
