"""The pipe of one pipeline, the table behind it and the files before it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from snowflake.connector import SnowflakeConnection

from theia_sf.aws.errors import aws_errors
from theia_sf.aws.session import client
from theia_sf.errors import TheiaError
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.snowflake.identifiers import like_pattern, literal, qualified
from theia_sf.snowflake.query import FLOWS_TIMEOUT, execute, fetch_all, fetch_records

DRAIN_SECONDS: Final = 600
_POLL_SECONDS: Final = 0.5
_NAMES_PER_QUERY: Final = 1000
_REJECTED_VIEW: Final = "REJECTED_FLOWS"


@dataclass(frozen=True)
class StagedFile:
    """A flow file in the bucket. `name` is its key below the stage; `key` is what `sourceFile` holds."""

    name: str
    key: str
    modified: datetime


class FlowPipe:
    """Talks to Snowflake about a pipe, in the caller's session; a warehouse is needed only where said so."""

    def __init__(self, connection: SnowflakeConnection, outputs: PipelineOutputs) -> None:
        self.connection = connection
        self._outputs = outputs
        self.database = outputs.database_name
        self.name = qualified(outputs.database_name, outputs.schema_name, outputs.pipe_name)
        self.table = qualified(outputs.database_name, outputs.schema_name, outputs.flows_table_name)
        self.rejected = qualified(outputs.database_name, outputs.schema_name, _REJECTED_VIEW)

    def key_of(self, name: str) -> str:
        """The key in the bucket of a file that Snowflake names as seen from the stage."""
        return f"{self._outputs.bucket_flows_folder.strip('/')}/{name}"

    def exists(self) -> bool:
        """Whether there is such a pipe."""
        return self._shown() is not None

    def copy_statement(self) -> str:
        """The pipe's COPY.

        Raises:
            TheiaError: there is no such pipe.
        """
        shown = self._shown()
        if shown is None:
            message = f"There is no pipe {self.name}."
            raise TheiaError(message, hint="Run theia-sf onboard to restore it.")
        return str(shown["definition"])

    def set_paused(self, *, paused: bool) -> None:
        """Pauses or resumes the pipe; a paused one still loads what it had queued."""
        value = "TRUE" if paused else "FALSE"
        execute(self.connection, f"ALTER PIPE {self.name} SET PIPE_EXECUTION_PAUSED = {value}")

    def wait_until_drained(self, timeout_seconds: float = DRAIN_SECONDS) -> None:
        """Waits until nothing is queued for the pipe any more.

        Raises:
            TheiaError: it takes longer than that, or the pipe reports an error.
        """
        deadline = time.monotonic() + timeout_seconds
        while (status := self._status()).get("pendingFileCount", 0):
            if time.monotonic() > deadline or status.get("error"):
                message = f"{status['pendingFileCount']} files are still waiting to be loaded by {self.name}."
                reason = str(status.get("error") or "It takes longer than expected.").splitlines()[0]
                raise TheiaError(message, hint=f"{reason} See theia-sf status, and try again.")
            time.sleep(_POLL_SECONDS)

    def refresh(self, file_name: str) -> None:
        """Queues one staged file; the pipe leaves it out if it has loaded it already."""
        execute(self.connection, f"ALTER PIPE {self.name} REFRESH PREFIX = {literal(file_name)}")

    def known(self, files: Iterable[StagedFile]) -> set[str]:
        """The keys, of these files, that have rows in the table. Needs a warehouse."""
        keys = [file.key for file in files]
        found: set[str] = set()
        for start in range(0, len(keys), _NAMES_PER_QUERY):
            part = keys[start : start + _NAMES_PER_QUERY]
            sql = (
                f"SELECT DISTINCT sourceFile FROM {self.table} "  # noqa: S608 (quoted name, bound values)
                f"WHERE sourceFile IN ({', '.join(['%s'] * len(part))})"
            )
            found |= {row[0] for row in fetch_all(self.connection, sql, part, FLOWS_TIMEOUT)}
        return found

    def staged(self, since: datetime) -> list[StagedFile]:
        """The flow files in the bucket that were written at or after a moment, oldest first."""
        prefix = self.key_of("")
        bucket = self._outputs.bucket_name
        with aws_errors(f"list the bucket {bucket}"):
            pages = client("s3", self._outputs.region).get_paginator("list_objects_v2")
            files = [
                StagedFile(key.removeprefix(prefix), key, modified)
                for page in pages.paginate(Bucket=bucket, Prefix=prefix)
                for item in page.get("Contents", [])
                if (key := item.get("Key", "")) != prefix and (modified := item.get("LastModified", since)) >= since
            ]
        return sorted(files, key=lambda file: (file.modified, file.key))

    def copy_history(self, days: int = 14) -> list[dict[str, Any]]:
        """Every attempt to load a file in the last days (at most 14), newest first. Needs a warehouse."""
        sql = (
            "SELECT file_name, status, last_load_time, row_count, first_error_message, pipe_name "  # noqa: S608 (quoted names)
            f"FROM TABLE({qualified(self.database)}.INFORMATION_SCHEMA.COPY_HISTORY("
            f"TABLE_NAME => {literal(self.table)}, START_TIME => DATEADD(DAY, -{int(days)}, CURRENT_TIMESTAMP()))) "
            "ORDER BY last_load_time DESC"
        )
        return fetch_records(self.connection, sql, timeout_seconds=FLOWS_TIMEOUT)

    def _status(self) -> dict[str, Any]:
        return json.loads(fetch_all(self.connection, f"SELECT SYSTEM$PIPE_STATUS({literal(self.name)})")[0][0])

    def _shown(self) -> dict[str, Any] | None:
        outputs = self._outputs
        where = qualified(outputs.database_name, outputs.schema_name)
        rows = fetch_records(self.connection, f"SHOW PIPES LIKE {like_pattern(outputs.pipe_name)} IN SCHEMA {where}")
        return next((row for row in rows if row["name"] == outputs.pipe_name), None)
