"""onboard, plan and offboard with the real engine, on the lab's program."""

from __future__ import annotations

import json

import yaml

from tests.integration.provision.cloud import AWS_SECRET, PASSWORD, PREFIX
from theia_sf.provision import backups
from theia_sf.provision.backend import Backend

THREE = {"a": {"text": "1"}, "b": {"text": "2"}, "c": {}}


def test_onboard_prints_the_result_and_keeps_secrets_to_itself(cloud):
    cloud.declare(THREE)
    done = cloud.onboard()
    assert cloud.there() == ["a", "b", "c"]
    assert "created lab Thing a (0." in done.stderr
    assert "3 created" in done.stderr

    lines = done.stdout.splitlines()
    titles = [line.split("│")[1].strip() for line in lines if line.startswith("│")]
    assert titles[0] == "Region"
    assert titles[-1] == "SQS Queue ARN"
    assert "SUCCESS!" in lines
    values = yaml.safe_load(done.stdout.partition("Flow Aggregator:\n")[2])
    assert values["s3Uploader"]["bucketName"] == "BUCKET_NAME"

    assert cloud.state()["secrets_providers"]["state"]["url"] == f"awskms://{cloud.key}?region=us-west-2"
    for key in cloud.keys(""):
        content = cloud.s3.get_object(Bucket=cloud.bucket, Key=key)["Body"].read().decode()
        for secret in (PASSWORD, AWS_SECRET, "the-secret-of-the-lab"):
            assert secret not in content, key
    assert PASSWORD not in done.stdout + done.stderr


def test_the_next_commands_know_the_stack_and_onboard_again_changes_nothing(cloud, command):
    cloud.declare(THREE)
    cloud.onboard()
    shown = json.loads(command("context", "--output", "json").stdout)
    assert (shown["bucket_name"], shown["database_name"]) == (cloud.bucket, "DATABASE_NAME")
    assert (shown["aws_account"], shown["snowflake_account"]) == ("123456789012", "ORG-ACCOUNT")

    again = cloud.run("onboard", "--output", "json")
    assert "nothing changed; 3 as they should be" in again.stderr
    assert "Thing" not in again.stderr
    assert list(json.loads(again.stdout)) == [
        "region",
        "bucket_name",
        "bucket_flows_folder",
        "database_name",
        "schema_name",
        "flows_table_name",
        "sns_topic_arn",
        "sqs_queue_arn",
    ]

    cloud.environment["SNOWFLAKE_ACCOUNT"] = "ORG-OTHER"
    ignored = command("plan")
    assert ignored.returncode == 2
    assert "The context (stack default) is ignored: it belongs to another Snowflake account." in ignored.stderr


def test_what_was_deleted_by_hand_is_planned_and_restored(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    (cloud.things / "b.json").unlink()
    before = cloud.state()
    planned = json.loads(cloud.run("plan", "--exit-code", "--output", "json", code=4).stdout)
    counts = {name: planned[name] for name in ("create", "update", "replace", "delete", "same")}
    assert counts == {"create": 1, "update": 0, "replace": 0, "delete": 0, "same": 2}
    assert [(found["operation"], found["type"]) for found in planned["changes"]] == [("create", "lab:index:Thing")]
    assert cloud.state() == before
    assert cloud.keys(".pulumi/locks") == []
    assert "created lab Thing b" in cloud.run("onboard").stderr
    assert cloud.there() == ["a", "b", "c"]
    cloud.run("plan", "--exit-code")


def test_a_plan_names_the_properties_that_differ_and_an_update_is_backed_up_before(cloud):
    cloud.declare(THREE)
    cloud.onboard()
    cloud.declare({"a": {"text": "other"}, "b": {"text": "2"}})
    done = cloud.run("plan")
    assert "1 to update, 1 to delete; 1 as they should be" in done.stderr
    row = next(line for line in done.stdout.splitlines() if "update" in line)
    assert [cell.strip() for cell in row.split("│")[1:-1]] == ["update", "lab:index:Thing", "a", "text"]

    cloud.run("onboard")
    (backup,) = cloud.keys("backups/theia-sf/default/")
    content = json.loads(cloud.s3.get_object(Bucket=cloud.bucket, Key=backup)["Body"].read())
    things = [entry for entry in content["checkpoint"]["latest"]["resources"] if "Thing" in entry["type"]]
    assert [thing["inputs"]["text"] for thing in things] == ["1", "2", ""]


def test_a_plan_of_a_stack_that_does_not_exist_writes_nothing(cloud):
    cloud.declare(THREE)
    done = cloud.run("plan", "--bucket-name", cloud.bucket, "--key-id", cloud.key, "--output", "json")
    assert json.loads(done.stdout)["create"] == 3
    assert cloud.keys("") == []
    assert cloud.there() == []


def test_only_so_many_backups_are_kept(cloud):
    backend = Backend(cloud.s3, cloud.bucket, PREFIX, "us-west-2", "default")
    assert backups.back_up(backend) is None
    backend.write(backend.state_key, b"{}")
    written = [backups.back_up(backend, keep=3) for _ in range(5)]
    assert cloud.keys("backups/") == written[-3:]


def test_offboard_wants_yes_for_the_contexts_stack_then_removes_everything(cloud, command):
    cloud.declare(THREE)
    cloud.onboard()
    refused = command("offboard")
    assert refused.returncode == 2
    assert "Add --yes" in refused.stderr
    assert "in the database DATABASE_NAME" in refused.stderr
    assert cloud.there() == ["a", "b", "c"]

    done = cloud.run("offboard", "--bucket-name", cloud.bucket, "--key-id", cloud.key)
    assert "3 deleted" in done.stderr
    assert cloud.there() == []
    assert cloud.keys("") == [f"{PREFIX}/.pulumi/meta.yaml"]
    assert json.loads(command("context", "--output", "json").stdout) == {}


def test_a_failure_is_one_sentence_and_the_next_run_goes_on(cloud, command):
    cloud.declare({"a": {}, "bad": {"refuse": "SQL access control error:\nInsufficient privileges"}})
    failed = cloud.onboard(code=1)
    sentence = "Error: Could not onboard: Thing bad: SQL access control error: Insufficient privileges\n"
    assert sentence in failed.stderr
    assert "Traceback" not in failed.stderr
    assert "urn:pulumi" not in failed.stderr
    left = json.loads(command("context", "--output", "json").stdout)
    assert (left["bucket_name"], left["database_name"]) == (cloud.bucket, None), "offboard finds the stack"
    cloud.declare({"a": {}, "bad": {}})
    assert "1 created; 1 as they should be" in cloud.onboard().stderr


def test_a_stack_without_a_key_warns_of_the_empty_passphrase(cloud):
    done = cloud.run("onboard", "--bucket-name", cloud.bucket)
    assert "Warning: The stack's secrets are encrypted with an empty passphrase" in done.stderr
    cloud.environment["PULUMI_CONFIG_PASSPHRASE"] = "another"
    wrong = cloud.run("onboard", code=2)
    assert "Error: The passphrase does not fit the stack's secrets." in wrong.stderr
