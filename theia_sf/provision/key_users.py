"""Which stacks become unreadable when a key goes."""

from __future__ import annotations

import re
from typing import Final

from theia_sf.aws.buckets import bucket_region
from theia_sf.aws.session import client
from theia_sf.provision.backend import Backend, load_checkpoint
from theia_sf.provision.keys import needs_key
from theia_sf.provision.request import PROJECT
from theia_sf.provision.state import parse_state

# The state files of self-managed backends, at whatever prefix: see Backend.state_key.
_STATE: Final = re.compile(rf"(?:(?P<prefix>.+)/)?\.pulumi/stacks/{PROJECT}/(?P<stack>[^/]+?)\.json(?:\.gz)?")


def stacks_under_key(key_arn: str, bucket: str, region: str) -> list[str]:
    """Return the stacks in a bucket whose state is encrypted with the key, as `stack NAME (PREFIX)`.

    Args:
        key_arn: the key's ARN, as DescribeKey tells it.
        bucket: the bucket to look through, at every prefix.
        region: of keys in states that name no region.

    Raises:
        BucketMissingError, BucketForeignError, AwsError, ConnectionFailedError: as
        `theia_sf.aws.buckets.bucket_region`.
    """
    where = bucket_region(bucket)
    s3 = client("s3", where)
    everything = Backend(s3=s3, bucket=bucket, prefix="", region=where, stack="")
    found: list[str] = []
    for key in everything.keys(""):
        match = _STATE.fullmatch(key)
        if match is None:
            continue
        backend = Backend(s3=s3, bucket=bucket, prefix=match["prefix"] or "", region=where, stack=match["stack"])
        content = backend.read_state()
        if content is not None and needs_key(parse_state(load_checkpoint(content)), key_arn, region):
            found.append(f"stack {match['stack']} ({match['prefix'] or 'no prefix'})")
    return found
