"""Ends the Pulumi engine when theia-sf itself is gone, also after a kill -9.

theia-sf holds the writing end of this program's standard input and tells it, line by line, which engine runs
(`0` for none). The kernel closes that end when theia-sf ends, however it ends; then the engine gets one SIGINT, with
which it saves its state and releases the lock, and is killed if it is still there some time later. A pipe works
the same on Linux and macOS; Linux's parent-death signal would need code between fork and exec, which is unsafe beside
the threads of gRPC.

Run as a script, isolated (`python -I -S watchdog.py SECONDS`): standard library only.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

# How long an orphaned engine may take to finish the resource at hand and save the state.
GRACE_SECONDS = 30.0
_POLL_SECONDS = 0.1


class Watchdog:
    """The parent's side: starts the program below with the first engine, and keeps it for the life of this process."""

    def __init__(self, grace_seconds: float = GRACE_SECONDS) -> None:
        self._grace = grace_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def watch(self, engine: int) -> None:
        """Names the engine (the leader of a process group) to end with us; 0 for none."""
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603  this very file
                [sys.executable, "-I", "-S", str(Path(__file__)), str(self._grace)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # survives a kill of our whole process group, and a terminal's hang-up
            )
        if self._process.stdin is not None:
            self._process.stdin.write(f"{engine}\n".encode())
            self._process.stdin.flush()

    def close(self) -> None:
        """Ends the watchdog; the engine it watches must be gone."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
        self._process = None


def _signal_group(leader: int, number: int) -> bool:
    try:
        os.killpg(leader, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def main() -> None:
    """Reads engine ids until the parent is gone, then ends the last one."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    engine = 0
    for line in sys.stdin:
        engine = int(line)
    if not engine:
        return
    try:
        os.kill(engine, signal.SIGINT)  # the engine alone: its plugins must live to finish the resource at hand
    except ProcessLookupError:
        return
    deadline = time.monotonic() + float(sys.argv[1])
    while time.monotonic() < deadline:
        if not _signal_group(engine, 0):
            return
        time.sleep(_POLL_SECONDS)
    _signal_group(engine, signal.SIGKILL)


if __name__ == "__main__":
    main()
