"""What goes wrong with the store of sessions."""

from __future__ import annotations

from typing import Final

from theia_sf.proxy.errors import RefusalError

STORE_UNAVAILABLE: Final = "390198"
"""A number of the proxy's own, among those of sign-in and session errors, which no driver repeats."""


class StoreUnavailableError(RefusalError):
    """The store of sessions does not answer.

    Args:
        reason: why, for the operator: log and readiness tell it, clients do not hear it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(STORE_UNAVAILABLE, "The proxy's session store is not available; try again in a moment.")
        self.reason = reason
