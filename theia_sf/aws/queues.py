"""The SQS queue that Snowflake's ingestion errors arrive in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from theia_sf.aws.arns import Arn, parse_arn
from theia_sf.aws.errors import aws_errors, error_code
from theia_sf.aws.session import check_region, client
from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class QueueMissingError(UsageError):
    """There is no such queue."""


@dataclass(frozen=True)
class Message:
    """One message: its SQS ID and its body as it was sent."""

    message_id: str
    body: str

    def content(self) -> Any:
        """Return the body as JSON if it is JSON, the text within an SNS envelope too; else the body itself."""
        return _parsed(self.body)


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, dict):
        return value
    envelope = cast("dict[str, Any]", value)
    inner = envelope.get("Message")
    return {**envelope, "Message": _parsed(inner)} if isinstance(inner, str) else envelope


def receive_message(queue_arn: str, *, delete: bool = False, region: str | None = None) -> Message | None:
    """Take one message, if there is one; it becomes visible again after the queue's visibility timeout unless deleted.

    Args:
        queue_arn: says region, account and name of the queue.
        delete: take it off the queue for good, once it is in hand.
        region: as the user gave it explicitly; must then be the ARN's.

    Raises:
        UsageError: not the ARN of a queue, or of another region than `region`.
        QueueMissingError: there is no such queue.
        AwsError, ConnectionFailedError: as `aws_errors`.
    """
    arn = parse_arn(queue_arn, "sqs")
    check_region(arn.region)
    if region is not None and region != arn.region:
        message = f"--region {region} contradicts the queue's ARN, which is in {arn.region}."
        raise UsageError(message, hint="Leave --region out: the ARN says it.")
    with aws_errors(f"read the queue {arn.resource}"):
        sqs = client("sqs", arn.region)
        url = _url(sqs, arn)
        # One second of waiting makes SQS ask all of its servers: without it a message may be there and not be found.
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=1).get("Messages", [])
        if not found:
            return None
        if delete:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0].get("ReceiptHandle", ""))
    return Message(found[0].get("MessageId", ""), found[0].get("Body", ""))


def message_count(queue_arn: str) -> int:
    """Return about how many messages wait in a queue; errors as `receive_message`."""
    arn = parse_arn(queue_arn, "sqs")
    with aws_errors(f"read the queue {arn.resource}"):
        sqs = client("sqs", arn.region)
        answer = sqs.get_queue_attributes(QueueUrl=_url(sqs, arn), AttributeNames=["ApproximateNumberOfMessages"])
    return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", "0"))


def _url(sqs: SQSClient, arn: Arn) -> str:
    try:
        return sqs.get_queue_url(QueueName=arn.resource, QueueOwnerAWSAccountId=arn.account)["QueueUrl"]
    except ClientError as error:
        if "NonExistentQueue" in error_code(error) or error_code(error) == "QueueDoesNotExist":
            message = f"There is no queue {arn.resource} in account {arn.account}, {arn.region}."
            hint = "`theia-sf status` shows the ARN of the stack's queue; `theia-sf onboard` restores a deleted one."
            raise QueueMissingError(message, hint=hint) from error
        raise
