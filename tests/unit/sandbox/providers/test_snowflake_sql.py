"""The SQL that the snowflake provider issues, and how it reads what comes back."""

from __future__ import annotations

from typing import Any

import pytest

from theia_sf.sandbox.providers.resource import ProviderError
from theia_sf.sandbox.providers.snowflake.database import Database, Schema
from theia_sf.sandbox.providers.snowflake.execute import Execute
from theia_sf.sandbox.providers.snowflake.ingestion import Pipe, StageExternalS3
from theia_sf.sandbox.providers.snowflake.integrations import NotificationIntegration, StorageIntegrationAws
from theia_sf.sandbox.providers.snowflake.names import output_row, parsed
from theia_sf.sandbox.providers.snowflake.privileges import GrantPrivilegesToAccountRole, target_of
from theia_sf.sandbox.providers.snowflake.provider import SnowflakeProvider
from theia_sf.sandbox.providers.snowflake.roles import AccountRole, GrantAccountRole
from theia_sf.sandbox.providers.snowflake.service_user import ServiceUser
from theia_sf.sandbox.providers.snowflake.session import Login, SnowflakeSession
from theia_sf.sandbox.providers.snowflake.task import Task
from theia_sf.sandbox.providers.snowflake.warehouse import Warehouse
from theia_sf.snowflake.identifiers import exact

FEATURES = frozenset({"snowflake_pipe_resource", "snowflake_notification_integration_resource"})


class Recorder:
    """Stands in for a connection: remembers the statements, gives the rows that a test prepared."""

    def __init__(self, **rows: list[dict[str, Any]]) -> None:
        self.statements: list[str] = []
        self.rows = rows

    def execute(self, sql: str) -> list[dict[str, Any]]:
        statement = sql.split(" --terraform_provider_usage_tracking", maxsplit=1)[0]
        self.statements.append(statement)
        return next((rows for start, rows in self.rows.items() if statement.startswith(start)), [])


def _session(recorder: Recorder, features: frozenset[str] = FEATURES) -> SnowflakeSession:
    connection: Any = recorder
    return SnowflakeSession(connection, features)


