"""Where ingestion errors go: a topic that Snowflake publishes to, and a queue that keeps them for a week."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from theia_sf_infra.statements import document, tls_only

ERRORS_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class ErrorNotifications:
    """The topic and the queue subscribed to it."""

    topic: aws.sns.Topic
    queue: aws.sqs.Queue


def error_notifications(
    name: pulumi.Input[str], tags: Mapping[str, str], opts: pulumi.ResourceOptions
) -> ErrorNotifications:
    """Declare topic, queue and subscription, both encrypted and reached by TLS only.

    The queue is encrypted by SQS itself: SNS cannot deliver to a queue under the AWS-managed key of SQS.
    """
    topic = aws.sns.Topic("errors-topic", name=name, kms_master_key_id="alias/aws/sns", tags=tags, opts=opts)
    queue = aws.sqs.Queue(
        "errors-queue",
        name=name,
        message_retention_seconds=ERRORS_SECONDS,
        sqs_managed_sse_enabled=True,
        tags=tags,
        opts=opts,
    )
    queue_policy = aws.sqs.QueuePolicy(
        "errors-queue-policy",
        queue_url=queue.url,
        policy=document(
            [
                {
                    "Sid": "AllowTopic",
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue.arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic.arn}},
                },
                tls_only("sqs:*", [queue.arn]),
            ]
        ),
        opts=opts,
    )
    aws.sns.TopicSubscription(
        "errors-subscription",
        topic=topic.arn,
        protocol="sqs",
        endpoint=queue.arn,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[queue_policy])),
    )
    return ErrorNotifications(topic, queue)


def allow_publishing(
    topic: aws.sns.Topic, role_arn: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> aws.sns.TopicPolicy:
    """Let the role that Snowflake assumes publish to the topic, and nobody without TLS."""
    return aws.sns.TopicPolicy(
        "errors-topic-policy",
        arn=topic.arn,
        policy=document(
            [
                {
                    "Sid": "AllowSnowflake",
                    "Effect": "Allow",
                    "Principal": {"AWS": role_arn},
                    "Action": "sns:Publish",
                    "Resource": topic.arn,
                },
                tls_only("sns:Publish", [topic.arn]),
            ]
        ),
        opts=opts,
    )
