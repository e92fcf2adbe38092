"""Snowpipe as the account knows it: pipes that load what S3 tells them of, and COPY by hand."""

from __future__ import annotations

import logging
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.aws.endpoint import AwsEndpoint
from theia_sf.sandbox.snowflake.catalog import FullName, Pipe, now
from theia_sf.sandbox.snowflake.errors import SnowflakeError, does_not_exist
from theia_sf.sandbox.snowpipe.access import RoleChecks
from theia_sf.sandbox.snowpipe.bulk import copy_by_hand
from theia_sf.sandbox.snowpipe.channel import NotificationChannels
from theia_sf.sandbox.snowpipe.copying import Copier
from theia_sf.sandbox.snowpipe.failures import FailureNotifier
from theia_sf.sandbox.snowpipe.history import COPY_COLUMNS, LoadRecord
from theia_sf.sandbox.snowpipe.loading import Outcome
from theia_sf.sandbox.snowpipe.pipes import Pending, PipeState
from theia_sf.sandbox.snowpipe.restrictions import check_pipe
from theia_sf.sandbox.snowpipe.statement import parse_name
from theia_sf.sandbox.snowpipe.status import execution_state, pipe_status

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.account import Account
    from theia_sf.sandbox.snowflake.sessions import Session

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.25
REFRESH_REACHES_BACK = timedelta(days=7)
RETRY_AFTER = timedelta(seconds=1)
"""How long a pipe waits after its stage could not be reached (a role that AWS doesn't know yet, for example)."""


