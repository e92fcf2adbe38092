"""Flow records as they arrive in the table: each once, whichever COPY brought it, and whenever it became visible.

`loadedAt` is the time at which a COPY began to scan a file (METADATA$START_SCAN_TIME); its rows become visible when it
commits, after rows of a later one perhaps, and those of one file not necessarily at once. So each poll looks back over
OVERLAP, and what was seen is known by its place (`sourceFile`, `sourceFileRow`). Files that have as many records as
were seen of them are left out in the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from theia_sf.flows.queries import query
from theia_sf.flows.records import Record, RecordFilter, newest, records_query
from theia_sf.flows.source import FlowSource

OVERLAP: Final = timedelta(minutes=10)
"""A COPY takes seconds to minutes; a record that becomes visible later than this after its scan began is missed."""


_NEVER: Final = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Seen:
    """What was seen of a file: the places of its records, and when the last of them was loaded."""

    rows: set[int] = field(default_factory=set[int])
    newest: datetime = _NEVER


class Arrivals:
    """Finds what arrives in the table, poll by poll.

    Args:
        source: where the flow records are. Records that no pipe loaded, hence without a place, are not found.
        wanted: which of them.
        clock: a count of seconds that never goes back, as `time.monotonic`.
    """

    def __init__(
        self, source: FlowSource, wanted: RecordFilter, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._source = source
        self._records = records_query(source)
        self._parameters = wanted.parameters()
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        # The database's clock, read once: this machine's may be wrong, and a slow one here only looks back further.
        ((moment,),) = source.rows("SELECT CURRENT_TIMESTAMP() AS moment", {})
        self._began: datetime = moment
        self._offset = clock()
        self._polled = self._began

    def latest(self, lines: int, since: timedelta) -> list[Record]:
        """Return the newest records that were loaded since so long ago, oldest first; call it before `poll`.

        Raises:
            TheiaError: when a statement fails or takes too long.
        """
        known = self._source.rows(query("places", records=self._records), self._loaded_from(self._began - OVERLAP))
        for file, first, last, loaded in known:
            self._note(file, loaded).rows.update(range(first, last + 1))
        records = list(newest(self._source, self._records, self._loaded_from(self._began - since), lines))
        for one in records:  # what arrived between the two statements
            if one.loaded_at is not None and one.loaded_at >= self._began - OVERLAP:
                self._is_new(one)
        return records

    def poll(self) -> Iterator[Record]:
        """Yield the records that have arrived since the last call, in the order of their time.

        Raises:
            TheiaError: when the statement fails or takes too long.
        """
        now = self._now()
        oldest = self._polled - OVERLAP
        self._seen = {file: seen for file, seen in self._seen.items() if seen.newest >= oldest}
        sql = query("arrived", records=self._records)
        found = (Record(*row) for row in self._source.rows(sql, self._loaded_from(oldest) | {"seen": self._known()}))
        yield from (one for one in found if self._is_new(one))
        self._polled = now

    def _now(self) -> datetime:
        return self._began + timedelta(seconds=self._clock() - self._offset)

    def _loaded_from(self, moment: datetime) -> dict[str, str | int | None]:
        return self._parameters | {"loaded": moment.isoformat()}

    def _known(self) -> str:
        lines: Iterable[str] = (f"{file}\t{len(seen.rows)}\n" for file, seen in self._seen.items())
        return "\n" + "".join(lines)

    def _note(self, file: Any, loaded: Any) -> _Seen:
        seen = self._seen.setdefault(file, _Seen())
        if loaded is not None:
            seen.newest = max(seen.newest, loaded)
        return seen

    def _is_new(self, record: Record) -> bool:
        rows = self._note(record.source_file, record.loaded_at).rows
        place = record.source_file_row
        if place is None or place in rows:
            return False
        rows.add(place)
        return True
