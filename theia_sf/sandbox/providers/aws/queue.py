"""SQS: Queue and QueuePolicy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from theia_sf.sandbox.providers.aws.session import (
    AwsSession,
    DocumentResource,
    change_tags,
    error_code,
    kept,
    same_document,
)
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

_GONE = {"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}
# property: (attribute of the interface, least and greatest value of a number)
_ATTRIBUTES: dict[str, tuple[str, tuple[int, int] | None]] = {
    "delaySeconds": ("DelaySeconds", (0, 900)),
    "kmsMasterKeyId": ("KmsMasterKeyId", None),
    "maxMessageSize": ("MaximumMessageSize", (1024, 1048576)),
    "messageRetentionSeconds": ("MessageRetentionPeriod", (60, 1209600)),
    "policy": ("Policy", None),
    "receiveWaitTimeSeconds": ("ReceiveMessageWaitTimeSeconds", (0, 20)),
    "redrivePolicy": ("RedrivePolicy", None),
    "sqsManagedSseEnabled": ("SqsManagedSseEnabled", None),
    "visibilityTimeoutSeconds": ("VisibilityTimeout", (0, 43200)),
}


class Queue(Resource[AwsSession]):
    """A queue; the id is its URL."""

    resource_type = "aws:sqs/queue:Queue"
    label = "SQS Queue"
    name_property = "name"
    replaces = frozenset({"name", "fifoQueue", "region"})
    computed = frozenset({"arn", "url", "region", "tagsAll", "policy", "sqsManagedSseEnabled"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "delaySeconds": 0,
        "maxMessageSize": 262144,
        "messageRetentionSeconds": 345600,
        "receiveWaitTimeSeconds": 0,
        "visibilityTimeoutSeconds": 30,
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """Numbers must be in range, and a KMS key excludes SQS's own encryption."""
        failures = [
            (name, f"expected {name} to be in the range ({limits[0]} - {limits[1]}), got {inputs[name]}")
            for name, (_, limits) in _ATTRIBUTES.items()
            if limits and isinstance(inputs.get(name), int) and not limits[0] <= inputs[name] <= limits[1]
        ]
        if inputs.get("kmsMasterKeyId") and inputs.get("sqsManagedSseEnabled"):
            failures.append(("kmsMasterKeyId", '"kms_master_key_id": conflicts with sqs_managed_sse_enabled'))
        return failures

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Policies are compared by content."""
        return same_document(old, new) if key in {"policy", "redrivePolicy"} else old == new

    def create(self, inputs: Properties) -> str:
        """Create the queue with its attributes and tags."""
        created = self.session.client("sqs").create_queue(
            QueueName=inputs["name"], Attributes=_attributes(inputs), tags=self.session.all_tags(inputs)
        )
        return str(created["QueueUrl"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the attributes and tags."""
        sqs = self.session.client("sqs")
        try:
            found = sqs.get_queue_attributes(QueueUrl=object_id, AttributeNames=["All"])["Attributes"]
            tags = sqs.list_queue_tags(QueueUrl=object_id).get("Tags", {})
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        live: Properties = {"arn": found["QueueArn"], "name": object_id.rsplit("/", 1)[1], "url": object_id}
        for ours, (theirs, limits) in _ATTRIBUTES.items():
            value = found.get(theirs)
            if limits:
                live[ours] = int(value)
            elif ours == "sqsManagedSseEnabled":
                live[ours] = value == "true"
            elif value:
                live[ours] = kept(state, ours, value)
        return {**live, "region": self.session.region, **self.session.tag_outputs(tags, state)}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Set the attributes, and the tags."""
        sqs = self.session.client("sqs")
        cleared = {
            theirs: ""
            for ours, (theirs, limits) in _ATTRIBUTES.items()
            if not limits and ours not in {"policy", "sqsManagedSseEnabled"} and ours in state and ours not in inputs
        }
        sqs.set_queue_attributes(QueueUrl=object_id, Attributes={**cleared, **_attributes(inputs)})
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: sqs.tag_queue(QueueUrl=object_id, Tags=tags),
            lambda keys: sqs.untag_queue(QueueUrl=object_id, TagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the queue."""
        del state
        try:
            self.session.client("sqs").delete_queue(QueueUrl=object_id)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise


def _attributes(inputs: Properties) -> dict[str, str]:
    given = {theirs: inputs[ours] for ours, (theirs, _) in _ATTRIBUTES.items() if ours in inputs}
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}


class QueuePolicy(DocumentResource):
    """The policy of a queue as a resource of its own; the id is the queue's URL."""

    resource_type = "aws:sqs/queuePolicy:QueuePolicy"
    label = "SQS Queue Policy"
    replaces = frozenset({"queueUrl", "region"})
    computed = frozenset({"region"})

    def create(self, inputs: Properties) -> str:
        """Write the policy."""
        self._put(inputs["queueUrl"], inputs["policy"])
        return str(inputs["queueUrl"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the policy; an empty one counts as gone."""
        try:
            found = self.session.client("sqs").get_queue_attributes(QueueUrl=object_id, AttributeNames=["Policy"])
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        policy = found.get("Attributes", {}).get("Policy")
        if not policy:
            return None
        return {"queueUrl": object_id, "policy": kept(state, "policy", policy), "region": self.session.region}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Write the policy anew."""
        del state
        self._put(object_id, inputs["policy"])

    def delete(self, object_id: str, state: Properties) -> None:
        """Empty the policy."""
        del state
        try:
            self._put(object_id, "")
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise

    def _put(self, url: str, policy: str) -> None:
        self.session.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
