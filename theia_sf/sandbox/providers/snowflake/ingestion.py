"""StageExternalS3 and Pipe."""
# ruff: noqa: ARG002 - what a method does not need of its base class's parameters

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.snowflake.names import output_row
from theia_sf.sandbox.providers.snowflake.objects import NamedObject, Setting
from theia_sf.snowflake.identifiers import exact, literal


class StageExternalS3(NamedObject):
    """A stage over a folder of a bucket."""

    resource_type = "snowflake:index/stageExternalS3:StageExternalS3"
    label = "external S3 stage"
    kind, plural, within = "STAGE", "STAGES", ("database", "schema")
    replaces = frozenset({"name", "database", "schema"})
    computed = frozenset({"fullyQualifiedName", "describeOutputs", "showOutputs", "stageType", "cloud"})
    defaults: ClassVar[Mapping[str, Any]] = {"usePrivatelinkEndpoint": "default"}
    settings: ClassVar[Mapping[str, Setting]] = {
        "url": ("URL", literal),
        "storageIntegration": ("STORAGE_INTEGRATION", exact),
        "comment": ("COMMENT", literal),
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """An integration excludes credentials."""
        if inputs.get("storageIntegration") and inputs.get("credentials"):
            return [("storageIntegration", '"storage_integration": conflicts with credentials')]
        return []

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE STAGE … URL."""
        return f"CREATE STAGE {name} {self.clauses(inputs)}"

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says; DESCRIBE's rows by property."""
        told = {item["property"]: str(item["property_value"]) for item in self.find(f"DESCRIBE STAGE {name}")}
        return {
            "url": row["url"],
            "storageIntegration": row.get("storage_integration") or None,
            "comment": row.get("comment") or None,
            "stageType": row.get("type"),
            "cloud": row.get("cloud"),
            "showOutputs": [output_row(row)],
            "describeOutputs": [{"locations": [{"urls": [told.get("URL", "")]}]}],
        }


class Pipe(NamedObject):
    """A pipe: the COPY statement that Snowpipe runs for each new file."""

    resource_type = "snowflake:index/pipe:Pipe"
    label = "pipe"
    kind, plural, within = "PIPE", "PIPES", ("database", "schema")
    legacy_id = True
    feature = "snowflake_pipe_resource"
    replaces = frozenset({"name", "database", "schema", "copyStatement", "autoIngest", "awsSnsTopicArn"})
    computed = frozenset({"fullyQualifiedName", "notificationChannel", "owner"})
    defaults: ClassVar[Mapping[str, Any]] = {"autoIngest": False}
    settings: ClassVar[Mapping[str, Setting]] = {
        "errorIntegration": ("ERROR_INTEGRATION", str),
        "comment": ("COMMENT", literal),
    }

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Line endings, white space around and a final semicolon do not make another statement."""
        if key == "copyStatement" and isinstance(old, str) and isinstance(new, str):
            return _stripped(old) == _stripped(new)
        return old == new

    def create_sql(self, name: str, inputs: Properties) -> str:
        """CREATE PIPE … AS COPY; the integration's name is written without quotes, as published."""
        parts = [f"CREATE PIPE {name}"]
        if inputs.get("autoIngest"):
            parts.append("AUTO_INGEST = true")
        if inputs.get("errorIntegration"):
            parts.append(f"ERROR_INTEGRATION = {inputs['errorIntegration']}")
        if inputs.get("awsSnsTopicArn"):
            parts.append(f"AWS_SNS_TOPIC = {literal(inputs['awsSnsTopicArn'])}")
        if inputs.get("comment"):
            parts.append(f"COMMENT = {literal(inputs['comment'])}")
        return " ".join([*parts, f"AS {inputs['copyStatement']}"])

    def describe(self, row: Mapping[str, Any], name: str, state: Properties) -> Properties:
        """What SHOW says; the statement as the state spells it, if it is the same."""
        known, live = state.get("copyStatement"), row["definition"]
        channel = row.get("notification_channel")
        return {
            "copyStatement": known if self.same("copyStatement", known, live) else live,
            "owner": row.get("owner"),
            "comment": row.get("comment") or None,
            "notificationChannel": channel or None,
            "autoIngest": bool(channel),
            "errorIntegration": row.get("error_integration") or None,
        }


def _stripped(statement: str) -> str:
    return statement.replace("\r\n", "\n").rstrip(";\r\n").strip()
