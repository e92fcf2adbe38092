"""The queues that S3 notifies: one in each region, in Snowflake's AWS account, for all pipes on buckets there.

Snowflake gives every pipe on a bucket the same queue (docs.snowflake.com/en/user-guide/data-load-snowpipe-auto-s3), and
S3 notifies only queues of the bucket's own region (docs.aws.amazon.com/AmazonS3/latest/userguide, "Event notification
types and destinations").
"""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# (boto3's clients are made at run time and untyped)

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from theia_sf.sandbox.aws.endpoint import AwsEndpoint

logger = logging.getLogger(__name__)

QUEUE_NAME = "sf-snowpipe-AIDASANDBOXSANDBOX42-theia-sandbox"


@dataclass(frozen=True)
class ObjectCreated:
    """An S3 event, its key decoded."""

    bucket: str
    key: str


class NotificationChannels:
    """The queues, each made when it is first asked for."""

    def __init__(self, aws: AwsEndpoint) -> None:
        self._aws = aws
        self._channels: dict[str, NotificationChannel] = {}

    def of(self, region: str) -> NotificationChannel:
        """The queue for buckets of a region."""
        if region not in self._channels:
            self._channels[region] = NotificationChannel(self._aws, region)
        return self._channels[region]

    def receive(self) -> Iterator[ObjectCreated]:
        """The events that wait in any of the queues."""
        for channel in list(self._channels.values()):
            yield from channel.receive()

    def waiting(self, arn: str | None) -> int:
        """How many messages wait in the queue of this ARN; 0 if it is none of these."""
        return sum(channel.waiting() for channel in self._channels.values() if channel.arn == arn)


class NotificationChannel:
    """A queue of Snowflake's, which S3 may send to."""

    def __init__(self, aws: AwsEndpoint, region: str) -> None:
        self._sqs = aws.snowflake_client("sqs", region)
        self._url = self._sqs.create_queue(QueueName=QUEUE_NAME)["QueueUrl"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]
        self.arn: str = attributes["QueueArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "s3.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": self.arn,
                }
            ],
        }
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})

    def receive(self) -> Iterator[ObjectCreated]:
        """The events that wait; a message is deleted once its events have been taken. Doesn't wait for any."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                yield from events_of(message["Body"])
            entries = [{"Id": str(n), "ReceiptHandle": m["ReceiptHandle"]} for n, m in enumerate(messages)]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)

    def waiting(self) -> int:
        """How many messages wait."""
        names = ["ApproximateNumberOfMessages"]
        attributes = self._sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)["Attributes"]
        return int(attributes[names[0]])


def events_of(body: str) -> list[ObjectCreated]:
    """The objects that a message tells of; also one that came by SNS. The s3:TestEvent and anything else tells none."""
    try:
        document: Any = json.loads(body)
        if document.get("Type") == "Notification":
            document = json.loads(document["Message"])
        return [
            ObjectCreated(record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"]))
            for record in document.get("Records", [])
            if record["eventName"].startswith("ObjectCreated:")
        ]
    except (ValueError, KeyError, AttributeError, TypeError):
        logger.warning("Snowpipe ignores a message that is no S3 event: %.200s", body)
        return []
