"""What the Pulumi program declares."""

from __future__ import annotations

import importlib
import inspect
import json
import os

import pulumi
import pytest

from tests.unit.infra.conftest import ROLE_MADE, SUFFIX
from theia_sf_infra.copy import copy_statement

UPPER = SUFFIX.upper()
TAGGABLE = {
    "flows-bucket",
    "errors-topic",
    "errors-queue",
    "storage-role",
    "storage-policy",
    "notification-role",
    "notification-policy",
}
BUCKET_ARN = f"arn:aws:s3:::antrea-flows-{SUFFIX}"
TOPIC_ARN = f"arn:aws:sns:eu-west-1:123456789012:antrea-flows-{SUFFIX}"
QUEUE_ARN = f"arn:aws:sqs:eu-west-1:123456789012:antrea-flows-{SUFFIX}"
ROLE_ARN = "arn:aws:iam::123456789012:role/antrea-sf-{}-iam-role-" + SUFFIX

NAMES = {
    "flows-bucket": ("bucket", f"antrea-flows-{SUFFIX}"),
    "errors-topic": ("name", f"antrea-flows-{SUFFIX}"),
    "errors-queue": ("name", f"antrea-flows-{SUFFIX}"),
    "storage-role": ("name", f"antrea-sf-storage-iam-role-{SUFFIX}"),
    "storage-policy": ("name", f"antrea-sf-storage-iam-policy-{SUFFIX}"),
    "notification-role": ("name", f"antrea-sf-notification-iam-role-{SUFFIX}"),
    "notification-policy": ("name", f"antrea-sf-notification-iam-policy-{SUFFIX}"),
    "storage-integration": ("name", f"ANTREA_FLOWS_STORAGE_INTEGRATION_{UPPER}"),
    "notification-integration": ("name", f"ANTREA_FLOWS_NOTIFICATION_INTEGRATION_{UPPER}"),
    "database": ("name", f"ANTREA_{UPPER}"),
    "schema": ("name", "THEIA"),
    "stage": ("name", "FLOWSTAGE"),
    "pipe": ("name", "FLOWPIPE"),
    "retention-task": ("name", "DELETE_STALE_FLOWS"),
    "reader-role": ("name", f"ANTREA_READER_{UPPER}"),
    "reader-warehouse": ("name", f"ANTREA_READER_{UPPER}"),
}


@pytest.mark.parametrize(("resource", "key", "name"), [(k, *v) for k, v in NAMES.items()])
def test_each_object_has_its_documented_name(declared, resource, key, name):
    assert declared.resources[resource].inputs[key] == name


def test_the_suffix_is_sixteen_lower_case_letters_and_digits(declared):
    inputs = declared.resources["suffix"].inputs
    drawn = {"length": 16, "lower": True, "upper": False, "numeric": True, "special": False}
    assert {key: inputs[key] for key in drawn} == drawn


def test_the_outputs(declared):
    assert declared.outputs == {
        "region": "eu-west-1",
        "bucket_name": f"antrea-flows-{SUFFIX}",
        "bucket_flows_folder": "flows",
        "database_name": f"ANTREA_{UPPER}",
        "schema_name": "THEIA",
        "flows_table_name": "FLOWS",
        "sns_topic_arn": TOPIC_ARN,
        "sqs_queue_arn": QUEUE_ARN,
        "stage_name": "FLOWSTAGE",
        "pipe_name": "FLOWPIPE",
        "task_name": "DELETE_STALE_FLOWS",
        "storage_integration_name": f"ANTREA_FLOWS_STORAGE_INTEGRATION_{UPPER}",
        "notification_integration_name": f"ANTREA_FLOWS_NOTIFICATION_INTEGRATION_{UPPER}",
        "reader_role_name": f"ANTREA_READER_{UPPER}",
        "reader_warehouse_name": f"ANTREA_READER_{UPPER}",
        "options": "{}",
    }


