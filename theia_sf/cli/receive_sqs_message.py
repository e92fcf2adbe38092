"""`theia-sf receive-sqs-message`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat

if TYPE_CHECKING:
    from theia_sf.aws.queues import Message


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
    from theia_sf.cli.output import render

    message = receive_message(queue_arn, delete=delete, region=region)
    if message is None:
        note("The queue holds no message.")
        if output is not OutputFormat.TABLE:
            render([], output)
    elif output is OutputFormat.TABLE:
        render(table_rows(message), output)
    else:
        render([{"message_id": message.message_id, "body": message.content(), "deleted": delete}], output)


def table_rows(message: Message) -> list[dict[str, str]]:
    """The failed files that Snowflake's message tells of, one per row; of any other message its ID and its body."""
    content = message.content()
    envelope = cast("dict[str, Any]", content) if isinstance(content, dict) else {}
    inner = envelope.get("Message", envelope)
    told = cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}
    entries = told.get("messages")
    files = cast("list[Any]", entries) if isinstance(entries, list) else []
    if not files or not all(isinstance(file, dict) for file in files):
        return [{"Message ID": message.message_id, "Body": message.body}]
    stage = str(told.get("stageLocation", "")).rstrip("/")
    return [
        {
            "Time": str(told.get("timestamp", "")),
            "Pipe": str(told.get("pipeName", "")),
            "File": f"{stage}/{str(file.get('fileName', '')).lstrip('/')}",
            "Error": str(file.get("firstError", "")),
        }
        for file in cast("list[dict[str, Any]]", files)
    ]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("receive-sqs-message")(receive_sqs_message)
