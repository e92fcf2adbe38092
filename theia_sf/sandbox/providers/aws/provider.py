"""The `aws` provider: configuration, functions and the wording of errors."""

from __future__ import annotations

import json
from typing import Any

import boto3
from botocore.exceptions import ClientError

from theia_sf.sandbox.aws.endpoint import DEFAULT_REGION, AwsEndpoint
from theia_sf.sandbox.providers.aws.bucket import Bucket
from theia_sf.sandbox.providers.aws.bucket_notification import BucketNotification
from theia_sf.sandbox.providers.aws.bucket_settings import (
    BucketLifecycleConfiguration,
    BucketOwnershipControls,
    BucketPolicy,
    BucketPublicAccessBlock,
    BucketServerSideEncryptionConfiguration,
    BucketVersioning,
)
from theia_sf.sandbox.providers.aws.iam_documents import policy_document
from theia_sf.sandbox.providers.aws.iam_policy import Policy, RolePolicyAttachment
from theia_sf.sandbox.providers.aws.iam_role import Role, RolePolicy
from theia_sf.sandbox.providers.aws.lambda_event_invoke_config import FunctionEventInvokeConfig
from theia_sf.sandbox.providers.aws.lambda_function import Function
from theia_sf.sandbox.providers.aws.lambda_layer import LayerVersion
from theia_sf.sandbox.providers.aws.log_group import LogGroup
from theia_sf.sandbox.providers.aws.queue import Queue, QueuePolicy
from theia_sf.sandbox.providers.aws.schedule import Schedule
from theia_sf.sandbox.providers.aws.session import AwsSession
from theia_sf.sandbox.providers.aws.topic import Topic, TopicPolicy, TopicSubscription
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Provider, Resource

_PARTITION = {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}


class AwsProvider(Provider[AwsSession]):
    """The `aws` provider of the sandbox.

    It works with the sandbox's own key: an attached provider does not see the environment of the engine.

    Args:
        endpoint: the sandbox's AWS.
    """

    name = "aws"
    distribution = "pulumi-aws"

    def __init__(self, endpoint: AwsEndpoint) -> None:
        super().__init__(
            [
                Bucket,
                BucketLifecycleConfiguration,
                BucketNotification,
                BucketOwnershipControls,
                BucketPolicy,
                BucketPublicAccessBlock,
                BucketServerSideEncryptionConfiguration,
                BucketVersioning,
                Function,
                FunctionEventInvokeConfig,
                LayerVersion,
                LogGroup,
                Policy,
                Queue,
                QueuePolicy,
                Role,
                RolePolicy,
                RolePolicyAttachment,
                Schedule,
                Topic,
                TopicPolicy,
                TopicSubscription,
            ]
        )
        self._endpoint = endpoint

    def check_config(self, config: Properties) -> list[tuple[str, str]]:
        """The region must be one of AWS's."""
        region = config.get("region")
        if isinstance(region, str) and region not in boto3.session.Session().get_available_regions("s3"):
            return [("region", f"Invalid AWS Region: {region}")]
        return []

    def configure(self, config: Properties) -> AwsSession:
        """A session in the configured region."""
        tags = config.get("defaultTags", {})
        tags = json.loads(tags) if isinstance(tags, str) else tags
        return AwsSession(self._endpoint, str(config.get("region", DEFAULT_REGION)), tags.get("tags", {}))

    def invoke(self, session: AwsSession, token: str, arguments: Properties) -> Properties:
        """The caller's identity, the region, the partition, and policy documents."""
        if token == "aws:index/getCallerIdentity:getCallerIdentity":  # noqa: S105 - a function's name
            identity = session.client("sts").get_caller_identity()
            account = identity["Account"]
            return {"id": account, "accountId": account, "arn": identity["Arn"], "userId": identity["UserId"]}
        if token == "aws:index/getRegion:getRegion":  # noqa: S105 - as above
            region = str(arguments.get("region", session.region))
            return {"id": region, "region": region, "endpoint": f"ec2.{region}.amazonaws.com", "description": region}
        if token == "aws:index/getPartition:getPartition":  # noqa: S105 - as above
            return dict(_PARTITION)
        if token == "aws:iam/getPolicyDocument:getPolicyDocument":  # noqa: S105 - as above
            return policy_document(arguments)
        return super().invoke(session, token, arguments)

    def explain(
        self, action: str, resource: type[Resource[AwsSession]], object_id: str, error: Exception
    ) -> str | None:
        """An AWS error in the words of the published provider."""
        if not isinstance(error, ClientError):
            return super().explain(action, resource, object_id, error)
        response: Any = error.response
        metadata, details = response.get("ResponseMetadata", {}), response["Error"]
        label = getattr(resource, "label", "")
        return (
            f"{action} {label} ({object_id}): operation error {error.operation_name}, https response error "
            f"StatusCode: {metadata.get('HTTPStatusCode', 0)}, RequestID: {metadata.get('RequestId', '')}, "
            f"api error {details['Code']}: {details['Message']}"
        )
