"""The audit's files: `INSTANCE.NUMBER.jsonl`, one chain for each instance, which goes on from file to file.

The first record of a file says where the one before it ends: what stands after that, as a full disk or a killed process
left it, was never confirmed to anybody and is no part of the chain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import Keyring, Sealed, check, parse
from theia_sf.proxy.audit.events import Kind
from theia_sf.proxy.config.audit import INSTANCE

_NAME: Final = re.compile(rf"({INSTANCE.pattern})\.(\d{{8,}})\.jsonl")
_LONGEST_HEAD: Final = 64 * 1024  # bytes; the first record of a file has a few hundred


def file_name(instance: str, number: int) -> str:
    """Return the name of an instance's file."""
    return f"{instance}.{number:08d}.jsonl"


def head_name(instance: str) -> str:
    """Return the name of the file that tells how far an instance's records are confirmed."""
    return f"{instance}.head"


@dataclass(frozen=True)
class Segment:
    """One file.

    Attributes:
        path, instance, number: see the module.
        head: its first record as it stands there; empty if there is none.
        sealed: the same, if its hash is right and its key is known.
        end: bytes of it that count; None for all. Said by the file after it.
        torn: bytes after them that were there when the file after it began.
    """

    path: Path
    instance: str
    number: int
    head: dict[str, Any]
    sealed: Sealed | None
    end: int | None = None
    torn: int = 0

    @property
    def told(self) -> dict[str, Any]:
        """The fields of its first record."""
        found: Any = self.head.get("fields")
        return cast("dict[str, Any]", found) if isinstance(found, dict) else {}

    @property
    def key_id(self) -> str | None:
        """Id of the key that the file says it is chained by; None without one."""
        found = self.told.get("key")
        return found if isinstance(found, str) else None

    @property
    def began(self) -> str:
        """When it began, RFC 3339; empty if it does not say."""
        return str(self.head.get("time") or "")


def segments(folder: Path, keyring: Keyring | None = None) -> dict[str, list[Segment]]:
    """Return the files of a folder by instance, in order.

    Args:
        folder: the audit's folder.
        keyring: by which first records are checked; None believes them, which is enough to read.

    Raises:
        UsageError: the folder does not exist, or cannot be read.
    """
    found: dict[str, list[tuple[int, Path]]] = {}
    try:
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name is not None and path.is_file():
                found.setdefault(name.group(1), []).append((int(name.group(2)), path))
        return {
            instance: _ended([*_read(instance, sorted(files), keyring)]) for instance, files in sorted(found.items())
        }
    except OSError as error:
        raise _unreadable(folder, error) from error


def _unreadable(where: Path, error: OSError) -> UsageError:
    message = f"The audit's records in {error.filename or where} cannot be read: {error.strerror}."
    return UsageError(message, hint="Name the folder that `audit.path` of the configuration names.")


def _read(instance: str, files: list[tuple[int, Path]], keyring: Keyring | None) -> Iterator[Segment]:
    for number, path in files:
        with suppress(FileNotFoundError):  # put away since the folder was read
            yield _segment(path, instance, number, keyring)


def _segment(path: Path, instance: str, number: int, keyring: Keyring | None) -> Segment:
    with path.open("rb") as file:
        line = file.readline(_LONGEST_HEAD)
    segment = Segment(path, instance, number, parse(line) or {}, None)
    if segment.head.get("event") != Kind.FILE_BEGUN:
        return Segment(path, instance, number, {}, None)
    if keyring is None:
        return segment
    key = keyring.get(segment.key_id)
    return Segment(path, instance, number, segment.head, check(line, key) if key is not None else None)


def _ended(files: list[Segment]) -> list[Segment]:
    """Note for each file what the one after it says of its end."""
    done: list[Segment] = []
    for i, segment in enumerate(files):
        after = files[i + 1] if i + 1 < len(files) else None
        fields = after.told if after is not None else {}
        size, torn = fields.get("bytes"), fields.get("torn")
        if fields.get("previous") == segment.path.name and type(size) is int and type(torn) is int:
            done.append(
                Segment(segment.path, segment.instance, segment.number, segment.head, segment.sealed, size, torn)
            )
        else:
            done.append(segment)
    return done


def lines(segment: Segment, offset: int = 0) -> Iterator[bytes]:
    """Yield the lines that count, from a byte on; the last one may lack its line feed.

    Raises:
        UsageError: the file cannot be read, or is not there any more.
    """
    try:
        with segment.path.open("rb") as file:
            file.seek(offset)
            for line in file:
                if segment.end is not None and offset + len(line) > segment.end:
                    if offset < segment.end:  # cut short, and so not what was confirmed
                        yield line[: segment.end - offset]
                    return
                offset += len(line)
                yield line
    except OSError as error:
        raise _unreadable(segment.path, error) from error
