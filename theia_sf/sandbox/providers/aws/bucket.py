"""`aws:s3/bucket:Bucket`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from botocore.exceptions import ClientError

from theia_sf.sandbox.providers.aws.session import AwsSession, error_code, tag_list, tag_map
from theia_sf.sandbox.providers.properties import Properties
from theia_sf.sandbox.providers.resource import ProviderError, Resource

_GONE = {"404", "NoSuchBucket"}
_DELETE_BATCH = 1000  # objects per DeleteObjects request, the interface's maximum


class Bucket(Resource[AwsSession]):
    """A bucket; its settings are resources of their own."""

    resource_type = "aws:s3/bucket:Bucket"
    label = "S3 Bucket"
    name_property = "bucket"
    replaces = frozenset({"bucket", "objectLockEnabled", "region"})
    defaults: ClassVar[Mapping[str, Any]] = {"forceDestroy": False}
    computed = frozenset(
        {
            "arn",
            "bucketDomainName",
            "bucketRegion",
            "bucketRegionalDomainName",
            "hostedZoneId",
            "objectLockEnabled",
            "region",
            "tagsAll",
        }
    )

    def create(self, inputs: Properties) -> str:
        """Create the bucket in the provider's region; the id is its name."""
        name, region = str(inputs["bucket"]), self.session.region
        if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
            message = (
                f"creating S3 Bucket ({name}): operation error S3: CreateBucket, https response error StatusCode: 400, "
                "api error InvalidBucketName: The specified bucket is not valid."
            )
            raise ProviderError(message)
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.session.client("s3").create_bucket(Bucket=name, **place)
        self._tag(name, self.session.all_tags(inputs))
        return name

    def read(self, object_id: str, state: Properties) -> Properties | None:
        """Ask for the bucket, its region and its tags."""
        s3 = self.session.client("s3")
        try:
            region = s3.head_bucket(Bucket=object_id)["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"]
        except ClientError as error:
            if error_code(error) in _GONE:
                return None
            raise
        return {
            "arn": f"arn:aws:s3:::{object_id}",
            "bucket": object_id,
            "bucketDomainName": f"{object_id}.s3.amazonaws.com",
            "bucketRegion": region,
            "bucketRegionalDomainName": f"{object_id}.s3.{region}.amazonaws.com",
            "forceDestroy": state.get("forceDestroy", False),
            "objectLockEnabled": False,
            "region": region,
            **self.session.tag_outputs(self._tags(object_id), state),
        }

    def update(self, object_id: str, state: Properties, inputs: Properties) -> None:
        """Change the tags; `forceDestroy` lives in the state alone."""
        del state
        self._tag(object_id, self.session.all_tags(inputs))

    def delete(self, object_id: str, state: Properties) -> None:
        """Delete the bucket, with all its objects and versions where `forceDestroy` says so."""
        s3 = self.session.client("s3")
        try:
            if state.get("forceDestroy"):
                self._empty(object_id)
            s3.delete_bucket(Bucket=object_id)
        except ClientError as error:
            if error_code(error) not in _GONE:
                raise

    def _tags(self, name: str) -> dict[str, str]:
        try:
            return tag_map(self.session.client("s3").get_bucket_tagging(Bucket=name)["TagSet"])
        except ClientError as error:
            if error_code(error) == "NoSuchTagSet":
                return {}
            raise

    def _tag(self, name: str, tags: Mapping[str, str]) -> None:
        s3 = self.session.client("s3")
        if tags:
            s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
        elif self._tags(name):
            s3.delete_bucket_tagging(Bucket=name)

    def _empty(self, name: str) -> None:
        s3 = self.session.client("s3")
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name, MaxKeys=_DELETE_BATCH):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            if objects:
                s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