class TestProviders:
    def test_aws_is_told_the_region(self, declared):
        assert declared.of_type("pulumi:providers:aws")["aws"].inputs["region"] == "eu-west-1"

    def test_snowflake_is_given_no_credential_even_if_the_environment_has_some(self, run_program, monkeypatch):
        secrets = {"SNOWFLAKE_PASSWORD": "hunter2", "SNOWFLAKE_USER": "me", "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE": "open"}
        for name, text in secrets.items():
            monkeypatch.setenv(name, text)
        inputs = run_program().of_type("pulumi:providers:snowflake")["snowflake"].inputs
        features = ["snowflake_pipe_resource", "snowflake_notification_integration_resource"]
        assert json.loads(inputs["previewFeaturesEnabled"]) == features
        assert set(inputs) == {"previewFeaturesEnabled", "experimentalFeaturesEnableds"}
        assert {name: os.environ[name] for name in secrets} == secrets, "the environment is given back"

    def test_every_resource_is_managed_by_a_provider_that_is_declared(self, declared):
        for package, count in (("aws", 14), ("snowflake", 22)):
            resources = declared.of_type(f"{package}:")
            assert len(resources) >= count
            for resource in resources.values():
                assert f"pulumi:providers:{package}::{package}::" in resource.request.provider


class TestBucket:
    def test_is_private(self, declared):
        inputs = declared.resources["flows-bucket-public-access"].inputs
        settings = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
        assert [inputs[setting] for setting in settings] == [True] * 4

    def test_is_encrypted_by_s3(self, declared):
        rules = declared.resources["flows-bucket-encryption"].inputs["rules"]
        assert rules == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]

    def test_forgets_flow_files_after_a_week(self, declared):
        (rule,) = declared.resources["flows-bucket-lifecycle"].inputs["rules"]
        assert rule["status"] == "Enabled"
        assert rule["filter"] == {"prefix": "flows/"}
        assert rule["expiration"] == {"days": 7}

    def test_is_emptied_when_taken_down(self, declared):
        assert declared.resources["flows-bucket"].inputs["forceDestroy"] is True

    def test_is_reached_by_tls_only(self, declared):
        assert declared.policy("flows-bucket-policy") == [
            deny_without_tls("s3:*", [BUCKET_ARN, f"{BUCKET_ARN}/*"]),
        ]

    def test_tells_the_pipe_of_new_flow_files(self, declared):
        (queue,) = declared.resources["flows-bucket-notification"].inputs["queues"]
        assert queue["queueArn"] == "arn:aws:sqs:eu-west-1:999999999999:sf-snowpipe"
        assert queue["events"] == ["s3:ObjectCreated:*"]
        assert queue["filterPrefix"] == "flows/"

    def test_uses_no_setting_that_has_a_resource_of_its_own(self, declared):
        assert set(declared.resources["flows-bucket"].inputs) <= {"bucket", "forceDestroy", "tags"}


class TestErrorNotifications:
    def test_the_topic_is_encrypted_with_the_key_of_sns(self, declared):
        assert declared.resources["errors-topic"].inputs["kmsMasterKeyId"] == "alias/aws/sns"

    def test_the_queue_is_encrypted_by_sqs_and_keeps_messages_for_a_week(self, declared):
        inputs = declared.resources["errors-queue"].inputs
        assert inputs["sqsManagedSseEnabled"] is True
        assert inputs["messageRetentionSeconds"] == 7 * 24 * 3600
        assert "kmsMasterKeyId" not in inputs

    def test_the_queue_takes_messages_of_the_topic_by_tls_only(self, declared):
        allow, deny = declared.policy("errors-queue-policy")
        assert allow["Principal"] == {"Service": "sns.amazonaws.com"}
        assert (allow["Action"], allow["Resource"]) == ("sqs:SendMessage", QUEUE_ARN)
        assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}}
        assert deny == deny_without_tls("sqs:*", [QUEUE_ARN])

    def test_the_topic_takes_messages_of_snowflake_by_tls_only(self, declared):
        allow, deny = declared.policy("errors-topic-policy")
        assert allow["Principal"] == {"AWS": ROLE_ARN.format("notification")}
        assert (allow["Action"], allow["Resource"]) == ("sns:Publish", TOPIC_ARN)
        assert deny == deny_without_tls("sns:Publish", [TOPIC_ARN])

    def test_the_queue_is_subscribed_once_it_accepts_messages(self, declared):
        subscription = declared.resources["errors-subscription"]
        assert subscription.inputs == {"topic": TOPIC_ARN, "protocol": "sqs", "endpoint": QUEUE_ARN}
        assert "errors-queue-policy" in subscription.dependencies


