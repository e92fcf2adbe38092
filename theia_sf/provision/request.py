"""What the user asks for: which stack, where its state lives, under which key, and for which accounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings

PROJECT = "theia-sf"
DEFAULT_STACK = "default"
DEFAULT_PREFIX = "antrea-flows-infra"
DEFAULT = "default"  # what an option takes that is to go back to its default

# What a self-managed backend accepts: https://www.pulumi.com/docs/iac/concepts/stacks/#create-a-stack
_STACK_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")
# Keys that S3 and URLs carry without escapes: the prefix stands in the backend's URL as it is.
_PREFIX = re.compile(r"[A-Za-z0-9!_.*'()-]+(/[A-Za-z0-9!_.*'()-]+)*")
_MAX_TAG_KEY = 128
_MAX_TAG_VALUE = 256


@dataclass(frozen=True)
class ServiceUser:
    """A Snowflake user for a program, which may read the flows and nothing else.

    Attributes:
        name: as Snowflake stores it (`theia_sf.snowflake.identifiers.fold`).
        role_arn: the AWS role that signs in as this user, without a path; None where a key pair does.
        public_key: of the key pair that signs in as this user: base64 on one line; None where a role does.
    """

    name: str
    role_arn: str | None = None
    public_key: str | None = None


@dataclass(frozen=True)
class Schedule:
    """When the function runs a job.

    Attributes:
        job: one of the jobs of `theia_sf.scheduled`.
        expression: as EventBridge Scheduler takes it, `rate(1 day)` or `cron(0 6 * * ? *)`; in UTC.
        event_json: what the function is called with.
    """

    job: str
    expression: str
    event_json: str


@dataclass(frozen=True)
class FunctionRequest:
    """The function that runs jobs on a schedule, as it is to be deployed.

    Attributes:
        function_zip, layer_zip: its code, and what that imports; both are uploaded before the update.
        architecture: that the layer was made for, as Lambda names it (arm64, x86_64).
        schedules: none is a function that somebody else calls.
        timeout_seconds: how long a job may take; Lambda's limit is 900.
        runtime: the Python that the layer was made for, as Lambda names it.
        memory_megabytes: Lambda gives CPU in proportion.
    """

    function_zip: Path
    layer_zip: Path
    architecture: str
    schedules: tuple[Schedule, ...]
    timeout_seconds: int
    runtime: str
    memory_megabytes: int


@dataclass(frozen=True)
class StackRequest:
    """One stack of the pipeline, how to reach it, and what is to change about it.

    `bucket_region` and `key_region` are None where they are to be found out: the bucket's by asking S3, the key's
    from its ARN, else the region of the pipeline. `snowflake` is None where an operation needs no Snowflake account
    (outputs, locks).

    The options of a stack are remembered with it (`theia_sf.provision.stack_options`), and a request only says how they
    change.

    Attributes:
        tags: of every AWS resource; None leaves them as they are, an empty mapping means the default ones.
        reader_warehouse: that the reader role uses; None leaves it as it is, '' means one of the stack's own.
        service_users: to be made, or bound to something else if they have been made.
        removed_service_users: names, as Snowflake stores them.
        function: to be deployed, in place of the one that there may be.
        remove_function: whether the function is to go.
    """

    stack_name: str
    bucket_name: str
    region: str
    bucket_prefix: str = DEFAULT_PREFIX
    bucket_region: str | None = None
    key_id: str | None = None
    key_region: str | None = None
    tags: Mapping[str, str] | None = None
    reader_warehouse: str | None = None
    service_users: tuple[ServiceUser, ...] = ()
    removed_service_users: tuple[str, ...] = ()
    function: FunctionRequest | None = None
    remove_function: bool = False
    snowflake: ConnectionSettings | None = None

    @property
    def changes_options(self) -> bool:
        """Whether anything is to be other than the stack remembers."""
        given = (self.service_users, self.removed_service_users, self.function, self.remove_function)
        return self.tags is not None or self.reader_warehouse is not None or any(given)

    @property
    def to_repeat(self) -> str | None:
        """What to say about the options after a failure, as the stack does not remember them yet; None without any."""
        if self.function is not None:
            return (
                "To go on with the function, repeat theia-sf workload-identity lambda --deploy with its options: the"
                " stack remembers it once that has ended well, and a plain onboard takes away what was made of it."
            )
        if self.changes_options:
            return "Repeat the options: the stack remembers them once onboard has ended well."
        return None

    def __post_init__(self) -> None:
        if not _STACK_NAME.fullmatch(self.stack_name):
            msg = f"Not a stack name: {self.stack_name!r}."
            raise UsageError(msg, hint="Use letters, digits, hyphens, underscores and dots.")
        object.__setattr__(self, "bucket_prefix", self.bucket_prefix.strip("/"))
        if self.bucket_prefix and not _PREFIX.fullmatch(self.bucket_prefix):
            msg = f"Not a folder in a bucket: {self.bucket_prefix!r}."
            raise UsageError(msg, hint="Use letters, digits, hyphens and slashes.")


def parse_tags(values: list[str]) -> dict[str, str] | None:
    """The AWS tags of `--tag KEY=VALUE`, in the order given; the last of several equal keys wins.

    None without any `--tag`; empty for `--tag default` alone, which asks for the default tags.

    Raises:
        UsageError: no `=`, an empty or overlong key, an overlong value, or a key of AWS's own (`aws:`).
    """
    if not values:
        return None
    tags: dict[str, str] = {}
    for text in values if values != [DEFAULT] else []:
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
