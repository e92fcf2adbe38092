from __future__ import annotations

import json

import yaml
from conftest import PREFIX, SECRET

from theia_sf.provision import backups

THREE = {"a": {"text": "1"}, "b": {"text": "2"}, "c": {}}


def test_onboard_prints_the_result_and_remembers_the_stack(cloud):
    cloud.declare(THREE)
    done = cloud.onboard()
    assert cloud.there() == ["a", "b", "c"]
    lines = done.stdout.splitlines()
    titles = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert titles[0] == "Region"
    assert titles[-1] == "SQS Queue ARN"
    assert "SUCCESS!" in lines
    values = yaml.safe_load(done.stdout.partition("Flow Aggregator:\n")[2])
    assert values["s3Uploader"]["bucketName"] == "BUCKET_NAME"
    assert "created lab Thing a (0." in done.stderr
    assert "3 created" in done.stderr
    shown = json.loads(cloud.run("context", "--output", "json").stdout)
    assert shown["bucket_name"] == cloud.bucket
    assert shown["database_name"] == "DATABASE_NAME"
    assert shown["snowflake_account"] == "ORG-ACCOUNT"


def test_json_holds_the_result_alone(cloud):
    result = json.loads(cloud.onboard("--output", "json").stdout)
    assert list(result) == [
        "region",
        "bucket_name",
        "bucket_flows_folder",
        "database_name",
        "schema_name",
        "flows_table_name",
        "sns_topic_arn",
        "sqs_queue_arn",
    ]


def test_onboard_again_changes_nothing_and_needs_no_flags(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    again = cloud.run("onboard")
    assert "nothing changed; 3 as they should be" in again.stderr
    assert "Thing" not in again.stderr


def test_what_was_deleted_by_hand_is_planned_and_restored(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    (cloud.things / "b.json").unlink()
    before = cloud.state()
    planned = json.loads(cloud.run("plan", "--exit-code", "--output", "json", code=4).stdout)
    assert {name: planned[name] for name in ("create", "update", "replace", "delete", "same")} == {
        "create": 1,
        "update": 0,
        "replace": 0,
        "delete": 0,
        "same": 2,
    }
    assert [(found["operation"], found["type"]) for found in planned["changes"]] == [("create", "lab:index:Thing")]
    assert cloud.state() == before
    assert cloud.keys(".pulumi/locks") == []
    cloud.run("onboard")
    assert cloud.there() == ["a", "b", "c"]
    cloud.run("plan", "--exit-code")


def test_a_plan_names_the_properties_that_differ(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    cloud.declare({"a": {"text": "other"}, "b": {"text": "2"}})
    done = cloud.run("plan")
    assert "1 to update, 1 to delete; 1 as they should be" in done.stderr
    row = next(line for line in done.stdout.splitlines() if "update" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["update", "lab:index:Thing", "a", "text"]


def test_a_plan_of_a_stack_that_does_not_exist_writes_nothing(cloud):
    cloud.declare(THREE)
    done = cloud.run("plan", "--bucket-name", cloud.bucket, "--key-id", cloud.key, "--output", "json")
    assert json.loads(done.stdout)["create"] == 3
    assert cloud.keys("") == []
    assert cloud.there() == []


def test_the_state_is_pulumis_under_the_key_and_holds_no_credentials(cloud):
    cloud.declare(THREE)
    done = cloud.onboard()
    state = cloud.state()
    assert state["secrets_providers"]["state"]["url"] == f"awskms://{cloud.key}?region=us-west-2"
    for key in cloud.keys(""):
        content = cloud.s3.get_object(Bucket=cloud.bucket, Key=key)["Body"].read().decode()
        for secret in (SECRET, "a-secret-key-that-nobody-may-see", "the-secret-of-the-lab"):
            assert secret not in content, key
    for stream in (done.stdout, done.stderr):
        assert SECRET not in stream


def test_the_state_is_backed_up_before_each_update(cloud):
    for number in range(3):
        cloud.declare({"a": {"text": str(number)}})
        cloud.onboard()
    found = cloud.keys("backups/theia-sf/default/")
    assert len(found) == 2
    content = cloud.s3.get_object(Bucket=cloud.bucket, Key=found[-1])["Body"].read()
    things = [entry for entry in json.loads(content)["checkpoint"]["latest"]["resources"] if "Thing" in entry["type"]]
    assert things[0]["inputs"]["text"] == "1"


def test_only_so_many_backups_are_kept(cloud, monkeypatch):
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, cloud.environment[name])
    from theia_sf.provision.backend import Backend

    backend = Backend(cloud.s3, cloud.bucket, PREFIX, "us-west-2", "default")
    assert backups.back_up(backend) is None
    backend.write(backend.state_key, b"{}")
    written = [backups.back_up(backend, keep=3) for _ in range(5)]
    assert cloud.keys("backups/") == written[-3:]


def test_offboard_removes_everything_and_forgets_the_context(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    done = cloud.run("offboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key)
    assert "3 deleted" in done.stderr
    assert cloud.there() == []
    assert cloud.keys("") == [f"{PREFIX}/.pulumi/meta.yaml"]
    assert json.loads(cloud.run("context", "--output", "json").stdout) == {}


def test_offboard_of_the_contexts_stack_wants_yes_without_a_terminal(cloud):
    cloud.declare({"a": {}})
    cloud.onboard()
    refused = cloud.run("offboard", code=2)
    assert "--yes" in refused.stderr
    assert "the database DATABASE_NAME" in refused.stderr
    assert cloud.there() == ["a"]
    cloud.run("offboard", "--yes")
    assert cloud.there() == []


def test_a_failure_is_one_sentence_and_the_next_run_goes_on(cloud):
    cloud.declare({"a": {}, "bad": {"refuse": "SQL access control error:\nInsufficient privileges"}})
    failed = cloud.onboard(code=1)
    assert "Error: Could not onboard: Thing bad: SQL access control error: Insufficient privileges\n" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "urn:pulumi" not in failed.stderr
    cloud.declare({"a": {}, "bad": {}})
    assert "1 created; 1 as they should be" in cloud.onboard().stderr


def test_a_stack_without_a_key_warns_of_the_empty_passphrase(cloud):
    done = cloud.run("onboard", "--bucket-name", cloud.bucket)
    assert "Warning: The stack's secrets are encrypted with an empty passphrase" in done.stderr
    again = cloud.run("onboard", "--bucket-name", cloud.bucket)
    assert "nothing changed" in again.stderr
    cloud.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"
    wrong = cloud.run("onboard", "--bucket-name", cloud.bucket, code=2)
    assert "Error: The passphrase does not fit the stack's secrets." in wrong.stderr
