"""`aws:s3/bucketNotification:BucketNotification`."""

from __future__ import annotations

import uuid
from typing import Any

from theia_sf.sandbox.providers.aws.bucket_settings import BucketSetting
from theia_sf.sandbox.providers.properties import Properties

_KINDS = {
    "queues": ("QueueConfigurations", "QueueArn", "queueArn", "tf-s3-queue-"),
    "topics": ("TopicConfigurations", "TopicArn", "topicArn", "tf-s3-topic-"),
    "lambdaFunctions": ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambdaFunctionArn", "tf-s3-lambda-"),
}


class BucketNotification(BucketSetting):
    """Where S3 reports new objects: queues, topics and functions, each with a prefix and a suffix."""

    resource_type = "aws:s3/bucketNotification:BucketNotification"
    label = "S3 Bucket Notification"

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write all destinations at once, as the interface wants it."""
        configuration = {
            theirs: [_destination(item, arn, property_name, prefix) for item in inputs.get(kind, [])]
            for kind, (theirs, arn, property_name, prefix) in _KINDS.items()
        }
        self.session.client("s3").put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={key: value for key, value in configuration.items() if value}
        )

    def get(self, bucket: str, state: Properties) -> Properties | None:
        """The destinations; None when there are none."""
        found = self.session.client("s3").get_bucket_notification_configuration(Bucket=bucket)
        live = {
            kind: [_properties(item, arn, property_name) for item in found[theirs]]
            for kind, (theirs, arn, property_name, _) in _KINDS.items()
            if found.get(theirs)
        }
        if not live:
            return None
        return {
            kind: _with_known_ids(live[kind], state.get(kind, [])) if kind in live else None
            for kind in _KINDS
            if kind in live or kind in state
        }

    def remove(self, bucket: str) -> None:
        """Report nothing."""
        self.session.client("s3").put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})


def _destination(item: Properties, arn: str, property_name: str, prefix: str) -> dict[str, Any]:
    rules = [
        {"Name": name.lower(), "Value": item[f"filter{name}"]}
        for name in ("Prefix", "Suffix")
        if item.get(f"filter{name}")
    ]
    destination: dict[str, Any] = {
        "Id": item.get("id") or f"{prefix}{uuid.uuid4().hex}",
        arn: item[property_name],
        "Events": item["events"],
    }
    return {**destination, "Filter": {"Key": {"FilterRules": rules}}} if rules else destination


def _properties(item: dict[str, Any], arn: str, property_name: str) -> Properties:
    rules = item.get("Filter", {}).get("Key", {}).get("FilterRules", [])
    filters = {f"filter{rule['Name'].capitalize()}": rule["Value"] for rule in rules}
    return {"id": item["Id"], property_name: item[arn], "events": item["Events"], **filters}


def _with_known_ids(live: list[Properties], known: list[Properties]) -> list[Properties]:
    """The live destinations; an id that the program did not give is left out, so that inputs compare equal."""
    given = {item["id"] for item in known if "id" in item}
    return [{key: value for key, value in item.items() if key != "id" or value in given} for item in live]
