"""Error notifications: a file that a pipe could not load, told to the topic of the pipe's notification integration.

The message is documented under docs.snowflake.com/en/user-guide/data-load-snowpipe-errors-sns ("Error notification
message format").
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (boto3's clients are made at run time and untyped)

from __future__ import annotations

import json
import logging
import uuid
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.snowflake.catalog import Catalog, Pipe
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowpipe.access import RoleChecks, Trust
from theia_sf.sandbox.snowpipe.history import LoadRecord

logger = logging.getLogger(__name__)


class FailureNotifier:
    """Publishes failed loads, as Snowflake's IAM user under the integration's role."""

    def __init__(self, aws: AwsEndpoint, catalog: Catalog, checks: RoleChecks, account_name: str) -> None:
        self._aws = aws
        self._catalog = catalog
        self._checks = checks
        self._account_name = account_name

    def publish(self, pipe: Pipe, record: LoadRecord) -> None:
        """Tells of one failed file. A topic that cannot be reached is logged: loading goes on without it."""
        integration = self._catalog.notification_integrations.get(pipe.error_integration or "")
        if integration is None or not integration.enabled:
            return
        trust = Trust(integration.role_arn, integration.iam_user_arn, integration.external_id)
        try:
            self._checks.require(trust, "sns:Publish", integration.topic_arn)
            region = integration.topic_arn.split(":")[3]
            message = json.dumps(failure_message(self._account_name, pipe, record))
            self._aws.client("sns", region).publish(TopicArn=integration.topic_arn, Message=message)
        except (SnowflakeError, ClientError, BotoCoreError) as error:
            logger.warning("The error notification of pipe %s could not be sent: %s", pipe.fqn, error)


def failure_message(account_name: str, pipe: Pipe, record: LoadRecord) -> dict[str, Any]:
    """The payload for one failed file."""
    return {
        "version": "1.0",
        "messageId": str(uuid.uuid4()),
        "messageType": "INGEST_FAILED_FILE",
        "timestamp": record.finished.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
        "accountName": account_name,
        "pipeName": pipe.fqn,
        "tableName": ".".join(record.table),
        "stageLocation": record.location,
        "messages": [{"fileName": f"/{record.file.relative_name}", "firstError": record.outcome.error}],
    }
