"""The folder that is provisioned: written again without losing what somebody changed in it.

A file in it, the record, says what was written there. A file that is other than recorded is somebody's work: it is
replaced only if asked for, and then kept beside.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePath
from typing import Any, Final

from theia_sf import __version__
from theia_sf.errors import UsageError
from theia_sf.grafana.datasource import Method

RECORD: Final = ".theia-sf-grafana.json"


@dataclass(frozen=True)
class Settings:
    """With which options a folder was provisioned, so that they need not be given again; None is what was not given.

    Attributes:
        database: whose flows are shown.
        method: by what Grafana signs in.
        user: whom Grafana signs in as, if somebody was named.
        plugin_version: of the data source's plugin.
        port: of Grafana on this machine.
    """

    database: str
    method: Method
    user: str | None
    plugin_version: str | None
    port: int


@dataclass(frozen=True)
class Record:
    """What was provisioned.

    Attributes:
        settings: with which options.
        hashes: path to SHA-256 of every file written.
    """

    settings: Settings
    hashes: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """What happened besides writing.

    Attributes:
        kept: where the files are now that somebody had changed.
        removed: files of an earlier version that are gone.
    """

    kept: tuple[Path, ...]
    removed: tuple[Path, ...]


def read_record(folder: Path) -> Record | None:
    """Return what was provisioned in a folder; None if nothing was, or if there is no folder.

    Raises:
        UsageError: the folder or the record cannot be read.
    """
    path = folder / RECORD
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        settings = Settings(**found["settings"] | {"method": Method(found["settings"]["method"])})
        return Record(settings, {str(name): str(value) for name, value in found["files"].items()})
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        message = f"{path} cannot be read: it is not what theia-sf wrote."
        raise UsageError(message, hint="Provision into another folder, or delete that file and add --force.") from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UsageError(message) from error


def check(folder: Path, files: Mapping[str, str], record: Record | None, *, force: bool) -> None:
    """Refuse to write where somebody's work would be in the way; writes nothing.

    Args:
        folder: which need not exist.
        files: path to text, as they are to be.
        record: what was provisioned there.
        force: allow it: what is in the way will be kept beside.

    Raises:
        UsageError: `folder` is none, is not theia-sf's, or has files that were changed.
    """
    try:
        if folder.exists() and not folder.is_dir():
            message = f"{folder} is not a folder."
            raise UsageError(message, hint="Name another one with --output.")
        if not folder.exists():
            _check_place(folder)
            return
        if force:
            return
        if record is None and any(folder.iterdir()):
            message = f"The folder {folder} holds files that theia-sf did not write."
            raise UsageError(message, hint="Name another one with --output, or add --force to write into it.")
        changed = [path for path, text in files.items() if _is_changed(folder / path, text, path, record)]
    except OSError as error:
        raise _failed(folder, error) from error
    if changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        verb = "were" if len(changed) > 1 else "was"
        message = f"{folder / changed[0]}{more} {verb} changed since theia-sf wrote it."
        raise UsageError(message, hint="--force writes it anew, and keeps yours beside it, ending in .bak.")


def write(folder: Path, files: Mapping[str, str], settings: Settings, record: Record | None) -> Written:
    """Write the files and the record; remove files of an earlier version, unless somebody changed them.

    Args:
        folder: made if it is missing.
        files: path to text.
        settings: to be recorded.
        record: of what is there.

    Raises:
        UsageError: a file cannot be written.
    """
    kept: list[Path] = []
    removed: list[Path] = []
    try:
        for path, text in files.items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if _is_changed(target, text, path, record):
                kept.append(_put_aside(target))
            target.write_text(text, encoding="utf-8", newline="\n")
        for target in _left_over(folder, files, record):
            target.unlink()
            removed.append(target)
        hashes = {path: _hash(text.encode()) for path, text in files.items()}
        content = {"theia_sf": __version__, "settings": asdict(settings), "files": hashes}
        (folder / RECORD).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise _failed(folder, error) from error
    return Written(tuple(kept), tuple(removed))


def _check_place(folder: Path) -> None:
    """Refuse a folder that cannot be made."""
    above = next((parent for parent in folder.absolute().parents if parent.exists()), Path("/"))
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        message = f"{folder} cannot be made in {above}."
        raise UsageError(message, hint="Name another folder with --output.")


def _left_over(folder: Path, files: Mapping[str, str], record: Record | None) -> list[Path]:
    """What was written, is not to be there any more, and is as it was written."""
    if record is None:
        return []
    inside = [path for path in record.hashes if path not in files and ".." not in PurePath(path).parts]
    targets = {folder / path: path for path in inside if not PurePath(path).is_absolute()}
    return sorted(
        target for target, path in targets.items() if target.is_file() and _is_as_written(target, path, record)
    )


def _is_as_written(target: Path, path: str, record: Record) -> bool:
    return _hash(target.read_bytes()) == record.hashes[path]


def _is_changed(target: Path, text: str, path: str, record: Record | None) -> bool:
    """Whether there is something else than was written, and than is to be written."""
    if not target.exists():
        return False
    present = _hash(target.read_bytes())
    return present not in {_hash(text.encode()), record.hashes.get(path) if record else None}


def _put_aside(target: Path) -> Path:
    number, aside = 1, target.with_name(f"{target.name}.bak")
    while aside.exists():
        number += 1
        aside = target.with_name(f"{target.name}.{number}.bak")
    return target.rename(aside)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _failed(folder: Path, error: OSError) -> UsageError:
    message = f"{error.filename or folder} cannot be written: {error.strerror}."
    return UsageError(message, hint="Name another folder with --output.")
