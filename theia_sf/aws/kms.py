"""The KMS key that encrypts secrets in the infrastructure state."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botocore.exceptions import ClientError

from theia_sf.aws.arns import parse_arn
from theia_sf.aws.errors import aws_errors, error_code
from theia_sf.aws.session import check_region, client
from theia_sf.errors import UsageError

WAITING_DAYS: Final = 30  # the longest that KMS offers
_DESCRIPTION: Final = "Made by theia-sf: encrypts the secrets in its infrastructure state"
PENDING_DELETION: Final = "PendingDeletion"

_log = logging.getLogger(__name__)


class KeyMissingError(UsageError):
    """There is no such key in the region."""


@dataclass(frozen=True)
class Key:
    """A KMS key; `state` is KMS's own (Enabled, Disabled, PendingDeletion…), `deletion_date` is set when pending."""

    key_id: str
    arn: str
    state: str
    deletion_date: datetime | None


def create_key(region: str) -> Key:
    """Make a symmetric key with KMS's default policy, which lets the account's IAM policies decide who may use it."""
    _log.info("Creating a KMS key in %s", region)
    with aws_errors("create a KMS key"):
        made = client("kms", region).create_key(Description=_DESCRIPTION)["KeyMetadata"]
    return Key(made["KeyId"], made.get("Arn", ""), str(made.get("KeyState", "")), None)


def describe_key(key_id: str, region: str) -> Key:
    """Look up a key by ID, ARN or alias; an ARN's own region wins over `region`.

    Raises:
        KeyMissingError: there is none.
        AwsError, ConnectionFailedError: as `aws_errors`.
    """
    where = key_region(key_id, region)
    with aws_errors(f"look at the KMS key {key_id}"):
        try:
            found = client("kms", where).describe_key(KeyId=key_id)["KeyMetadata"]
        except ClientError as error:
            if error_code(error) in {"NotFoundException", "InvalidArnException"}:
                message = f"There is no KMS key {key_id} in {where}."
                hint = "Check the ID and the region; `theia-sf create-kms-key` makes one."
                raise KeyMissingError(message, hint=hint) from error
            raise
    return Key(found["KeyId"], found.get("Arn", ""), str(found.get("KeyState", "")), found.get("DeletionDate"))


def schedule_deletion(key_id: str, region: str) -> Key:
    """Have a key deleted after 30 days, in which `aws kms cancel-key-deletion` can still save it.

    A key that is pending deletion already is left as it is. Errors as `describe_key`.
    """
    key = describe_key(key_id, region)
    if key.state == PENDING_DELETION:
        _log.info("The KMS key %s is pending deletion already", key.key_id)
        return key
    with aws_errors(f"delete the KMS key {key_id}"):
        answer = client("kms", key_region(key.arn, region)).schedule_key_deletion(
            KeyId=key.key_id, PendingWindowInDays=WAITING_DAYS
        )
    return Key(key.key_id, key.arn, PENDING_DELETION, answer.get("DeletionDate"))


def key_region(key_id: str, region: str) -> str:
    """Return the region to look for a key in: that of its ARN, or `region` for IDs and aliases."""
    if not key_id.startswith("arn:"):
        return region
    found = parse_arn(key_id, "kms").region
    check_region(found)
    return found
