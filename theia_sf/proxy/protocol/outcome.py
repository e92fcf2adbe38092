"""What has to be done about an answer to a statement before the client has it: record it, and note whose it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from theia_sf.proxy.audit.events import Event, Kind
from theia_sf.proxy.audit.model import AuditUnavailableError
from theia_sf.proxy.errors import ACCESS_DENIED, ACCESS_STATE, RefusalError
from theia_sf.proxy.protocol import answers, record
from theia_sf.proxy.protocol.facts import Facts, of_answer, of_ends
from theia_sf.proxy.protocol.services import Services
from theia_sf.proxy.sessions.model import SessionRecord
from theia_sf.proxy.upstream.client import Answer
from theia_sf.proxy.upstream.errors import AccountUnavailableError, wrong_body


class Outcome:
    """The end of one exchange about a statement.

    Args:
        services: the proxy's parts.
        session: whose statement it is.
        peer: IP address of the client.
        kinds: what the statement is; None where that is not known any more.
        known: what else the event tells.
        stage: whether the answer may hold the address of a stage.
        ran_in: public id of the session that the statement ran in, whose context its answer tells; this one if None.

    Attributes:
        running: whether the answer said that the statement goes on.
    """

    def __init__(
        self,
        services: Services,
        session: SessionRecord,
        peer: str,
        *,
        kinds: tuple[str, ...] | None = None,
        known: Mapping[str, Any] | None = None,
        stage: bool = False,
        ran_in: str | None = None,
    ) -> None:
        self._services = services
        self._session = session
        self._peer = peer
        self._kinds = kinds
        self._known = known or {}
        self._stage = stage
        self._ran_in = ran_in or session.id
        self._began = time.perf_counter()
        self._begun: asyncio.Future[None] | None = None
        self.running = False

    async def begin(self, event: Event, *, only_reads: bool) -> None:
        """Record that the statement begins, before Snowflake hears of it.

        What only reads does nothing but answer: its record comes to disk while it runs, and the answer waits for it.

        Raises:
            RefusalError: it cannot be recorded.
        """
        self._begun = asyncio.ensure_future(self._services.audit.record(event))
        if not only_reads or self._services.audit.failing is not None:
            await self._recorded_as_begun()

    async def hand_out(self, answer: Answer, session: SessionRecord) -> Response:
        """Return the answer for the client.

        Args:
            answer: Snowflake's.
            session: with the tokens that it was got with, which may be newer than those that the request began with.

        Raises:
            RefusalError: it is none of Snowflake's, cannot be recorded, or is one that the client must not have.
        """
        self._session = session
        scrubber = self._services.scrubber(session)
        try:
            await self._recorded_as_begun()
        except RefusalError:
            await answer.close()
            raise
        try:
            facts = of_answer(answer.head) if answer.whole else of_ends(answer.head, b"")
        except ValueError:
            raise wrong_body(self._session.account) from None
        if facts.has_stage and not self._stage:
            await answer.close()
            raise _no_stage()
        if not answer.whole:
            return answers.Streamed(answer, scrubber, self._finish_stream)
        await self.finish(facts)
        return answers.whole(answer, scrubber)

    async def finish(self, facts: Facts) -> None:
        """Record what came out, and note whose the query is; returns when both is done.

        Raises:
            RefusalError: it cannot be recorded, or the store does not answer.
        """
        self.running = facts.in_progress
        if facts.success and facts.told_context and self._ran_in == self._session.id:
            await self._note_context(facts)  # before the record: where it fails, the statement has one end, not two
        kind = Kind.STATEMENT_RUNNING if facts.in_progress else Kind.STATEMENT_FINISHED
        names = [name for name in (facts.query_id, *facts.children) if name]
        # the client may come back for the result, and to another instance
        here = self._ran_in == self._session.id
        owner = self._session if here else replace(self._session, id=self._ran_in)
        noted = asyncio.ensure_future(self._services.ownership.note(owner, names, needed=facts.in_progress))
        try:
            await self._record(kind, record.outcome_fields(facts), facts.outcome)
        finally:
            await noted

    async def _finish_stream(self, facts: Facts) -> None:
        """Look at the end of an answer, too, before the client has it."""
        if facts.has_stage and not self._stage:
            error = _no_stage()
            await self.failed(error)
            raise error
        await self.finish(facts)

    async def failed(self, error: RefusalError) -> None:
        """Record that there was no answer, or none for the client.

        Raises:
            RefusalError: it cannot be recorded.
        """
        if isinstance(error, AuditUnavailableError):
            return
        await self._recorded_as_begun()
        lost = isinstance(error, AccountUnavailableError)
        fields = {"outcome": "unknown" if lost else "failure", **record.refusal_fields(error)}
        await self._record(Kind.STATEMENT_FINISHED, fields, str(fields["outcome"]))

    async def _recorded_as_begun(self) -> None:
        if self._begun is None:
            return
        if self._begun.done():  # as always but where Snowflake is faster than the disk
            self._begun.result()
        else:
            await asyncio.shield(self._begun)  # who is interrupted here still records how it ended

    async def _record(self, kind: Kind, fields: Mapping[str, Any], outcome: str) -> None:
        seconds = time.perf_counter() - self._began
        self._services.observer.statement(self._session.account, self._kinds or (), outcome, seconds)
        known = {
            **self._known,
            "kinds": list(self._kinds) if self._kinds else None,
            "durationMs": round(seconds * 1000),
        }
        known |= {name: value for name, value in fields.items() if value is not None}
        told: Event = record.event(kind, self._session, self._peer, **known)
        await self._services.audit.record(told)

    async def _note_context(self, facts: Facts) -> None:
        """Keep what unqualified names mean from now on, which the policy goes by."""
        told = {
            "role": facts.role,
            "warehouse": facts.warehouse,
            "database": facts.database,
            "schema": facts.schema,
        }
        current: SessionRecord | None = self._session
        while current is not None:
            changed = replace(current, **told)
            if changed == current or await self._services.sessions.replace(changed):
                return
            current = await self._services.sessions.get(current.id)


def _no_stage() -> RefusalError:
    return RefusalError(ACCESS_DENIED, "The proxy's policy does not allow access to stages.", sqlstate=ACCESS_STATE)
