"""The Snowflake database that keeps the flows, and what loads and ages them."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import pulumi
import pulumi_aws as aws
import pulumi_snowflake as snowflake

from theia_sf_infra import service_users
from theia_sf_infra.copy import copy_statement
from theia_sf_infra.names import FLOWS_FOLDER, FLOWS_TABLE, PIPE, SCHEMA, STAGE, TASK

FLOWS_DAYS = 30

# Inputs that would make Snowflake (or Pulumi) replace what holds the flows, or rename it. Ignored after creation, so
# that no upgrade can lose data; `protect` is not the means, as it refuses `destroy` too.
REPLACING_DATABASE_INPUTS = ["name", "isTransient"]
REPLACING_SCHEMA_INPUTS = ["name", "database", "isTransient"]

PREVIEW_FEATURES = ["snowflake_pipe_resource", "snowflake_notification_integration_resource"]
# Lets the provider read SNOWFLAKE_ACCOUNT, for accounts that are not given as organization and account name.
EXPERIMENTAL_FEATURES = ["PROVIDER_CONFIGURATION_ACCOUNT_FALLBACK", service_users.EXPERIMENTAL_FEATURE]


@contextmanager
def _hidden_environment(prefix: str) -> Generator[None]:
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith(prefix)}
    try:
        yield
    finally:
        os.environ.update(hidden)


def snowflake_provider() -> snowflake.Provider:
    """The provider, without a single credential: its process finds them in its own environment.

    The SDK copies `SNOWFLAKE_PASSWORD` and others from the program's environment into the provider's inputs, hence into
    the state; so the program's environment is hidden while the provider is declared.
    """
    with _hidden_environment("SNOWFLAKE_"):
        return snowflake.Provider(
            "snowflake",
            preview_features_enabled=PREVIEW_FEATURES,
            experimental_features_enableds=EXPERIMENTAL_FEATURES,
        )


def flows_schema(name: pulumi.Input[str], opts: pulumi.ResourceOptions) -> snowflake.Schema:
    """Declare the database `name` and the schema in it."""
    database = snowflake.Database(
        "database",
        name=name,
        is_transient=False,  # keeps Time Travel and Fail-safe, as the account has them set
        comment="Network flows of Antrea clusters, made by theia-sf",
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=REPLACING_DATABASE_INPUTS)),
    )
    return snowflake.Schema(
        "schema",
        name=SCHEMA,
        database=database.name,
        is_transient="false",
        comment="Flow records, what loads them and what is derived from them",
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=REPLACING_SCHEMA_INPUTS)),
    )


def flows_pipe(
    schema: snowflake.Schema,
    bucket: aws.s3.Bucket,
    storage_integration: pulumi.Input[str],
    error_integration: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> tuple[snowflake.StageExternalS3, snowflake.Pipe]:
    """Declare the stage over the bucket's flow files and the pipe that loads them as S3 announces them.

    Another COPY statement means another pipe. It has the same name, so the old one goes first; with it goes its load
    history, which is why theia-sf drains the old pipe before an update and loads what was missed after it.
    """
    replaced = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True))
    stage = snowflake.StageExternalS3(
        "stage",
        name=STAGE,
        database=schema.database,
        schema=schema.name,
        url=pulumi.Output.concat("s3://", bucket.bucket, f"/{FLOWS_FOLDER}/"),
        storage_integration=storage_integration,
        comment="Flow files written by the Flow Aggregator",
        opts=replaced,
    )
    where = pulumi.Output.concat(schema.database, ".", schema.name)
    names = pulumi.Output.all(where, stage.name)
    pipe = snowflake.Pipe(
        "pipe",
        name=PIPE,
        database=schema.database,
        schema=schema.name,
        auto_ingest=True,
        error_integration=error_integration,
        copy_statement=names.apply(lambda n: copy_statement(f"{n[0]}.{FLOWS_TABLE}", f"{n[0]}.{n[1]}")),
        comment="Loads flow files as S3 announces them",
        opts=replaced,
    )
    return stage, pipe


def retention_task(schema: snowflake.Schema, opts: pulumi.ResourceOptions) -> snowflake.Task:
    """Declare the nightly task that deletes flows older than `FLOWS_DAYS`, on compute that Snowflake manages."""
    return snowflake.Task(
        "retention-task",
        name=TASK,
        database=schema.database,
        schema=schema.name,
        started=True,
        user_task_managed_initial_warehouse_size="XSMALL",
        schedule=snowflake.TaskScheduleArgs(using_cron="0 0 * * * UTC"),
        # a rejected record has no time of its own, only the moment it was loaded
        sql_statement=pulumi.Output.concat(
            "DELETE FROM ",
            schema.database,
            ".",
            schema.name,
            f".{FLOWS_TABLE} WHERE COALESCE(timeInserted, loadedAt) < DATEADD(DAY, -{FLOWS_DAYS}, CURRENT_TIMESTAMP())",
        ),
        comment=f"Deletes flow records older than {FLOWS_DAYS} days",
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(delete_before_replace=True)),
    )


def after(opts: pulumi.ResourceOptions, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    """`opts`, and made only once `resources` stand."""
    return pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=list(resources)))
