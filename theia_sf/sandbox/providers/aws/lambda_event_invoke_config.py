"""`aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.session import AwsSession
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

# property: the setting's name in Lambda's interface
_SETTINGS = {"maximumEventAgeInSeconds": "MaximumEventAgeInSeconds", "maximumRetryAttempts": "MaximumRetryAttempts"}


class FunctionEventInvokeConfig(Resource[AwsSession]):
    """How often Lambda repeats a call that nobody waits for, when it fails; the id is the function's name."""

    resource_type = "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig"
    label = "Lambda Function Event Invoke Config"
    replaces = frozenset({"functionName", "region"})
    computed = frozenset({"region"})
    defaults: ClassVar[Mapping[str, Any]] = {"maximumRetryAttempts": 2}

    def create(self, inputs: Properties) -> str:
        """Set it."""
        name = str(inputs["functionName"])
        self._put(name, inputs)
        return name

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for it; a function without one, or no function, has none."""
        del state
        client = self.session.client("lambda")
        try:
            found = client.get_function_event_invoke_config(FunctionName=object_id)
        except client.exceptions.ResourceNotFoundException:
            return None
        told = {key: found[name] for key, name in _SETTINGS.items() if name in found}
        return {"functionName": object_id, "region": self.session.region, **told}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Set it anew."""
        del state
        self._put(object_id, inputs)

    def delete(self, object_id: str, state: Properties) -> None:
        """Go back to Lambda's own settings."""
        del state
        client = self.session.client("lambda")
        try:
            client.delete_function_event_invoke_config(FunctionName=object_id)
        except client.exceptions.ResourceNotFoundException:
            return

    def _put(self, name: str, inputs: Properties) -> None:
        told = {theirs: inputs[key] for key, theirs in _SETTINGS.items() if key in inputs}
        self.session.client("lambda").put_function_event_invoke_config(FunctionName=name, **told)
