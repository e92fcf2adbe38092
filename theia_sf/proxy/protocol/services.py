"""What the routes work with."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from theia_sf.proxy.access.decision import Access
from theia_sf.proxy.audit.model import Audit
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.proxy.protocol.ownership import Ownership
from theia_sf.proxy.protocol.scrub import Scrubber
from theia_sf.proxy.sessions.model import SessionRecord, SessionStore
from theia_sf.proxy.upstream.accounts import Accounts
from theia_sf.proxy.upstream.asking import Asking
from theia_sf.proxy.upstream.renewal import Renewal
from theia_sf.proxy.users.model import Peer, Users

_log = logging.getLogger(__name__)


class Observer(Protocol):
    """Counts what happens. `outcome` is `success`, `refused` or `failed`; durations are seconds."""

    def request(self, route: str, outcome: str, seconds: float) -> None:
        """A request was answered."""
        ...

    def login(self, account: str, outcome: str) -> None:
        """Somebody signed in, or did not get in."""
        ...

    def statement(self, account: str, kinds: tuple[str, ...], outcome: str, seconds: float) -> None:
        """A statement ended: `success`, `failure`, `running`, `unknown` or `denied`."""
        ...

    def denied(self, rule: str) -> None:
        """A rule of the policy refused something."""
        ...

    def upstream(self, account: str, seconds: float) -> None:
        """An account answered: the time until the first bytes."""
        ...

    def scrubbed(self, account: str, count: int) -> None:
        """Secrets were taken out of an answer."""
        ...


class Unobserved:
    """Counts nothing."""

    def request(self, route: str, outcome: str, seconds: float) -> None:
        """As `Observer`."""

    def login(self, account: str, outcome: str) -> None:
        """As `Observer`."""

    def statement(self, account: str, kinds: tuple[str, ...], outcome: str, seconds: float) -> None:
        """As `Observer`."""

    def denied(self, rule: str) -> None:
        """As `Observer`."""

    def upstream(self, account: str, seconds: float) -> None:
        """As `Observer`."""

    def scrubbed(self, account: str, count: int) -> None:
        """As `Observer`."""


class Rates(Protocol):
    """How often somebody may ask."""

    async def login(self, peer: Peer) -> None:
        """Return if an address may try to sign in now.

        Raises:
            RefusalError: it has tried too often.
        """
        ...

    async def request(self, user: str) -> None:
        """Return if a user may send a request now.

        Raises:
            RefusalError: they have sent too many.
        """
        ...


class Unlimited:
    """As often as anybody likes."""

    async def login(self, peer: Peer) -> None:
        """As `Rates`."""

    async def request(self, user: str) -> None:
        """As `Rates`."""


@dataclass
class Services:
    """The parts of the proxy, put together by whoever starts it; closed by them, too.

    Attributes:
        clock: Unix seconds.
        asking: asks Snowflake for sessions.
        ownership: knows whose queries there are.
        background: what is under way without a request.
    """

    config: ProxyConfig
    users: Users
    sessions: SessionStore
    access: Access
    audit: Audit
    accounts: Accounts
    observer: Observer = field(default_factory=Unobserved)
    rates: Rates = field(default_factory=Unlimited)
    clock: Callable[[], float] = time.time
    asking: Asking = field(init=False)
    ownership: Ownership = field(init=False)
    background: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]], init=False)

    def __post_init__(self) -> None:
        renewal = Renewal(self.sessions, self.accounts, self.config.tokens.renew_before, lambda: self.clock())  # noqa: PLW0108 (tests set it)
        self.asking = Asking(self.accounts, renewal)
        self.ownership = Ownership(self.sessions, lambda: self.clock())  # noqa: PLW0108 (as above)

    def scrubber(self, session: SessionRecord, *secrets: str) -> Scrubber:
        """Return what takes out of an answer whatever it must not hold, and counts it.

        Args:
            session: with the tokens that the answer was got with.
            secrets: others, beside these and the credentials of the session's identity.
        """

        def found(count: int) -> None:
            _log.error("A secret was taken out of an answer of the account %s.", session.account)
            self.observer.scrubbed(session.account, count)

        return Scrubber([*self.asking.secrets(session), *secrets], found)

    async def close(self) -> None:
        """Close connections, store and audit, in this order."""
        for task in list(self.background):
            task.cancel()
        await self.asking.renewal.settle()
        await self.ownership.settle()
        await self.accounts.close()
        await self.sessions.close()
        await self.audit.close()
