"""The IAM roles that Snowflake assumes, and the two Snowflake integrations that assume them.

Each needs the other: an integration wants its role's ARN, and the role trusts the integration's IAM user and external
ID. The ARN follows from the account and the role's name, so it is computed, and the role is made last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_snowflake as snowflake

from theia_sf_infra.names import FLOWS_FOLDER, Names
from theia_sf_infra.statements import Statement, document


@dataclass(frozen=True)
class Access:
    """An integration, the role it assumes, and the attachment that gives the role its rights."""

    integration_name: pulumi.Output[str]
    role: aws.iam.Role
    ready: aws.iam.RolePolicyAttachment


def role_arn(caller_arn: pulumi.Output[str], role_name: pulumi.Output[str]) -> pulumi.Output[str]:
    """The ARN that the role will have, in the partition and account of `caller_arn` (any ARN of the account)."""

    def of(caller: str, name: str) -> str:
        _, partition, _, _, account, _ = caller.split(":", 5)
        return f"arn:{partition}:iam::{account}:role/{name}"

    return pulumi.Output.all(caller_arn, role_name).apply(lambda both: of(both[0], both[1]))


def storage_access(
    names: Names,
    bucket: aws.s3.Bucket,
    caller_arn: pulumi.Output[str],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> Access:
    """Let Snowflake read the flow files, and nothing else of the bucket."""
    integration = snowflake.StorageIntegrationAws(
        "storage-integration",
        name=names.storage_integration,
        enabled=True,
        storage_provider="S3",
        storage_aws_role_arn=role_arn(caller_arn, names.storage_role),
        storage_allowed_locations=[pulumi.Output.concat("s3://", bucket.bucket, f"/{FLOWS_FOLDER}/")],
        comment="Reads the flow files of theia-sf",
        opts=opts,
    )
    identity = integration.describe_outputs[0]
    return _access(
        "storage",
        integration_name=integration.name,
        role_name=names.storage_role,
        policy_name=names.storage_policy,
        user_arn=identity.iam_user_arn,
        external_id=identity.external_id,
        rights=[
            {
                "Sid": "ReadFlowFiles",
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:GetObjectVersion"],
                "Resource": pulumi.Output.concat(bucket.arn, f"/{FLOWS_FOLDER}/*"),
            },
            {
                "Sid": "ListFlowFiles",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": bucket.arn,
                "Condition": {"StringLike": {"s3:prefix": [f"{FLOWS_FOLDER}/*"]}},
            },
            {"Sid": "FindBucket", "Effect": "Allow", "Action": "s3:GetBucketLocation", "Resource": bucket.arn},
        ],
        tags=tags,
        opts=opts,
    )


def notification_access(
    names: Names,
    topic: aws.sns.Topic,
    caller_arn: pulumi.Output[str],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> Access:
    """Let Snowflake publish ingestion errors to the topic."""
    integration = snowflake.NotificationIntegration(
        "notification-integration",
        name=names.notification_integration,
        enabled=True,
        notification_provider="AWS_SNS",
        aws_sns_topic_arn=topic.arn,
        aws_sns_role_arn=role_arn(caller_arn, names.notification_role),
        comment="Publishes the ingestion errors of theia-sf",
        opts=opts,
    )
    return _access(
        "notification",
        integration_name=integration.name,
        role_name=names.notification_role,
        policy_name=names.notification_policy,
        user_arn=integration.aws_sns_iam_user_arn,
        external_id=integration.aws_sns_external_id,
        rights=[{"Sid": "PublishErrors", "Effect": "Allow", "Action": "sns:Publish", "Resource": topic.arn}],
        tags=tags,
        opts=opts,
    )


def _access(
    kind: str,
    *,
    integration_name: pulumi.Output[str],
    role_name: pulumi.Output[str],
    policy_name: pulumi.Output[str],
    user_arn: pulumi.Input[str],
    external_id: pulumi.Input[str],
    rights: Sequence[Statement],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> Access:
    trust = document(
        [
            {
                "Sid": "AllowSnowflake",
                "Effect": "Allow",
                "Principal": {"AWS": user_arn},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": external_id}},
            }
        ]
    )
    description = f"Snowflake's {kind} integration of theia-sf"
    role = aws.iam.Role(
        f"{kind}-role", name=role_name, assume_role_policy=trust, description=description, tags=tags, opts=opts
    )
    policy = aws.iam.Policy(
        f"{kind}-policy", name=policy_name, policy=document(rights), description=description, tags=tags, opts=opts
    )
    attachment = aws.iam.RolePolicyAttachment(f"{kind}-role-policy", role=role.name, policy_arn=policy.arn, opts=opts)
    return Access(integration_name, role, attachment)
