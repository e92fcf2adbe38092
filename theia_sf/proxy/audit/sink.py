"""Copies records from the files into a table in Snowflake, in the background.

The files are the queue: what Snowflake does not take now is still there later. How far the copy is stands in
`INSTANCE.table`; records that were sent twice are in the table once. Nobody waits for any of it.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from theia_sf.credentials import private_files
from theia_sf.errors import TheiaError
from theia_sf.proxy.audit.chain import Keyring, Link, parse
from theia_sf.proxy.audit.confirmed import BEGINNING, Mark, read_marks
from theia_sf.proxy.audit.segments import head_name, lines, segments
from theia_sf.proxy.config.audit import AuditTable

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

_MOST: Final = 500  # records in one statement
_LONGEST_PAUSE: Final = 600.0  # seconds between two attempts
_STOPPING: Final = 10.0  # seconds for the rest, at the end
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SinkStatus:
    """How the copy does: records sent since the start, records that are not there yet, and why, if it fails."""

    sent: int
    behind: int
    failing: str | None


class Sink:
    """The thread that copies one instance's records."""

    def __init__(self, config: AuditTable, folder: Path, instance: str, keyring: Keyring) -> None:
        from theia_sf.proxy.audit import table  # noqa: PLC0415 (the connector takes its time)

        self._table = table
        self._name = table.table_name(config.table)
        self._config, self._folder, self._instance, self._keyring = config, folder, instance, keyring
        self._stopping = threading.Event()
        self._connection: SnowflakeConnection | None = None
        self._sent, self._behind, self._failing = 0, 0, None
        self._thread = threading.Thread(target=self._run, name="audit-table", daemon=True)

    def start(self) -> None:
        """Begin to copy."""
        self._thread.start()

    def stop(self) -> None:
        """Copy the rest, if that is soon done, and end; what is not copied yet is when the proxy runs again."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_STOPPING)

    def status(self) -> SinkStatus:
        """Tell how it does."""
        return SinkStatus(self._sent, self._behind, self._failing)

    def _run(self) -> None:
        pause = self._config.interval
        while not self._stopping.wait(pause):
            pause = self._config.interval if self._copy() else min(pause * 2, _LONGEST_PAUSE)
        if self._failing is None:
            self._copy()
        self._disconnect()

    def _copy(self) -> bool:
        """Copy what there is; tell whether that went well."""
        try:
            while self.copy_some():
                pass
        except Exception as error:  # whatever it is, clients must not notice, and it is tried again
            self._failed(error)
            return False
        self._failing = None
        return True

    def _failed(self, error: Exception) -> None:
        reason = error.message if isinstance(error, TheiaError) else f"{type(error).__name__}"
        if reason != self._failing:
            _log.warning("The audit is not copied to %s at the moment: %s", self._name, reason)
        self._failing: str | None = reason
        self._disconnect()

    def copy_some(self) -> bool:
        """Copy as many records as fit into one statement.

        Returns:
            Whether there are more.

        Raises:
            TheiaError: Snowflake does not take them, the identity's settings are wrong, or a file cannot be read.
            OSError: the position cannot be kept.
        """
        marks = read_marks(self._folder / head_name(self._instance), self._keyring)
        if not marks:
            message = f"{head_name(self._instance)} does not say how far records are confirmed."
            raise TheiaError(message, hint="It is made again with the next record.")
        start, end = self._position(), marks[-1]
        if (start.file, start.bytes) > (end.file, end.bytes):
            start = BEGINNING  # other files than those that it was a position in
        self._behind = max(end.link.seq - start.link.seq, 0)
        rows, position, more = self._read(start, end)
        if position != start:
            if rows:
                self._table.store(self._connect(), self._name, rows)
            self._keep(position)
            self._sent += len(rows)
        self._behind = max(end.link.seq - position.link.seq, 0)
        return more

    def _read(self, start: Mark, end: Mark) -> tuple[list[tuple[Any, ...]], Mark, bool]:
        """Return rows after a mark, where they end, and whether there are more before the other mark."""
        rows: list[tuple[Any, ...]] = []
        weight, position = 0, start
        for line, after in self._lines(start, end):
            weight += self._table.weight(line)
            if rows and (len(rows) == _MOST or weight > self._table.LARGEST):
                return rows, position, True
            row = self._table.row(line)
            if row is not None:
                rows.append(row)
            if after.link.seq > position.link.seq + 1:
                gone = position.link.seq + 1, after.link.seq - 1
                _log.warning("The audit's records %d to %d are not in the files, and so are not copied.", *gone)
            position = after
        return rows, position, False

    def _lines(self, start: Mark, end: Mark) -> Iterator[tuple[bytes, Mark]]:
        seq = start.link.seq
        for segment in segments(self._folder).get(self._instance, []):
            if not start.file <= segment.number <= end.file:
                continue
            offset = start.bytes if segment.number == start.file else 0
            for line in lines(segment, offset):
                offset += len(line)
                if segment.number == end.file and offset > end.bytes:
                    return
                told = (parse(line) or {}).get("seq")
                seq = told if type(told) is int else seq
                yield line, Mark(segment.number, offset, Link(seq, ""))

    def _position(self) -> Mark:
        try:
            told = json.loads((self._folder / f"{self._instance}.table").read_bytes())
            return Mark(int(told["file"]), int(told["bytes"]), Link(int(told["seq"]), ""))
        except FileNotFoundError:
            return BEGINNING
        except (ValueError, KeyError, TypeError):  # from the beginning: what is in the table stays there once
            return BEGINNING

    def _keep(self, position: Mark) -> None:
        told = {"file": position.file, "bytes": position.bytes, "seq": position.link.seq}
        private_files.write_atomically(self._folder / f"{self._instance}.table", json.dumps(told).encode() + b"\n")

    def _connect(self) -> SnowflakeConnection:
        if self._connection is None:
            from theia_sf.proxy.upstream.settings import settings_of  # noqa: PLC0415 (the connector, as above)
            from theia_sf.snowflake.connect import connect  # noqa: PLC0415 (as above)
            from theia_sf.snowflake.query import execute  # noqa: PLC0415 (as above)

            settings = settings_of(self._config.identity, "of audit.snowflake")
            database, schema = self._table.place(self._config.table)
            self._connection = connect(settings, database=database, schema=schema)
            # by default it is the account's parameter, which may leave rows uncommitted
            execute(self._connection, "ALTER SESSION SET AUTOCOMMIT = TRUE").close()
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(Exception):
                connection.close()
