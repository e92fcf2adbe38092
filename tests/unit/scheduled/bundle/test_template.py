"""The CloudFormation template: whole, consistent, and with no more rights than needed."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from theia_sf.scheduled.bundle.target import Architecture
from theia_sf.scheduled.bundle.template import template
from theia_sf.scheduled.jobs import Job
from theia_sf.scheduled.plan import plan_jobs

LAYERS = {Architecture.ARM64: "layer-arm64.zip", Architecture.X86_64: "layer-x86_64.zip"}


def made(layers=LAYERS, jobs=(), schedules=(), options=()) -> dict[str, Any]:
    return yaml.safe_load(template("function.zip", layers, plan_jobs(jobs, schedules, options), timeout=45))


def walk(value: Any):
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


@pytest.mark.parametrize("layers", [LAYERS, {Architecture.X86_64: "layer-x86_64.zip"}])
def test_every_reference_has_its_target(layers):
    document = made(layers)
    known = {*document["Parameters"], *document["Resources"], "AWS::AccountId", "AWS::NoValue"}
    for value in walk(document):
        if isinstance(value, dict) and "Ref" in value:
            assert value["Ref"] in known
        if isinstance(value, dict) and "Fn::GetAtt" in value:
            assert value["Fn::GetAtt"][0] in document["Resources"]
        if isinstance(value, dict) and "Fn::If" in value:
            assert value["Fn::If"][0] in document["Conditions"]
        if isinstance(value, dict) and "Condition" in value and isinstance(value["Condition"], str):
            assert value["Condition"] in document["Conditions"]


def test_the_function():
    document = made()
    function = document["Resources"]["Function"]["Properties"]
    assert (function["Handler"], function["Runtime"]) == ("theia_sf.scheduled.handler", "python3.13")
    assert function["Code"] == "function.zip"
    assert function["Layers"] == [{"Fn::If": ["IsArm64", {"Ref": "LayerArm64"}, {"Ref": "LayerX8664"}]}]
    variables = function["Environment"]["Variables"]
    assert variables["SNOWFLAKE_AUTHENTICATOR"] == "WORKLOAD_IDENTITY"
    assert not [name for name in variables if "PASSWORD" in name or "KEY" in name or "TOKEN" in name]
    assert document["Parameters"]["Timeout"]["Default"] == 45
    assert document["Parameters"]["Architecture"]["Default"] == "arm64"
    assert document["Resources"]["NoRepetition"]["Properties"]["MaximumRetryAttempts"] == 0


def test_the_roles_may_do_what_is_needed_and_have_no_path():
    roles = {
        name: resource["Properties"]
        for name, resource in made()["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    rights = {
        name: [
            (statement["Action"], statement["Resource"])
            for policy in role["Policies"]
            for statement in policy["PolicyDocument"]["Statement"]
        ]
        for name, role in roles.items()
    }
    bucket = {"Fn::Sub": "arn:${AWS::Partition}:s3:::${ResultsBucket}/${ResultsPrefix}/*"}
    assert rights == {
        "FunctionRole": [
            (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": ["LogGroup", "Arn"]}),
            ("s3:PutObject", bucket),
        ],
        "ScheduleRole": [("lambda:InvokeFunction", {"Fn::GetAtt": ["Function", "Arn"]})],
    }
    assert not any("Path" in role for role in roles.values())


def test_the_schedules_send_the_events():
    document = made(jobs=(Job.DROP_DETECTION,), schedules=("cron(0 6 * * ? *)",), options=("start=now-30d",))
    schedules = [one for one in document["Resources"].values() if one["Type"] == "AWS::Scheduler::Schedule"]
    assert len(schedules) == 1
    assert json.loads(schedules[0]["Properties"]["Target"]["Input"]) == {"job": "drop-detection", "start": "now-30d"}
    assert document["Parameters"]["DropDetectionSchedule"]["Default"] == "cron(0 6 * * ? *)"
    assert "PolicyRecommendationSchedule" not in document["Parameters"]


def test_one_machine_alone():
    document = made({Architecture.X86_64: "layer-x86_64.zip"})
    assert document["Parameters"]["Architecture"]["AllowedValues"] == ["x86_64"]
    assert document["Resources"]["Function"]["Properties"]["Layers"] == [{"Ref": "LayerX8664"}]
    assert "LayerArm64" not in document["Resources"]
