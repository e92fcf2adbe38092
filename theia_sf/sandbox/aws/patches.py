"""Where moto differs from AWS in what the pipeline relies on: functions that are replaced while the sandbox runs.

- `FakeBucket.get_permission` reads a statement without its Condition, so a policy that denies everything *unless
  TLS is used* denies every request. Here a statement takes part only if its Condition holds.
- S3 notifications look for the queue in the bucket's own account. Snowpipe's queue is in Snowflake's account, and
  the ARN says so.
- Creating a bucket whose name another account holds must say so, not that access is denied.
- Setting any attribute of a queue takes its policy away, unless the policy is among them.
- AssumeRole asks the role's trust policy (`theia_sf.sandbox.aws.assume_role`).
- STS issues outbound identity tokens (`theia_sf.sandbox.aws.outbound_api`).
- KMS heeds key states, the key that a request names, and the whole encryption context
  (`theia_sf.sandbox.aws.key_service`).
- Lambda and EventBridge Scheduler refuse what AWS refuses (`theia_sf.sandbox.aws.functions.packages`,
  `theia_sf.sandbox.aws.schedules`).
"""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportPrivateUsage=false
# moto is only partly typed, and offers no hook but the functions' own names.

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import quote_plus

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3 import notifications
from moto.s3.exceptions import BucketError
from moto.s3.models import S3Backend, s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from theia_sf.sandbox.aws import key_service, outbound_api, schedules
from theia_sf.sandbox.aws.assume_role import assume_role
from theia_sf.sandbox.aws.conditions import condition_holds
from theia_sf.sandbox.aws.functions import packages

logger = logging.getLogger(__name__)


def applicable_policy(document: str) -> str:
    """A policy document reduced to the statements whose Condition holds on loopback, without their Conditions."""
    policy = json.loads(document)
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    policy["Statement"] = [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in statements
        if condition_holds(statement.get("Condition"))
    ]
    return json.dumps(policy)


def _get_permission(bucket: Any, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return IAMPolicy(applicable_policy(bucket.policy.decode())).is_action_permitted(action, resource)


def _send_event(account_id: str, event_name: Any, bucket: Any, key: Any) -> None:
    """Deliver an S3 event to every matching queue and topic, each in the account that its ARN names."""
    del account_id  # the bucket's; the destination's is in its ARN
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    for destination in (*configuration.queue, *configuration.topic):
        if destination.matches(event_name, key.name):
            event = notifications._get_s3_event(event_name, bucket, key, destination.id)  # noqa: SLF001 - the event's only builder
            # As S3 writes keys: encoded, but with their slashes.
            event["Records"][0]["s3"]["object"]["key"] = quote_plus(key.name, safe="/")
            _deliver(destination.arn, json.dumps(event))


def _send_test_event(account_id: str, bucket: Any) -> None:
    del account_id
    configuration = bucket.notification_configuration
    for arn in {destination.arn for destination in (*configuration.queue, *configuration.topic)}:
        _deliver(arn, json.dumps(notifications._get_test_event(bucket.name)))  # noqa: SLF001 - as above


def _deliver(arn: str, message: str) -> None:
    """Send to a queue or a topic. S3 does this asynchronously, so a missing destination never fails the upload."""
    _, _, service, region, account_id, name = arn.split(":", 5)
    try:
        if service == "sqs":
            sqs_backends[account_id][region].send_message(queue_name=name, message_body=message)
        else:
            sns_backends[account_id][region].publish(arn=arn, message=message)
    except Exception as error:  # whatever moto raises, the upload has succeeded
        logger.warning("An S3 notification to %s was lost: %s", arn, error)


class BucketNameTakenError(BucketError):
    """The answer to creating a bucket that another account owns; moto keeps its own for buckets of the same account."""

    code = "BucketAlreadyExists"

    def __init__(self, bucket: str) -> None:
        super().__init__(
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. "
            "Please select a different name and try again"
        )
        self.bucket_name = bucket


_create_bucket = S3Backend.create_bucket


def _create_bucket_once(backend: Any, bucket_name: str, *arguments: Any, **options: Any) -> Any:
    owner = s3_backends.bucket_accounts.get(bucket_name)
    if owner is not None and owner[1] != backend.account_id:
        raise BucketNameTakenError(bucket=bucket_name)
    return _create_bucket(backend, bucket_name, *arguments, **options)


def _set_queue_attributes(backend: Any, queue_name: str, attributes: dict[str, Any]) -> Any:
    queue = backend.get_queue(queue_name)
    policy = queue.policy
    queue._set_attributes(attributes)  # noqa: SLF001 - what the replaced function calls
    if "Policy" not in attributes:
        queue.policy = policy
    return queue


_REPLACEMENTS: Final[dict[str, Callable[..., Any]]] = {
    "moto.s3.models.FakeBucket.get_permission": _get_permission,
    "moto.s3.models.S3Backend.create_bucket": _create_bucket_once,
    "moto.s3.notifications.send_event": _send_event,
    "moto.s3.notifications.send_test_event": _send_test_event,
    "moto.scheduler.models.EventBridgeSchedulerBackend.create_schedule": schedules.create_schedule,
    "moto.scheduler.models.EventBridgeSchedulerBackend.update_schedule": schedules.update_schedule,
    "moto.sqs.models.SQSBackend.set_queue_attributes": _set_queue_attributes,
    "moto.sts.responses.TokenResponse.assume_role": assume_role,
    "moto.sts.responses.TokenResponse.get_web_identity_token": outbound_api.get_web_identity_token,
    "moto.awslambda.models.LambdaBackend.create_function": packages.create_function,
    "moto.awslambda.models.LambdaBackend.update_function_configuration": packages.update_function_configuration,
    "moto.awslambda.models.LambdaFunction._set_function_code": packages.set_function_code,
    "moto.kms.models.KmsBackend.encrypt": key_service.encrypt,
    "moto.kms.models.KmsBackend.decrypt": key_service.decrypt,
    **key_service.STATE_CHANGES,
    "moto.kms.utils._serialize_encryption_context": key_service.serialized_context,
    "moto.iam.responses.IamResponse.enable_outbound_web_identity_federation": outbound_api.enable,
    "moto.iam.responses.IamResponse.disable_outbound_web_identity_federation": outbound_api.disable,
    "moto.iam.responses.IamResponse.get_outbound_web_identity_federation_info": outbound_api.info,
}
"""What is replaced, or added where moto has nothing of the name, and by what."""


@contextmanager
def moto_patched() -> Generator[None]:
    """Replace the functions while the context is open."""
    with ExitStack() as stack:
        for target, replacement in _REPLACEMENTS.items():
            stack.enter_context(patch(target, replacement, create=True))
        yield
