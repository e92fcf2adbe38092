"""What the audit tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kinds of events."""

    SESSION_STARTED = "session.started"
    SESSION_DENIED = "session.denied"
    SESSION_RENEWED = "session.renewed"
    SESSION_ENDED = "session.ended"
    STATEMENT_STARTED = "statement.started"
    STATEMENT_RUNNING = "statement.running"
    STATEMENT_FINISHED = "statement.finished"
    STATEMENT_DENIED = "statement.denied"
    STATEMENT_ABORTED = "statement.aborted"
    FILE_BEGUN = "audit.file"
    """The first record of each file."""
    CLOSED = "audit.closed"
    """The proxy ended, and recorded all that it had to."""


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        kind: what happened.
        user: the proxy's user; None where nobody is known.
        account: name of the account in the configuration.
        session: public id of the session.
        peer: IP address of the client.
        fields: what else there is to tell, JSON values: `sqlText`, `bindings`, `bindStage`, `parameters`, `queryId`,
            `rows`, `durationMs`, `outcome` (`success`, `failure`, `unknown`), `code`, `message`, `rule`, `kinds`, …
    """

    kind: Kind
    user: str | None
    account: str | None
    session: str | None
    peer: str | None
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
