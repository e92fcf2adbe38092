"""Whether records were removed, changed, moved or cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import ChainKey, Keyring, Link
from theia_sf.proxy.audit.confirmed import Mark, read_marks
from theia_sf.proxy.audit.follow import Follower
from theia_sf.proxy.audit.segments import Segment, head_name, lines, segments


@dataclass(frozen=True)
class Remark:
    """Something about a place in the files; `line` is 0 for a file as a whole."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.message}"


@dataclass
class ChainReport:
    """One instance's records.

    Attributes:
        instance: its name.
        files, records: how many.
        first, last: links of the first and the last record; None without any. `last`, kept elsewhere, shows later that
            the end is missing.
        keyed: whether every file is chained by a key.
        problems: what is wrong. Empty if nobody removed or changed anything.
        notes: what a crash or a full disk left, and was noted by the proxy itself; no harm to the records.
    """

    instance: str
    files: int = 0
    records: int = 0
    first: Link | None = None
    last: Link | None = None
    keyed: bool = True
    problems: list[Remark] = field(default_factory=list[Remark])
    notes: list[Remark] = field(default_factory=list[Remark])


def verify(
    folder: Path,
    keyring: Keyring,
    *,
    anchors: Iterable[tuple[str, Link]] = (),
    missing_start: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[ChainReport]:
    """Verify every chain in a folder; the proxy may be writing to it.

    Args:
        folder: the audit's folder.
        keyring: the keys that the records are chained by.
        anchors: records that were noted elsewhere, by instance: they must be there, with this hash.
        missing_start: older files were put away, and that is as it should be.
        progress: told the bytes of each file that is done.

    Raises:
        UsageError: the folder cannot be read, has no records, or its records are chained by a key and there is none.
    """
    known = list(anchors)
    marks = {path.stem: read_marks(path, keyring) or [] for path in sorted(folder.glob(head_name("*")))}
    chains = segments(folder, keyring)
    instances = sorted({*chains, *marks, *(instance for instance, _ in known)})
    if not instances:
        message = f"There are no audit records in {folder}."
        raise UsageError(message, hint="Name the folder that `audit.path` of the configuration names.")
    if keyring.current.secret is None:
        for segment in (each for chain in chains.values() for each in chain):
            if segment.key_id is not None:
                message = f"The records in {segment.path} are chained by a key, without which they cannot be verified."
                raise UsageError(message, hint="Name its file by `audit.key_file` of the configuration.")
    checked: list[ChainReport] = []
    for instance in instances:
        noted = [link for name, link in known if name == instance]
        chain = _Chain(folder / head_name(instance), chains.get(instance, []), marks.get(instance), noted)
        checked.append(_verify_chain(instance, chain, keyring, missing_start, progress))
    return checked


@dataclass(frozen=True)
class _Chain:
    head: Path
    files: list[Segment]
    marks: list[Mark] | None
    anchors: list[Link]


def _verify_chain(
    instance: str, chain: _Chain, keyring: Keyring, missing_start: bool, progress: Callable[[int], None] | None
) -> ChainReport:
    report = ChainReport(instance)
    files, marks, head = chain.files, chain.marks, chain.head
    if not marks:
        reason = "is missing" if marks is None else "holds no mark that is whole"
        message = f"it {reason}, so it cannot be told whether the last records are there"
        report.problems.append(Remark(head, 0, message))
    follower = Follower([*(mark.link for mark in marks or []), *chain.anchors], missing_start=missing_start)
    for i, segment in enumerate(files):
        key = _key(segment, keyring, report)
        if key is not None:
            _verify_file(report, segment, key, follower, newest=i + 1 == len(files))
        else:
            follower.lose()
        _check_size(report, segment, marks or [])
        report.files += 1
        if progress is not None:
            progress(segment.path.stat().st_size)
    report.records, report.first, report.last = follower.records, follower.first, follower.last
    report.keyed = report.keyed and bool(files)
    if keyring.current.secret is not None and files and all(segment.key_id is None for segment in files):
        report.problems.append(Remark(files[-1].path, 0, "no file of this instance is chained by a key"))
    where = files[-1].path if files else head
    report.problems += [Remark(where, 0, message) for message in follower.missing()]
    return report


def _key(segment: Segment, keyring: Keyring, report: ChainReport) -> ChainKey | None:
    """Return what a file must be chained by; None if that cannot be told."""
    if not segment.head:
        return keyring.current
    key = keyring.get(segment.key_id)
    if key is None:
        message = f"it is chained by the key {segment.key_id}, which is not known: nothing in it is verified"
        report.problems.append(Remark(segment.path, 1, message))
    elif key.secret is None:
        if report.files and report.keyed:
            message = "it is chained without a key, unlike the file before it"
            report.problems.append(Remark(segment.path, 1, message))
        report.keyed = False
    return key


def _verify_file(report: ChainReport, segment: Segment, key: ChainKey, follower: Follower, *, newest: bool) -> None:
    for number, line in enumerate(lines(segment), 1):
        if newest and not line.endswith(b"\n"):
            message = "an unfinished record that was never confirmed, as a crash leaves it"
            report.notes.append(Remark(segment.path, number, message))
            continue
        for message in follower.feed(line, key, first_of_file=number == 1):
            where, problem = report.problems, Remark(segment.path, number, message)
            if follower.excused:
                where = report.notes
            where.append(problem)


def _check_size(report: ChainReport, segment: Segment, marks: list[Mark]) -> None:
    size = segment.path.stat().st_size
    least = max([segment.end or 0, *(mark.bytes for mark in marks if mark.file == segment.number)])
    if size < least:
        report.problems.append(Remark(segment.path, 0, f"it has {size} bytes, but {least} were confirmed"))
    if segment.end is None or size <= segment.end:
        return
    if size - segment.end > segment.torn:
        message = f"bytes were added after its end (byte {segment.end}), when the next file had begun"
        report.problems.append(Remark(segment.path, 0, message))
    else:
        message = f"{size - segment.end} bytes at its end were never confirmed, as a crash or a full disk leaves them"
        report.notes.append(Remark(segment.path, 0, message))
