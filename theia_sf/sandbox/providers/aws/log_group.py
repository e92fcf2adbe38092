"""`aws:cloudwatch/logGroup:LogGroup`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.session import AwsSession, change_tags
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource


class LogGroup(Resource[AwsSession]):
    """A log group; the id is its name."""

    resource_type = "aws:cloudwatch/logGroup:LogGroup"
    label = "CloudWatch Logs Log Group"
    name_property = "name"
    replaces = frozenset({"name", "logGroupClass", "region"})
    computed = frozenset({"arn", "logGroupClass", "region", "tagsAll"})
    defaults: ClassVar[Mapping[str, Any]] = {"retentionInDays": 0, "skipDestroy": False}

    def create(self, inputs: Properties) -> str:
        """Create the group, and say how long it keeps its events."""
        logs, name = self.session.client("logs"), str(inputs["name"])
        tags = self.session.all_tags(inputs)
        logs.create_log_group(logGroupName=name, **({"tags": tags} if tags else {}))
        self._keep(name, inputs["retentionInDays"])
        return name

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Look for the group among those whose names begin like its own."""
        logs = self.session.client("logs")
        pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=object_id)
        found = next(
            (group for page in pages for group in page["logGroups"] if group["logGroupName"] == object_id), None
        )
        if found is None:
            return None
        arn = found["arn"].removesuffix(":*")
        tags = logs.list_tags_for_resource(resourceArn=arn).get("tags", {})
        return {
            "arn": arn,
            "logGroupClass": found.get("logGroupClass", "STANDARD"),
            "name": object_id,
            "region": self.session.region,
            "retentionInDays": found.get("retentionInDays", 0),
            "skipDestroy": state.get("skipDestroy", False),
            **self.session.tag_outputs(tags, state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Change how long it keeps its events, and the tags."""
        logs = self.session.client("logs")
        self._keep(object_id, inputs["retentionInDays"])
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: logs.tag_resource(resourceArn=state["arn"], tags=tags),
            lambda keys: logs.untag_resource(resourceArn=state["arn"], tagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the group and its events."""
        if state.get("skipDestroy"):
            return
        logs = self.session.client("logs")
        try:
            logs.delete_log_group(logGroupName=object_id)
        except logs.exceptions.ResourceNotFoundException:
            return

    def _keep(self, name: str, days: int) -> None:
        logs = self.session.client("logs")
        if days:
            logs.put_retention_policy(logGroupName=name, retentionInDays=days)
        else:
            logs.delete_retention_policy(logGroupName=name)
