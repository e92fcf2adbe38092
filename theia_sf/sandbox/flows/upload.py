"""Puts generated files where the Flow Aggregator would put them."""

# pyright: reportUnknownMemberType=false
# (boto3's clients are made at run time and untyped)

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theia_sf.aws.session import client
from theia_sf.sandbox.flows.generator import FlowFile


def upload(bucket: str, folder: str, files: Iterable[FlowFile], *, region: str | None = None) -> Iterator[str]:
    """Uploads files with a plain S3 client, one after another; yields the key of each when it is there.

    Args:
        bucket: the flows bucket.
        folder: the folder in it, without slashes at its ends; '' for none.
        files: from `generate`.
        region: the bucket's; None takes the environment's.
    """
    s3 = client("s3", region)
    for file in files:
        key = f"{folder}/{file.name}" if folder else file.name
        s3.put_object(Bucket=bucket, Key=key, Body=file.content)
        yield key
