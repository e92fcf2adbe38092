"""The handler, from the event to the objects in S3, over a FLOWS table in memory."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import yaml

from tests.unit.policies.flow_records import record
from theia_sf import scheduled
from theia_sf.aws.session import CallerIdentity
from theia_sf.errors import ConnectionFailedError, TheiaError, UsageError
from theia_sf.scheduled import results, runs, unbound
from theia_sf.scheduled.deadline import DeadlineReachedError
from theia_sf.scheduled.entry import UnexpectedError
from theia_sf.secret import Secret
from theia_sf.snowflake.errors import StatementTimedOutError, UnknownWorkloadError
from theia_sf.snowflake.settings import ConnectionSettings

CONTEXT = SimpleNamespace(aws_request_id="0a1b2c3d-4444", get_remaining_time_in_millis=lambda: 30_000)


@pytest.fixture(autouse=True)
def loggers():
    """The function's logging is for its own process: other tests get theirs back."""
    names = ("theia_sf", "snowflake", "botocore", "boto3", "urllib3", "s3transfer", "pulumi", "asyncio")
    known = {name: logging.getLogger(name) for name in names}
    before = {name: (one.level, one.propagate, list(one.handlers)) for name, one in known.items()}
    yield
    for name, (level, propagate, handlers) in before.items():
        known[name].setLevel(level)
        known[name].propagate = propagate
        known[name].handlers[:] = handlers


@pytest.fixture
def lambda_function(monkeypatch, memory):
    """The function's surroundings: what it opened, and what it wrote to S3, as it is called."""
    seen = SimpleNamespace(memory=memory, objects={}, opened=[], tags=[], statements=[])

    def execute(_opened, sql):
        seen.statements.append(sql)
        return SimpleNamespace(close=lambda: None)

    def put_object(**arguments):
        seen.objects[arguments["Key"]] = arguments

    @contextmanager
    def session(settings, **names):
        seen.tags.append(names["query_tag"])
        yield "session"

    @contextmanager
    def flows_of(_opened, _settings, **arguments):
        seen.opened.append(arguments)
        yield memory

    settings = SimpleNamespace(hostname="x.snowflakecomputing.com", warehouse=None)
    monkeypatch.setattr(runs, "resolve", lambda environ: settings)
    monkeypatch.setattr(runs, "session", session)
    monkeypatch.setattr(runs, "fetch_all", lambda *_: [("LAMBDA_USER", "READER", "AB12345")])
    monkeypatch.setattr(runs, "execute", execute)
    monkeypatch.setattr(runs, "flows_of", flows_of)
    monkeypatch.setattr(results, "client", lambda *_: SimpleNamespace(put_object=put_object))
    monkeypatch.setenv("THEIA_SF_DATABASE_NAME", "ANTREA_X")
    monkeypatch.setenv("THEIA_SF_WAREHOUSE_NAME", "WH")
    monkeypatch.setenv("THEIA_SF_RESULTS_BUCKET", "my-results")
    monkeypatch.setenv("THEIA_SF_RESULTS_PREFIX", "/theia/")
    return seen


def days(counts):
    """Dropped flows: so many on each day of July."""
    return [
        record(
            ingressNetworkPolicyRuleAction=2,
            flowStartSeconds=f"2026-07-{day:02}T10:00:00+00:00",
            flowEndSeconds=f"2026-07-{day:02}T10:01:00+00:00",
        )
        for day, count in enumerate(counts, 1)
        for _ in range(count)
    ]


def lines(capsys):
    told = capsys.readouterr()
    assert told.err == ""
    return [json.loads(line) for line in told.out.splitlines()]


