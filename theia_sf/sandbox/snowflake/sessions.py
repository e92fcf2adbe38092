"""Sessions: who is signed in, what is selected, and the tokens a client presents."""

# pyright: reportUnknownMemberType=false, reportPrivateUsage=false
# ruff: noqa: SLF001
# (fakesnow is untyped, and its schema and its DuckDB connection are reached only through private attributes)

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from theia_sf.sandbox.snowflake.catalog import now
from theia_sf.sandbox.snowflake.duck_sql import literal, quoted
from theia_sf.sandbox.snowflake.errors import SnowflakeError

if TYPE_CHECKING:
    from theia_sf.sandbox.snowflake.engine import Connection
    from theia_sf.sandbox.snowflake.queries import Query

SESSION_LIFE = timedelta(hours=1)
MASTER_LIFE = timedelta(hours=4)


@dataclass(eq=False)
class Session:
    """One signed-in session. Statements of a session run one after another under `lock`.

    `serverless` sessions (tasks without a warehouse) have compute of their own. `rows_as_json` is set for drivers that
    read no Arrow.
    """

    id: int
    user: str
    conn: Connection
    role: str = "PUBLIC"
    secondary_roles: bool = False
    warehouse: str | None = None
    serverless: bool = False
    database: str | None = None
    schema: str | None = None
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    lock: threading.RLock = field(default_factory=threading.RLock)
    last_query_id: str | None = None
    active: Query | None = None
    active_lock: threading.Lock = field(default_factory=threading.Lock)
    rows_as_json: bool = False
    closed: bool = False

    def select(self, database: str | None, schema: str | None) -> None:
        """Makes a database and schema current, here and in the DuckDB connection below."""
        self.database, self.schema = database, schema
        conn = self.conn
        conn.database, conn._schema = database, schema
        conn.database_set, conn.schema_set = database is not None, schema is not None
        if database is None:
            conn._duck_conn.execute("SET schema = 'memory.main'")
            return
        inner = "_fs_information_schema" if schema == "INFORMATION_SCHEMA" else schema or "main"
        conn._duck_conn.execute(f"SET schema = {literal(quoted(database, inner))}")

    def interrupt(self, query: Query) -> bool:
        """Stops the statement if it is the one that runs now; returns whether it is."""
        with self.active_lock:
            if self.active is not query:
                return False
            self.conn._duck_conn.interrupt()
            return True

    def close(self) -> None:
        """Frees the DuckDB connection."""
        with self.lock:
            self.closed = True
            self.conn.close()


@dataclass
class _Tokens:
    session: Session
    token: str
    master: str
    expires: Any
    master_expires: Any


class SessionStore:
    """The open sessions, by session token and master token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_token: dict[str, _Tokens] = {}
        self._by_master: dict[str, _Tokens] = {}

    def add(self, session: Session) -> tuple[str, str]:
        """Registers a session; returns its session token and master token."""
        entry = _Tokens(session, secrets.token_urlsafe(48), secrets.token_urlsafe(48), None, None)
        entry.expires, entry.master_expires = now() + SESSION_LIFE, now() + MASTER_LIFE
        with self._lock:
            self._by_token[entry.token] = entry
            self._by_master[entry.master] = entry
        return entry.token, entry.master

    def by_token(self, token: str | None) -> Session:
        """The session of a session token.

        Raises:
            SnowflakeError: 390103/390104 no or unknown token, 390112 expired (the client then renews it).
        """
        if not token:
            raise SnowflakeError(390103, "08001", "Session token not found in the request data.")
        with self._lock:
            entry = self._by_token.get(token)
        if entry is None:
            raise SnowflakeError(390104, "08001", "User must login again to access the service.")
        if entry.expires <= now():
            raise SnowflakeError(390112, "08001", "Your session has expired. Please login again.")
        return entry.session

    def renew(self, master: str | None) -> tuple[Session, str, str]:
        """Replaces the session token of a master token; returns the session and both new tokens.

        Raises:
            SnowflakeError: 390113 without a master token, 390114 expired, 390115 unknown.
        """
        if not master:
            raise SnowflakeError(390113, "08001", "Master token not found in the request data.")
        with self._lock:
            entry = self._by_master.get(master)
        if entry is None:
            raise SnowflakeError(390115, "08001", "Master token is invalid.")
        if entry.master_expires <= now():
            raise SnowflakeError(
                390114, "08001", "Authentication token has expired.  The user must authenticate again."
            )
        self._forget(entry)
        return (entry.session, *self.add(entry.session))

    def expire(self, token: str) -> None:
        """Ends the life of a session token now, as if its hour were over."""
        with self._lock:
            self._by_token[token].expires = now()

    def remove(self, token: str) -> None:
        """Signs a session out."""
        with self._lock:
            entry = self._by_token.get(token)
        if entry is not None:
            self._forget(entry)
            entry.session.close()

    def all(self) -> list[Session]:
        """The open sessions."""
        with self._lock:
            return [entry.session for entry in self._by_token.values()]

    def _forget(self, entry: _Tokens) -> None:
        with self._lock:
            self._by_token.pop(entry.token, None)
            self._by_master.pop(entry.master, None)
