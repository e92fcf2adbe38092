"""Everything that theia-sf raises on purpose, and the exit code that each error ends the program with.

::

    TheiaError                     1  the operation failed
    ├── UsageError                 2  the request itself is wrong (a flag, a file, a name)
    ├── ConnectionFailedError      3  could not reach or sign in to AWS or Snowflake
    ├── DifferencesFoundError      4  findings or changes, where a flag asked to be told by exit code
    ├── StateLockedError           5  another operation holds the lock of the stack's state
    └── InterruptedByUserError   130  Ctrl-C or SIGTERM

Modules raise these (or a subclass of their own) with one sentence and, where there is something to do, a hint.
Only the entry point (`theia_sf.cli.main`) prints them.
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """The documented exit codes of the `theia-sf` program."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONNECTION = 3
    DIFFERENCES = 4
    LOCKED = 5
    INTERRUPTED = 130


class TheiaError(Exception):
    """An operation failed for a reason that the user can understand.

    Args:
        message: one sentence, without a trailing newline; never holds a secret.
        hint: what to do about it, one sentence or command; None where there is nothing to add.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TheiaError):
    """The request is wrong: a flag's value, a file's content, a name that does not exist."""

    exit_code = ExitCode.USAGE


class ConnectionFailedError(TheiaError):
    """AWS or Snowflake could not be reached, or refused the credentials."""

    exit_code = ExitCode.CONNECTION


class DifferencesFoundError(TheiaError):
    """There are findings or changes, and a flag such as `--exit-code` asked to be told by the exit code."""

    exit_code = ExitCode.DIFFERENCES


class StateLockedError(TheiaError):
    """Another operation holds the lock of the stack's state."""

    exit_code = ExitCode.LOCKED


class InterruptedByUserError(TheiaError):
    """The user stopped the operation (Ctrl-C, SIGTERM)."""

    exit_code = ExitCode.INTERRUPTED