class TestAccess:
    def test_snowflake_may_read_the_flow_files_and_nothing_else(self, declared):
        read, browse, find = declared.policy("storage-policy")
        assert (read["Action"], read["Resource"]) == (["s3:GetObject", "s3:GetObjectVersion"], f"{BUCKET_ARN}/flows/*")
        assert (browse["Action"], browse["Resource"]) == ("s3:ListBucket", BUCKET_ARN)
        assert browse["Condition"] == {"StringLike": {"s3:prefix": ["flows/*"]}}
        assert (find["Action"], find["Resource"]) == ("s3:GetBucketLocation", BUCKET_ARN)

    def test_snowflake_may_publish_to_the_topic_and_nothing_else(self, declared):
        (publish,) = declared.policy("notification-policy")
        assert (publish["Action"], publish["Resource"]) == ("sns:Publish", TOPIC_ARN)

    @pytest.mark.parametrize(
        ("kind", "user", "external_id"), [("storage", "storage", "STORAGE_ID"), ("notification", "errors", "ERRORS_ID")]
    )
    def test_a_role_trusts_its_integration_only(self, declared, kind, user, external_id):
        (trust,) = declared.policy(f"{kind}-role", "assumeRolePolicy")
        assert trust["Principal"] == {"AWS": f"arn:aws:iam::999999999999:user/{user}"}
        assert trust["Action"] == "sts:AssumeRole"
        assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": external_id}}

    def test_an_integration_is_told_the_arn_that_its_role_will_have(self, declared):
        storage = declared.resources["storage-integration"].inputs
        assert storage["storageAwsRoleArn"] == ROLE_ARN.format("storage")
        assert storage["storageAllowedLocations"] == [f"s3://antrea-flows-{SUFFIX}/flows/"]
        errors = declared.resources["notification-integration"].inputs
        assert errors["awsSnsRoleArn"] == ROLE_ARN.format("notification")
        assert errors["awsSnsTopicArn"] == TOPIC_ARN

    def test_the_deprecated_inputs_of_the_notification_integration_are_left_out(self, declared):
        assert not {"type", "direction"} & set(declared.resources["notification-integration"].inputs)


