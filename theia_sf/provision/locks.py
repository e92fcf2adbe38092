"""The locks of a stack's state: who holds them since when, and when one may be taken away.

The engine writes `PREFIX/.pulumi/locks/organization/PROJECT/STACK/UUID.json` with pid, username, hostname and
timestamp before it touches the state, and deletes it at its end (pkg/backend/diy/lock.go in pulumi/pulumi). Only an
engine that was killed leaves one behind.
"""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from dateutil.parser import isoparse

from theia_sf.errors import StateLockedError, TheiaError
from theia_sf.provision.backend import Backend
from theia_sf.provision.processes import started_at

# A lock is written some time after its process began; clocks of files and processes differ by less than this.
_CLOCK_SLACK = timedelta(seconds=5)


@dataclass(frozen=True)
class Lock:
    """One lock: its S3 key, and who wrote it when (UTC)."""

    key: str
    pid: int
    user: str
    host: str
    since: datetime

    @property
    def local(self) -> bool:
        """Whether the lock was written on this host."""
        return self.host == socket.gethostname()

    @property
    def alive(self) -> bool:
        """Whether the process that wrote the lock runs on this host; False for a lock of another host."""
        begun = started_at(self.pid) if self.local else None
        # A process that began after the lock was written has only inherited the number.
        return begun is not None and begun <= self.since + _CLOCK_SLACK

    def __str__(self) -> str:
        since = self.since.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z")
        return f"{self.user}@{self.host} (pid {self.pid}) since {since}"


def parse_lock(key: str, content: bytes) -> Lock:
    """A lock out of its object.

    Raises:
        TheiaError: the object is no lock of Pulumi's.
    """
    try:
        fields = json.loads(content)
        return Lock(key, int(fields["pid"]), fields["username"], fields["hostname"], isoparse(fields["timestamp"]))
    except (ValueError, KeyError, TypeError) as error:
        msg = f"The state's lock {Path(key).name} cannot be read."
        raise TheiaError(msg, hint=f"Look at it, and delete it if nobody is at work: {key}") from error


def read_locks(backend: Backend) -> list[Lock]:
    """The locks on the stack, oldest first."""
    found: list[Lock] = []
    for key in backend.keys(backend.locks_prefix):
        content = backend.read(key)
        if content is not None:  # its owner may just have released it
            found.append(parse_lock(key, content))
    return sorted(found, key=lambda lock: lock.since)


def require_unlocked(backend: Backend) -> None:
    """Returns where nobody holds the stack.

    Raises:
        StateLockedError: says who does since when, and how to release the lock.
    """
    locks = read_locks(backend)
    if locks:
        raise locked(backend, locks)


def locked(backend: Backend, locks: list[Lock]) -> StateLockedError:
    """The error for a stack that is locked."""
    holders = ", ".join(str(lock) for lock in locks) or "another process"
    if any(lock.alive for lock in locks):
        hint = f"Process {locks[0].pid} is still at work on this host: wait for it, or stop it with Ctrl-C."
    else:
        hint = f"If it is not at work any more, release the lock: {unlock_command(backend)}"
    return StateLockedError(f"The state of stack {backend.stack} is locked by {holders}.", hint=hint)


def unlock_command(backend: Backend) -> str:
    """The command line that shows and releases the locks of this stack."""
    parts = ["theia-sf unlock", f"--bucket-name {backend.bucket}"]
    parts += [f"--bucket-prefix {backend.prefix}", f"--bucket-region {backend.region}", f"--stack-name {backend.stack}"]
    return " ".join(parts)


def release_of(backend: Backend, pid: int) -> None:
    """Takes away the locks of a process of this host that is known to be gone.

    An engine that a signal meets just after it has taken the lock, or just before it gives it back, dies at once.
    """
    for lock in read_locks(backend):
        if lock.local and lock.pid == pid:
            backend.delete(lock.key)


def release(backend: Backend, lock: Lock) -> None:
    """Takes a lock away.

    Raises:
        StateLockedError: its process still runs on this host.
    """
    if lock.alive:
        msg = f"The lock's process is still at work on this host: {lock}."
        raise StateLockedError(msg, hint=f"Wait for it, or stop it first: kill -INT {lock.pid}")
    backend.delete(lock.key)