class Snowpipe:
    """The loading service of an account. `start` begins to listen to the queue; everything else works without.

    Args:
        account: whose pipes and tables.
        aws: where the stages' buckets are; the queues are made in Snowflake's account there.
    """

    def __init__(self, account: Account, aws: AwsEndpoint) -> None:
        self._account = account
        self._checks = RoleChecks(aws)
        self._copier = Copier(account, aws, self._checks)
        self._notifier = FailureNotifier(aws, account.catalog, self._checks, account.account_name)
        self._pipes: dict[FullName, PipeState] = {}
        self._channels = NotificationChannels(aws)
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def validate_pipe(self, copy_statement: str, session: Session) -> None:
        """Compiles a pipe's COPY.

        Raises:
            SnowflakeError: it does what a pipe's COPY may not, or names a table or stage that doesn't exist.
        """
        statement = self._copier.compile(copy_statement, session)
        check_pipe(statement)
        self._copier.files(statement)

    def pipe_created(self, pipe: Pipe) -> None:
        """A pipe begins to listen, with an empty history; sets `pipe.notification_channel` under AUTO_INGEST."""
        session = self._account.system_session()
        try:
            session.select(pipe.database, pipe.schema)
            statement = self._copier.compile(pipe.copy_statement, session)
        finally:
            session.close()
        with self._lock:
            if pipe.auto_ingest:
                region = self._copier.files(statement).bucket_region() or self._account.region
                pipe.notification_channel = self._channels.of(region).arn
            self._pipes[pipe.full_name] = PipeState(pipe, statement)

    def pipe_dropped(self, pipe: Pipe) -> None:
        """A pipe's history and what it had still to load are gone."""
        with self._lock:
            state = self._pipes.get(pipe.full_name)
            if state is not None and state.pipe is pipe:
                del self._pipes[pipe.full_name]

    def copy_into(self, sql: str, session: Session) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        """COPY INTO by hand; returns the columns and rows of its answer.

        Raises:
            SnowflakeError: it cannot be compiled, the stage cannot be read, or a file fails under ABORT_STATEMENT.
        """
        records = copy_by_hand(self._copier, sql, session)
        if not records:
            return ("status",), [("Copy executed with 0 files processed.",)]
        return COPY_COLUMNS, [record.copy_row() for record in records]

    def refresh(self, pipe: Pipe, prefix: str | None, modified_after: datetime | None) -> list[tuple[str, str]]:
        """ALTER PIPE … REFRESH: queues the staged files of the last seven days that the pipe hasn't loaded.

        Returns (file below the stage, SENT) for each.
        """
        state = self._state(pipe)
        files = self._copier.files(state.statement)
        since = now() - REFRESH_REACHES_BACK
        if modified_after is not None:
            since = max(since, modified_after if modified_after.tzinfo else modified_after.astimezone())
        return [
            (file.relative_name, "SENT")
            for file in files.list(state.statement.stage_path + (prefix or ""))
            if file.modified >= since
            and self._copier.matches(state.statement, files, file.bucket, file.key)
            and state.enqueue(file.key)
        ]

    def status(self, pipe: Pipe) -> dict[str, Any]:
        """The object that SYSTEM$PIPE_STATUS answers."""
        with self._lock:
            waiting = self._channels.waiting(pipe.notification_channel)
        return pipe_status(self._account.catalog, self._state(pipe), waiting)

    def copy_history(self, table_fqn: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """The rows of COPY_HISTORY for a table, newest first.

        Args:
            table_fqn: three parts, quoted or not.
            start, end: aware; both included.
        """
        table = parse_name(table_fqn)
        return [record.history_row() for record in self._copier.history.of_table(table, start, end)]

    def loads(self) -> list[LoadRecord]:
        """Every attempt to load a file, oldest first."""
        return self._copier.history.all()

    def start(self) -> None:
        """Begins to load in a thread."""
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name="snowpipe", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ends the thread after the file at hand; nothing that waits is lost until the account is closed."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._deliver()
                worked = [self._load_next(state) for state in self._states()]
            except Exception:  # the service outlives whatever one round meets
                logger.exception("Snowpipe failed; it goes on.")
                worked = []
            if not any(worked):
                self._stopping.wait(POLL_SECONDS)

    def _deliver(self) -> None:
        """Gives the messages that wait to the pipes whose stages they concern."""
        for event in self._channels.receive():
            for state in self._states():
                if state.pipe.auto_ingest and self._concerns(state, event.bucket, event.key):
                    state.receive(event.key)

    def _concerns(self, state: PipeState, bucket: str, key: str) -> bool:
        try:
            return self._copier.matches(state.statement, self._copier.files(state.statement), bucket, key)
        except SnowflakeError:  # the stage or its integration has been dropped: see the pipe's status
            return False

    def _load_next(self, state: PipeState) -> bool:
        """Loads one file of a pipe; False if there is nothing to do."""
        if execution_state(self._account.catalog, state).startswith("STOPPED"):
            return False
        pending = state.next_file()
        if pending is None:
            return False
        try:
            self._load(state, pending)
        except SnowflakeError as error:
            state.postpone(error.message, RETRY_AFTER)
            logger.warning("Pipe %s waits: %s", state.pipe.fqn, error.message)
            return False
        return True

    def _load(self, state: PipeState, pending: Pending) -> None:
        files = self._copier.files(state.statement)
        file = files.find(pending.key)
        if file is not None and state.failed.get(pending.key) == file.etag:
            state.done(pending, None, loaded=False)  # the same content would fail again
            return
        if file is not None:
            record = self._copier.load(state.statement, files, file, state.pipe, pending.received)
        else:
            gone = files.missing(pending.key)
            outcome = Outcome(0, 0, error=f"Remote file '{gone.url}' was not found.")
            record = self._copier.remember(
                state.statement, files, gone, outcome, pipe=state.pipe, received=pending.received
            )
        failed = record.outcome.error is not None
        state.done(pending, record.file, loaded=not failed)
        if failed:
            self._notifier.publish(state.pipe, record)

    def _states(self) -> list[PipeState]:
        with self._lock:
            return list(self._pipes.values())

    def _state(self, pipe: Pipe) -> PipeState:
        with self._lock:
            state = self._pipes.get(pipe.full_name)
        if state is None:
            raise does_not_exist(pipe.fqn, "Pipe")
        return state
