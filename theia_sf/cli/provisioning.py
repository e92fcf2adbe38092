"""Which stack a command works on: what its flags name, completed from the current context and the defaults."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from theia_sf.cli import options
from theia_sf.cli.shared_options import expanded
from theia_sf.errors import UsageError
from theia_sf.provision.request import DEFAULT_PREFIX, DEFAULT_STACK, StackRequest

if TYPE_CHECKING:
    from theia_sf.provision.context import Context, Identity
    from theia_sf.snowflake.settings import ConnectionSettings


@dataclass(frozen=True)
class StackFlags:
    """The flags (or THEIA_SF_* variables) that name a stack; None is what was not given."""

    region: str | None
    stack_name: str | None
    bucket_name: str | None
    bucket_prefix: str | None
    bucket_region: str | None
    key_id: str | None = None
    key_region: str | None = None


_STACK: Final[dict[str, Any]] = {
    "region": options.Region,
    "stack_name": options.StackName,
    "bucket_name": options.BucketName,
    "bucket_prefix": options.BucketPrefix,
    "bucket_region": options.BucketRegion,
}
_KEY: Final[dict[str, Any]] = {"key_id": options.KeyId, "key_region": options.KeyRegion}


def with_stack(function: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `stack: StackFlags` of a command by the options that name a stack, but for its key's."""
    return expanded(function, "stack", StackFlags, _STACK, StackFlags)


def with_stack_and_key(function: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `stack: StackFlags` of a command by the options that name a stack and its key."""
    return expanded(function, "stack", StackFlags, _STACK | _KEY, StackFlags)


@dataclass(frozen=True)
class Target:
    """The stack a command works on, whether the context named it, and whose accounts are in use."""

    request: StackRequest
    from_context: bool
    identity: Identity


def find_target(flags: StackFlags, snowflake: ConnectionSettings | None) -> Target:
    """Completes the flags from the current context, where they do not name another stack, and from the defaults.

    Raises:
        UsageError: neither flags nor context name a bucket; a flag is malformed.
        ConnectionFailedError: no or refused AWS credentials.
    """
    from theia_sf.aws.session import resolve_region
    from theia_sf.provision import context as contexts

    identity = current_identity(resolve_region(flags.region), snowflake)
    current = contexts.current(identity)
    context = None if current is None or _names_another(flags, current) else current
    bucket = flags.bucket_name or (context.bucket_name if context else None)
    if bucket is None:
        raise _no_bucket(current)
    request = StackRequest(
        stack_name=flags.stack_name or (context.stack_name if context else DEFAULT_STACK),
        bucket_name=bucket,
        region=flags.region or (context.region if context else resolve_region(None)),
        bucket_prefix=_first(flags.bucket_prefix, context.bucket_prefix if context else None, DEFAULT_PREFIX),
        bucket_region=flags.bucket_region or (context.bucket_region if context else None),
        key_id=flags.key_id or (context.key_id if context else None),
        key_region=flags.key_region or (context.key_region if context and not flags.key_id else None),
        snowflake=snowflake,
    )
    return Target(request, from_context=flags.bucket_name is None, identity=identity)


def current_identity(region: str, snowflake: ConnectionSettings | None) -> Identity:
    """The accounts and endpoints in use now; asks AWS who the caller is."""
    from theia_sf.aws.session import caller_identity
    from theia_sf.provision.context import Identity

    return Identity(
        aws_account=caller_identity(region).account,
        aws_endpoint=os.environ.get("AWS_ENDPOINT_URL", ""),
        snowflake_account=snowflake.account.upper() if snowflake else None,
        snowflake_endpoint=snowflake.endpoint if snowflake else None,
    )


def remembered(target: Target, database: str | None) -> Context:
    """The context to remember for a stack; `database` is None for one whose first onboarding has yet to end."""
    from theia_sf.provision.context import Context
    from theia_sf.provision.keys import key_location

    request = target.request
    key = key_location(request)
    return Context(
        stack_name=request.stack_name,
        bucket_name=request.bucket_name,
        bucket_prefix=request.bucket_prefix,
        bucket_region=request.bucket_region,
        region=request.region,
        key_id=request.key_id,
        key_region=key[1] if key else None,
        database_name=database,
        identity=target.identity,
    )


def _no_bucket(current: Context | None) -> UsageError:
    if current is None:
        msg = "No bucket was named, and there is no current context."
        return UsageError(msg, hint="Add --bucket-name BUCKET: the bucket that holds the state of the infrastructure.")
    msg = f"No bucket was named, and the current context is another stack, {current.stack_name}."
    return UsageError(
        msg, hint=f"Add the bucket that holds the stack's state, such as --bucket-name {current.bucket_name}."
    )


def _names_another(flags: StackFlags, context: Context) -> bool:
    prefix = None if flags.bucket_prefix is None else flags.bucket_prefix.strip("/")
    given = (flags.bucket_name, prefix, flags.stack_name)
    known = (context.bucket_name, context.bucket_prefix, context.stack_name)
    return any(ours is not None and ours != theirs for ours, theirs in zip(given, known, strict=True))


def _first(*values: str | None) -> str:
    return next(value for value in values if value is not None)
