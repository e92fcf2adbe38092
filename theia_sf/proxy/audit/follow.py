"""Follows a chain line by line, and says where it breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from theia_sf.proxy.audit.chain import START, ChainKey, Link, Sealed, check
from theia_sf.proxy.audit.events import Kind


class Follower:
    """One chain.

    Args:
        expected: records that must come by.
        missing_start: the chain may begin later than with its first record; that is then `excused`.
        instance: whose records they must be; None for anybody's.
    """

    def __init__(self, expected: Iterable[Link], *, missing_start: bool, instance: str | None = None) -> None:
        self.records = 0
        self.first: Link | None = None
        self.last: Link | None = None
        self.excused = False
        self._expected: dict[int, set[str]] = {}
        for link in expected:
            if link.seq > 0:
                self._expected.setdefault(link.seq, set()).add(link.hash)
        self._missing_start = missing_start
        self._instance = instance
        self._link: Link | None = START  # what the next record must follow; None if only its number can be told
        self._seq = 0  # of the last record

    def lose(self) -> None:
        """Go past records that cannot be read: the next one is taken as it comes."""
        self._link, self._seq = None, -1

    def feed(self, line: bytes, key: ChainKey, *, first_of_file: bool) -> Iterator[str]:
        """Yield what is wrong with the next line, in sentences without their ends."""
        sealed = check(line, key) if line.endswith(b"\n") else None
        if sealed is None:
            yield "it was changed, or is no record of this audit"
            self._link = None
            self._seq += self._seq >= 0
            return
        if first_of_file != (sealed.record.get("event") == Kind.FILE_BEGUN):
            yield (
                "the file does not begin with its own first record" if first_of_file else "a file begins within a file"
            )
        if self._instance is not None and sealed.record.get("instance") != self._instance:
            yield f"it is a record of the instance {sealed.record.get('instance')!r}"
        yield from self._order(sealed)
        self.first = self.first or sealed.link
        self.records += 1
        self._link, self._seq = sealed.link, sealed.link.seq
        if self.last is None or sealed.link.seq > self.last.seq:
            self.last = sealed.link
        wanted = self._expected.pop(sealed.link.seq, None)
        if wanted is not None and wanted != {sealed.link.hash}:
            yield f"record {sealed.link.seq} is not the one that was confirmed"

    def _order(self, sealed: Sealed) -> Iterator[str]:
        seq, due = sealed.link.seq, self._seq + 1
        if self._seq < 0 or (self._link is not None and sealed.follows(self._link)):
            return
        if seq > due:
            self.excused = self._missing_start and self.first is None
            what = f"record {due} is" if seq == due + 1 else f"records {due} to {seq - 1} are"
            yield f"{what} missing before it"
            self.excused = False
        elif seq < due:
            yield f"it is record {seq}, where record {due} should be"
        elif self._link is not None:
            yield "it does not follow the record before it"

    def missing(self) -> list[str]:
        """Return what had to come by and did not."""
        last = self.last.seq if self.last is not None else 0
        beyond = max((seq for seq in self._expected if seq > last), default=None)
        messages = [f"record {seq}, which was confirmed, is missing" for seq in sorted(self._expected) if seq <= last]
        if beyond is not None:
            what = f"record {beyond}" if beyond == last + 1 else f"records {last + 1} to {beyond}"
            messages.append(f"{what} at the end, confirmed once, {'is' if beyond == last + 1 else 'are'} missing")
        return messages
