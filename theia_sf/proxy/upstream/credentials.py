"""What an identity signs in with, kept ready for a moment."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, Final

from theia_sf.errors import TheiaError
from theia_sf.proxy.access.decision import Context
from theia_sf.proxy.errors import RefusalError
from theia_sf.proxy.upstream.errors import NOT_SIGNED_IN
from theia_sf.secret import Secret, redact
from theia_sf.snowflake.identifiers import fold
from theia_sf.snowflake.settings import ConnectionSettings

SETTINGS_LIFE: Final = 60.0
"""Seconds after which files and secrets are read again: credentials are rotated under a running proxy."""
PROOF_LIFE: Final = 20.0
"""Seconds for which a proof is used again; the shortest-lived, a JWT of a key pair, is good for 60."""
_log = logging.getLogger(__name__)
_SECRETS: Final = ("PASSWORD", "TOKEN", "PASSCODE")


class Credentials:
    """One identity.

    Args:
        name: what the configuration calls it.
        read: returns its settings; blocks.
        clock: seconds that only go on.
    """

    def __init__(
        self,
        name: str,
        read: Callable[[], ConnectionSettings],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self._read = read
        self._clock = clock
        self._lock = asyncio.Lock()
        self._settings: tuple[float, ConnectionSettings] | None = None
        self._proof: tuple[float, dict[str, Any]] | None = None
        self._proofs: dict[str, None] = {}  # as an ordered set: the newest last

    async def settings(self) -> ConnectionSettings:
        """Return account, endpoint and user.

        Raises:
            RefusalError: they cannot be had; why, is in the log.
        """
        async with self._lock:
            return await self._current_settings()

    async def context(self) -> Context:
        """Return what its sessions start with, where neither the policy nor the client says otherwise.

        Raises:
            RefusalError: as `settings`; a name is malformed.
        """
        async with self._lock:
            return await self._refusing(_context, await self._current_settings())

    async def fields(self) -> dict[str, Any]:
        """Return the fields of the login request that say who signs in and prove it.

        Raises:
            RefusalError: as `settings`.
        """
        async with self._lock:
            settings = await self._current_settings()
            if self._proof is None or self._clock() - self._proof[0] > PROOF_LIFE:
                from theia_sf.snowflake.login_fields import login_fields  # noqa: PLC0415 (takes a second to import)

                fields = await self._refusing(login_fields, settings)
                self._proof = (self._clock(), fields)
                self._remember(fields)
            return dict(self._proof[1])

    def refused(self) -> None:
        """Snowflake did not take the proof: read and prove anew the next time."""
        self._settings = self._proof = None

    def secrets(self) -> list[str]:
        """Return what must not reach a client: credentials, and the proofs made of them lately."""
        kept: list[Secret | None] = []
        if self._settings is not None:
            settings = self._settings[1]
            kept = [
                settings.password,
                settings.private_key,
                settings.private_key_passphrase,
                settings.token,
                settings.oauth_client_secret,
            ]
        return [secret.reveal() for secret in kept if secret] + list(self._proofs)

    async def _current_settings(self) -> ConnectionSettings:
        if self._settings is None or self._clock() - self._settings[0] > SETTINGS_LIFE:
            self._settings = (self._clock(), await self._refusing(self._read))
        return self._settings[1]

    async def _refusing(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run what blocks. Why it fails, with names of files and of keys, is the operator's to know."""
        try:
            return await asyncio.to_thread(function, *arguments)
        except TheiaError as error:
            _log.error("The identity %s: %s %s", self.name, redact(error.message), redact(error.hint or ""))
            message = f"The proxy cannot sign in to Snowflake as its identity {self.name}. Its log tells why."
            raise RefusalError(NOT_SIGNED_IN, message) from error

    def _remember(self, fields: dict[str, Any]) -> None:
        for name in _SECRETS:
            if value := fields.get(name):
                self._proofs.pop(str(value), None)
                self._proofs[str(value)] = None
        while len(self._proofs) > 8:  # noqa: PLR2004 (a few minutes' worth)
            self._proofs.pop(next(iter(self._proofs)))


def _context(settings: ConnectionSettings) -> Context:
    names = (settings.role, settings.warehouse, settings.database, settings.schema)
    role, warehouse, database, schema = (fold(name) if name else None for name in names)
    return Context(role, warehouse, database, schema)
