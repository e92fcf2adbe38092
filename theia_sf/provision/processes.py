"""Whether a process of this host is alive, and since when."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

_PROC = Path("/proc")
# Fields of /proc/PID/stat behind the command's closing parenthesis, counted from 0: proc_pid_stat(5).
_STATE, _START_TIME = 0, 19


def started_at(pid: int) -> datetime | None:
    """When a living process began, in UTC; None where there is none (a zombie counts as none).

    Without /proc (macOS) a living process's beginning is not known: the answer is then the earliest possible time.
    """
    if _PROC.joinpath("stat").exists():
        return _from_proc(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass  # alive, and someone else's
    return datetime.min.replace(tzinfo=UTC)


def _from_proc(pid: int) -> datetime | None:
    try:
        fields = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    if fields[_STATE] in {"Z", "X"}:
        return None
    lines = _PROC.joinpath("stat").read_text().splitlines()
    boot = next(int(line.split()[1]) for line in lines if line.startswith("btime "))
    running = int(fields[_START_TIME]) / os.sysconf("SC_CLK_TCK")
    return datetime.fromtimestamp(boot, tz=UTC) + timedelta(seconds=running)
