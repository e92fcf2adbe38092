"""Whether records were removed, changed, moved or cut off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from theia_sf.errors import UsageError
from theia_sf.proxy.audit.chain import ChainKey, Keyring, Link
from theia_sf.proxy.audit.confirmed import Mark, read_marks, trusted
from theia_sf.proxy.audit.follow import Follower
from theia_sf.proxy.audit.segments import Segment, head_name, lines, segments
from theia_sf.proxy.config.audit import INSTANCE


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
) -> list[ChainReport]:
    """Verify every chain in a folder; the proxy may be writing to it.

    Args:
        folder: the audit's folder.
        keyring: the keys that the records are chained by.
        anchors: records that were noted elsewhere, by instance: they must be there, with this hash.
        missing_start: older files were put away, and that is as it should be.

    Raises:
        UsageError: the folder or a file cannot be read, there are no records, or they are chained by a key and there is
            none.
    """
    known = list(anchors)
    heads = [path for path in sorted(folder.glob(head_name("*"))) if INSTANCE.fullmatch(path.stem)]
    marks = {path.stem: read_marks(path, keyring) or [] for path in heads}
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
        files, found = chains.get(instance, []), marks.get(instance)
        if found is not None:
            found = trusted(found, {segment.number: segment.key_id for segment in files}, keyring.current.id)
        chain = _Chain(folder / head_name(instance), files, found, noted)
        checked.append(_verify_chain(instance, chain, keyring, missing_start=missing_start))
    return checked


@dataclass(frozen=True)
class _Chain:
    head: Path
    files: list[Segment]
    marks: list[Mark] | None
    anchors: list[Link]


def _verify_chain(instance: str, chain: _Chain, keyring: Keyring, *, missing_start: bool) -> ChainReport:
    report = ChainReport(instance)
    files, marks, head = chain.files, chain.marks, chain.head
    if not marks:
        reason = "is missing" if marks is None else "holds no mark that is whole and made with the records' key"
        message = f"it {reason}, so it cannot be told whether the last records are there"
        report.problems.append(Remark(head, 0, message))
    due = [*(mark.link for mark in marks or []), *chain.anchors]
    follower = Follower(due, missing_start=missing_start, instance=instance)
    before: list[str | None] = []
    for i, segment in enumerate(files):
        key = _key(segment, keyring, report, before)
        if key is not None:
            _verify_file(report, segment, key, follower, newest=i + 1 == len(files))
        else:
            follower.lose()
        _check_size(report, segment, marks or [])
        report.files += 1
    report.records, report.first, report.last = follower.records, follower.first, follower.last
    report.keyed = bool(files) and None not in before
    if keyring.current.secret is not None and files and all(segment.key_id is None for segment in files):
        report.problems.append(Remark(files[-1].path, 0, "no file of this instance is chained by a key"))
    where = files[-1].path if files else head
    report.problems += [Remark(where, 0, message) for message in follower.missing()]
    return report


def _key(segment: Segment, keyring: Keyring, report: ChainReport, before: list[str | None]) -> ChainKey | None:
    """Return what a file must be chained by; None if that cannot be told. `before`: ids of earlier files' keys."""
    if not segment.head:
        return keyring.current
    key_id, key = segment.key_id, keyring.get(segment.key_id)
    message = None
    if key is None:
        message = f"it is chained by the key {key_id!r}, which is not known: nothing in it is verified"
    elif before and key_id is None and before[-1] is not None:
        message = "it is chained without a key, unlike the file before it"
    elif key_id in before[:-1] and key_id != before[-1]:
        message = f"it is chained by the key {key_id!r}, which another had replaced before"
    if message is not None:
        report.problems.append(Remark(segment.path, 1, message))
    before.append(key_id)
    return key


def _verify_file(report: ChainReport, segment: Segment, key: ChainKey, follower: Follower, *, newest: bool) -> None:
    if segment.told.get("headMissing"):
        message = "when it began, nothing said how far records were confirmed: some before it may have been cut off"
        report.problems.append(Remark(segment.path, 1, message))
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
