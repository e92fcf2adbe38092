"""The stack that commands mean when their flags name none: the last one onboarded, bound to its accounts.

It is remembered before anything is made, so that `unlock` and `offboard` find a stack whose onboarding failed.

A small JSON file without any secret. It counts only under the identity it was made with, so that the sandbox's stack
is never taken for the cloud's.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import platformdirs

from theia_sf.credentials.private_files import write_atomically
from theia_sf.errors import UsageError

VARIABLE = "THEIA_SF_CONTEXT_FILE"
_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """The accounts and endpoints commands would work with; None is what a command does not know or need."""

    aws_account: str | None = None
    aws_endpoint: str | None = None
    snowflake_account: str | None = None
    snowflake_endpoint: str | None = None


@dataclass(frozen=True)
class Context:
    """A stack: where its state is, what decrypts it, which database it made; and the identity it belongs to.

    `bucket_region` is None where it is to be looked up; `key_id` and `key_region` are None for a passphrase;
    `database_name` is None until the first onboarding has ended well.
    """

    stack_name: str
    bucket_name: str
    bucket_prefix: str
    bucket_region: str | None
    region: str
    key_id: str | None
    key_region: str | None
    database_name: str | None
    identity: Identity


def path() -> Path:
    """The context's file: $THEIA_SF_CONTEXT_FILE, else context.json in the user's configuration folder."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path(platformdirs.user_config_dir("theia-sf")) / "context.json"


def load() -> Context | None:
    """The remembered context, whatever its identity; None where there is none.

    Raises:
        UsageError: the file is no context, or cannot be read.
    """
    try:
        values: dict[str, Any] = json.loads(path().read_text())
        identity = Identity(**values.pop("identity"))
        return Context(**values, identity=identity)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        msg = f"The context in {path()} cannot be read."
        raise UsageError(msg, hint="Forget it: theia-sf context clear") from error
    except OSError as error:
        raise _file_error(error, "read") from error


def save(context: Context) -> None:
    """Remembers a context, in a file that only its owner reads.

    Raises:
        UsageError: it cannot be written.
    """
    target = path()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, (json.dumps(asdict(context), indent=2) + "\n").encode())
    except OSError as error:
        raise _file_error(error, "written") from error


def clear() -> bool:
    """Forgets the context; returns whether there was one.

    Raises:
        UsageError: it cannot be deleted.
    """
    try:
        existed = path().exists()
        path().unlink(missing_ok=True)
    except OSError as error:
        raise _file_error(error, "forgotten") from error
    return existed


def forget_endpoint(aws_endpoint: str) -> bool:
    """Forgets the context if its stack is behind this AWS endpoint; returns whether it was.

    For an endpoint that has just come up empty: a stack of an earlier one at the same address is gone.
    """
    context = load()
    return context is not None and context.identity.aws_endpoint == aws_endpoint and clear()


def current(identity: Identity) -> Context | None:
    """The context, if it belongs to this identity; otherwise None, with a line in the log that says so."""
    context = load()
    if context is None:
        return None
    other = mismatch(context.identity, identity)
    if other is not None:
        _logger.info("The context (stack %s) is ignored: it belongs to another %s.", context.stack_name, other)
        return None
    return context


def _file_error(error: OSError, what: str) -> UsageError:
    msg = f"The context {path()} cannot be {what}: {error.strerror}."
    return UsageError(msg, hint=f"Put the file right, or name another one by {VARIABLE}.")


def mismatch(bound: Identity, now: Identity) -> str | None:
    """What differs between two identities, in words; None where all that both know is equal."""
    for found in fields(Identity):
        ours, theirs = getattr(bound, found.name), getattr(now, found.name)
        if ours is not None and theirs is not None and ours != theirs:
            return found.name.replace("_", " ").replace("aws", "AWS").replace("snowflake", "Snowflake")
    return None
