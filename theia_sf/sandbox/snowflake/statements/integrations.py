"""Storage and notification integrations (AWS).

"CREATE STORAGE INTEGRATION", "CREATE NOTIFICATION INTEGRATION (outbound to Amazon SNS)". The IAM user is one of the
account's own and stays the same; the external id is new with each integration, as in Snowflake: replacing one breaks
the trust of the customer's role.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any

from theia_sf.sandbox.snowflake.catalog import NotificationIntegration, StorageIntegration
from theia_sf.sandbox.snowflake.errors import SnowflakeError, unsupported
from theia_sf.sandbox.snowflake.results import Result, status
from theia_sf.sandbox.snowflake.statements import objects
from theia_sf.sandbox.snowflake.statements.context import Statement
from theia_sf.sandbox.snowflake.statements.properties import (
    Property,
    assign,
    boolean,
    parse_properties,
    strings,
    text,
    upper,
)

S3_SCHEMES = ("s3://", "s3gov://", "s3china://", "*")

STORAGE_GRAMMAR = {
    "TYPE": Property(upper, "type"),
    "STORAGE_PROVIDER": Property(upper, "provider"),
    "STORAGE_AWS_ROLE_ARN": Property(text, "role_arn"),
    "STORAGE_AWS_EXTERNAL_ID": Property(text, "external_id"),
    "STORAGE_AWS_OBJECT_ACL": Property(text, "object_acl"),
    "STORAGE_ALLOWED_LOCATIONS": Property(strings, "allowed_locations"),
    "STORAGE_BLOCKED_LOCATIONS": Property(strings, "blocked_locations", ()),
    "USE_PRIVATELINK_ENDPOINT": Property(boolean, "use_privatelink_endpoint", unset=False),
    "ENABLED": Property(boolean, "enabled", unset=False),
    "COMMENT": Property(text, "comment"),
}
NOTIFICATION_GRAMMAR = {
    "TYPE": Property(upper, "type"),
    "DIRECTION": Property(upper, "direction"),
    "NOTIFICATION_PROVIDER": Property(upper, "provider"),
    "AWS_SNS_TOPIC_ARN": Property(text, "topic_arn"),
    "AWS_SNS_ROLE_ARN": Property(text, "role_arn"),
    "ENABLED": Property(boolean, "enabled", unset=False),
    "COMMENT": Property(text, "comment"),
}
STORAGE_INTEGRATION = objects.Kind(
    "STORAGE INTEGRATION", 1, lambda c: c.storage_integrations, STORAGE_GRAMMAR, "CREATE INTEGRATION", "INTEGRATION"
)
NOTIFICATION_INTEGRATION = objects.Kind(
    "NOTIFICATION INTEGRATION",
    1,
    lambda c: c.notification_integrations,
    NOTIFICATION_GRAMMAR,
    "CREATE INTEGRATION",
    "INTEGRATION",
)


def create_storage(statement: Statement) -> Result:
    """CREATE [OR REPLACE] STORAGE INTEGRATION [IF NOT EXISTS]."""
    name, answer = objects.prepare_create(statement, STORAGE_INTEGRATION)
    if answer:
        return answer
    values = parse_properties(statement.tokens, STORAGE_GRAMMAR, "INTEGRATION")
    require_options(values, "TYPE", "STORAGE_PROVIDER", "ENABLED", "STORAGE_ALLOWED_LOCATIONS", "STORAGE_AWS_ROLE_ARN")
    if values.pop("TYPE") != "EXTERNAL_STAGE" or values["STORAGE_PROVIDER"] not in {"S3", "S3GOV", "S3CHINA"}:
        feature = f"STORAGE INTEGRATION with provider {values['STORAGE_PROVIDER']}"
        raise unsupported(feature)
    _check_locations(values["STORAGE_ALLOWED_LOCATIONS"])
    integration = StorageIntegration(
        name=name[0],
        role_arn="",
        allowed_locations=[],
        iam_user_arn=_iam_user_arn(statement),
        external_id=_new_external_id(statement),
    )
    assign(integration, STORAGE_GRAMMAR, values)
    objects.store(statement, STORAGE_INTEGRATION, integration, name)
    return status(f"Integration {name[0]} successfully created.")


def create_notification(statement: Statement) -> Result:
    """CREATE [OR REPLACE] NOTIFICATION INTEGRATION [IF NOT EXISTS] for Amazon SNS."""
    name, answer = objects.prepare_create(statement, NOTIFICATION_INTEGRATION)
    if answer:
        return answer
    values = parse_properties(statement.tokens, NOTIFICATION_GRAMMAR, "INTEGRATION")
    require_options(
        values, "TYPE", "NOTIFICATION_PROVIDER", "ENABLED", "DIRECTION", "AWS_SNS_TOPIC_ARN", "AWS_SNS_ROLE_ARN"
    )
    if (
        values.pop("TYPE") != "QUEUE"
        or values["NOTIFICATION_PROVIDER"] != "AWS_SNS"
        or values["DIRECTION"] != "OUTBOUND"
    ):
        feature = f"NOTIFICATION INTEGRATION with provider {values['NOTIFICATION_PROVIDER']} {values['DIRECTION']}"
        raise unsupported(feature)
    integration = NotificationIntegration(
        name=name[0],
        topic_arn="",
        role_arn="",
        iam_user_arn=_iam_user_arn(statement),
        external_id=_new_external_id(statement),
    )
    assign(integration, NOTIFICATION_GRAMMAR, values)
    objects.store(statement, NOTIFICATION_INTEGRATION, integration, name)
    return status(f"Integration {name[0]} successfully created.")


def alter_storage(statement: Statement) -> Result:
    """ALTER STORAGE INTEGRATION … SET | UNSET."""
    name, target = objects.begin_alter(statement, STORAGE_INTEGRATION)
    return objects.alter(statement, STORAGE_INTEGRATION, name, target, move=False)


def alter_notification(statement: Statement) -> Result:
    """ALTER NOTIFICATION INTEGRATION … SET | UNSET."""
    name, target = objects.begin_alter(statement, NOTIFICATION_INTEGRATION)
    return objects.alter(statement, NOTIFICATION_INTEGRATION, name, target, move=False)


def require_options(values: dict[str, Any], *names: str) -> None:
    """Makes sure that options which a kind cannot do without are given.

    Raises:
        SnowflakeError: 002034.
    """
    missing = [name for name in names if name not in values]
    if missing:
        message = f"SQL compilation error:\nMissing option(s): [{', '.join(missing)}]"
        raise SnowflakeError(2034, "42601", message)


def _check_locations(locations: list[str]) -> None:
    for location in locations:
        if not location.startswith(S3_SCHEMES):
            message = f"SQL compilation error:\ninvalid URL prefix found in: '{location}'"
            raise SnowflakeError(2040, "42601", message)


def _iam_user_arn(statement: Statement) -> str:
    return f"arn:aws:iam::{statement.account.snowflake_aws_account_id}:user/externalstages/theia-sandbox"


def _new_external_id(statement: Statement) -> str:
    token = base64.b64encode(secrets.token_bytes(21)).decode("ascii")
    return f"{statement.account.locator}_SFCRole=2_{token}="
