"""What the protocol asks of the audit."""

from __future__ import annotations

from typing import Final, Protocol

from theia_sf.proxy.audit.events import Event
from theia_sf.proxy.errors import RefusalError

UNAVAILABLE: Final = "390199"
"""A number of the proxy's own, among those of sign-in and session errors, which no driver repeats."""


class AuditUnavailableError(RefusalError):
    """The event cannot be written, and the configuration wants every event written.

    Args:
        reason: ends the sentence, without a full stop: `No space left on device`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(UNAVAILABLE, f"The proxy refuses statements, as it cannot record them: {reason}.")


class Audit(Protocol):
    """The record of what was done."""

    @property
    def failing(self) -> str | None:
        """Why nothing could be written the last time; None if it could."""
        ...

    async def record(self, event: Event) -> None:
        """Write an event; in strict mode it is durable when this returns.

        Raises:
            AuditUnavailableError: it cannot be written. In buffered mode only once nothing could be written for so long
                that no more can wait.
        """
        ...

    async def close(self) -> None:
        """Write what is waiting, and let go of the file."""
        ...
