"""A client's session: the ids that it holds, and the tokens of Snowflake that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from theia_sf.secret import Secret

CLOCK_DIFFERENCE: Final = 300.0
"""Seconds by which the clocks of instances, and of the store, may differ. A session is kept for so much longer than
Snowflake keeps it, lest a clock that is ahead ends it early; Snowflake itself refuses what is over."""


@dataclass(frozen=True)
class UpstreamTokens:
    """Snowflake's tokens of a session; they never leave the proxy. Expiries are Unix seconds."""

    session: Secret
    master: Secret
    session_expires: float
    master_expires: float


@dataclass(frozen=True)
class SessionRecord:
    """One session.

    Attributes:
        id: names it in lists and in the audit; no secret, and no way to use it.
        token_hash: SHA-256, in hex, of the id that the client holds in the place of the session token.
        master_hash: the same in the place of the master token.
        user: the proxy's user; `groups` theirs at sign-in.
        credential: names the one of theirs by which they signed in (`ProxyUser.credential`); the session ends with it.
        account: name of the account in the configuration; `identity` that of the identity in it.
        upstream_user: Snowflake's user.
        role, warehouse, database, schema: the session's context as last told by Snowflake; None where unset.
        peer_address: where the client signed in from.
        client_app: the driver, as it calls itself.
        snowflake_session_id: Snowflake's number of the session.
        created, last_used: Unix seconds; `token_expires` is when the client has to renew.
        expires: Unix seconds when it is forgotten: `CLOCK_DIFFERENCE` after the end that Snowflake told the client.
        tokens: what the ids stand for.
        previous_token_hash, previous_master_hash: of the ids before the last renewal, by which the session is still
            found: requests of the client's other threads are under way with them. Empty before the first renewal.
        renewing_until: Unix seconds until which an instance of the proxy renews the tokens; 0 when none does.
        version: counts changes; a store takes a change only for the version that it is based on.
    """

    id: str
    token_hash: str
    master_hash: str
    user: str
    groups: tuple[str, ...]
    credential: str
    account: str
    identity: str
    upstream_user: str
    role: str | None
    warehouse: str | None
    database: str | None
    schema: str | None
    peer_address: str
    client_app: str
    snowflake_session_id: int
    created: float
    last_used: float
    token_expires: float
    expires: float
    tokens: UpstreamTokens
    previous_token_hash: str = ""
    previous_master_hash: str = ""
    renewing_until: float = 0.0
    version: int = 0


@dataclass(frozen=True)
class QueryOwner:
    """Whose query it is: public id of the session, the proxy's user, and the account in the configuration.

    Results of a query are its user's: they may look at them from another session, as Snowflake's own users may.
    """

    session: str
    user: str
    account: str


class SessionStore(Protocol):
    """Where sessions are kept. Every instance of the proxy with the same store serves every session.

    Every method raises StoreUnavailableError, a refusal, if the store does not answer.
    """

    async def add(self, record: SessionRecord) -> None:
        """Keep a new session."""
        ...

    async def by_token(self, token: str) -> SessionRecord | None:
        """Return the session of the id that a client sent in the place of the session token; None if it has expired.

        The id before the last renewal finds it too: compare `token_hash(token)` with the record's to tell them apart.
        """
        ...

    async def by_master(self, token: str) -> SessionRecord | None:
        """Return the session of the id that a client sent in the place of the master token; the rest as `by_token`."""
        ...

    async def get(self, session_id: str) -> SessionRecord | None:
        """Return the session of a public id."""
        ...

    async def replace(self, record: SessionRecord) -> bool:
        """Keep a changed session, if nobody changed it since `record.version`; tell whether that was so.

        The kept record has the version `record.version + 1`.
        """
        ...

    async def touch(self, session_id: str, now: float) -> None:
        """Note that a session was used; at most once in some seconds is it written down."""
        ...

    async def remove(self, session_id: str) -> bool:
        """Forget a session; tell whether it was there."""
        ...

    async def all(self) -> list[SessionRecord]:
        """Return every session that has not expired."""
        ...

    async def own_query(self, query_id: str, owner: QueryOwner, expires: float) -> None:
        """Note whose query it is, until `expires` (Unix seconds), which may be after the session's end."""
        ...

    async def owner_of(self, query_id: str) -> QueryOwner | None:
        """Return whose query it is; None if it is nobody's, or was too long ago."""
        ...

    async def check(self) -> None:
        """Return if the store can be read and written."""
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
