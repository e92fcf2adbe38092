"""The whole pipeline on one page: flow files in S3, through Snowpipe, into a Snowflake database.

::

    Flow Aggregator ─▶ bucket/flows/ ─▶ (S3 event) ─▶ pipe ─▶ FLOWS ─▶ PODS, POLICIES, REJECTED_FLOWS ◀─ reader role
                                                       └─▶ damaged files ─▶ topic ─▶ queue                   ▲
                                                                              service users, scheduled function
"""

from __future__ import annotations

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from theia_sf_infra import access, database, migrations, notifications, readers, scheduled, service_users, storage
from theia_sf_infra.names import FLOWS_FOLDER, FLOWS_TABLE, SUFFIX_LENGTH, Names
from theia_sf_infra.settings import PROJECT, Settings, read_settings


class FlowPipeline(pulumi.ComponentResource):
    """Every resource of a stack.

    Attributes:
        results: the stack's outputs by name, each a string.
    """

    def __init__(self, name: str, settings: Settings) -> None:
        providers: list[pulumi.ProviderResource] = [
            aws.Provider("aws", region=settings.region),
            database.snowflake_provider(),
        ]
        made: list[pulumi.Resource] = []
        super().__init__(
            f"{PROJECT}:index:FlowPipeline",
            name,
            opts=pulumi.ResourceOptions(providers=providers, transformations=[lambda args: made.append(args.resource)]),
        )
        opts = pulumi.ResourceOptions(parent=self)
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOutputOptions(parent=self))
        names = Names(_suffix(opts))
        tags = settings.tags

        bucket, bucket_settings = storage.flows_bucket(names.flows, tags, opts)
        errors = notifications.error_notifications(names.flows, tags, opts)
        reading = access.storage_access(names, bucket, caller.arn, tags, opts)
        publishing = access.notification_access(names, errors.topic, caller.arn, tags, opts)
        topic_policy = notifications.allow_publishing(errors.topic, publishing.role.arn, opts)

        schema = database.flows_schema(names.database, opts)
        migrated = migrations.apply(migrations.load(), schema, opts)
        ready = [*bucket_settings, *migrated[-1:], reading.ready, publishing.ready, topic_policy]
        stage, pipe = database.flows_pipe(
            schema, bucket, reading.integration_name, publishing.integration_name, database.after(opts, ready)
        )
        storage.notify_pipe(bucket, pipe.notification_channel, opts)
        task = database.retention_task(schema, database.after(opts, migrated[-1:]))

        role = readers.reader_role(names.reader, schema, database.after(opts, migrated[-1:]))
        readers.pipe_monitoring(role, pipe, opts)
        warehouse = readers.reader_warehouse(names.reader, settings.reader_warehouse, role, opts)
        service_users.service_users(settings.service_users, schema.database, role, warehouse, opts)

        self.results: dict[str, pulumi.Input[str]] = {
            "region": bucket.region,
            "bucket_name": bucket.bucket,
            "bucket_flows_folder": FLOWS_FOLDER,
            "database_name": schema.database,
            "schema_name": schema.name,
            "flows_table_name": FLOWS_TABLE,
            "sns_topic_arn": errors.topic.arn,
            "sqs_queue_arn": errors.queue.arn,
            "stage_name": stage.name,
            "pipe_name": pipe.name,
            "task_name": task.name,
            "storage_integration_name": reading.integration_name,
            "notification_integration_name": publishing.integration_name,
            "reader_role_name": role.name,
            "reader_warehouse_name": warehouse,
        }
        if settings.snowflake_account:
            self.results["snowflake_account"] = settings.snowflake_account
        if settings.function:
            around = scheduled.Surroundings(bucket, schema.database, role, warehouse, caller.account_id, tags)
            self.results |= scheduled.scheduled_function(names, settings.function, around, opts)
        # remembered once everything stands: what could not be made is not to be tried again by every later update
        self.results["options"] = pulumi.Output.all(*(one.urn for one in made)).apply(lambda _: settings.options)
        self.register_outputs(self.results)


def _suffix(opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    # every name hangs on it: were it drawn again, the whole stack would be replaced
    inputs = ["length", "lower", "upper", "numeric", "number", "special", "minLower", "minUpper", "minNumeric"]
    fixed = pulumi.ResourceOptions(ignore_changes=[*inputs, "minSpecial", "overrideSpecial", "keepers"])
    drawn = random.RandomString(
        "suffix",
        length=SUFFIX_LENGTH,
        lower=True,
        upper=False,
        numeric=True,
        special=False,
        opts=pulumi.ResourceOptions.merge(opts, fixed),
    )
    return drawn.result


def program() -> None:
    """The Pulumi program: declare the pipeline from the stack's configuration and export its outputs."""
    for name, value in FlowPipeline("pipeline", read_settings()).results.items():
        pulumi.export(name, value)
