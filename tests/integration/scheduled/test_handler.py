"""The deployed code, run alone with a role's credentials: it signs in as the role, and its results are in S3."""

from __future__ import annotations

import json
import re

import pytest
import snowflake.connector

from tests.integration.scheduled.conftest import FLOWS, NAME
from theia_sf.cli import main

TAGS = """
SELECT DISTINCT query_tag FROM TABLE(INFORMATION_SCHEMA.QUERY_HISTORY())
WHERE query_tag LIKE 'theia-sf scheduled %' AND user_name = 'SCHEDULED_READER'
"""


def test_a_role_that_no_user_is_bound_to(function):
    answer, log = function.call({"job": "current-user"})
    assert answer["errorType"] == "UnknownWorkloadError"
    assert "Unable to find an associated Snowflake user" in answer["errorMessage"]
    assert [line["level"] for line in log] == ["INFO", "ERROR"]
    assert (
        f"workload-identity create USER --role-arn arn:aws:iam::123456789012:role/{function.bucket}`"
        in answer["errorMessage"]
    )
    assert log[-1]["hint"] in answer["errorMessage"]


def test_it_is_the_user_of_its_role(function, reader):
    answer, log = function.call({"job": "current-user"})
    assert answer == {"job": "current-user", "user": reader, "role": NAME, "account": answer["account"]}
    assert [line["run_id"] for line in log] == ["0a1b2c3d-0000-4000-8000-000000000000"] * 2


def test_findings_land_in_s3(function, reader):
    answer, _ = function.call({"job": "drop-detection", "end": "2026-08-01T00:00:00Z"})
    assert answer["counts"]["records"] == len(FLOWS)
    report = json.loads(function.stored(answer["result"]))
    assert report == json.loads(function.stored(answer["latest"]))
    assert (report["user"], report["database"], report["counts"]) == (reader, NAME, answer["counts"])
    assert report["findings"] == []


def test_policies_are_those_of_the_command(function, reader, sandbox_env, capsys):
    event = {"job": "policy-recommendation", "policy_type": "k8s-np", "start": "2026-01-01T00:00:00Z"}
    answer, _ = function.call(event)
    arguments = ["--policy-type", "k8s-np", "--start", "2026-01-01T00:00:00Z", "--database-name", NAME]
    assert main.run(["policy-recommendation", *arguments, "--warehouse-name", NAME]) == 0
    assert function.stored(answer["result"]).decode() == capsys.readouterr().out
    report = json.loads(function.stored(answer["result"].replace(".yaml", ".json")))
    assert report["counts"]["policies"] == answer["counts"]["policies"] > 0
    assert f"Read {len(FLOWS)} flows" in report["notes"][0]


@pytest.mark.parametrize(
    ("event", "variables", "kind", "sentence"),
    [
        ({"database_name": "ANTREA_NONE"}, {}, "UsageError", "There is no database ANTREA_NONE"),
        ({"warehouse_name": "NONE"}, {}, "UsageError", "There is no warehouse NONE, or the role may not use it."),
        ({}, {"THEIA_SF_RESULTS_BUCKET": "no-such-bucket-h"}, "AwsError", "write s3://no-such-bucket-h/results/"),
    ],
)
def test_what_fails_is_told_in_a_sentence(function, reader, monkeypatch, event, variables, kind, sentence):
    for name, value in variables.items():
        monkeypatch.setitem(function.environment, name, value)
    before = function.stored_keys()
    answer, log = function.call({"job": "drop-detection", **event})
    assert (answer["errorType"], sentence in answer["errorMessage"]) == (kind, True), answer
    assert answer["errorMessage"].startswith(log[-1]["message"])
    assert function.stored_keys() == before


def test_too_little_time(function, reader):
    answer, _ = function.call({"job": "drop-detection"}, seconds=4)
    assert answer["errorType"] == "DeadlineReachedError"
    assert re.match(r"The function's time limit of [1-4] seconds was too short", answer["errorMessage"])


def test_its_queries_are_found_by_their_tag(function, reader, sandbox):
    function.call({"job": "drop-detection"})
    with snowflake.connector.connect(**sandbox.snowflake, database=NAME, warehouse=NAME) as connection:
        rows = connection.cursor().execute(TAGS).fetchall()
    assert "theia-sf scheduled drop-detection" in {row[0] for row in rows}