def test_drops_become_a_report_in_s3(lambda_function, capsys):
    lambda_function.memory.load(days([1, 1, 2, 1, 40, 1]))
    answer = scheduled.handler({"job": "drop-detection", "end": "2026-07-07T00:00:00Z"}, CONTEXT)
    key = next(key for key in lambda_function.objects if "latest" not in key)
    assert re.fullmatch(r"theia/drop-detection/\d{8}T\d{6}Z-0a1b2c3d\.json", key)
    assert answer == {
        "job": "drop-detection",
        "user": "LAMBDA_USER",
        "role": "READER",
        "account": "AB12345",
        "window": {"start": None, "end": "2026-07-07T00:00:00+00:00"},
        "counts": {"records": 46, "dropped": 46, "findings": 1},
        "result": f"s3://my-results/{key}",
        "latest": "s3://my-results/theia/drop-detection/latest.json",
    }
    assert json.loads(json.dumps(answer)) == answer
    written = lambda_function.objects[key]
    assert (written["Bucket"], written["ContentType"]) == ("my-results", "application/json")
    assert lambda_function.objects["theia/drop-detection/latest.json"]["Body"] == written["Body"]
    report = json.loads(written["Body"])
    assert [(one["date"], one["drops"]) for one in report["findings"]] == [("2026-07-05", 40)]
    assert (report["user"], report["database"], report["run_id"]) == ("LAMBDA_USER", "ANTREA_X", "0a1b2c3d-4444")
    assert report["query_tag"] == lambda_function.tags[0] == "theia-sf scheduled drop-detection"
    assert report["options"] == {"method": "mad", "min_drops": 10}
    assert [line["message"] for line in lines(capsys)] == ["Running drop-detection", "Done"]
    assert lambda_function.statements == ["ALTER SESSION SET STATEMENT_TIMEOUT_IN_SECONDS = 25"]


def test_policies_become_yaml_with_a_report_beside_it(lambda_function, capsys):
    lambda_function.memory.load([record(), record(ingressNetworkPolicyRuleAction=2)])
    answer = scheduled.handler({"job": "policy-recommendation", "policy_type": "k8s-np"}, CONTEXT)
    assert answer["counts"] == {"flows": 2, "edges": 1, "policies": 2, "left_out": 1}
    assert answer["latest"] == "s3://my-results/theia/policy-recommendation/latest.yaml"
    latest = lambda_function.objects["theia/policy-recommendation/latest.yaml"]
    assert latest["ContentType"] == "application/yaml"
    assert [one["kind"] for one in yaml.safe_load_all(latest["Body"])] == ["NetworkPolicy", "NetworkPolicy"]
    report = json.loads(lambda_function.objects["theia/policy-recommendation/latest.json"]["Body"])
    assert "Left out 1 flow: dropped or rejected." in report["notes"]
    assert report["options"]["policy_type"] == "k8s-np"
    assert len(lambda_function.objects) == 4
    assert all(line["run_id"] == "0a1b2c3d-4444" for line in lines(capsys))


def test_the_latest_is_replaced_last(lambda_function, capsys):
    lambda_function.memory.load([record()])
    scheduled.handler({"job": "policy-recommendation"}, CONTEXT)
    assert ["latest" in key for key in lambda_function.objects] == [False, False, True, True]


def test_the_current_user_needs_neither_database_nor_bucket(lambda_function, monkeypatch, capsys):
    for name in ("THEIA_SF_DATABASE_NAME", "THEIA_SF_RESULTS_BUCKET"):
        monkeypatch.delenv(name)
    answer = scheduled.handler({"job": "current-user"})
    assert answer == {"job": "current-user", "user": "LAMBDA_USER", "role": "READER", "account": "AB12345"}
    assert lambda_function.objects == {}


