"""Checks of AWS: who we are, the region, the state's bucket and its key."""

from __future__ import annotations

import os
from collections.abc import Iterator

from theia_sf.aws.buckets import bucket_region
from theia_sf.aws.kms import describe_key
from theia_sf.aws.session import caller_identity, resolve_region
from theia_sf.health.check import Check, Verdict, guarded


def aws(region: str | None, bucket: str | None, key_id: str | None, key_region: str | None) -> Iterator[Check]:
    """Look at the caller's identity and region, then at the bucket and the key if they are known."""
    identity = list(guarded("AWS identity", lambda: _identity(region)))
    yield from identity
    reached = all(check.verdict is Verdict.OK for check in identity)
    for name, value, look in (
        ("State bucket", bucket, lambda: _bucket(bucket or "")),
        ("KMS key", key_id, lambda: _key(key_id or "", key_region or resolve_region(region))),
    ):
        if not reached:
            yield Check(name, Verdict.SKIPPED, "AWS was not reached")
        elif value is None:
            yield Check(name, Verdict.SKIPPED, "none is named by a flag, a variable or the context")
        else:
            yield from guarded(name, look)


def _identity(region: str | None) -> Iterator[Check]:
    where = resolve_region(region)
    caller = caller_identity(where)
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    at = f" at {endpoint}" if endpoint else ""
    yield Check("AWS identity", Verdict.OK, f"{caller.arn} in account {caller.account}{at}")
    yield Check("AWS region", Verdict.OK, where)


def _bucket(name: str) -> Iterator[Check]:
    yield Check("State bucket", Verdict.OK, f"{name} in {bucket_region(name)}")


def _key(key_id: str, region: str) -> Iterator[Check]:
    key = describe_key(key_id, region)
    if key.state == "Enabled":
        yield Check("KMS key", Verdict.OK, f"{key.arn} is enabled")
    else:
        when = f" on {key.deletion_date:%Y-%m-%d}" if key.deletion_date else ""
        advice = "`aws kms cancel-key-deletion` and `aws kms enable-key` bring a key back."
        yield Check("KMS key", Verdict.FAILED, f"{key.arn} is in state {key.state}{when}", advice)
