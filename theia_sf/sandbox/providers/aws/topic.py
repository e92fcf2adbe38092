"""SNS: Topic, TopicPolicy and TopicSubscription."""

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
    tag_list,
    tag_map,
)
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

_GONE = {"NotFound", "NotFoundException"}
_ATTRIBUTES = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy"}
_PROTOCOLS = ("application", "email", "email-json", "firehose", "http", "https", "lambda", "sms", "sqs")


class Topic(DocumentResource):
    """A topic; the id is its ARN."""

    resource_type = "aws:sns/topic:Topic"
    label = "SNS Topic"
    name_property = "name"
    replaces = frozenset({"name", "fifoTopic", "region"})
    computed = frozenset({"arn", "owner", "region", "tagsAll", "policy"})

    def create(self, inputs: Properties) -> str:
        """Create the topic with its attributes and tags."""
        attributes = {theirs: inputs[ours] for ours, theirs in _ATTRIBUTES.items() if inputs.get(ours)}
        created = self.session.client("sns").create_topic(
            Name=inputs["name"], Attributes=attributes, Tags=tag_list(self.session.all_tags(inputs))
        )
        return str(created["TopicArn"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the attributes and tags."""
        sns = self.session.client("sns")
        try:
            attributes = sns.get_topic_attributes(TopicArn=object_id)["Attributes"]
            tags = tag_map(sns.list_tags_for_resource(ResourceArn=object_id)["Tags"])
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        return {
            "arn": object_id,
            "name": object_id.rsplit(":", 1)[1],
            "owner": attributes["Owner"],
            "region": self.session.region,
            "displayName": attributes.get("DisplayName") or None,
            "kmsMasterKeyId": attributes.get("KmsMasterKeyId") or None,
            "policy": kept(state, "policy", attributes["Policy"]),
            **self.session.tag_outputs(tags, state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Set the changed attributes, and the tags."""
        sns = self.session.client("sns")
        for ours, theirs in _ATTRIBUTES.items():
            if inputs.get(ours) != state.get(ours) and (ours != "policy" or ours in inputs):
                sns.set_topic_attributes(
                    TopicArn=object_id, AttributeName=theirs, AttributeValue=inputs.get(ours) or ""
                )
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: sns.tag_resource(ResourceArn=object_id, Tags=tag_list(tags)),
            lambda keys: sns.untag_resource(ResourceArn=object_id, TagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the topic; deleting one that is gone succeeds, as in AWS."""
        del state
        self.session.client("sns").delete_topic(TopicArn=object_id)


class TopicPolicy(DocumentResource):
    """The policy of a topic as a resource of its own; the id is the topic's ARN."""

    resource_type = "aws:sns/topicPolicy:TopicPolicy"
    label = "SNS Topic Policy"
    replaces = frozenset({"arn", "region"})
    computed = frozenset({"owner", "region"})

    def create(self, inputs: Properties) -> str:
        """Write the policy."""
        self._put(inputs["arn"], inputs["policy"])
        return str(inputs["arn"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the policy."""
        try:
            attributes = self.session.client("sns").get_topic_attributes(TopicArn=object_id)["Attributes"]
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        return {
            "arn": object_id,
            "owner": attributes["Owner"],
            "policy": kept(state, "policy", attributes["Policy"]),
            "region": self.session.region,
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Write the policy anew."""
        del state
        self._put(object_id, inputs["policy"])

    def delete(self, object_id: str, state: Properties) -> None:
        """A topic always has a policy: only its owner's account is left."""
        policy = (
            '{"Version":"2008-10-17","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow","Principal":'
            f'{{"AWS":"*"}},"Action":["SNS:Publish","SNS:Subscribe"],"Resource":"{object_id}",'
            f'"Condition":{{"StringEquals":{{"AWS:SourceOwner":"{state["owner"]}"}}}}}}]}}'
        )
        try:
            self._put(object_id, policy)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise

    def _put(self, arn: str, policy: str) -> None:
        self.session.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


class TopicSubscription(Resource[AwsSession]):
    """A subscription; the id is its ARN."""

    resource_type = "aws:sns/topicSubscription:TopicSubscription"
    label = "SNS Topic Subscription"
    replaces = frozenset({"topic", "protocol", "endpoint", "region"})
    computed = frozenset({"arn", "ownerId", "pendingConfirmation", "confirmationWasAuthenticated", "region"})
    defaults: ClassVar[Mapping[str, Any]] = {"rawMessageDelivery": False}

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The protocol must be one of SNS's."""
        protocol = inputs.get("protocol")
        if isinstance(protocol, str) and protocol not in _PROTOCOLS:
            return [("protocol", f"expected protocol to be one of {list(_PROTOCOLS)}, got {protocol}")]
        return []

    def create(self, inputs: Properties) -> str:
        """Subscribe."""
        created = self.session.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes={"RawMessageDelivery": str(inputs["rawMessageDelivery"]).lower()},
            ReturnSubscriptionArn=True,
        )
        return str(created["SubscriptionArn"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the attributes."""
        del state
        try:
            found = self.session.client("sns").get_subscription_attributes(SubscriptionArn=object_id)["Attributes"]
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        return {
            "arn": object_id,
            "topic": found["TopicArn"],
            "protocol": found["Protocol"],
            "endpoint": found["Endpoint"],
            "rawMessageDelivery": found.get("RawMessageDelivery") == "true",
            "ownerId": found.get("Owner"),
            "pendingConfirmation": found.get("PendingConfirmation") == "true",
            "confirmationWasAuthenticated": found.get("ConfirmationWasAuthenticated") == "true",
            "region": self.session.region,
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Only the way of delivery can change."""
        del state
        self.session.client("sns").set_subscription_attributes(
            SubscriptionArn=object_id,
            AttributeName="RawMessageDelivery",
            AttributeValue=str(inputs["rawMessageDelivery"]).lower(),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Unsubscribe."""
        del state
        try:
            self.session.client("sns").unsubscribe(SubscriptionArn=object_id)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise
