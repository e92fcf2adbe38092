"""workload-identity lambda as a command: what it builds, what it asks the stack for, and what it refuses."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pytest

from theia_sf.cli import main, provisioning
from theia_sf.cli.workload_identity_lambda import Analysis
from theia_sf.errors import ExitCode
from theia_sf.provision import operations
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import StackRequest
from theia_sf.scheduled.bundle import layer
from theia_sf.scheduled.jobs import ANALYSES
from theia_sf.snowflake import settings

OUTPUTS = PipelineOutputs(
    region="eu-west-1",
    bucket_name="antrea-flows-x",
    bucket_flows_folder="flows",
    database_name="ANTREA_X",
    schema_name="THEIA",
    flows_table_name="FLOWS",
    sns_topic_arn="arn:topic",
    sqs_queue_arn="arn:queue",
    function_name="antrea-sf-function-x",
    function_arn="arn:aws:lambda:eu-west-1:123456789012:function:antrea-sf-function-x",
    function_role_arn="arn:aws:iam::123456789012:role/antrea-sf-function-iam-role-x",
    function_user="ANTREA_FUNCTION_X",
)


@pytest.fixture
def stack(monkeypatch):
    """A stack that takes what it is asked for; the requests, in order."""
    asked: list[StackRequest] = []

    def onboard(request, _progress, **_):
        if request.function is not None:  # as the real one, which reads them before the update
            assert request.function.function_zip.stat().st_size > 0
            assert request.function.layer_zip.stat().st_size > 0
        asked.append(request)
        return OUTPUTS

    target = SimpleNamespace(request=StackRequest("prod", "my-state", "eu-west-1"), from_context=True)
    monkeypatch.setattr(operations, "onboard", onboard)
    monkeypatch.setattr(provisioning, "find_target", lambda *_: target)
    monkeypatch.setattr(settings, "resolve", lambda *_: None)
    return asked


@pytest.fixture(autouse=True)
def packages(monkeypatch):
    monkeypatch.delenv("THEIA_SF_OUTPUT", raising=False)
    monkeypatch.setattr(layer, "install", lambda _, target, machine: (target / "p.py").write_text(machine))


def run(capsys, *arguments):
    code = main.run(["workload-identity", "lambda", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_a_bundle_for_both_machines(capsys, tmp_path):
    code, out, err = run(capsys, "--output", str(tmp_path / "function"), "--format", "json")
    assert code == ExitCode.OK
    rows = json.loads(out)
    assert [row["file"].rpartition("/")[2] for row in rows] == [
        "function.zip",
        "layer-arm64.zip",
        "layer-x86_64.zip",
        "requirements.txt",
        "template.yaml",
        "README.md",
    ]
    assert all(row["size"] == (tmp_path / "function" / row["file"]).stat().st_size for row in rows)
    told = r"Function and layer for arm64: 0\.\d MB unzipped, of the 262\.1 MB \(250 MiB\) that Lambda allows\."
    assert re.search(told, err)
    assert "Function and layer for x86_64: " in err


def test_a_table_unless_asked_for_otherwise(capsys, tmp_path):
    code, out, _ = run(capsys, "-o", str(tmp_path), "--architecture", "x86_64", "--schedule", "rate(6 hours)")
    assert code == ExitCode.OK
    assert "what it imports, for x86_64" in out
    assert not (tmp_path / "layer-arm64.zip").exists()
    assert "rate(6 hours)" in (tmp_path / "template.yaml").read_text()


def test_deploying_asks_the_stack_for_the_function(capsys, stack):
    code, out, err = run(
        capsys,
        *("--deploy", "--job", "drop-detection", "--schedule", "cron(0 6 * * ? *)", "--option", "start=now-30d"),
        *("--timeout", "60"),
    )
    assert code == ExitCode.OK
    (request,) = stack
    assert (request.stack_name, request.remove_function) == ("prod", False)
    function = request.function
    assert (function.architecture, function.runtime, function.timeout_seconds) == ("arm64", "python3.13", 60)
    assert [(one.job, one.expression, json.loads(one.event_json)) for one in function.schedules] == [
        ("drop-detection", "cron(0 6 * * ? *)", {"job": "drop-detection", "start": "now-30d"})
    ]
    assert "Building the layer for arm64" in err
    for told in ("antrea-sf-function-x", "ANTREA_FUNCTION_X", OUTPUTS.function_role_arn):
        assert told in out
    assert "aws lambda invoke --region eu-west-1 --function-name antrea-sf-function-x" in out


def test_what_was_deployed_may_be_kept(capsys, stack, tmp_path):
    code, out, _ = run(capsys, "--deploy", "--output", str(tmp_path), "--architecture", "x86_64", "--format", "json")
    assert code == ExitCode.OK
    assert json.loads(out)["function_user"] == "ANTREA_FUNCTION_X"
    assert stack[0].function.layer_zip == tmp_path / "layer-x86_64.zip"
    assert len(stack[0].function.schedules) == 2


def test_removing_asks_first(capsys, stack):
    code, _, err = run(capsys, "--remove")
    assert (code, stack) == (ExitCode.USAGE, [])
    assert "Delete the function of stack prod, with its log and its Snowflake user? Its results stay." in err
    code, out, err = run(capsys, "--remove", "--yes")
    assert (code, out) == (ExitCode.OK, "")
    assert (stack[0].function, stack[0].remove_function) == (None, True)
    assert "The stack prod has no scheduled function any more." in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "It is not said what to do with the function."),
        (["--deploy", "--remove"], "--deploy and --remove exclude each other."),
        (["--remove", "--output", "x"], "--remove builds nothing, so it takes no --output."),
        (["--deploy", "--architecture", "both"], "A function runs on one machine."),
        (["--output", "x", "--schedule", "daily"], "'daily' is not a schedule."),
        (["--output", "x", "--option", "nonsense=1"], "'nonsense=1' is no option of"),
        (["--output", "x", "--timeout", "901"], "Invalid value for '--timeout'"),
        (["--output", "x", "--job", "current-user"], "Invalid value for '--job'"),
    ],
)
def test_what_is_refused_before_anything_is_built(capsys, monkeypatch, stack, tmp_path, arguments, sentence):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *arguments)
    assert (code, out, stack) == (ExitCode.USAGE, "", [])
    assert sentence in err
    assert list(tmp_path.iterdir()) == []


def test_every_analysis_can_be_chosen():
    assert [one.value for one in Analysis] == [one.value for one in ANALYSES]
