"""The last records, and those that come."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from theia_sf.proxy.audit.query import Filters, Matcher
from theia_sf.proxy.audit.segments import Segment, segments

_PAUSE: Final = 0.25  # seconds between two looks at the files
_BLOCK: Final = 256 * 1024  # bytes read backwards at a time


def tail(
    folder: Path,
    count: int,
    filters: Filters | None = None,
    *,
    follow: bool = False,
    wait: Callable[[float], object] = time.sleep,
) -> Iterator[dict[str, Any]]:
    """Yield the last records that are wanted; then, with `follow`, each that is written, for ever.

    Args:
        folder: the audit's folder.
        count: how many of those that are there.
        filters: which.
        follow: go on.
        wait: waits between two looks, seconds; what it raises ends it.

    Raises:
        UsageError: the folder cannot be read.
    """
    matcher = Matcher(filters or Filters())
    chains = segments(folder)
    ends = {segment.path: _size(segment.path) for files in chains.values() for segment in files}
    found: list[dict[str, Any]] = []
    for files in chains.values():
        found += _last(files, ends, count, matcher)
    found.sort(key=lambda record: str(record.get("time")))
    yield from found[max(len(found) - count, 0) :]
    while follow:
        wait(_PAUSE)
        fresh = [record for files in segments(folder).values() for record in _fresh(files, ends, matcher)]
        fresh.sort(key=lambda record: str(record.get("time")))
        yield from fresh


def _last(files: list[Segment], ends: dict[Path, int], count: int, matcher: Matcher) -> Iterator[dict[str, Any]]:
    """Yield the last records of one chain, the newest first; the place of an unfinished one is kept in `ends`."""
    missing = count
    for i in range(len(files) - 1, -1, -1):
        segment = files[i]
        after = files[i + 1] if i + 1 < len(files) else None
        size = ends[segment.path] if segment.end is None else min(segment.end, ends[segment.path])
        wanted = not (matcher.is_past(segment) or matcher.is_over(after))
        for line, start in _backwards(segment.path, size):
            if not line.endswith(b"\n"):
                if after is None:
                    ends[segment.path] = start
                continue
            if missing <= 0 or not wanted:
                break
            record = matcher.read(line)
            if record is not None:
                yield record
                missing -= 1
        if missing <= 0:
            return


def _size(path: Path) -> int:
    """Return a file's size; 0 if it was put away meanwhile."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _backwards(path: Path, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the lines before a byte, the last one first, and where each begins; none of a file that was put away."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        rest = b""  # a line's end, whose beginning is in the block before
        position = size
        while position > 0:
            length = min(_BLOCK, position)
            position -= length
            file.seek(position)
            data = file.read(length) + rest
            pieces = data.split(b"\n")
            found = [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
            rest = found.pop(0)
            end = position + len(data)
            for line in reversed(found):
                end -= len(line)
                yield line, end
        if rest:
            yield rest, 0


def _fresh(files: list[Segment], ends: dict[Path, int], matcher: Matcher) -> Iterator[dict[str, Any]]:
    for segment in files:
        start = ends.get(segment.path, 0)
        limit = segment.end
        if _size(segment.path) <= start:
            continue
        with suppress(FileNotFoundError), segment.path.open("rb") as file:
            file.seek(start)
            for line in file:
                if not line.endswith(b"\n") or (limit is not None and start + len(line) > limit):
                    break
                start += len(line)
                record = matcher.read(line)
                if record is not None:
                    yield record
        ends[segment.path] = start
