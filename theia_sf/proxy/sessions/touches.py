"""When a session was last used, written down now and then: a write for every request would cost more than it tells."""

from __future__ import annotations

from typing import Final

INTERVAL: Final = 10.0
"""Seconds; what lists tell of the last use is right to this."""
_MOST: Final = 65_536


class Touches:
    """Tells whether a use is to be written down."""

    def __init__(self) -> None:
        self._written: dict[str, float] = {}

    def due(self, session_id: str, now: float) -> bool:
        """Tell whether the last use that was written down is old enough; if so, this one counts as written."""
        if now - self._written.get(session_id, float("-inf")) < INTERVAL:
            return False
        if len(self._written) >= _MOST:
            self._written = {name: when for name, when in self._written.items() if now - when < INTERVAL}
        self._written[session_id] = now
        return True

    def forget(self, session_id: str) -> None:
        """Forget a session that is over."""
        self._written.pop(session_id, None)
