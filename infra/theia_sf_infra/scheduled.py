"""The function that runs the analyses on a schedule, signing in to Snowflake as the AWS role that it has.

::

    schedule ─▶ function ─▶ (its role is a Snowflake user with the reader role) ─▶ FLOWS
                   └─▶ bucket/results/

Its code lies in the flows bucket, put there before the update (`theia_sf.provision.function_code`): the program knows
the keys and the hashes, so that an update that has no code at hand declares the same function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_snowflake as snowflake

from theia_sf_infra.names import RESULTS_FOLDER, Names
from theia_sf_infra.service_users import service_user
from theia_sf_infra.settings import FunctionSettings, ScheduleSettings
from theia_sf_infra.statements import Statement, document

HANDLER = "theia_sf.scheduled.handler"
LOG_DAYS = 30


@dataclass(frozen=True)
class Surroundings:
    """The parts of the stack that the function works with."""

    bucket: aws.s3.Bucket
    database: pulumi.Input[str]
    reader_role: snowflake.AccountRole
    warehouse: pulumi.Input[str]
    account_id: pulumi.Input[str]
    tags: Mapping[str, str]


def scheduled_function(
    names: Names, settings: FunctionSettings, around: Surroundings, opts: pulumi.ResourceOptions
) -> dict[str, pulumi.Input[str]]:
    """Declare the function, the role it has, the Snowflake user that this role is, its log and its schedules.

    Returns:
        The stack's outputs about it.
    """
    log = aws.cloudwatch.LogGroup(
        "function-log",
        name=pulumi.Output.concat("/aws/lambda/", names.function),
        retention_in_days=LOG_DAYS,
        tags=around.tags,
        opts=opts,
    )
    role, rights = _role(
        "function",
        name=names.function_role,
        description="The scheduled function of theia-sf",
        trust={"Sid": "AllowLambda", "Principal": {"Service": "lambda.amazonaws.com"}},
        rights=[
            {
                "Sid": "WriteLog",
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": pulumi.Output.concat(log.arn, ":*"),
            },
            {
                "Sid": "WriteResults",
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": pulumi.Output.concat(around.bucket.arn, f"/{RESULTS_FOLDER}/*"),
            },
        ],
        tags=around.tags,
        opts=opts,
    )
    # made without a path, so its ARN is what Snowflake makes of the caller that AWS attests
    user, grant = service_user(
        "function-user",
        name=names.function_user,
        role_arn=role.arn,
        public_key=None,
        given=False,
        comment=pulumi.Output.concat("Analyses the flows in ", around.database, " on a schedule, made by theia-sf"),
        reader_role=around.reader_role,
        warehouse=around.warehouse,
        opts=opts,
    )
    layer = aws.lambda_.LayerVersion(
        "function-layer",
        layer_name=names.function,
        s3_bucket=around.bucket.bucket,
        s3_key=settings.layer_key,
        source_code_hash=settings.layer_hash,
        compatible_architectures=[settings.architecture],
        compatible_runtimes=[settings.runtime],
        description="What the scheduled function of theia-sf imports",
        opts=opts,
    )
    function = aws.lambda_.Function(
        "function",
        name=names.function,
        description="Analyses the flows of theia-sf on a schedule",
        role=role.arn,
        runtime=settings.runtime,
        handler=HANDLER,
        architectures=[settings.architecture],
        s3_bucket=around.bucket.bucket,
        s3_key=settings.code_key,
        source_code_hash=settings.code_hash,
        layers=[layer.arn],
        timeout=settings.timeout_seconds,
        memory_size=settings.memory_megabytes,
        environment=aws.lambda_.FunctionEnvironmentArgs(variables=_environment(settings, around)),
        tags=around.tags,
        # without its log group Lambda would make one that nothing ever deletes
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[log, rights])),
    )
    # A failed run is not repeated: Lambda would sign in twice more with what Snowflake has refused.
    once = aws.lambda_.FunctionEventInvokeConfig(
        "function-no-repetition", function_name=function.name, maximum_retry_attempts=0, opts=opts
    )
    ready = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[grant, once]))
    if settings.schedules:
        _schedules(names, settings.schedules, function, around, ready)
    return {
        "function_name": function.name,
        "function_arn": function.arn,
        "function_role_arn": role.arn,
        "function_user": user.name,
    }


def _environment(settings: FunctionSettings, around: Surroundings) -> dict[str, pulumi.Input[str]]:
    return {
        **settings.environment,
        "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
        "SNOWFLAKE_ROLE": around.reader_role.name,
        "SNOWFLAKE_WAREHOUSE": around.warehouse,
        "THEIA_SF_DATABASE_NAME": around.database,
        "THEIA_SF_WAREHOUSE_NAME": around.warehouse,
        "THEIA_SF_RESULTS_BUCKET": around.bucket.bucket,
        "THEIA_SF_RESULTS_PREFIX": RESULTS_FOLDER,
    }


def _schedules(
    names: Names,
    schedules: Sequence[ScheduleSettings],
    function: aws.lambda_.Function,
    around: Surroundings,
    opts: pulumi.ResourceOptions,
) -> None:
    role, rights = _role(
        "schedule",
        name=names.schedule_role,
        description="Calls the scheduled function of theia-sf",
        trust={
            "Sid": "AllowScheduler",
            "Principal": {"Service": "scheduler.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": around.account_id}},
        },
        rights=[
            {
                "Sid": "CallFunction",
                "Effect": "Allow",
                "Action": "lambda:InvokeFunction",
                "Resource": function.arn,
            }
        ],
        tags=around.tags,
        opts=opts,
    )
    seen: dict[str, int] = {}
    for schedule in schedules:
        seen[schedule.job] = seen.get(schedule.job, 0) + 1
        job = schedule.job if seen[schedule.job] == 1 else f"{schedule.job}-{seen[schedule.job]}"
        aws.scheduler.Schedule(
            f"schedule-{job}",
            name=names.schedule(job),
            description=f"Runs {schedule.job} of theia-sf",
            schedule_expression=schedule.expression,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(arn=function.arn, role_arn=role.arn, input=schedule.event_json),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[rights])),
        )


def _role(
    kind: str,
    *,
    name: pulumi.Output[str],
    description: str,
    trust: Statement,
    rights: Sequence[Statement],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    role = aws.iam.Role(
        f"{kind}-role",
        name=name,
        assume_role_policy=document([{"Effect": "Allow", "Action": "sts:AssumeRole", **trust}]),
        description=description,
        tags=tags,
        opts=opts,
    )
    policy = aws.iam.RolePolicy(f"{kind}-role-policy", name=name, role=role.name, policy=document(rights), opts=opts)
    return role, policy
