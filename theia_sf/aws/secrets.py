"""Secrets in AWS Secrets Manager that are JSON objects."""

from __future__ import annotations

import json
import logging
from typing import Any, Final, cast

from botocore.exceptions import ClientError

from theia_sf.aws.arns import parse_arn
from theia_sf.aws.errors import aws_errors, error_code
from theia_sf.aws.session import check_region, client, resolve_region
from theia_sf.errors import UsageError
from theia_sf.secret import remember

_MISSING: Final = frozenset({"ResourceNotFoundException"})
_NO_VALUE: Final = frozenset({"InvalidRequestException"})  # deleted, or waiting to be

_log = logging.getLogger(__name__)


class SecretMissingError(UsageError):
    """There is no such secret in the region, or it has no value any more."""


def read_secret(secret_id: str, region: str | None = None) -> dict[str, Any]:
    """Return the entries of a secret that is a JSON object; the caller wraps those that are secret.

    Args:
        secret_id: its name or ARN; an ARN's own region wins.
        region: where to look; None for the one that `resolve_region` finds.

    Raises:
        SecretMissingError: there is none, or it is deleted.
        UsageError: the ARN is malformed; the secret is no JSON object.
        AwsError, ConnectionFailedError: as `aws_errors`.
    """
    where = secret_region(secret_id, region)
    _log.debug("Reading the secret %s in %s", secret_id, where)
    with aws_errors(f"read the secret {secret_id}"):
        try:
            answer = client("secretsmanager", where).get_secret_value(SecretId=secret_id)
        except ClientError as error:
            if error_code(error) in _MISSING:
                message = f"There is no secret {secret_id} in AWS Secrets Manager in {where}."
                hint = "Check the name and the region; an ARN has its region in it."
                raise SecretMissingError(message, hint=hint) from error
            if error_code(error) in _NO_VALUE:
                message = f"The secret {secret_id} in AWS Secrets Manager is deleted."
                hint = f"aws secretsmanager restore-secret --secret-id {secret_id} brings it back for some days."
                raise SecretMissingError(message, hint=hint) from error
            raise
    text = answer.get("SecretString") or answer.get("SecretBinary", b"").decode("utf-8", errors="replace")
    remember(text)
    return _entries(text, secret_id)


def secret_region(secret_id: str, region: str | None) -> str:
    """Return the region to look for a secret in: that of its ARN, else `region`, else the process's.

    Raises:
        UsageError: the ARN is malformed, or there is no such region.
    """
    if not secret_id.startswith("arn:"):
        return resolve_region(region)
    found = parse_arn(secret_id, "secretsmanager").region
    check_region(found)
    return found


def _entries(text: str, secret_id: str) -> dict[str, Any]:
    try:
        parsed: Any = json.loads(text)
    except ValueError:
        message = f"The secret {secret_id} in AWS Secrets Manager is no JSON."
        raise UsageError(message, hint=_FORM) from None  # the error holds the whole secret
    if not isinstance(parsed, dict):
        message = f"The secret {secret_id} in AWS Secrets Manager is JSON, but no object."
        raise UsageError(message, hint=_FORM)
    return cast("dict[str, Any]", parsed)


_FORM: Final = (
    'It must be an object whose keys are those of connections.toml: {"account": "ORG-ACCOUNT", "user": "NAME", …}.'
)
