"""StorageIntegrationAws and NotificationIntegration."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties, same_members
from theia_sf.sandbox.providers.resource import ProviderError
from theia_sf.sandbox.providers.snowflake.names import output_row
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting, boolean, text_list
from theia_sf.snowflake.identifiers import literal


def _words(value: Any) -> list[str]:
    return [word.strip() for word in str(value or "").split(",") if word.strip()]


def _in_known_order(live: list[str], known: Any) -> list[str]:
    """Sets have no order: the state's, if it holds the same members."""
    return known if same_members(known, live) else live


class StorageIntegrationAws(NamedObject):
    """Snowflake's way into a bucket."""

    resource_type = "snowflake:index/storageIntegrationAws:StorageIntegrationAws"
    label = "storage integration aws"
    kind, plural = "STORAGE INTEGRATION", "STORAGE INTEGRATIONS"
    replaces = frozenset({"name", "storageProvider"})
    computed = frozenset({"fullyQualifiedName", "describeOutputs", "showOutputs"})
    defaults: ClassVar[Mapping[str, Any]] = {"usePrivatelinkEndpoint": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "storageAwsRoleArn": ("STORAGE_AWS_ROLE_ARN", literal),
        "storageAwsExternalId": ("STORAGE_AWS_EXTERNAL_ID", literal),
        "storageAwsObjectAcl": ("STORAGE_AWS_OBJECT_ACL", literal),
        "usePrivatelinkEndpoint": ("USE_PRIVATELINK_ENDPOINT", boolean),
        "enabled": ("ENABLED", boolean),
        "storageAllowedLocations": ("STORAGE_ALLOWED_LOCATIONS", text_list),
        "storageBlockedLocations": ("STORAGE_BLOCKED_LOCATIONS", text_list),
        "comment": ("COMMENT", literal),
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """The provider is one of Amazon's clouds, and there is somewhere to go."""
        failures: list[tuple[str, str]] = []
        provider = inputs.get("storageProvider")
        if isinstance(provider, str) and provider.upper() not in {"S3", "S3GOV", "S3CHINA"}:
            failures.append(("storageProvider", f"invalid S3 protocol: {provider}"))
        if inputs.get("storageAllowedLocations") == []:
            failures.append(("storageAllowedLocations", "storage_allowed_locations requires 1 item minimum"))
        if inputs.get("storageAwsRoleArn") == "":
            failures.append(("storageAwsRoleArn", 'expected "storage_aws_role_arn" to not be an empty string'))
        return failures

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Locations are sets."""
        return old == new or same_members(old, new)

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE STORAGE INTEGRATION … TYPE = EXTERNAL_STAGE."""
        provider = literal(str(inputs["storageProvider"]).upper())
        kind = f"TYPE = EXTERNAL_STAGE STORAGE_PROVIDER = {provider}"
        return f"CREATE STORAGE INTEGRATION {name} {kind} {self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """SHOW knows that it exists, DESCRIBE the rest."""
        rows = self.find(f"DESCRIBE STORAGE INTEGRATION {name}")
        told = {item["property"]: item["property_value"] for item in rows}
        enabled = boolean(told.get("ENABLED")) == "true"
        privatelink = boolean(told.get("USE_PRIVATELINK_ENDPOINT")) == "true"
        allowed, blocked = _words(told.get("STORAGE_ALLOWED_LOCATIONS")), _words(told.get("STORAGE_BLOCKED_LOCATIONS"))
        return {
            "enabled": enabled,
            "comment": row.get("comment") or None,
            "storageProvider": told.get("STORAGE_PROVIDER"),
            "storageAllowedLocations": _in_known_order(allowed, state.get("storageAllowedLocations")),
            "storageBlockedLocations": _in_known_order(blocked, state.get("storageBlockedLocations")) or None,
            "storageAwsRoleArn": told.get("STORAGE_AWS_ROLE_ARN"),
            "storageAwsObjectAcl": told.get("STORAGE_AWS_OBJECT_ACL") or None,
            "showOutputs": [output_row(row)],
            "describeOutputs": [
                {
                    "id": row["name"],
                    "enabled": enabled,
                    "provider": told.get("STORAGE_PROVIDER"),
                    "allowedLocations": allowed,
                    "blockedLocations": blocked,
                    "comment": told.get("COMMENT") or "",
                    "usePrivatelinkEndpoint": privatelink,
                    "iamUserArn": told.get("STORAGE_AWS_IAM_USER_ARN"),
                    "roleArn": told.get("STORAGE_AWS_ROLE_ARN"),
                    "objectAcl": told.get("STORAGE_AWS_OBJECT_ACL") or "",
                    "externalId": told.get("STORAGE_AWS_EXTERNAL_ID"),
                }
            ],
        }


class NotificationIntegration(NamedObject):
    """Snowflake's way to a topic."""

    resource_type = "snowflake:index/notificationIntegration:NotificationIntegration"
    label = "notification integration"
    kind, plural = "NOTIFICATION INTEGRATION", "NOTIFICATION INTEGRATIONS"
    feature = "snowflake_notification_integration_resource"
    replaces = frozenset({"name", "notificationProvider"})
    computed = frozenset(
        {"fullyQualifiedName", "awsSnsIamUserArn", "awsSnsExternalId", "createdOn", "type", "direction"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {"enabled": True}
    settings: ClassVar[Mapping[str, Setting]] = {
        "enabled": ("ENABLED", boolean),
        "awsSnsTopicArn": ("AWS_SNS_TOPIC_ARN", literal),
        "awsSnsRoleArn": ("AWS_SNS_ROLE_ARN", literal),
        "comment": ("COMMENT", literal),
    }

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE NOTIFICATION INTEGRATION … DIRECTION = OUTBOUND, for AWS_SNS.

        Raises:
            ProviderError: it is for another service, or topic or role are missing.
        """
        provider = str(inputs["notificationProvider"]).upper()
        if provider != "AWS_SNS":
            message = f"unexpected provider {provider}"
            raise ProviderError(message)
        for key, argument in (("awsSnsTopicArn", "aws_sns_topic_arn"), ("awsSnsRoleArn", "aws_sns_role_arn")):
            if not inputs.get(key):
                message = f"if you use AWS_SNS provider you must specify an {argument}"
                raise ProviderError(message)
        comment = f" COMMENT = {literal(inputs['comment'])}" if inputs.get("comment") else ""
        return (
            f"CREATE NOTIFICATION INTEGRATION {name} ENABLED = {boolean(inputs['enabled'])} TYPE = QUEUE DIRECTION = "
            f"OUTBOUND NOTIFICATION_PROVIDER = AWS_SNS AWS_SNS_TOPIC_ARN = {literal(inputs['awsSnsTopicArn'])} "
            f"AWS_SNS_ROLE_ARN = {literal(inputs['awsSnsRoleArn'])}{comment}"
        )

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """SHOW knows that it exists, DESCRIBE the rest."""
        rows = self.find(f"DESCRIBE NOTIFICATION INTEGRATION {name}")
        told = {item["property"]: item["property_value"] for item in rows}
        return {
            "enabled": boolean(row["enabled"]) == "true",
            "comment": row.get("comment") or None,
            "createdOn": str(row.get("created_on")),
            "type": str(row.get("type", "")).split("-")[0].strip(),
            "direction": told.get("DIRECTION"),
            "notificationProvider": told.get("NOTIFICATION_PROVIDER"),
            "awsSnsTopicArn": told.get("AWS_SNS_TOPIC_ARN"),
            "awsSnsRoleArn": told.get("AWS_SNS_ROLE_ARN"),
            "awsSnsIamUserArn": told.get("SF_AWS_IAM_USER_ARN"),
            "awsSnsExternalId": told.get("SF_AWS_EXTERNAL_ID"),
        }
