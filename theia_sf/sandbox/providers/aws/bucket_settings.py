"""The settings of a bucket that are resources of their own: each is put, got and deleted under the bucket's name."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from theia_sf.sandbox.providers.aws.session import AwsSession, DocumentResource, error_code, kept
from theia_sf.sandbox.providers.aws.shapes import from_aws, to_aws
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import Resource

_PUBLIC_ACCESS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


class BucketSetting(Resource[AwsSession]):
    """A setting with the bucket's name as its id.

    Attributes:
        missing: the error codes by which S3 says that the bucket has no such setting.
    """

    replaces = frozenset({"bucket", "region"})
    computed = frozenset({"region"})
    missing: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the setting."""

    @abstractmethod
    def get(self, bucket: str, state: Properties) -> Properties | None:
        """The setting's properties; None or an error in `missing` when there is none."""

    @abstractmethod
    def remove(self, bucket: str) -> None:
        """Delete the setting."""

    def create(self, inputs: Properties) -> str:
        """Write the setting; the id is the bucket's name."""
        self.put(str(inputs["bucket"]), inputs)
        return str(inputs["bucket"])

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the setting."""
        try:
            found = self.get(object_id, state)
        except ClientError as error:
            if error_code(error) in {*self.missing, "NoSuchBucket", "404"}:
                return None
            raise
        return None if found is None else {"bucket": object_id, "region": self.session.region, **found}

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Write it anew."""
        del state
        self.put(object_id, inputs)

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the setting, unless it or the bucket is gone."""
        del state
        try:
            self.remove(object_id)
        except ClientError as error:
            if error_code(error) not in {*self.missing, "NoSuchBucket", "404"}:
                raise


def _unless_same(state: Properties, key: str, live: Any) -> Any:
    known = state.get(key)
    return known if known is not None and to_aws(known) == to_aws(live) else live


class BucketLifecycleConfiguration(BucketSetting):
    """When objects expire."""

    resource_type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    label = "S3 Bucket Lifecycle Configuration"
    missing = frozenset({"NoSuchLifecycleConfiguration"})

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the rules; a rule without a filter applies to the whole bucket."""
        rules = [{"Filter": {"Prefix": ""}, **to_aws(rule)} for rule in inputs["rules"]]
        self.session.client("s3").put_bucket_lifecycle_configuration(
            Bucket=bucket, LifecycleConfiguration={"Rules": rules}
        )

    def get(self, bucket: str, state: Properties) -> Properties:
        """The rules."""
        rules = self.session.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
        return {"rules": _unless_same(state, "rules", from_aws(rules))}

    def remove(self, bucket: str) -> None:
        """Objects no longer expire."""
        self.session.client("s3").delete_bucket_lifecycle(Bucket=bucket)


class BucketPublicAccessBlock(BucketSetting):
    """What public access is blocked."""

    resource_type = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    label = "S3 Bucket Public Access Block"
    missing = frozenset({"NoSuchPublicAccessBlockConfiguration"})
    defaults: ClassVar[Mapping[str, Any]] = dict.fromkeys(_PUBLIC_ACCESS, False)

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the four switches."""
        self.session.client("s3").put_public_access_block(
            Bucket=bucket, PublicAccessBlockConfiguration=to_aws({key: inputs.get(key) for key in _PUBLIC_ACCESS})
        )

    def get(self, bucket: str, state: Properties) -> Properties:
        """The four switches."""
        del state
        found = self.session.client("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        return from_aws(found)

    def remove(self, bucket: str) -> None:
        """Block nothing."""
        self.session.client("s3").delete_public_access_block(Bucket=bucket)


class BucketServerSideEncryptionConfiguration(BucketSetting):
    """How objects are encrypted."""

    resource_type = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    label = "S3 Bucket Server-side Encryption Configuration"
    missing = frozenset({"ServerSideEncryptionConfigurationNotFoundError"})

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the rules."""
        self.session.client("s3").put_bucket_encryption(
            Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": to_aws(inputs["rules"])}
        )

    def get(self, bucket: str, state: Properties) -> Properties:
        """The rules; the bucket key is off unless a rule says otherwise."""
        found = self.session.client("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
        known = [{"bucketKeyEnabled": False, **rule} for rule in state.get("rules", [])]
        live = [{"bucketKeyEnabled": False, **from_aws(rule)} for rule in found["Rules"]]
        return {"rules": state["rules"] if known == live else live}

    def remove(self, bucket: str) -> None:
        """Back to S3's default encryption."""
        self.session.client("s3").delete_bucket_encryption(Bucket=bucket)


class BucketVersioning(BucketSetting):
    """Whether the bucket keeps old versions."""

    resource_type = "aws:s3/bucketVersioning:BucketVersioning"
    label = "S3 Bucket Versioning"

    def put(self, bucket: str, inputs: Properties) -> None:
        """Switch it on or off."""
        status = inputs["versioningConfiguration"]["status"]
        if status != "Disabled":  # the state before versioning was ever on; S3 has no request for it
            self.session.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    def get(self, bucket: str, state: Properties) -> Properties:
        """Whether it is on."""
        del state
        status = self.session.client("s3").get_bucket_versioning(Bucket=bucket).get("Status", "Disabled")
        return {"versioningConfiguration": {"status": status}}

    def remove(self, bucket: str) -> None:
        """Versioning can only be suspended."""
        self.session.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


class BucketOwnershipControls(BucketSetting):
    """Who owns uploaded objects."""

    resource_type = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"
    label = "S3 Bucket Ownership Controls"
    missing = frozenset({"OwnershipControlsNotFoundError"})

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the rule."""
        self.session.client("s3").put_bucket_ownership_controls(
            Bucket=bucket, OwnershipControls={"Rules": [to_aws(inputs["rule"])]}
        )

    def get(self, bucket: str, state: Properties) -> Properties:
        """The rule."""
        del state
        found = self.session.client("s3").get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
        return {"rule": from_aws(found["Rules"][0])}

    def remove(self, bucket: str) -> None:
        """Back to S3's default."""
        self.session.client("s3").delete_bucket_ownership_controls(Bucket=bucket)


class BucketPolicy(BucketSetting, DocumentResource):
    """Who may do what with the bucket."""

    resource_type = "aws:s3/bucketPolicy:BucketPolicy"
    label = "S3 Bucket Policy"
    missing = frozenset({"NoSuchBucketPolicy"})

    def put(self, bucket: str, inputs: Properties) -> None:
        """Write the policy."""
        self.session.client("s3").put_bucket_policy(Bucket=bucket, Policy=inputs["policy"])

    def get(self, bucket: str, state: Properties) -> Properties:
        """The policy."""
        live = self.session.client("s3").get_bucket_policy(Bucket=bucket)["Policy"]
        return {"policy": kept(state, "policy", live)}

    def remove(self, bucket: str) -> None:
        """Only the account itself has access."""
        self.session.client("s3").delete_bucket_policy(Bucket=bucket)