class TestDatabase:
    def test_the_database_is_permanent(self, declared):
        assert declared.resources["database"].inputs["isTransient"] is False
        assert declared.resources["schema"].inputs["isTransient"] == "false"

    @pytest.mark.parametrize(
        ("resource", "inputs"),
        [
            ("flows-bucket", {"bucket", "bucketPrefix", "region", "objectLockEnabled"}),
            ("database", {"name", "isTransient"}),
            ("schema", {"name", "database", "isTransient"}),
            ("suffix", {"length", "lower", "upper", "numeric", "special", "keepers"}),
        ],
    )
    def test_no_upgrade_replaces_what_holds_flows(self, declared, resource, inputs):
        request = declared.resources[resource].request
        assert inputs <= set(request.ignoreChanges)
        assert not request.protect, "destroy must be able to delete it"

    @pytest.mark.parametrize(
        ("resource", "type_token"),
        [
            ("flows-bucket", "aws:s3/bucket:Bucket"),
            ("database", "snowflake:index/database:Database"),
            ("schema", "snowflake:index/schema:Schema"),
            ("suffix", "random:index/randomString:RandomString"),
        ],
    )
    def test_what_holds_flows_keeps_its_place_in_the_state(self, declared, resource, type_token):
        """Another name, type or parent would be another resource to Pulumi, and the old one deleted."""
        found = declared.resources[resource]
        assert found.type == type_token
        parent = found.request.parent
        assert parent == "urn:pulumi:default::theia-sf::pulumi:pulumi:Stack$theia-sf:index:FlowPipeline::pipeline"

    def test_the_stage_reads_the_flow_files(self, declared):
        inputs = declared.resources["stage"].inputs
        assert inputs["url"] == f"s3://antrea-flows-{SUFFIX}/flows/"
        assert inputs["storageIntegration"] == f"ANTREA_FLOWS_STORAGE_INTEGRATION_{UPPER}"
        assert (inputs["database"], inputs["schema"]) == (f"ANTREA_{UPPER}", "THEIA")

    def test_the_pipe_loads_by_itself_and_reports_errors(self, declared):
        inputs = declared.resources["pipe"].inputs
        assert inputs["autoIngest"] is True
        assert inputs["errorIntegration"] == f"ANTREA_FLOWS_NOTIFICATION_INTEGRATION_{UPPER}"
        where = f"ANTREA_{UPPER}.THEIA"
        assert inputs["copyStatement"] == copy_statement(f"{where}.FLOWS", f"{where}.FLOWSTAGE")

    def test_the_pipe_makes_room_for_its_successor(self, declared):
        assert declared.resources["pipe"].request.deleteBeforeReplace

    def test_the_pipe_waits_for_the_table_and_for_its_rights(self, declared):
        waits = {"storage-role-policy", "notification-role-policy", "errors-topic-policy", "stage"}
        assert waits <= declared.resources["pipe"].dependencies
        assert any(name.startswith("migration-") for name in declared.resources["pipe"].dependencies)

    def test_the_task_deletes_old_flows_and_old_rejected_records_at_midnight(self, declared):
        inputs = declared.resources["retention-task"].inputs
        assert inputs["started"] is True
        assert inputs["schedule"] == {"usingCron": "0 0 * * * UTC"}
        assert inputs["userTaskManagedInitialWarehouseSize"] == "XSMALL"
        assert "warehouse" not in inputs
        assert inputs["sqlStatement"] == (
            f"DELETE FROM ANTREA_{UPPER}.THEIA.FLOWS"
            " WHERE COALESCE(timeInserted, loadedAt) < DATEADD(DAY, -30, CURRENT_TIMESTAMP())"
        )


