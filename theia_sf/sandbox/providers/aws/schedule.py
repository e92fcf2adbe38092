"""`aws:scheduler/schedule:Schedule`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.session import AwsSession
from theia_sf.sandbox.providers.aws.shapes import from_aws, to_aws
from theia_sf.sandbox.providers.properties import UNKNOWN, Properties
from theia_sf.sandbox.providers.resource import Resource

_RETRY = {"maximumEventAgeInSeconds": 86400, "maximumRetryAttempts": 185}
_TOLD = ("description", "flexibleTimeWindow", "scheduleExpression", "scheduleExpressionTimezone", "state")


class Schedule(Resource[AwsSession]):
    """A schedule of EventBridge Scheduler; the id is `group/name`."""

    resource_type = "aws:scheduler/schedule:Schedule"
    label = "EventBridge Scheduler Schedule"
    name_property = "name"
    replaces = frozenset({"name", "groupName", "region"})
    computed = frozenset({"arn", "groupName", "region"})
    defaults: ClassVar[Mapping[str, Any]] = {
        "actionAfterCompletion": "NONE",
        "scheduleExpressionTimezone": "UTC",
        "state": "ENABLED",
    }

    def create(self, inputs: Properties) -> str:
        """Create the schedule, in the group `default` where none is named."""
        group = str(inputs.get("groupName", "default"))
        self.session.client("scheduler").create_schedule(Name=inputs["name"], GroupName=group, **_settings(inputs))
        return f"{group}/{inputs['name']}"

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the schedule; its target without the retry policy that AWS fills in where the program gives none."""
        group, name = object_id.split("/", 1)
        client = self.session.client("scheduler")
        try:
            found = client.get_schedule(Name=name, GroupName=group)
        except client.exceptions.ResourceNotFoundException:
            return None
        live = from_aws(found)
        target = live["target"]
        if target.get("retryPolicy") in (None, _RETRY) and "retryPolicy" not in state.get("target", {}):
            target.pop("retryPolicy", None)
        return {
            **{key: live.get(key) for key in _TOLD},
            "actionAfterCompletion": live.get("actionAfterCompletion", state.get("actionAfterCompletion")),
            "arn": live["arn"],
            "groupName": group,
            "name": name,
            "region": self.session.region,
            "target": target,
        }

    def same(self, key: str, old: Any, new: Any) -> bool:
        """Nested settings are compared without their empty members."""
        del key
        return old == new or (isinstance(old, dict) and new is not UNKNOWN and to_aws(old) == to_aws(new))

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Write it anew, as the interface wants it."""
        del state
        group, name = object_id.split("/", 1)
        self.session.client("scheduler").update_schedule(Name=name, GroupName=group, **_settings(inputs))

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the schedule."""
        del state
        group, name = object_id.split("/", 1)
        client = self.session.client("scheduler")
        try:
            client.delete_schedule(Name=name, GroupName=group)
        except client.exceptions.ResourceNotFoundException:
            return


def _settings(inputs: Properties) -> dict[str, Any]:
    told = {key: inputs[key] for key in (*_TOLD, "actionAfterCompletion", "target") if key in inputs}
    return to_aws(told)
