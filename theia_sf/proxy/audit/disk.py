"""Bytes on disk, or an error."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of some bytes, however many pieces the system takes them in."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync(descriptor: int) -> None:
    """Put a file's bytes on disk, past the drive's own cache where the system can.

    Raises:
        OSError: it failed. The bytes may be lost even if another try succeeds: Linux forgets what it could not write.
    """
    if sys.platform == "darwin":  # fsync leaves them in the drive's cache there (fsync(2) of macOS)
        import fcntl  # noqa: PLC0415 (as above)

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    elif sys.platform == "linux":
        os.fdatasync(descriptor)
    else:
        os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
