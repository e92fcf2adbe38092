"""One-time passcodes, asked for when a login needs one: each login anew, as Snowflake takes a passcode once."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

from theia_sf.secret import Secret

# What asks the user, if anybody can: it is told who signs in, and returns the passcode or nothing.
ASKER: Final[ContextVar[Callable[[str], str] | None]] = ContextVar("ASKER", default=None)


def ask(who: str) -> Secret | None:
    """Ask for the passcode of `who`; None if nobody can be asked, or nothing was answered."""
    asker = ASKER.get()
    answer = asker(who).strip() if asker else ""
    return Secret(answer) if answer else None
