"""The CloudFormation template of the function, for those who deploy it without `--deploy`.

Plain CloudFormation, without a transform: `aws cloudformation package` and `sam deploy` both upload the archives that
it names beside itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import yaml

from theia_sf.scheduled.bundle.target import DEFAULT_MEMORY, MAX_TIMEOUT, RUNTIME, Architecture
from theia_sf.scheduled.plan import ScheduledJob
from theia_sf.scheduled.results import BUCKET_VARIABLE, DEFAULT_PREFIX, PREFIX_VARIABLE

HANDLER: Final = "theia_sf.scheduled.handler"
_LOG_DAYS: Final = 30
_FUNCTION: Final = "Function"

Resource = dict[str, Any]


def template(function_zip: str, layers: dict[Architecture, str], jobs: Sequence[ScheduledJob], *, timeout: int) -> str:
    """Return the template as YAML.

    Args:
        function_zip: name of the function's archive, beside the template.
        layers: name of each machine's layer, likewise; the first machine is the default.
        jobs: what to run when.
        timeout: seconds that the function may run, as the parameter's default.
    """
    document = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "theia-sf: analyses of network flows on a schedule, signed in to Snowflake as an AWS role",
        "Parameters": _parameters(list(layers), jobs, timeout),
        "Conditions": {
            "HasRole": {"Fn::Not": [{"Fn::Equals": [{"Ref": "SnowflakeRole"}, ""]}]},
            **{f"Is{_word(one)}": {"Fn::Equals": [{"Ref": "Architecture"}, one.value]} for one in layers},
        },
        "Resources": {
            "LogGroup": _resource(
                "AWS::Logs::LogGroup",
                LogGroupName={"Fn::Sub": "/aws/lambda/${AWS::StackName}"},
                RetentionInDays={"Ref": "LogRetentionDays"},
            ),
            "FunctionRole": _function_role(),
            **{f"Layer{_word(one)}": _layer(one, archive) for one, archive in layers.items()},
            _FUNCTION: _function(function_zip, list(layers)),
            # A failed run is not repeated: Lambda would sign in twice more with what Snowflake has refused.
            "NoRepetition": _resource(
                "AWS::Lambda::EventInvokeConfig",
                FunctionName={"Ref": _FUNCTION},
                Qualifier="$LATEST",
                MaximumRetryAttempts=0,
            ),
            "ScheduleRole": _schedule_role(),
            **{f"Schedule{_word(one.job)}": _schedule(one) for one in jobs},
        },
        "Outputs": _outputs(),
    }
    return yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)


def _parameters(layers: list[Architecture], jobs: Sequence[ScheduledJob], timeout: int) -> Resource:
    return {
        "SnowflakeAccount": _parameter("ORG-ACCOUNT, as in the URL of the account", AllowedPattern=".+"),
        "SnowflakeRole": _parameter(
            "Snowflake role that reads the flows; empty for the user's default role", Default=""
        ),
        "DatabaseName": _parameter("Snowflake database that holds the flows", AllowedPattern=".+"),
        "WarehouseName": _parameter("Snowflake warehouse that the queries run on", AllowedPattern=".+"),
        "ResultsBucket": _parameter("S3 bucket for the results", AllowedPattern=".+"),
        "ResultsPrefix": _parameter(
            "Folder of the results within the bucket", Default=DEFAULT_PREFIX, AllowedPattern="[^/].*[^/]|[^/]"
        ),
        "Architecture": _parameter(
            "Machine to run on", Default=layers[0].value, AllowedValues=[one.value for one in layers]
        ),
        "Timeout": _number("Seconds that a run may take", timeout, MinValue=1, MaxValue=MAX_TIMEOUT),
        "MemorySize": _number("Megabytes; CPU comes with them", DEFAULT_MEMORY, MinValue=512, MaxValue=10_240),
        "LogRetentionDays": _number("Days to keep the log", _LOG_DAYS),
        **{
            f"{_word(one.job)}Schedule": _parameter(f"When {one.job} runs, in UTC", Default=one.expression)
            for one in jobs
        },
    }


def _function_role() -> Resource:
    """The role that Snowflake knows the function by. It has no path, as Snowflake ignores paths."""
    rights = [
        {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": {"Fn::GetAtt": ["LogGroup", "Arn"]},
        },
        {
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": {"Fn::Sub": "arn:${AWS::Partition}:s3:::${ResultsBucket}/${ResultsPrefix}/*"},
        },
    ]
    return _role("lambda.amazonaws.com", "write-log-and-results", rights)


def _schedule_role() -> Resource:
    rights = [
        {
            "Effect": "Allow",
            "Action": "lambda:InvokeFunction",
            "Resource": {"Fn::GetAtt": [_FUNCTION, "Arn"]},
        }
    ]
    condition = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    return _role("scheduler.amazonaws.com", "call-function", rights, Condition=condition)


def _role(service: str, policy: str, rights: list[Resource], **trust: Any) -> Resource:
    trusted = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **trust}
    return _resource(
        "AWS::IAM::Role",
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trusted]},
        Policies=[{"PolicyName": policy, "PolicyDocument": {"Version": "2012-10-17", "Statement": rights}}],
    )


def _layer(architecture: Architecture, archive: str) -> Resource:
    layer = _resource(
        "AWS::Lambda::LayerVersion",
        Description="What the scheduled function of theia-sf imports",
        CompatibleArchitectures=[architecture.value],
        CompatibleRuntimes=[RUNTIME],
        Content=archive,
    )
    return {"Type": layer["Type"], "Condition": f"Is{_word(architecture)}", "Properties": layer["Properties"]}


def _function(archive: str, architectures: list[Architecture]) -> Resource:
    layer: Any = {"Ref": f"Layer{_word(architectures[-1])}"}
    for one in reversed(architectures[:-1]):
        layer = {"Fn::If": [f"Is{_word(one)}", {"Ref": f"Layer{_word(one)}"}, layer]}
    return _resource(
        "AWS::Lambda::Function",
        Description="Analyses the flows of theia-sf on a schedule",
        Handler=HANDLER,
        Runtime=RUNTIME,
        Code=archive,
        Architectures=[{"Ref": "Architecture"}],
        Layers=[layer],
        Role={"Fn::GetAtt": ["FunctionRole", "Arn"]},
        Timeout={"Ref": "Timeout"},
        MemorySize={"Ref": "MemorySize"},
        LoggingConfig={"LogGroup": {"Ref": "LogGroup"}},
        Environment={
            "Variables": {
                "SNOWFLAKE_ACCOUNT": {"Ref": "SnowflakeAccount"},
                "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
                "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
                "SNOWFLAKE_ROLE": {"Fn::If": ["HasRole", {"Ref": "SnowflakeRole"}, {"Ref": "AWS::NoValue"}]},
                "THEIA_SF_DATABASE_NAME": {"Ref": "DatabaseName"},
                "THEIA_SF_WAREHOUSE_NAME": {"Ref": "WarehouseName"},
                BUCKET_VARIABLE: {"Ref": "ResultsBucket"},
                PREFIX_VARIABLE: {"Ref": "ResultsPrefix"},
            }
        },
    )


def _schedule(job: ScheduledJob) -> Resource:
    return _resource(
        "AWS::Scheduler::Schedule",
        Description=f"Runs {job.job} of theia-sf",
        ScheduleExpression={"Ref": f"{_word(job.job)}Schedule"},
        ScheduleExpressionTimezone="UTC",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": {"Fn::GetAtt": [_FUNCTION, "Arn"]},
            "RoleArn": {"Fn::GetAtt": ["ScheduleRole", "Arn"]},
            "Input": job.event_json,
        },
    )


def _outputs() -> Resource:
    return {
        "FunctionName": {"Value": {"Ref": _FUNCTION}},
        "FunctionRoleArn": {
            "Description": "What the Snowflake user is bound to",
            "Value": {"Fn::GetAtt": ["FunctionRole", "Arn"]},
        },
        "Results": {"Value": {"Fn::Sub": "s3://${ResultsBucket}/${ResultsPrefix}/"}},
    }


def _resource(kind: str, **properties: Any) -> Resource:
    return {"Type": kind, "Properties": properties}


def _parameter(description: str, **more: Any) -> Resource:
    return {"Type": "String", "Description": description, **more}


def _number(description: str, default: int, **more: Any) -> Resource:
    return {"Type": "Number", "Description": description, "Default": default, **more}


def _word(name: str) -> str:
    """Return a name as logical IDs have it: letters and digits, `drop-detection` as DropDetection."""
    return "".join(part[:1].upper() + part[1:] for part in name.replace("_", "-").split("-"))
