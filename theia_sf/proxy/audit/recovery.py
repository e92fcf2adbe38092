"""Where an instance's chain goes on when the proxy starts, however it ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import Keyring, Link, check
from theia_sf.proxy.audit.confirmed import BEGINNING, Mark, read_marks, trusted
from theia_sf.proxy.audit.segments import Segment, head_name, lines, segments


@dataclass(frozen=True)
class Found:
    """What an earlier process left.

    Attributes:
        mark: the last record that is whole.
        file: the highest number that a file has; 0 without any.
        unsure: nothing says how far records were confirmed, so the end may have been cut off.
    """

    mark: Mark
    file: int
    unsure: bool = False


def recover(folder: Path, instance: str, keyring: Keyring) -> Found:
    """Find the end of an instance's chain.

    The mark in `INSTANCE.head` says how far it was confirmed; whole records after it count too. If the files end
    before the mark, somebody cut them off: the chain then goes on from the mark, and the gap stays visible.

    Raises:
        UsageError: the folder or a file cannot be read, or the last file needs a key that is not there.
    """
    files = segments(folder, keyring).get(instance, [])
    keys = {segment.number: segment.key_id for segment in files}
    marks = trusted(read_marks(folder / head_name(instance), keyring) or [], keys, keyring.current.id)
    highest = files[-1].number if files else 0
    if marks:
        best = marks[-1]
        mark = _onwards(files, best, keyring)
        return Found(mark, max(highest, best.file))
    mark = _without_mark(files, keyring)
    # a process that was killed at its first start left one record and no mark
    innocent = not files or (len(files) == 1 and mark.link.seq == 1)
    return Found(mark, highest, unsure=not innocent)


def _onwards(files: list[Segment], mark: Mark, keyring: Keyring) -> Mark:
    """Follow the chain from a mark through whole records, into later files too."""
    for segment in files:
        if segment.number < mark.file:
            continue
        start = mark.bytes if segment.number == mark.file else 0
        if start == 0 and (segment.sealed is None or not segment.sealed.follows(mark.link)):
            return mark
        mark = _in_file(segment, start, mark.link, keyring)
    return mark


def _in_file(segment: Segment, start: int, link: Link, keyring: Keyring) -> Mark:
    key = keyring.get(segment.key_id)
    offset = start
    for line in lines(segment, start) if key is not None else ():
        sealed = check(line, key) if line.endswith(b"\n") and key is not None else None
        if sealed is None or not sealed.follows(link):
            break
        link, offset = sealed.link, offset + len(line)
    return Mark(segment.number, offset, link)


def _without_mark(files: list[Segment], keyring: Keyring) -> Mark:
    """Go by the last file alone: its first record tells what it follows."""
    if not files:
        return BEGINNING
    last = files[-1]
    if last.key_id is not None and keyring.get(last.key_id) is None:
        message = f"The audit records in {last.path} are chained by a key that is not configured."
        raise UsageError(message, hint="Name its file: `audit.key_file` or `audit.old_key_files`.")
    if last.sealed is None:
        return Mark(last.number, 0, BEGINNING.link)
    return _in_file(last, 0, Link(last.sealed.link.seq - 1, last.sealed.prev), keyring)
