"""The registry's file: read, written, and read again when it has changed."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from theia_sf.credentials import private_files
from theia_sf.errors import TheiaError, UsageError
from theia_sf.proxy import guarded_files
from theia_sf.proxy.config import yaml_text
from theia_sf.proxy.config.load import validation_error
from theia_sf.proxy.users.directory import Directory
from theia_sf.proxy.users.registry import Registry

LARGEST: Final = 16 << 20
"""Bytes: about 30,000 users with a token each."""
_WHAT: Final = "file of users"
_HINT: Final = "Restore it from a copy; `theia-sf proxy users` writes it."
_HEAD: Final = "# Users of the proxy. Changed by `theia-sf proxy users`, which keeps no comments but this one.\n"
_log = logging.getLogger(__name__)


def parse(path: Path, data: bytes) -> Registry:
    """Return what a registry's file says.

    Raises:
        UsageError: it is not YAML, has a key twice, or is no registry; the sentence names the place, never the value.
    """
    return checked(yaml_text.parse(data, path, _WHAT, hint=_HINT), path)


def checked(content: Any, path: Path) -> Registry:
    """Return the registry of a file's content.

    Raises:
        UsageError: it is none; the sentence names the place, never the value.
    """
    try:
        return Registry.model_validate(content)
    except ValidationError as error:
        raise validation_error(error, path, hint=_HINT) from None


def read(path: Path) -> Registry:
    """Return the registry in a file.

    Raises:
        UsageError: there is none, others can read it, or it is no registry.
    """
    return parse(path, guarded_files.read(path, _WHAT, largest=LARGEST))


def read_for_update(path: Path) -> tuple[Registry, bytes | None]:
    """Return a registry, empty if there is no file, and the bytes that `write` must find again.

    Raises:
        UsageError: as `read`.
    """
    try:
        data = guarded_files.read(path, _WHAT, largest=LARGEST)
    except UsageError:
        if path.exists():
            raise
        return Registry(), None
    return parse(path, data), data


def write(path: Path, registry: Registry, expected: bytes | None) -> None:
    """Replace the file, mode 0600, if it is as it was when read.

    Raises:
        UsageError: it is not, or it cannot be written.
    """
    dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    content = registry.model_dump(mode="json", exclude_defaults=True) | {"version": registry.version}
    text: str = yaml.dump(content, Dumper=dumper, sort_keys=False, width=4096, allow_unicode=True)
    private_files.replace(path, (_HEAD + text).encode(), expected=expected, largest=LARGEST)


class WatchedRegistry:
    """The registry as the file says it now. A file that cannot be used leaves the last good state in force.

    Args:
        path: the file.

    Raises:
        UsageError: as `read`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seen = _state(path)
        self._directory = Directory(read(path))

    def current(self) -> Directory:
        """Return the present state; the file is read only if it has changed."""
        state = _state(self.path)
        if state != self._seen:
            self._seen = state
            try:
                self._directory = Directory(read(self.path))
            except TheiaError as error:
                _log.error("%s Users stay as they were.", error.message)
            else:
                _log.info("The users were read again from %s.", self.path)
        return self._directory


def _state(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