CREATED: list[tuple[type[Any], dict[str, Any], str, str]] = [
    (Database, {"name": "D", "comment": "it's"}, "D", """CREATE DATABASE "D" COMMENT = 'it''s'"""),
    (Database, {"name": "D", "isTransient": True}, "D", 'CREATE TRANSIENT DATABASE "D"'),
    (Schema, {"name": "S", "database": "D", "isTransient": "false"}, '"D"."S"', 'CREATE SCHEMA "D"."S"'),
    (
        StorageIntegrationAws,
        {
            "name": "I",
            "enabled": True,
            "storageProvider": "s3",
            "storageAwsRoleArn": "arn",
            "storageAllowedLocations": ["s3://b/f/"],
            "usePrivatelinkEndpoint": "default",
            "comment": "c",
        },
        "I",
        (
            "CREATE STORAGE INTEGRATION \"I\" TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' "
            "STORAGE_AWS_ROLE_ARN = 'arn' ENABLED = true STORAGE_ALLOWED_LOCATIONS = ('s3://b/f/') COMMENT = 'c'"
        ),
    ),
    (
        NotificationIntegration,
        {
            "name": "N",
            "enabled": True,
            "notificationProvider": "AWS_SNS",
            "awsSnsTopicArn": "t",
            "awsSnsRoleArn": "r",
        },
        "N",
        (
            'CREATE NOTIFICATION INTEGRATION "N" ENABLED = true TYPE = QUEUE DIRECTION = OUTBOUND '
            "NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = 't' AWS_SNS_ROLE_ARN = 'r'"
        ),
    ),
    (
        StageExternalS3,
        {"name": "T", "database": "D", "schema": "S", "url": "s3://b/f/", "storageIntegration": "I"},
        '"D"."S"."T"',
        'CREATE STAGE "D"."S"."T" URL = \'s3://b/f/\' STORAGE_INTEGRATION = "I"',
    ),
    (
        Pipe,
        {
            "name": "P",
            "database": "D",
            "schema": "S",
            "autoIngest": True,
            "errorIntegration": "N",
            "copyStatement": "COPY INTO x FROM @y",
        },
        "D|S|P",
        'CREATE PIPE "D"."S"."P" AUTO_INGEST = true ERROR_INTEGRATION = N AS COPY INTO x FROM @y',
    ),
    (
        Task,
        {
            "name": "K",
            "database": "D",
            "schema": "S",
            "started": False,
            "schedule": {"usingCron": "0 0 * * * UTC"},
            "userTaskManagedInitialWarehouseSize": "XSMALL",
            "sqlStatement": "SELECT 1",
        },
        '"D"."S"."K"',
        (
            'CREATE TASK "D"."S"."K" SCHEDULE = \'USING CRON 0 0 * * * UTC\' '
            "USER_TASK_MANAGED_INITIAL_WAREHOUSE_SIZE = 'XSMALL' AS SELECT 1"
        ),
    ),
    (
        Warehouse,
        {"name": "W", "warehouseSize": "XSMALL", "autoSuspend": 60, "autoResume": "true", "initiallySuspended": True},
        "W",
        (
            "CREATE WAREHOUSE \"W\" WAREHOUSE_SIZE = 'XSMALL' AUTO_SUSPEND = 60 AUTO_RESUME = true "
            "INITIALLY_SUSPENDED = true"
        ),
    ),
    (AccountRole, {"name": "R"}, "R", 'CREATE ROLE "R"'),
    (ServiceUser, {"name": "U", "disabled": "default"}, "U", 'CREATE USER "U" TYPE = SERVICE'),
    (
        GrantAccountRole,
        {"roleName": "R", "parentRoleName": "SYSADMIN"},
        '"R"|ROLE|"SYSADMIN"',
        'GRANT ROLE "R" TO ROLE "SYSADMIN"',
    ),
    (GrantAccountRole, {"roleName": "R", "userName": "u"}, '"R"|USER|"u"', 'GRANT ROLE "R" TO USER "u"'),
    (
        GrantPrivilegesToAccountRole,
        {
            "accountRoleName": "R",
            "privileges": ["USAGE"],
            "onAccountObject": {"objectType": "WAREHOUSE", "objectName": "W"},
            "withGrantOption": False,
            "alwaysApply": False,
            "allPrivileges": False,
        },
        '"R"|false|false|USAGE|OnAccountObject|WAREHOUSE|"W"',
        'GRANT USAGE ON WAREHOUSE "W" TO ROLE "R"',
    ),
]


@pytest.mark.parametrize(("resource", "inputs", "object_id", "statement"), CREATED)
def test_create(resource: type[Any], inputs: dict[str, Any], object_id: str, statement: str) -> None:
    recorder = Recorder()
    assert resource(_session(recorder)).create(inputs) == object_id
    assert recorder.statements == [statement]


def test_statements_carry_the_comment_that_counts_use() -> None:
    class Raw(Recorder):
        def execute(self, sql: str) -> list[dict[str, Any]]:
            self.statements.append(sql)
            return []

    raw = Raw()
    AccountRole(_session(raw)).create({"name": "R"})
    assert (
        '--terraform_provider_usage_tracking {"json_schema_version": "1", "resource": "snowflake_role"'
        in raw.statements[0]
    )


def test_a_started_task_is_resumed_and_suspended_to_be_changed() -> None:
    recorder = Recorder()
    task = Task(_session(recorder))
    inputs: dict[str, Any] = {
        "name": "K", "database": "D", "schema": "S", "started": True, "sqlStatement": "SELECT 1"
    }  # fmt: skip
    task.create(inputs)
    task.update('"D"."S"."K"', inputs, {**inputs, "sqlStatement": "SELECT 2", "comment": "c"})
    assert recorder.statements[1:] == [
        'ALTER TASK "D"."S"."K" RESUME',
        'ALTER TASK "D"."S"."K" SUSPEND',
        'ALTER TASK "D"."S"."K" SET COMMENT = \'c\'',
        'ALTER TASK "D"."S"."K" MODIFY AS SELECT 2',
        'ALTER TASK "D"."S"."K" RESUME',
    ]


