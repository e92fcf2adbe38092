"""`theia-sf status`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from theia_sf.cli import options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.provisioning import StackFlags, with_stack
from theia_sf.cli.sign_in import SignIn, with_sign_in

_TITLES = {
    "stack": "Stack",
    "region": "Region",
    "bucket_name": "Bucket Name",
    "bucket_flows_folder": "Bucket Flows Folder",
    "database_name": "Snowflake Database Name",
    "schema_name": "Snowflake Schema Name",
    "flows_table_name": "Snowflake Flows Table Name",
    "sns_topic_arn": "SNS Topic ARN",
    "sqs_queue_arn": "SQS Queue ARN",
    "tags": "Tags",
    "reader_role_name": "Reader role",
    "reader_warehouse_name": "Reader warehouse",
    "service_users": "Service users",
    "function_name": "Scheduled function",
    "schedules": "Its schedules",
    "pipe_state": "Pipe",
    "files_pending": "Files pending",
    "last_load": "Last load",
    "last_file": "Last file",
    "last_notification": "Last notification of a file",
    "ingestion_error": "Last ingestion error",
    "ingestion_error_at": "Last ingestion error at",
    "error_messages": "Error messages in the queue",
    "task_state": "Retention task",
    "task_schedule": "Retention task's schedule",
    "task_suspended_because": "Retention task suspended because",
    "last_task_run": "Retention task's last run",
    "last_task_state": "How that ended",
    "last_task_error": "Its error",
    "rows": "Flow records",
    "bytes": "Size in bytes",
    "rejected_rows": "Rejected records",
    "newest_flow": "Newest flow",
}


@with_sign_in
@with_stack
def status(
    *,
    stack: StackFlags,
    warehouse_name: Annotated[
        str | None,
        typer.Option("--warehouse-name", help="Warehouse to count the flows with.", show_default="none: no counting"),
    ] = None,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Show how the pipeline is doing: its parts, the pipe, pending files, the last load, ingestion errors.

    Costs nothing, as it only asks what Snowflake answers without a warehouse. With --warehouse-name it also counts
    good and rejected records, and looks up the newest flow and the last run of the retention task.
    """
    from dataclasses import asdict

    from theia_sf.aws.queues import QueueMissingError, message_count
    from theia_sf.cli.console import warn
    from theia_sf.cli.output import render
    from theia_sf.cli.provisioning import find_target
    from theia_sf.health.pipeline import PipelineNames, free_status, paid_status
    from theia_sf.provision.operations import read_stack
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    settings = resolve(sign_in)
    request = find_target(stack, settings).request
    outputs, remembered = read_stack(request)
    names = PipelineNames(
        database=outputs.database_name,
        schema=outputs.schema_name,
        table=outputs.flows_table_name,
        pipe=outputs.pipe_name,
        task=outputs.task_name,
    )
    schedules = remembered.function.schedules if remembered.function else ()
    found: dict[str, Any] = {
        "stack": request.stack_name,
        **asdict(outputs),
        "tags": remembered.tags,
        "service_users": [user.name for user in remembered.service_users],
        "schedules": [f"{schedule.job} {schedule.expression}" for schedule in schedules],
    }
    with session(settings, query_tag="theia-sf status") as connected:
        found |= free_status(connected, names)
        try:
            found["error_messages"] = message_count(outputs.sqs_queue_arn)
        except QueueMissingError:
            found["error_messages"] = None
            found["missing"].append(f"queue {outputs.sqs_queue_arn.rpartition(':')[2]}")
        if warehouse_name is not None and not any(name.startswith("table ") for name in found["missing"]):
            found |= paid_status(connected, names, warehouse_name)
    shown = {key: title for key, title in _TITLES.items() if found.get(key) not in (None, "", [])}
    render(found, output, columns=shown)
    if found["missing"]:
        warn(f"Missing: {', '.join(found['missing'])}. theia-sf onboard restores what was deleted by hand.")


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("status")(status)
