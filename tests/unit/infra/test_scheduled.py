"""The scheduled function: what it may do, what it runs with, and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.unit.infra.conftest import SUFFIX
from tests.unit.infra.test_service_users import READER, config
from tests.unit.provision.test_stack_options import FULL, FUNCTION
from theia_sf.provision import function_code
from theia_sf.provision.request import Schedule
from theia_sf_infra.names import FLOWS_FOLDER

NAME = f"antrea-sf-function-{SUFFIX}"
ROLE = f"antrea-sf-function-iam-role-{SUFFIX}"
BUCKET = f"antrea-flows-{SUFFIX}"
PARTS = {
    "function",
    "function-layer",
    "function-log",
    "function-no-repetition",
    "function-role",
    "function-role-policy",
    "function-user",
    "function-user-role",
    "schedule-drop-detection",
    "schedule-role",
    "schedule-role-policy",
}


@pytest.fixture(scope="module")
def full(run_program):
    return run_program(**config(FULL))


def test_a_stack_has_none_unless_it_is_asked_for(declared, full):
    assert set(full.resources) - set(declared.resources) == PARTS | {
        f"service-user-{name}{end}" for name in ("AGENT", "GRAFANA") for end in ("", "-role")
    }
    assert not [name for name in declared.outputs if name.startswith("function")]


def test_it_runs_the_handler_with_the_code_in_the_flows_bucket(full):
    inputs = full.resources["function"].inputs
    wanted = {
        "name": NAME,
        "handler": "theia_sf.scheduled.handler",
        "runtime": "python3.13",
        "architectures": ["arm64"],
        "timeout": 30,
        "memorySize": 1024,
        "s3Bucket": BUCKET,
        "s3Key": "lambda/a.zip",
        "sourceCodeHash": "a",
    }
    assert {key: inputs[key] for key in wanted} == wanted
    layer = full.resources["function-layer"].inputs
    assert (layer["s3Bucket"], layer["s3Key"], layer["sourceCodeHash"]) == (BUCKET, "lambda/b.zip", "b")


def test_a_failed_run_is_not_repeated(full):
    """Two more sign-ins of what Snowflake has refused would follow otherwise."""
    inputs = full.resources["function-no-repetition"].inputs
    assert (inputs["functionName"], inputs["maximumRetryAttempts"]) == (NAME, 0)


def test_its_code_is_neither_loaded_by_the_pipe_nor_expires_with_the_flows():
    assert FUNCTION.code_key.startswith(f"{function_code.FOLDER}/")
    assert function_code.FOLDER != FLOWS_FOLDER


def test_it_signs_in_as_its_role_and_reads_the_stacks_database(full):
    assert full.resources["function"].inputs["environment"]["variables"] == {
        "SNOWFLAKE_ACCOUNT": "ORG-ACCOUNT",
        "SNOWFLAKE_AUTHENTICATOR": "WORKLOAD_IDENTITY",
        "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": "AWS",
        "SNOWFLAKE_ROLE": READER,
        "SNOWFLAKE_WAREHOUSE": "SHARED",
        "THEIA_SF_DATABASE_NAME": f"ANTREA_{SUFFIX.upper()}",
        "THEIA_SF_WAREHOUSE_NAME": "SHARED",
        "THEIA_SF_RESULTS_BUCKET": BUCKET,
        "THEIA_SF_RESULTS_PREFIX": "results",
    }
    arn = f"arn:aws:iam::123456789012:role/{ROLE}"
    user = full.resources["function-user"].inputs
    assert user["defaultWorkloadIdentity"] == {"aws": {"arn": arn}}
    assert "path" not in full.resources["function-role"].inputs, "Snowflake knows roles without a path"


def test_it_may_write_its_own_log_and_its_results(full):
    assert [(found["Action"], found["Resource"]) for found in full.policy("function-role-policy")] == [
        (
            ["logs:CreateLogStream", "logs:PutLogEvents"],
            f"arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/{NAME}:*",
        ),
        ("s3:PutObject", f"arn:aws:s3:::{BUCKET}/results/*"),
    ]
    (trust,) = full.policy("function-role", "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}


def test_its_log_is_kept_for_a_month_and_stands_before_it(full):
    log = full.resources["function-log"].inputs
    assert (log["name"], log["retentionInDays"]) == (f"/aws/lambda/{NAME}", 30)
    assert {"function-log", "function-role-policy"} <= full.resources["function"].dependencies


def test_a_schedule_calls_it_with_the_jobs_event_and_nothing_else(full):
    schedule = full.resources["schedule-drop-detection"]
    function = f"arn:aws:lambda:eu-west-1:123456789012:function:{NAME}"
    assert schedule.inputs["name"] == f"antrea-sf-drop-detection-{SUFFIX}"
    assert schedule.inputs["scheduleExpression"] == "rate(1 day)"
    target = schedule.inputs["target"]
    assert (target["arn"], json.loads(target["input"])) == (function, {"job": "drop-detection"})
    assert {"schedule-role-policy", "function-user-role"} <= schedule.dependencies
    (right,) = full.policy("schedule-role-policy")
    assert (right["Action"], right["Resource"]) == ("lambda:InvokeFunction", function)
    (trust,) = full.policy("schedule-role", "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert trust["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_a_job_may_have_several_schedules_and_a_function_none(run_program):
    twice = tuple(Schedule("drop-detection", f"rate({days} days)", "{}") for days in (1, 7))
    for schedules, wanted in ((twice, {"schedule-drop-detection", "schedule-drop-detection-2"}), ((), set())):
        options = replace(FULL, function=replace(FUNCTION, schedules=schedules))
        found = run_program(**config(options)).of_type("aws:scheduler/schedule:Schedule")
        assert set(found) == wanted


def test_the_outputs(full):
    assert {name: text for name, text in full.outputs.items() if name.startswith("function")} == {
        "function_name": NAME,
        "function_arn": f"arn:aws:lambda:eu-west-1:123456789012:function:{NAME}",
        "function_role_arn": f"arn:aws:iam::123456789012:role/{ROLE}",
        "function_user": f"ANTREA_FUNCTION_{SUFFIX.upper()}",
    }
