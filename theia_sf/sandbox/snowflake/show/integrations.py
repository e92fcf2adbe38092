"""SHOW and DESCRIBE of integrations. Columns and properties as the pages list them."""

from __future__ import annotations

from collections.abc import Iterable

from theia_sf.sandbox.snowflake.catalog import NotificationIntegration, SecurityIntegration, StorageIntegration
from theia_sf.sandbox.snowflake.results import Result, listing
from theia_sf.sandbox.snowflake.show.account_objects import times
from theia_sf.sandbox.snowflake.show.describe import PROPERTY_COLUMNS, shown, target
from theia_sf.sandbox.snowflake.show.filters import read_filter, visible
from theia_sf.sandbox.snowflake.statements.any_integration import kind_of_next
from theia_sf.sandbox.snowflake.statements.context import Statement

Integration = StorageIntegration | NotificationIntegration | SecurityIntegration
Rows = list[tuple[str, str, str, str]]


def integrations(statement: Statement) -> Result:
    """SHOW INTEGRATIONS."""
    catalog = statement.catalog
    found = (catalog.storage_integrations, catalog.notification_integrations, catalog.security_integrations)
    return _listed(statement, [integration for store in found for integration in store.values()])


def storage_integrations(statement: Statement) -> Result:
    """SHOW STORAGE INTEGRATIONS."""
    return _listed(statement, statement.catalog.storage_integrations.values())


def notification_integrations(statement: Statement) -> Result:
    """SHOW NOTIFICATION INTEGRATIONS."""
    return _listed(statement, statement.catalog.notification_integrations.values())


def security_integrations(statement: Statement) -> Result:
    """SHOW SECURITY INTEGRATIONS."""
    return _listed(statement, statement.catalog.security_integrations.values())


def describe(statement: Statement) -> Result:
    """DESCRIBE [STORAGE | NOTIFICATION | SECURITY] INTEGRATION."""
    found: Integration = target(statement, kind_of_next(statement))
    if isinstance(found, StorageIntegration):
        rows = _storage_rows(found)
    else:
        rows = _security_rows(found) if isinstance(found, SecurityIntegration) else _notification_rows(found)
    return listing(PROPERTY_COLUMNS, rows, describe=True)


def _listed(statement: Statement, found: Iterable[Integration]) -> Result:
    narrowed = read_filter(statement, levels=1)
    rows = [
        (i.name, *_kind(i), shown(i.enabled), i.comment, i.created_on)
        for i in narrowed.apply(visible(statement, "INTEGRATION", found))
    ]
    return listing(["name", "type", "category", "enabled", "comment", *times("created_on")], rows)


def _kind(integration: Integration) -> tuple[str, str]:
    """Type and category."""
    if isinstance(integration, SecurityIntegration):
        return f"EXTERNAL_OAUTH - {integration.oauth_type}", "SECURITY"
    if isinstance(integration, NotificationIntegration):
        return "QUEUE - AWS_SNS", "NOTIFICATION"
    return "EXTERNAL_STAGE", "STORAGE"


def _security_rows(found: SecurityIntegration) -> Rows:
    return [
        ("ENABLED", "Boolean", shown(found.enabled), "false"),
        ("EXTERNAL_OAUTH_ISSUER", "String", found.issuer, ""),
        ("EXTERNAL_OAUTH_JWS_KEYS_URL", "Object", ",".join(found.jws_keys_urls), ""),
        ("EXTERNAL_OAUTH_ANY_ROLE_MODE", "String", found.any_role_mode, "DISABLE"),
        ("EXTERNAL_OAUTH_RSA_PUBLIC_KEY", "String", "", ""),
        ("EXTERNAL_OAUTH_RSA_PUBLIC_KEY_2", "String", "", ""),
        ("EXTERNAL_OAUTH_BLOCKED_ROLES_LIST", "List", ",".join(found.blocked_roles), "[]"),
        ("EXTERNAL_OAUTH_ALLOWED_ROLES_LIST", "List", ",".join(found.allowed_roles), "[]"),
        ("EXTERNAL_OAUTH_AUDIENCE_LIST", "List", ",".join(found.audiences), "[]"),
        ("EXTERNAL_OAUTH_TOKEN_USER_MAPPING_CLAIM", "Object", ",".join(found.user_claims), ""),
        ("EXTERNAL_OAUTH_SNOWFLAKE_USER_MAPPING_ATTRIBUTE", "String", found.user_attribute, ""),
        ("EXTERNAL_OAUTH_SCOPE_DELIMITER", "String", found.scope_delimiter, ","),
        ("EXTERNAL_OAUTH_SCOPE_MAPPING_ATTRIBUTE", "String", found.scope_claim, "scp"),
        ("COMMENT", "String", found.comment or "", ""),
    ]


def _storage_rows(found: StorageIntegration) -> list[tuple[str, str, str, str]]:
    rows = [
        ("ENABLED", "Boolean", shown(found.enabled), "false"),
        ("STORAGE_PROVIDER", "String", found.provider, ""),
        ("STORAGE_ALLOWED_LOCATIONS", "List", ",".join(found.allowed_locations), "[]"),
        ("STORAGE_BLOCKED_LOCATIONS", "List", ",".join(found.blocked_locations), "[]"),
        ("STORAGE_AWS_IAM_USER_ARN", "String", found.iam_user_arn, ""),
        ("STORAGE_AWS_ROLE_ARN", "String", found.role_arn, ""),
        ("STORAGE_AWS_EXTERNAL_ID", "String", found.external_id, ""),
        ("USE_PRIVATELINK_ENDPOINT", "Boolean", shown(found.use_privatelink_endpoint), "false"),
        ("COMMENT", "String", found.comment or "", ""),
    ]
    if found.object_acl:
        rows.append(("STORAGE_AWS_OBJECT_ACL", "String", found.object_acl, ""))
    return rows


def _notification_rows(found: NotificationIntegration) -> list[tuple[str, str, str, str]]:
    return [
        ("ENABLED", "Boolean", shown(found.enabled), "false"),
        ("NOTIFICATION_PROVIDER", "String", found.provider, ""),
        ("DIRECTION", "String", found.direction, "INBOUND"),
        ("AWS_SNS_TOPIC_ARN", "String", found.topic_arn, ""),
        ("AWS_SNS_ROLE_ARN", "String", found.role_arn, ""),
        ("SF_AWS_IAM_USER_ARN", "String", found.iam_user_arn, ""),
        ("SF_AWS_EXTERNAL_ID", "String", found.external_id, ""),
        ("COMMENT", "String", found.comment or "", ""),
    ]
