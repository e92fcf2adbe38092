"""What the user asks for: which stack, where its state lives, under which key, and for which accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings

PROJECT = "theia-sf"
DEFAULT_STACK = "default"
DEFAULT_PREFIX = "antrea-flows-infra"

# What a self-managed backend accepts: https://www.pulumi.com/docs/iac/concepts/stacks/#create-a-stack
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# Keys that S3 and URLs carry without escapes: the prefix stands in the backend's URL as it is.
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
_MAX_TAG_KEY = 128
_MAX_TAG_VALUE = 256


@dataclass(frozen=True)
class StackRequest:
    """One stack of the pipeline, and how to reach it.

    `bucket_region` and `key_region` are None where they are to be found out: the bucket's by asking S3, the key's
    from its ARN, else the region of the pipeline. `snowflake` is None where an operation needs no Snowflake account
    (outputs, locks).
    """

    stack_name: str
    bucket_name: str
    region: str
    bucket_prefix: str = DEFAULT_PREFIX
    bucket_region: str | None = None
    key_id: str | None = None
    key_region: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    reader_warehouse: str | None = None
    snowflake: ConnectionSettings | None = None

    def __post_init__(self) -> None:
        if not _STACK_NAME.fullmatch(self.stack_name):
            msg = f"Not a stack name: {self.stack_name!r}."
            raise UsageError(msg, hint="Use letters, digits, hyphens, underscores and dots.")
        object.__setattr__(self, "bucket_prefix", self.bucket_prefix.strip("/"))
        if self.bucket_prefix and not _PREFIX.fullmatch(self.bucket_prefix):
            msg = f"Not a folder in a bucket: {self.bucket_prefix!r}."
            raise UsageError(msg, hint="Use letters, digits, hyphens and slashes.")


def parse_tags(values: list[str]) -> dict[str, str]:
    """The AWS tags of `--tag KEY=VALUE`, in the order given; the last of several equal keys wins.

    Raises:
        UsageError: no `=`, an empty or overlong key, an overlong value, or a key of AWS's own (`aws:`).
    """
    tags: dict[str, str] = {}
    for text in values:
        key, equals, value = text.partition("=")
        if not equals or not key:
            msg = f"Not a tag: {text!r}."
            raise UsageError(msg, hint="Write --tag KEY=VALUE.")
        # https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
        if len(key) > _MAX_TAG_KEY or len(value) > _MAX_TAG_VALUE or key.lower().startswith("aws:"):
            msg = f"AWS does not accept the tag {key!r}."
            raise UsageError(msg, hint="A key has up to 128 characters and no prefix aws:, a value up to 256.")
        tags[key] = value
    return tags
