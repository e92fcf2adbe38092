"""COPY INTO by hand: which files it takes, and when it gives up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.sandbox.snowflake.catalog import now
from theia_sf.sandbox.snowflake.errors import SnowflakeError
from theia_sf.sandbox.snowpipe.copying import Copier
from theia_sf.sandbox.snowpipe.history import LoadRecord
from theia_sf.sandbox.snowpipe.restrictions import check_copy, on_error
from theia_sf.sandbox.snowpipe.staging import StagedObject, StageFiles
from theia_sf.sandbox.snowpipe.statement import CopyStatement

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.sessions import Session


def copy_by_hand(copier: Copier, sql: str, session: Session) -> list[LoadRecord]:
    """Runs a COPY; what the table's own history knows with the same content is left out, unless FORCE says otherwise.

    Under ON_ERROR = ABORT_STATEMENT (a COPY's default) files before the failing one stay loaded, unlike Snowflake's,
    where the statement is undone as a whole.

    Raises:
        SnowflakeError: see `Snowpipe.copy_into`.
    """
    statement = copier.compile(sql, session)
    check_copy(statement)
    files = copier.files(statement)
    known = set[tuple[str, str]]()
    if not statement.options.get("FORCE"):
        known = copier.history.loaded_by_hand(statement.table, now())
    records: list[LoadRecord] = []
    for file in _wanted(copier, statement, files):
        if (file.key, file.etag) in known:
            continue
        record = copier.load(statement, files, file)
        if record.outcome.error is not None and on_error(statement, "ABORT_STATEMENT") == "ABORT_STATEMENT":
            raise SnowflakeError(100073, "22000", f"{record.outcome.error}\n  File '{file.key}'")
        records.append(record)
    return records


def _wanted(copier: Copier, statement: CopyStatement, files: StageFiles) -> list[StagedObject]:
    """The files that FILES names, or all under the path."""
    names = statement.options.get("FILES")
    if names is None:
        listed = files.list(statement.stage_path)
        return [file for file in listed if copier.matches(statement, files, file.bucket, file.key)]
    folder = statement.stage_path.rstrip("/")
    keys = ["/".join(part for part in (files.path.rstrip("/"), folder, name) if part) for name in names]
    found = [(key, files.find(key)) for key in keys]
    for key, file in found:
        if file is None:
            raise SnowflakeError(91016, "22000", f"Remote file 's3://{files.bucket}/{key}' was not found.")
    return [file for _, file in found if file is not None]
