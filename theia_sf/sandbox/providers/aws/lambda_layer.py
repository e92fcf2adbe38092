"""`aws:lambda/layerVersion:LayerVersion`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from theia_sf.sandbox.providers.aws.session import AwsSession, error_code
from theia_sf.sandbox.providers.properties import Properties, same_members
from theia_sf.sandbox.providers.resource import Resource

_GONE = {"ResourceNotFoundException", "404"}
# property: the setting's name in PublishLayerVersion and the answer of GetLayerVersion
_SETTINGS = {
    "compatibleArchitectures": "CompatibleArchitectures",
    "compatibleRuntimes": "CompatibleRuntimes",
    "description": "Description",
    "licenseInfo": "LicenseInfo",
}
_PLACE = {"s3Bucket": "S3Bucket", "s3Key": "S3Key", "s3ObjectVersion": "S3ObjectVersion"}


class LayerVersion(Resource[AwsSession]):
    """One version of a layer, whose archive lies in S3. It never changes: whatever differs is a new version.

    The id is the version's ARN, `arn:aws:lambda:REGION:ACCOUNT:layer:NAME:VERSION`.
    """

    resource_type = "aws:lambda/layerVersion:LayerVersion"
    label = "Lambda Layer Version"
    replaces = frozenset({"layerName", "sourceCodeHash", "region", *_SETTINGS, *_PLACE})
    computed = frozenset(
        {"arn", "codeSha256", "createdDate", "layerArn", "region", "sourceCodeHash", "sourceCodeSize", "version"}
    )
    defaults: ClassVar[Mapping[str, Any]] = {"skipDestroy": False}

    def create(self, inputs: Properties) -> str:
        """Publish a version."""
        published = self.session.client("lambda").publish_layer_version(
            LayerName=inputs["layerName"],
            Content={name: inputs[key] for key, name in _PLACE.items() if key in inputs},
            **{name: inputs[key] for key, name in _SETTINGS.items() if key in inputs},
        )
        return str(published["LayerVersionArn"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the version."""
        name, version = object_id.split(":")[-2:]
        try:
            found = self.session.client("lambda").get_layer_version(LayerName=name, VersionNumber=int(version))
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        content = found.get("Content", {})
        return {
            **{key: state[key] for key in (*_PLACE, "skipDestroy") if key in state},
            **{key: _told(found.get(theirs), state.get(key)) for key, theirs in _SETTINGS.items()},
            "arn": object_id,
            "codeSha256": content.get("CodeSha256"),
            "createdDate": found["CreatedDate"],
            "layerArn": object_id.rpartition(":")[0],
            "layerName": name,
            "region": self.session.region,
            "sourceCodeHash": state.get("sourceCodeHash", content.get("CodeSha256")),
            "sourceCodeSize": content.get("CodeSize", 0),
            "version": version,
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Only `skipDestroy` can change, which lives in the state alone."""

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the version; functions that use it keep it."""
        if state.get("skipDestroy"):
            return
        name, version = object_id.split(":")[-2:]
        try:
            self.session.client("lambda").delete_layer_version(LayerName=name, VersionNumber=int(version))
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise


def _told(live: Any, known: Any) -> Any:
    """A setting as AWS has it, in the order of the state where only that differs; None for an empty one."""
    return known if same_members(known, live) else live or None
