"""Records by what they say, from all instances, in the order of time."""

from __future__ import annotations

import heapq
import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from itertools import count, islice
from pathlib import Path
from typing import Any, cast

from theia_sf.proxy.audit.chain import parse
from theia_sf.proxy.audit.segments import Segment, lines, segments

COLUMNS = ("time", "event", "user", "account", "session", "peer", "outcome", "code", "rule", "queryId", "rows",
           "durationMs", "sqlText", "message", "instance", "seq")  # fmt: skip
"""The keys of `row`, in their order."""


@dataclass(frozen=True)
class Filters:
    """Which records are wanted; None for any.

    Attributes:
        user, account, session, peer, instance: as they stand there.
        since, until: times with a zone; the first counts, the second does not.
        event: a kind, or its beginning before a dot: `statement`.
        outcome: `success`, `failure`, `unknown`.
        query_id: Snowflake's.
        contains: text in any value of the fields, in upper or lower case.
    """

    user: str | None = None
    account: str | None = None
    session: str | None = None
    peer: str | None = None
    instance: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    event: str | None = None
    outcome: str | None = None
    query_id: str | None = None
    contains: str | None = None


class Matcher:
    """Tells which lines fit; most others are told apart before they are parsed."""

    def __init__(self, filters: Filters) -> None:
        self._exact = {
            each.name: value
            for each in fields(filters)
            if each.name in {"user", "account", "session", "peer", "instance"}
            and (value := getattr(filters, each.name)) is not None
        }
        self._told = {"outcome": filters.outcome, "queryId": filters.query_id}
        self._told = {name: value for name, value in self._told.items() if value is not None}
        self._pieces = [f'"{name}":{json.dumps(value)}'.encode() for name, value in (self._exact | self._told).items()]
        self._event = filters.event
        self._contains = filters.contains.casefold() if filters.contains is not None else None
        # what JSON writes as it is stands so in the line
        plain = self._contains is not None and self._contains.isascii() and json.dumps(self._contains)[1:-1]
        self._plain = plain.encode() if plain and plain == self._contains else b""
        self.since = stamp(filters.since) if filters.since is not None else ""
        self.until = stamp(filters.until) if filters.until is not None else "~"  # after every digit

    def read(self, line: bytes) -> dict[str, Any] | None:
        """Return a line's record if it is wanted."""
        if not all(piece in line for piece in self._pieces) or (self._plain and self._plain not in line.lower()):
            return None
        record = parse(line) if line.endswith(b"\n") else None
        return record if record is not None and self._fits(record) else None

    def _fits(self, record: dict[str, Any]) -> bool:
        told: Any = record.get("fields")
        told = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
        event = str(record.get("event"))
        return (
            self.since <= str(record.get("time")) < self.until
            and all(record.get(name) == value for name, value in self._exact.items())
            and all(told.get(name) == value for name, value in self._told.items())
            and (self._event is None or event == self._event or event.startswith(f"{self._event}."))
            and (self._contains is None or self._contains in json.dumps(told, ensure_ascii=False).casefold()
                 or any(self._contains in text.casefold() for text in told.values() if isinstance(text, str)))
        )  # fmt: skip

    def is_past(self, segment: Segment) -> bool:
        """Tell whether a file has only events that are too late."""
        return segment.began >= self.until and _first_time(segment) >= self.until

    def is_over(self, after: Segment | None) -> bool:
        """Tell whether a file has only events that are too early, by the one after it."""
        return after is not None and bool(after.began) and after.began < self.since


def _first_time(segment: Segment) -> str:
    """Return the time of a file's first event; empty if there is none.

    It may lie before the file's own beginning: the event waited, over midnight or for a disk that was full.
    """
    line = next(islice(lines(segment), 1, None), b"")
    return str((parse(line) or {}).get("time") or "")


def stamp(time: datetime) -> str:
    """Return a time as records have it, so that texts compare as times do."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def query(folder: Path, filters: Filters | None = None) -> Iterator[dict[str, Any]]:
    """Yield the records that are wanted, one at a time, however large the files are.

    Lines that are no records are left out; `verify` tells of them.

    Raises:
        UsageError: the folder or a file cannot be read.
    """
    matcher = Matcher(filters or Filters())
    # each chain is opened when its time comes: instances named after containers may be thousands, one after another
    waiting = deque(sorted(segments(folder).values(), key=lambda files: files[0].began))
    merged: list[tuple[str, int, dict[str, Any], Iterator[dict[str, Any]]]] = []
    opened = count()
    while waiting or merged:
        while waiting and (not merged or waiting[0][0].began <= merged[0][0]):
            _push(merged, next(opened), _chain(waiting.popleft(), matcher))
        if merged:
            _, number, record, chain = heapq.heappop(merged)
            yield record
            _push(merged, number, chain)


def _push(
    merged: list[tuple[str, int, dict[str, Any], Iterator[dict[str, Any]]]],
    number: int,
    chain: Iterator[dict[str, Any]],
) -> None:
    record = next(chain, None)
    if record is not None:
        heapq.heappush(merged, (str(record.get("time")), number, record, chain))


def _chain(files: list[Segment], matcher: Matcher) -> Iterator[dict[str, Any]]:
    for i, segment in enumerate(files):
        if matcher.is_past(segment) or matcher.is_over(files[i + 1] if i + 1 < len(files) else None):
            continue  # and no end yet: a clock may have been set back
        for line in lines(segment):
            record = matcher.read(line)
            if record is not None:
                yield record


def row(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as one flat row, for a table or CSV: the keys of COLUMNS, None where there is nothing."""
    told: Any = record.get("fields")
    told = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
    return {name: record.get(name, told.get(name)) for name in COLUMNS}
