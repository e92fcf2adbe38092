"""`aws:lambda/function:Function`, of those whose code lies in S3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from theia_sf.sandbox.providers.aws.session import AwsSession, change_tags
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

_LONGEST_SECONDS = 900
# property: the setting's name in CreateFunction, UpdateFunctionConfiguration and the answer of GetFunction
_SETTINGS = {
    "description": "Description",
    "handler": "Handler",
    "memorySize": "MemorySize",
    "role": "Role",
    "runtime": "Runtime",
    "timeout": "Timeout",
}
_CODE = ("s3Bucket", "s3Key", "s3ObjectVersion", "sourceCodeHash", "architectures")


class Function(Resource[AwsSession]):
    """A function whose code lies in S3; the id is its name."""

    resource_type = "aws:lambda/function:Function"
    label = "Lambda Function"
    name_property = "name"
    replaces = frozenset({"name", "packageType", "region"})
    computed = frozenset(
        {
            "arn",
            "architectures",
            "codeSha256",
            "ephemeralStorage",
            "invokeArn",
            "lastModified",
            "loggingConfig",
            "qualifiedArn",
            "qualifiedInvokeArn",
            "region",
            "sourceCodeSize",
            "tagsAll",
            "tracingConfig",
            "version",
        }
    )
    defaults: ClassVar[Mapping[str, Any]] = {
        "memorySize": 128,
        "packageType": "Zip",
        "publish": False,
        "reservedConcurrentExecutions": -1,
        "skipDestroy": False,
        "timeout": 3,
    }

    def check(self, inputs: Properties) -> list[tuple[str, str]]:
        """A function in a ZIP archive has a handler and a runtime; Lambda ends it after 15 minutes at the latest."""
        missing = [key for key in ("handler", "runtime") if key not in inputs and inputs["packageType"] == "Zip"]
        failures = [(key, f"{key} must be set when PackageType is Zip") for key in missing]
        seconds = inputs["timeout"]
        if isinstance(seconds, int) and not 1 <= seconds <= _LONGEST_SECONDS:
            reason = f"expected timeout to be in the range (1 - {_LONGEST_SECONDS}), got {seconds}"
            failures.append(("timeout", reason))
        return failures

    def create(self, inputs: Properties) -> str:
        """Create the function from its archive in S3."""
        self.session.client("lambda").create_function(
            FunctionName=inputs["name"],
            Code=_place(inputs),
            PackageType=inputs["packageType"],
            Publish=inputs["publish"],
            Tags=self.session.all_tags(inputs),
            Layers=inputs.get("layers", []),
            Environment={"Variables": _variables(inputs)},
            **({"Architectures": inputs["architectures"]} if "architectures" in inputs else {}),
            **_settings(inputs),
        )
        return str(inputs["name"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the function; where its code came from is known to the state alone, as is the hash given for it."""
        client = self.session.client("lambda")
        try:
            found = client.get_function(FunctionName=object_id)
        except client.exceptions.ResourceNotFoundException:
            return None
        live = found["Configuration"]
        arn, version = live["FunctionArn"], live.get("Version", "$LATEST")
        variables = live.get("Environment", {}).get("Variables", {})
        layers = [layer["Arn"] for layer in live.get("Layers", [])]
        told = {key: live.get(name) or None for key, name in _SETTINGS.items()}
        return {
            **{key: state[key] for key in (*_CODE, *self.defaults) if key in state},
            **told,
            "architectures": live.get("Architectures", ["x86_64"]),
            "arn": arn,
            "codeSha256": live["CodeSha256"],
            "environment": {"variables": variables} if variables else None,
            "ephemeralStorage": {"size": live.get("EphemeralStorage", {}).get("Size", 512)},
            "invokeArn": _invoke_arn(arn),
            "lastModified": live["LastModified"],
            "layers": layers or None,
            "loggingConfig": {"logFormat": "Text", "logGroup": f"/aws/lambda/{object_id}"},
            "name": live["FunctionName"],
            "qualifiedArn": f"{arn}:{version}",
            "qualifiedInvokeArn": _invoke_arn(f"{arn}:{version}"),
            "region": self.session.region,
            "sourceCodeSize": live.get("CodeSize", 0),
            "tracingConfig": {"mode": live.get("TracingConfig", {}).get("Mode", "PassThrough")},
            "version": version,
            **self.session.tag_outputs(found.get("Tags", {}), state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Change the settings, then the code, each only where it differs; and the tags."""
        client = self.session.client("lambda")
        settings = _settings(inputs)
        told = (inputs.get("layers", []), _variables(inputs), settings)
        if told != (state.get("layers", []), _variables(state), _settings(state)):
            client.update_function_configuration(
                FunctionName=object_id, Layers=told[0], Environment={"Variables": told[1]}, **settings
            )
        if any(inputs.get(key) != state.get(key) for key in _CODE if key in inputs):
            architectures = {"Architectures": inputs["architectures"]} if "architectures" in inputs else {}
            client.update_function_code(
                FunctionName=object_id, Publish=inputs["publish"], **_place(inputs), **architectures
            )
        arn = state["arn"]
        change_tags(
            self.session.all_tags(inputs),
            state.get("tagsAll", {}),
            lambda tags: client.tag_resource(Resource=arn, Tags=tags),
            lambda keys: client.untag_resource(Resource=arn, TagKeys=keys),
        )

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the function with all its versions."""
        if state.get("skipDestroy"):
            return
        client = self.session.client("lambda")
        try:
            client.delete_function(FunctionName=object_id)
        except client.exceptions.ResourceNotFoundException:
            return


def _place(inputs: Properties) -> dict[str, str]:
    version = {"S3ObjectVersion": inputs["s3ObjectVersion"]} if "s3ObjectVersion" in inputs else {}
    return {"S3Bucket": inputs["s3Bucket"], "S3Key": inputs["s3Key"], **version}


def _settings(properties: Properties) -> dict[str, Any]:
    told = {name: properties[key] for key, name in _SETTINGS.items() if key in properties}
    return {"Description": "", **told}


def _variables(properties: Properties) -> dict[str, str]:
    return dict(properties.get("environment", {}).get("variables", {}))


def _invoke_arn(arn: str) -> str:
    region = arn.split(":")[3]
    return f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations"
