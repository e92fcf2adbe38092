"""What onboard, offboard, plan and unlock share: which stack their flags mean, and how progress looks."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from theia_sf.cli import console
from theia_sf.cli.options import DEFAULT_BUCKET_PREFIX, DEFAULT_STACK_NAME
from theia_sf.errors import UsageError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from theia_sf.provision.context import Context, Identity
    from theia_sf.provision.progress import Note, ResourceEvent
    from theia_sf.provision.request import StackRequest
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
    tags: tuple[str, ...] = ()
    reader_warehouse: str | None = None


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
    from theia_sf.provision.request import StackRequest, parse_tags

    identity = current_identity(resolve_region(flags.region), snowflake)
    context = contexts.current(identity)
    if context is not None and _names_another(flags, context):
        context = None
    bucket = flags.bucket_name or (context.bucket_name if context else None)
    if bucket is None:
        msg = "No bucket was named, and there is no current context."
        raise UsageError(msg, hint="Add --bucket-name BUCKET: the bucket that holds the state of the infrastructure.")
    request = StackRequest(
        stack_name=flags.stack_name or (context.stack_name if context else DEFAULT_STACK_NAME),
        bucket_name=bucket,
        region=flags.region or (context.region if context else resolve_region(None)),
        bucket_prefix=_first(flags.bucket_prefix, context.bucket_prefix if context else None, DEFAULT_BUCKET_PREFIX),
        bucket_region=flags.bucket_region or (context.bucket_region if context else None),
        key_id=flags.key_id or (context.key_id if context else None),
        key_region=flags.key_region or (context.key_region if context and not flags.key_id else None),
        tags=parse_tags(list(flags.tags)),
        reader_warehouse=flags.reader_warehouse,
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


def remembered(target: Target, database: str) -> Context:
    """The context to remember for a stack that was onboarded."""
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


def _names_another(flags: StackFlags, context: Context) -> bool:
    prefix = None if flags.bucket_prefix is None else flags.bucket_prefix.strip("/")
    given = (flags.bucket_name, prefix, flags.stack_name)
    known = (context.bucket_name, context.bucket_prefix, context.stack_name)
    return any(ours is not None and ours != theirs for ours, theirs in zip(given, known, strict=True))


def _first(*values: str | None) -> str:
    return next(value for value in values if value is not None)


# Pulumi's operations as what is going on, and as what has happened.
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "refresh": "looking at"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "refresh": "looked at"}


class ProgressDisplay:
    """Shows an operation's progress on stderr while it runs: live on a terminal, else a line for each change.

    Call it with events, from any thread.
    """

    def __init__(self) -> None:
        self._underway: dict[tuple[str, str], tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._live = None
        if sys.stderr.isatty():
            from rich.live import Live

            self._live = Live(get_renderable=self._render, console=console.stderr, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: ResourceEvent | Note) -> None:
        """Takes one event."""
        from theia_sf.provision.progress import Note

        if isinstance(event, Note):
            self._say(event.text, console.warn if event.level == "warning" else console.note)
            return
        title = f"{_kind(event.type)} {event.name}"
        key = (event.urn, event.operation)
        with self._lock:
            if event.status == "started":
                self._underway[key] = (f"{_doing(event.operation)} {title}", time.monotonic())
                return
            self._underway.pop(key, None)
        if event.status == "failed":
            self._say(f"failed: {_doing(event.operation)} {title} ({event.seconds:.1f} s)", console.note)
        elif event.operation != "refresh":
            self._say(f"{_done(event.operation)} {title} ({event.seconds:.1f} s)", console.note)

    def _say(self, text: str, write: Callable[[str], None]) -> None:
        # Rich moves what is printed to stderr above the live part, as it has redirected the stream.
        write(text)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        now = time.monotonic()
        with self._lock:
            lines = [f"  {title} … {now - begun:.0f} s" for title, begun in self._underway.values()]
        lines = lines or [f"  working … {now - self._begun:.0f} s"]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines[:20]))


def _kind(resource_type: str) -> str:
    package, _, rest = resource_type.partition(":")
    return f"{package} {rest.rpartition(':')[2]}"


def _doing(operation: str) -> str:
    return _DOING.get(operation) or ("deleting the old" if operation.startswith("delete") else "making a new")


def _done(operation: str) -> str:
    return _DONE.get(operation) or ("deleted the old" if operation.startswith("delete") else "made a new")