def test_update_sets_what_changed_and_unsets_what_is_gone() -> None:
    recorder = Recorder()
    before = {"autoSuspend": 60, "comment": "c", "warehouseSize": "XSMALL"}
    Warehouse(_session(recorder)).update("W", before, {"autoSuspend": 90, "warehouseSize": "X-Small"})
    assert recorder.statements == ['ALTER WAREHOUSE "W" SET AUTO_SUSPEND = 90', 'ALTER WAREHOUSE "W" UNSET COMMENT']


@pytest.mark.parametrize(
    ("resource", "object_id", "statement"),
    [
        (Database, "D", 'DROP DATABASE IF EXISTS "D"'),
        (Pipe, "D|S|P", 'DROP PIPE IF EXISTS "D"."S"."P"'),
        (StageExternalS3, '"D"."S"."T"', 'DROP STAGE IF EXISTS "D"."S"."T"'),
    ],
)
def test_delete(resource: type[Any], object_id: str, statement: str) -> None:
    recorder = Recorder()
    resource(_session(recorder)).delete(object_id, {})
    assert recorder.statements == [statement]


def test_an_object_is_the_one_with_exactly_its_name() -> None:
    rows = [{"name": "ANTREA1X", "comment": ""}]
    recorder = Recorder(SHOW=rows)
    assert AccountRole(_session(recorder)).read("ANTREA_X", {}) is None
    assert recorder.statements == ["SHOW ROLES LIKE 'ANTREA_X'"]


def test_a_pipe_is_read_as_the_state_spells_it() -> None:
    row = {"name": "P", "definition": "COPY INTO x", "notification_channel": "arn:q", "owner": "R"}
    recorder = Recorder(SHOW=[row])
    live = Pipe(_session(recorder)).read("D|S|P", {"copyStatement": "COPY INTO x;\n"})
    assert recorder.statements == ['SHOW PIPES LIKE \'P\' IN SCHEMA "D"."S"']
    assert live is not None
    assert (live["copyStatement"], live["notificationChannel"], live["autoIngest"]) == ("COPY INTO x;\n", "arn:q", True)
    assert live["fullyQualifiedName"] == '"D"."S"."P"'


def test_a_storage_integration_shows_whom_to_trust() -> None:
    told = {
        "ENABLED": "true",
        "STORAGE_PROVIDER": "S3",
        "STORAGE_ALLOWED_LOCATIONS": "s3://a/,s3://b/",
        "STORAGE_AWS_IAM_USER_ARN": "arn:user",
        "STORAGE_AWS_ROLE_ARN": "arn:role",
        "STORAGE_AWS_EXTERNAL_ID": "X=1",
    }
    rows = [{"property": name, "property_value": value} for name, value in told.items()]
    recorder = Recorder(SHOW=[{"name": "I", "comment": "c"}], DESCRIBE=rows)
    live = StorageIntegrationAws(_session(recorder)).read("I", {"storageAllowedLocations": ["s3://b/", "s3://a/"]})
    assert live is not None
    assert live["storageAllowedLocations"] == ["s3://b/", "s3://a/"]
    assert (live["describeOutputs"][0]["iamUserArn"], live["describeOutputs"][0]["externalId"]) == ("arn:user", "X=1")


@pytest.mark.parametrize(
    ("on", "grant", "show"),
    [
        ({"onAccount": True}, "ACCOUNT", "GRANTS ON ACCOUNT"),
        ({"onSchema": {"schemaName": '"D"."S"'}}, 'SCHEMA "D"."S"', 'GRANTS ON SCHEMA "D"."S"'),
        ({"onSchema": {"allSchemasInDatabase": "D"}}, 'ALL SCHEMAS IN DATABASE "D"', None),
        (
            {"onSchema": {"futureSchemasInDatabase": "D"}},
            'FUTURE SCHEMAS IN DATABASE "D"',
            'FUTURE GRANTS IN DATABASE "D"',
        ),
        (
            {"onSchemaObject": {"objectType": "TABLE", "objectName": "D.S.T"}},
            'TABLE "D"."S"."T"',
            'GRANTS ON TABLE "D"."S"."T"',
        ),
        (
            {"onSchemaObject": {"future": {"objectTypePlural": "TABLES", "inSchema": '"D"."S"'}}},
            'FUTURE TABLES IN SCHEMA "D"."S"',
            'FUTURE GRANTS IN SCHEMA "D"."S"',
        ),
        (
            {"onSchemaObject": {"all": {"objectTypePlural": "VIEWS", "inDatabase": "D"}}},
            'ALL VIEWS IN DATABASE "D"',
            None,
        ),
    ],
)
def test_targets_of_grants(on: dict[str, Any], grant: str, show: str | None) -> None:
    target = target_of(on)
    assert (target.on, target.show) == (grant, show)


