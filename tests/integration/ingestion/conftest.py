"""A pipeline without Pulumi: bucket, roles, integrations, table, stage and pipe, made by hand in a running sandbox."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from theia_sf.flows.layouts import NUMBER_COLUMNS, TABLE_COLUMNS, TIME_COLUMNS, layout_of
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import StackRequest
from theia_sf.sandbox.daemon.ports import Ports
from theia_sf.sandbox.daemon.services import Services, running
from theia_sf.sandbox.snowpipe import access
from theia_sf.snowflake.settings import resolve
from theia_sf_infra.copy import copy_statement

REGION = "us-west-2"


def wait_for(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


class Pipeline:
    """The pieces of one pipeline, and shorthands to look at them."""

    def __init__(self, services: Services, region: str = REGION) -> None:
        self.services = services
        self.region = region
        self.suffix = uuid.uuid4().hex[:12]
        self.bucket = f"antrea-flows-{self.suffix}"
        self.database = f"ANTREA_{self.suffix.upper()}"
        self.session = services.account.system_session()
        self.sql("CREATE WAREHOUSE IF NOT EXISTS LAB")
        self.sql("USE WAREHOUSE LAB")
        self.s3 = services.aws.client("s3", region)
        self.s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration={"LocationConstraint": region})
        self._topic()
        self._objects()
        self.create_pipe()
        self._notify(self.pipe.notification_channel)
        self.outputs = PipelineOutputs(
            region=region,
            bucket_name=self.bucket,
            bucket_flows_folder="flows",
            database_name=self.database,
            schema_name="THEIA",
            flows_table_name="FLOWS",
            sns_topic_arn=self.topic,
            sqs_queue_arn=self.queue,
            stage_name="FLOWSTAGE",
            pipe_name="FLOWPIPE",
        )
        login = services.login
        self.settings = resolve(
            environ={
                "SNOWFLAKE_ACCOUNT": login.account,
                "SNOWFLAKE_USER": login.user,
                "SNOWFLAKE_PASSWORD": login.password,
                "SNOWFLAKE_HOST": login.host,
                "SNOWFLAKE_PORT": str(login.port),
                "SNOWFLAKE_PROTOCOL": "http",
            }
        )
        self.request = StackRequest("default", "state", region, snowflake=self.settings)

    @property
    def pipe(self) -> Any:
        return self.services.account.catalog.pipes[self.database, "THEIA", "FLOWPIPE"]

    @property
    def status(self) -> dict[str, Any]:
        return self.services.account.snowpipe.status(self.pipe)

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        return self.services.account.execute(text, self.session).rows()

    def create_pipe(self, comment: str = "") -> None:
        copy = copy_statement(f"{self.database}.THEIA.FLOWS", f"{self.database}.THEIA.FLOWSTAGE")
        self.sql(
            f"CREATE OR REPLACE PIPE {self.database}.THEIA.FLOWPIPE AUTO_INGEST = TRUE "
            f"ERROR_INTEGRATION = N_{self.suffix} COMMENT = '{comment}' AS {copy}"
        )

    def upload(self, name: str, records: int = 1, *, content: bytes | None = None) -> None:
        if content is None:
            line = layout_of((2, 7)).record({"sourceIP": "10.0.0.1", "destinationIP": "10.0.0.2"})
            content = gzip.compress((f"{line}\n" * records).encode())
        self.s3.put_object(Bucket=self.bucket, Key=f"flows/{name}", Body=content)

    def rows(self) -> dict[str, int]:
        found = self.sql(f"SELECT sourceFile, COUNT(*) FROM {self.database}.THEIA.FLOWS GROUP BY sourceFile")
        return {name.removeprefix("flows/"): int(count) for name, count in found}

    def history(self) -> list[dict[str, Any]]:
        return self.services.account.execute(
            "SELECT * FROM TABLE(INFORMATION_SCHEMA.COPY_HISTORY("
            f"TABLE_NAME => '{self.database}.THEIA.FLOWS', START_TIME => DATEADD(HOUR, -1, CURRENT_TIMESTAMP())))",
            self.session,
        ).dicts()

    def messages(self) -> list[dict[str, Any]]:
        sqs = self.services.aws.client("sqs", self.region)
        url = sqs.get_queue_url(QueueName=self.bucket)["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0).get("Messages", [])
        return [json.loads(json.loads(message["Body"])["Message"]) for message in found]

    def _topic(self) -> None:
        sns, sqs = self.services.aws.client("sns", self.region), self.services.aws.client("sqs", self.region)
        self.topic = sns.create_topic(Name=self.bucket)["TopicArn"]
        sqs.create_queue(QueueName=self.bucket)
        self.queue = f"arn:aws:sqs:{self.region}:{self.services.aws.account_id}:{self.bucket}"
        sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self.queue)

    def _objects(self) -> None:
        account = self.services.aws.account_id
        self.sql(f"CREATE DATABASE {self.database}")
        self.sql(f"CREATE SCHEMA {self.database}.THEIA")
        self.sql(f"USE SCHEMA {self.database}.THEIA")
        types = [
            "TIMESTAMP_TZ" if c in TIME_COLUMNS else "NUMBER(20, 0)" if c in NUMBER_COLUMNS else "VARCHAR"
            for c in TABLE_COLUMNS
        ]
        columns = ", ".join(f"{column} {type_}" for column, type_ in zip(TABLE_COLUMNS, types, strict=True))
        self.sql(
            f"CREATE TABLE {self.database}.THEIA.FLOWS ({columns}, rejectedRecord VARCHAR, sourceFile VARCHAR, "
            "sourceFileRow NUMBER, loadedAt TIMESTAMP_TZ)"
        )
        self.sql(
            f"CREATE VIEW {self.database}.THEIA.REJECTED_FLOWS AS SELECT sourceFile, sourceFileRow, loadedAt, "
            f"rejectedRecord FROM {self.database}.THEIA.FLOWS WHERE rejectedRecord IS NOT NULL"
        )
        role = f"arn:aws:iam::{account}:role"
        self.sql(
            f"CREATE STORAGE INTEGRATION S_{self.suffix} TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = 'S3' ENABLED = TRUE "
            f"STORAGE_AWS_ROLE_ARN = '{role}/storage-{self.suffix}' "
            f"STORAGE_ALLOWED_LOCATIONS = ('s3://{self.bucket}/flows/')"
        )
        self.sql(
            f"CREATE NOTIFICATION INTEGRATION N_{self.suffix} ENABLED = TRUE TYPE = QUEUE DIRECTION = OUTBOUND "
            f"NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = '{self.topic}' "
            f"AWS_SNS_ROLE_ARN = '{role}/notification-{self.suffix}'"
        )
        self.sql(
            f"CREATE STAGE {self.database}.THEIA.FLOWSTAGE URL = 's3://{self.bucket}/flows/' "
            f"STORAGE_INTEGRATION = S_{self.suffix}"
        )
        catalog = self.services.account.catalog
        self.create_role("storage", catalog.storage_integrations[f"S_{self.suffix.upper()}"], "s3:*", "*")
        self.create_role(
            "notification", catalog.notification_integrations[f"N_{self.suffix.upper()}"], "sns:Publish", self.topic
        )

    def create_role(self, name: str, integration: Any, action: str, resource: str) -> None:
        iam = self.services.aws.client("iam", self.region)
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": integration.iam_user_arn},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": integration.external_id}},
        }
        iam.create_role(
            RoleName=f"{name}-{self.suffix}",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        permission = {"Effect": "Allow", "Action": action, "Resource": resource}
        iam.put_role_policy(
            RoleName=f"{name}-{self.suffix}",
            PolicyName="all",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [permission]}),
        )

    def delete_role(self, name: str) -> None:
        iam = self.services.aws.client("iam", self.region)
        iam.delete_role_policy(RoleName=f"{name}-{self.suffix}", PolicyName="all")
        iam.delete_role(RoleName=f"{name}-{self.suffix}")

    def _notify(self, queue_arn: str) -> None:
        rule = {
            "QueueArn": queue_arn,
            "Events": ["s3:ObjectCreated:*"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "flows/"}]}},
        }
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket, NotificationConfiguration={"QueueConfigurations": [rule]}
        )


@pytest.fixture(scope="module")  # moto's registries are the process's: they must be free again for the next module
def services() -> Iterator[Services]:
    with running(Ports(0, 0, 0, 0, 0)) as started:
        yield started


@pytest.fixture
def pipeline(services: Services, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    key = services.aws.keys[services.aws.account_id]
    monkeypatch.setenv("AWS_ENDPOINT_URL", services.aws.endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key.key_id)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key.secret)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr(access, "CACHE_SECONDS", 0.0)  # roles that a test changes count at once
    return Pipeline(services)
