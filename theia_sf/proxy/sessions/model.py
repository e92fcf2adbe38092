"""A client's session: the ids that it holds, and the tokens of Snowflake that they stand for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from theia_sf.secret import Secret


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
        account: name of the account in the configuration; `identity` that of the identity in it.
        upstream_user: Snowflake's user.
        role, warehouse, database, schema: the session's context as last told by Snowflake; None where unset.
        peer_address: where the client signed in from.
        client_app: the driver, as it calls itself.
        snowflake_session_id: Snowflake's number of the session.
        created, last_used, expires: Unix seconds; `token_expires` is when the client has to renew.
        tokens: what the ids stand for.
        version: counts changes; a store takes a change only for the version that it is based on.
    """

    id: str
    token_hash: str
    master_hash: str
    user: str
    groups: tuple[str, ...]
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
    version: int = 0


class SessionStore(Protocol):
    """Where sessions are kept. Every instance of the proxy with the same store serves every session."""

    async def add(self, record: SessionRecord) -> None:
        """Keep a new session."""
        ...

    async def by_token(self, token: str) -> SessionRecord | None:
        """Return the session of the id that a client sent in the place of the session token."""
        ...

    async def by_master(self, token: str) -> SessionRecord | None:
        """Return the session of the id that a client sent in the place of the master token."""
        ...

    async def get(self, session_id: str) -> SessionRecord | None:
        """Return the session of a public id."""
        ...

    async def replace(self, record: SessionRecord) -> bool:
        """Keep a changed session, if nobody changed it since `record.version`; tell whether that was so."""
        ...

    async def touch(self, session_id: str, now: float) -> None:
        """Note that a session was used."""
        ...

    async def remove(self, session_id: str) -> bool:
        """Forget a session; tell whether it was there."""
        ...

    async def all(self) -> list[SessionRecord]:
        """Return every session that has not expired."""
        ...

    async def own_query(self, query_id: str, session_id: str, expires: float) -> None:
        """Note which session a query belongs to."""
        ...

    async def owner_of(self, query_id: str) -> str | None:
        """Return the id of the session that a query belongs to."""
        ...

    async def check(self) -> None:
        """Return if the store answers.

        Raises:
            RefusalError: it does not.
        """
        ...

    async def close(self) -> None:
        """Let go of the store."""
        ...