def test_the_query_ends_before_the_function_does(lambda_function, monkeypatch, capsys):
    asked = []

    def report_drops(*_, **__):
        asked.append(1)
        message = "cancelled"
        raise StatementTimedOutError(message, hint=None, errno=604, query_id="x")

    monkeypatch.setattr(runs, "report_drops", report_drops)
    with pytest.raises(DeadlineReachedError, match=r"30 seconds was too short: it was reading the flows of ANTREA_X"):
        scheduled.handler({"job": "drop-detection"}, CONTEXT)
    with pytest.raises(StatementTimedOutError):  # the user's own limit, not the function's
        scheduled.handler({"job": "drop-detection", "wait_timeout": "2s"}, CONTEXT)
    assert asked == [1, 1]
    assert lambda_function.objects == {}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"THEIA_SF_RESULTS_BUCKET": ""}, "names no bucket for its results"),
        ({"THEIA_SF_RESULTS_BUCKET": "No Bucket"}, "'No Bucket' cannot be the name of an S3 bucket"),
        ({"THEIA_SF_DATABASE_NAME": ""}, "No database is named"),
    ],
)
def test_a_wrong_environment_is_told_before_signing_in(lambda_function, monkeypatch, capsys, names, sentence):
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UsageError, match=sentence):
        scheduled.handler({"job": "drop-detection"}, CONTEXT)
    assert lambda_function.tags == []


def test_a_refusal_tells_the_caller_and_the_log_what_to_do(lambda_function, monkeypatch, capsys):
    def refuse(environ):
        message = "Snowflake refused the role."
        raise ConnectionFailedError(message, hint="Create a user for it.") from ValueError("with details")

    monkeypatch.setattr(runs, "resolve", refuse)
    with pytest.raises(
        ConnectionFailedError, match=r"^Snowflake refused the role\. Hint: Create a user for it\.$"
    ) as caught:
        scheduled.handler({"job": "current-user"}, CONTEXT)
    assert caught.value.__suppress_context__
    logged = lines(capsys)[-1]
    assert (logged["level"], logged["error"]) == ("ERROR", "ConnectionFailedError")
    assert (logged["message"], logged["hint"]) == ("Snowflake refused the role.", "Create a user for it.")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ((), "create USER --role-arn arn:aws:iam::123456789012:role/flows-role` makes a user for the function's role"),
        (("arn:aws:iam::123456789012:role/team/last",), "create USER --role-arn arn:aws:iam::123456789012:role/last`"),
        (("nonsense",), "Hint: Look for its user."),
    ],
)
def test_an_unbound_function_names_its_role_and_what_binds_it(lambda_function, monkeypatch, capsys, path, hint):
    @contextmanager
    def refuse(_settings, **_):
        message = "Snowflake has no user for this workload's identity."
        raise UnknownWorkloadError(message, hint="Look for its user.")
        yield

    arn = "arn:aws:sts::123456789012:assumed-role/flows-role/flows"
    workload = ConnectionSettings("ORG-ACCOUNT", "", "WORKLOAD_IDENTITY", workload_identity_impersonation_path=path)
    monkeypatch.setattr(unbound, "caller_identity", lambda _region: CallerIdentity("123456789012", arn))
    monkeypatch.setattr(runs, "resolve", lambda environ: workload)
    monkeypatch.setattr(runs, "session", refuse)
    with pytest.raises(UnknownWorkloadError, match=re.escape(hint)):
        scheduled.handler({"job": "current-user"}, CONTEXT)


def test_no_secret_gets_out(lambda_function, monkeypatch, capsys):
    secret = Secret("correct-horse-battery")

    def fail(environ):
        message = f"bad token {secret.reveal()}\nand more"
        raise RuntimeError(message)

    monkeypatch.setattr(runs, "resolve", fail)
    with pytest.raises(
        UnexpectedError, match=r"^Unexpected RuntimeError: bad token \*\*\* Hint: This is a fault in theia-sf\.$"
    ):
        scheduled.handler({"job": "current-user"}, CONTEXT)
    told = capsys.readouterr().out
    assert "correct-horse-battery" not in told
    assert "Traceback" in told
    assert issubclass(UnexpectedError, TheiaError)


def test_importing_the_package_is_cheap_but_not_within_lambda():
    program = "import sys, theia_sf.scheduled as s; print('snowflake.connector' in sys.modules, callable(s.handler))"
    for variables, expected in ({}, "False True"), ({"AWS_LAMBDA_FUNCTION_NAME": "f"}, "True True"):
        done = subprocess.run(
            [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True, timeout=60
        )
        assert done.stdout.strip() == expected
