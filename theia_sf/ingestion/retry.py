"""Loads files again that failed as a whole and have been replaced since; nothing is loaded twice.

Snowpipe itself does not take a file a second time (docs.snowflake.com/en/user-guide/data-load-snowpipe-intro, "Load
history"), so the pipe's own COPY is run by hand for the files by name. A file is loaded completely or not at all, so
one that has rows in the table needs no retry.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from snowflake.connector import SnowflakeConnection

from theia_sf.ingestion.failures import failed_files
from theia_sf.ingestion.pipe import FlowPipe, StagedFile
from theia_sf.snowflake.identifiers import literal
from theia_sf.snowflake.query import FLOWS_TIMEOUT, fetch_records

_FILES_PER_COPY = 1000  # what FILES = (…) takes
_LONGEST_STAGED = timedelta(days=30)  # longer than the bucket keeps files


class Outcome(StrEnum):
    """What became of a failed file."""

    LOADED = "loaded"
    FAILED = "failed again"
    UNCHANGED = "not replaced since it failed"
    GONE = "not in the bucket any more"
    PRESENT = "loaded in the meantime"


@dataclass(frozen=True)
class Retried:
    """A failed file, by its key in the bucket, and what was done about it. `rows` counts what was loaded now."""

    file: str
    outcome: Outcome
    rows: int = 0
    error: str | None = None


def retry(connection: SnowflakeConnection, pipe: FlowPipe, *, unchanged_too: bool = False) -> list[Retried]:
    """Loads what can be loaded of the files that failed in the last 14 days. Needs a warehouse.

    Args:
        connection: an open session with a warehouse.
        pipe: the pipe they failed in; what it has queued is waited for.
        unchanged_too: also try files that have not been replaced since.

    Raises:
        TheiaError: the pipe is missing or not getting done; else as `theia_sf.snowflake.query.execute`.
    """
    failed = {error.file: error for error in failed_files(pipe)}
    if not failed:
        return []
    pipe.wait_until_drained()
    staged = {file.key: file for file in pipe.staged(datetime.now(UTC) - _LONGEST_STAGED)}
    present = pipe.known(file for key, file in staged.items() if key in failed)
    results: list[Retried] = []
    todo: list[StagedFile] = []
    for key, error in failed.items():
        file = staged.get(key)
        if file is None:
            results.append(Retried(key, Outcome.GONE))
        elif key in present:
            results.append(Retried(key, Outcome.PRESENT))
        elif unchanged_too or _replaced(file, error.time):
            todo.append(file)
        else:
            results.append(Retried(key, Outcome.UNCHANGED, error=error.message))
    return [*_load(connection, pipe.copy_statement(), todo), *results] if todo else results


def _load(connection: SnowflakeConnection, copy_statement: str, files: list[StagedFile]) -> Iterable[Retried]:
    for start in range(0, len(files), _FILES_PER_COPY):
        part = files[start : start + _FILES_PER_COPY]
        names = ", ".join(literal(file.name) for file in part)
        sql = f"{copy_statement.rstrip().rstrip(';')}\nFILES = ({names})\nFORCE = TRUE"
        answers = fetch_records(connection, sql, timeout_seconds=FLOWS_TIMEOUT)
        by_url = {str(answer["file"]): answer for answer in answers if "file" in answer}
        for file in part:
            answer = next((a for url, a in by_url.items() if url.endswith(file.key) or url == file.name), None)
            if answer is None:
                yield Retried(file.key, Outcome.FAILED, error="Snowflake did not take the file.")
            elif str(answer["status"]).upper() == "LOADED":
                yield Retried(file.key, Outcome.LOADED, rows=int(answer["rows_loaded"]))
            else:
                yield Retried(file.key, Outcome.FAILED, error=str(answer["first_error"]))


def _replaced(file: StagedFile, failed_at: datetime | str | None) -> bool:
    # S3 tells whole seconds: a file of the same second may be the new one.
    return not isinstance(failed_at, datetime) or file.modified >= failed_at.replace(microsecond=0)
