"""Changing the pipe's COPY without losing a file or loading one twice.

Another COPY means another pipe, and a pipe takes its load history with it. So the old one is paused and gets done
with what it has queued; after it has been replaced, the files staged since the pause are looked up in the table, by
`sourceFile`, and the new pipe is told of those that the table doesn't know. Files that come after the new pipe has
been made are announced to it by S3; what it is told of twice it loads once.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from theia_sf.errors import TheiaError
from theia_sf.ingestion.pipe import FlowPipe
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import StackRequest
from theia_sf.snowflake.connect import session
from theia_sf.snowflake.warehouse import temporary_warehouse

_log = logging.getLogger(__name__)

MARGIN = timedelta(hours=1)
"""How far before the pause files are looked at: the clocks of S3 and of this host may differ."""

REFRESH_REACHES_BACK = timedelta(days=7)
"""ALTER PIPE … REFRESH takes files that were staged within the last seven days (its documentation)."""


@contextmanager
def pipe_upgrade(request: StackRequest, outputs: PipelineOutputs) -> Generator[None]:
    """Goes around an update that replaces the pipe; fits `theia_sf.provision.operations.onboard(pipe_upgrade=…)`.

    When the update fails, the old pipe is resumed if it is still there.

    Args:
        request: says how to sign in to Snowflake.
        outputs: of the stack before the update.

    Raises:
        TheiaError: the old pipe doesn't get done; it is resumed then and nothing has been changed.
        ConnectionFailedError: Snowflake or AWS not reached.
    """
    if request.snowflake is None or not outputs.pipe_name:
        yield
        return
    settings = request.snowflake
    since = datetime.now(UTC) - REFRESH_REACHES_BACK
    with session(settings, query_tag="theia-sf onboard") as connection:
        pipe = FlowPipe(connection, outputs)
        if pipe.exists():
            since = max(since, datetime.now(UTC) - MARGIN)
            pipe.set_paused(paused=True)
            try:
                pipe.wait_until_drained()
            except BaseException:
                pipe.set_paused(paused=False)
                raise
    try:
        yield
    except BaseException:
        _resume(request, outputs)
        raise
    with session(settings, query_tag="theia-sf onboard") as connection:
        load_missed(FlowPipe(connection, outputs), since)


def load_missed(pipe: FlowPipe, since: datetime) -> list[str]:
    """Tells a pipe of the files staged since then that the table doesn't know; returns their keys.

    Uses a temporary warehouse, if there are files at all.
    """
    staged = pipe.staged(since)
    if not staged:
        return []
    with temporary_warehouse(pipe.connection):
        known = pipe.known(staged)
    missed = [file for file in staged if file.key not in known]
    for file in missed:
        pipe.refresh(file.name)
    if missed:
        _log.info("The new pipe was told of %d files that came while the pipe was replaced.", len(missed))
    return [file.key for file in missed]


def _resume(request: StackRequest, outputs: PipelineOutputs) -> None:
    """Lets the old pipe go on, if it is still there; what went wrong before is more important than a failure here."""
    if request.snowflake is None:
        return
    try:
        with session(request.snowflake, query_tag="theia-sf onboard") as connection:
            pipe = FlowPipe(connection, outputs)
            if pipe.exists():
                pipe.set_paused(paused=False)
    except TheiaError as error:
        _log.warning("The pipe %s may still be paused: %s", outputs.pipe_name, error)
