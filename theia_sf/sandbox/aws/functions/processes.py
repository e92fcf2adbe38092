"""Processes that are held to their time, and whose output is bounded."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

LONGEST_LOG: Final = 1024 * 1024
"""Bytes of output that are kept; what a program writes beyond is dropped."""

_READER_SECONDS: Final = 2.0
_running: set[int] = set()


def run(command: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """Run a program to its end, or until its time is up; whatever it started is ended with it.

    Args:
        command: the program and its arguments.
        environment: its whole environment.
        folder: where it runs.
        seconds: how long it may take.

    Returns:
        The exit code, negative for a signal and None if the time ran out; and the first `LONGEST_LOG` bytes of what it
        wrote to stdout and stderr.
    """
    process = subprocess.Popen(  # noqa: S603 - this interpreter and our own program
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    _running.add(process.pid)
    kept = bytearray()
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    reader = threading.Thread(target=_read, args=(process.stdout, kept), daemon=True)
    reader.start()
    try:
        exit_code = process.wait(seconds)
    except subprocess.TimeoutExpired:
        exit_code = None
    finally:
        _end_group(process.pid)
        _running.discard(process.pid)
        process.wait()
    reader.join(_READER_SECONDS)  # a process that left the group may still hold the pipe
    return exit_code, bytes(kept).decode(errors="replace")


def end_all() -> None:
    """End every program under way; each returns as killed."""
    for leader in tuple(_running):
        _end_group(leader)


def _end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _read(pipe: IO[bytes], kept: bytearray) -> None:
    """Keep the output up to its limit, and let the rest go by, so that nobody waits for a full pipe."""
    with pipe:
        while chunk := os.read(pipe.fileno(), 65536):
            room = LONGEST_LOG - len(kept)
            if room > 0:
                kept += chunk[:room]
                if len(chunk) >= room:
                    kept += b"\n[more output was dropped]\n"