def test_a_grant_without_target_is_refused() -> None:
    with pytest.raises(ProviderError, match="none of on_account"):
        target_of({})


def test_a_revoked_privilege_is_noticed() -> None:
    target = {"onSchema": {"schemaName": "D.S"}}
    state: dict[str, Any] = {"accountRoleName": "R", "privileges": ["SELECT", "INSERT"], **target}
    rows = [{"privilege": "SELECT", "grantee_name": "R", "granted_on": "SCHEMA"}]
    resource = GrantPrivilegesToAccountRole(_session(Recorder(SHOW=rows)))
    assert (resource.read("", state) or {})["privileges"] == ["SELECT"]
    assert GrantPrivilegesToAccountRole(_session(Recorder())).read("", state) is None


def test_execute_runs_its_two_statements() -> None:
    recorder = Recorder()
    resource = Execute(_session(recorder))
    object_id = resource.create({"execute": "CREATE TABLE t", "revert": "SELECT 1"})
    resource.update(object_id, {"execute": "CREATE TABLE t"}, {"execute": "CREATE TABLE t", "revert": "SELECT 2"})
    resource.delete(object_id, {"revert": "SELECT 2"})
    assert recorder.statements == ["CREATE TABLE t", "SELECT 2"]
    assert resource.replaced_by("execute", "a", "b")
    assert not resource.replaced_by("revert", "a", "b")


@pytest.mark.parametrize("resource", [Pipe, NotificationIntegration])
def test_a_preview_feature_must_be_enabled(resource: type[Any]) -> None:
    recorder = Recorder()
    with pytest.raises(ProviderError, match="is currently a preview feature"):
        resource(_session(recorder, frozenset())).create({"name": "N", "database": "D", "schema": "S"})
    assert recorder.statements == []


def test_only_sns_with_topic_and_role_is_notified() -> None:
    integration = NotificationIntegration(_session(Recorder()))
    with pytest.raises(ProviderError, match="unexpected provider AWS_SQS"):
        integration.create({"name": "N", "enabled": True, "notificationProvider": "AWS_SQS"})
    with pytest.raises(ProviderError, match="aws_sns_role_arn"):
        integration.create({"name": "N", "enabled": True, "notificationProvider": "AWS_SNS", "awsSnsTopicArn": "t"})


def test_an_unknown_preview_feature_fails_before_anything_is_touched() -> None:
    provider = SnowflakeProvider(Login("a", "h", 1, "u", "p", "r"))
    assert provider.check_config({"previewFeaturesEnabled": '["snowflake_pipe_resource"]'}) == []
    assert provider.check_config({"previewFeaturesEnabled": '["pipes"]'})[0][0] == "previewFeaturesEnabled"


@pytest.mark.parametrize(
    ("inputs", "resource"),
    [
        ({"storageProvider": "AZURE"}, StorageIntegrationAws),
        ({"storageAllowedLocations": []}, StorageIntegrationAws),
        ({"storageIntegration": "I", "credentials": {"awsRole": "r"}}, StageExternalS3),
        ({"warehouse": "W", "userTaskManagedInitialWarehouseSize": "XSMALL"}, Task),
        ({"schedule": {"minutes": 1, "hours": 2}}, Task),
        ({"warehouseSize": "HUGE"}, Warehouse),
    ],
)
def test_inputs_that_a_preview_refuses(inputs: dict[str, Any], resource: type[Any]) -> None:
    assert resource(_session(Recorder())).check(inputs)


def test_names() -> None:
    assert exact("A", 'b"c') == '"A"."b""c"'
    assert parsed('"A"."b""c".D') == ("A", 'b"c', "D")
    row = {"created_on": "now", "is_default": True, "gone": None}
    assert output_row(row) == {"createdOn": "now", "isDefault": True}


def test_a_login_does_not_show_its_password() -> None:
    assert "secret" not in repr(Login("a", "h", 1, "u", "secret", "r"))