class TestReaders:
    def test_the_role_is_granted_to_sysadmin(self, declared):
        assert declared.resources["reader-role-sysadmin"].inputs == {
            "roleName": f"ANTREA_READER_{UPPER}",
            "parentRoleName": "SYSADMIN",
        }

    def test_the_role_reads_what_stands_and_what_is_to_come(self, declared):
        grants = {name: r.inputs for name, r in declared.of_type("snowflake:index/grantPrivileges").items()}
        assert all(grant["accountRoleName"] == f"ANTREA_READER_{UPPER}" for grant in grants.values())
        place = f'"ANTREA_{UPPER}"."THEIA"'
        given = {
            name: (g["privileges"], g.get("onSchemaObject") or g.get("onSchema") or g["onAccountObject"])
            for name, g in grants.items()
        }
        assert given == {
            "reader-database": (["USAGE"], {"objectType": "DATABASE", "objectName": f"ANTREA_{UPPER}"}),
            "reader-schema": (["USAGE"], {"schemaName": place}),
            "reader-all-tables": (["SELECT"], {"all": {"objectTypePlural": "TABLES", "inSchema": place}}),
            "reader-all-views": (["SELECT"], {"all": {"objectTypePlural": "VIEWS", "inSchema": place}}),
            "reader-future-tables": (["SELECT"], {"future": {"objectTypePlural": "TABLES", "inSchema": place}}),
            "reader-future-views": (["SELECT"], {"future": {"objectTypePlural": "VIEWS", "inSchema": place}}),
            "reader-pipe": (["MONITOR"], {"objectType": "PIPE", "objectName": f'{place}."FLOWPIPE"'}),
            "reader-warehouse-usage": (["USAGE"], {"objectType": "WAREHOUSE", "objectName": f"ANTREA_READER_{UPPER}"}),
        }

    def test_watching_the_pipe_waits_for_it_and_goes_with_it(self, declared):
        """A replaced pipe loses what was granted on it; the engine replaces the grant for a property, not an order."""
        request = declared.resources["reader-pipe"].request
        urns = request.propertyDependencies["onSchemaObject"].urns
        assert [urn.rsplit("::", 1)[1] for urn in urns] == ["pipe"]

    def test_what_stands_is_granted_after_the_migrations(self, declared):
        assert any(name.startswith("migration-0005") for name in declared.resources["reader-all-views"].dependencies)

    def test_what_stands_is_granted_again_to_a_role_that_was_made_again(self, declared):
        """The provider never reads a grant on "all" back, so it would not miss it."""
        for kind in ("tables", "views"):
            request = declared.resources[f"reader-all-{kind}"].request
            assert request.replacement_trigger.string_value == ROLE_MADE
            assert request.deleteBeforeReplace, "the old grant is revoked first, not the new one after it"

    def test_the_warehouse_costs_nothing_while_nobody_reads(self, declared):
        inputs = declared.resources["reader-warehouse"].inputs
        wanted = {"warehouseSize": "XSMALL", "autoSuspend": 60, "autoResume": "true", "initiallySuspended": True}
        assert {key: inputs[key] for key in wanted} == wanted

    def test_an_existing_warehouse_is_granted_instead(self, run_program):
        declared = run_program(reader_warehouse="ANALYSTS")
        assert "reader-warehouse" not in declared.resources
        granted = declared.resources["reader-warehouse-usage"].inputs["onAccountObject"]
        assert granted == {"objectType": "WAREHOUSE", "objectName": "ANALYSTS"}
        assert declared.outputs["reader_warehouse_name"] == "ANALYSTS"


class TestTags:
    def test_default_to_project_and_stack(self, declared):
        for name in TAGGABLE:
            assert declared.resources[name].inputs["tags"] == {"project": "theia-sf", "stack": "default"}

    def test_are_the_configured_ones(self, run_program):
        declared = run_program(tags='{"team": "net", "cost": "42"}')
        for name in TAGGABLE:
            assert declared.resources[name].inputs["tags"] == {"team": "net", "cost": "42"}

    def test_every_resource_of_aws_that_takes_tags_has_them(self, declared):
        taggable = {name for name, r in declared.of_type("aws:").items() if takes(r.type, "tags")}
        assert taggable == TAGGABLE

    @pytest.mark.parametrize("tags", ['["a"]', '{"a": 1}'])
    def test_that_are_no_strings_are_refused(self, run_program, tags):
        with pytest.raises(pulumi.RunError, match="tags must be a JSON object"):
            run_program(tags=tags)


def test_every_snowflake_object_that_takes_a_comment_has_one(declared):
    commented = {name: r for name, r in declared.of_type("snowflake:").items() if takes(r.type, "comment")}
    assert len(commented) == 9
    for name, resource in commented.items():
        assert resource.inputs["comment"], name


def test_nothing_deprecated_is_declared(declared):
    """pyproject.toml turns warnings into errors; the SDKs warn of a deprecated class or input."""
    types = {resource.type.rsplit(":", 1)[1] for resource in declared.resources.values()}
    assert not {name for name in types if name.endswith("V2")}
    assert not {"Stage", "StorageIntegration", "Grant"} & types


def deny_without_tls(action: str, resources: list[str]) -> dict[str, object]:
    return {
        "Sid": "DenyWithoutTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resources,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def takes(type_token: str, argument: str) -> bool:
    """Whether the SDK's class for a type token has an input of that name."""
    package, module, name = type_token.split(":")
    module = module.split("/")[0]
    found = importlib.import_module(f"pulumi_{package}" if module == "index" else f"pulumi_{package}.{module}")
    return argument in inspect.signature(getattr(found, name)._internal_init).parameters
