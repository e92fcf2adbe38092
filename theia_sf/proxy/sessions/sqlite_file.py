"""The SQLite file of sessions: its tables, and opening it."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from theia_sf.errors import UsageError

SCHEMA_VERSION: Final = 1
_APPLICATION: Final = 0x54484550
"""`PRAGMA application_id`: "THEP"; tells a database of ours from another program's."""
_BUSY_SECONDS: Final = 5.0
_BUSY_PAUSE: Final = 0.02
_SCHEMA: Final = """
CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL,
  previous_token_hash TEXT NOT NULL,
  master_hash TEXT NOT NULL,
  previous_master_hash TEXT NOT NULL,
  expires REAL NOT NULL,
  version INTEGER NOT NULL,
  last_used REAL NOT NULL,
  body TEXT NOT NULL,
  sealed BLOB NOT NULL
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_previous_token ON sessions (previous_token_hash);
CREATE UNIQUE INDEX sessions_master ON sessions (master_hash);
CREATE INDEX sessions_previous_master ON sessions (previous_master_hash);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE TABLE queries (
  query_id TEXT PRIMARY KEY,
  session TEXT NOT NULL,
  user TEXT NOT NULL,
  account TEXT NOT NULL,
  expires REAL NOT NULL
);
CREATE INDEX queries_user ON queries (account, user);
CREATE INDEX queries_expires ON queries (expires);
CREATE TABLE checks (done REAL NOT NULL);
INSERT INTO checks VALUES (0);
"""
OLDEST_OF_USER: Final = """
DELETE FROM queries WHERE account = ?1 AND user = ?2 AND rowid <= (
  SELECT rowid FROM queries WHERE account = ?1 AND user = ?2 ORDER BY rowid DESC LIMIT 1 OFFSET ?3
)
"""


def opened(path: Path) -> sqlite3.Connection:
    """Open the file, or make it, and return a connection that any one thread may use.

    Raises:
        UsageError: the file cannot be opened or made, is no database of ours, a newer one, or another user's.
    """
    hint = "`store.sqlite` must name a file of the proxy's own, in a folder that it may write to."
    try:
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, check_same_thread=False, isolation_level="IMMEDIATE")
    except (OSError, sqlite3.Error) as error:
        message = f"The session store {path} cannot be opened: {getattr(error, 'strerror', None) or error}."
        raise UsageError(message, hint=hint) from error
    try:
        _must_be_ours(connection, path)  # before anything is done to it
        _make_private(path)
        _prepare(connection)
    except (OSError, sqlite3.Error) as error:
        connection.close()
        message = f"The session store {path} cannot be used: {getattr(error, 'strerror', None) or error}."
        raise UsageError(message, hint=hint) from error
    except UsageError:
        connection.close()
        raise
    return connection


def reader(path: Path) -> sqlite3.Connection:
    """Return a second connection to a file that `opened` has prepared; it only reads, and does not wait for locks."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0, check_same_thread=False)


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another of the same name; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _make_private(path: Path) -> None:
    """Take the file from all others than its owner. Kubernetes gives it to the group at each start (`fsGroup`)."""
    if os.name == "posix":
        for file in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
            if file.exists() and file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _to_wal(connection: sqlite3.Connection) -> None:
    """Change to the write-ahead log, which needs the file to itself and, unlike all else, does not wait for it.

    Of several instances that start at once one changes, and the others find it changed (sqlite.org/wal.html).
    """
    given_up = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > given_up:
                raise
            time.sleep(_BUSY_PAUSE)
        else:
            return


def _must_be_ours(connection: sqlite3.Connection, path: Path) -> None:
    if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        return
    if _pragma(connection, "application_id") != _APPLICATION:
        message = f"{path} is a database of another program."
        raise UsageError(message, hint="Choose another file for `store.sqlite`.")
    if _pragma(connection, "user_version") > SCHEMA_VERSION:
        message = f"The session store {path} was made by a newer theia-sf."
        raise UsageError(message, hint="Use that version, or another file: users then log in again.")


def _prepare(connection: sqlite3.Connection) -> None:
    _to_wal(connection)
    connection.execute("PRAGMA synchronous = NORMAL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")  # of several that start at once, one makes the tables
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
            for statement in filter(str.strip, _SCHEMA.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {_APPLICATION}")
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
