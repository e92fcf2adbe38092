"""Snowflake's own connections.toml and config.toml: where they are, and one connection from them.

The rules of place and precedence are those of snowflake-connector-python (its modules sf_dirs and config_manager), so
that one file serves all of Snowflake's tools. Stricter here: a file that others can read is refused, as it may hold a
password.
"""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from platformdirs import PlatformDirs

from theia_sf.errors import ConnectionFailedError, UsageError

# Spellings of one field that Snowflake's tools accept, to ours.
_FIELDS: Final = {
    "account": "account",
    "accountname": "account",
    "user": "user",
    "username": "user",
    "password": "password",
    "authenticator": "authenticator",
    "private_key_file": "private_key_path",
    "private_key_path": "private_key_path",
    "private_key": "private_key",
    "private_key_raw": "private_key",
    "private_key_file_pwd": "private_key_passphrase",
    "private_key_passphrase": "private_key_passphrase",
    "token": "token",
    "token_file_path": "token_file_path",
    "role": "role",
    "rolename": "role",
    "warehouse": "warehouse",
    "warehousename": "warehouse",
    "database": "database",
    "dbname": "database",
    "schema": "schema",
    "schemaname": "schema",
    "host": "host",
    "port": "port",
    "protocol": "protocol",
}


def config_directory(environ: Mapping[str, str]) -> Path:
    """Return SNOWFLAKE_HOME or ~/.snowflake if that exists, else the platform's folder for `snowflake`."""
    home = Path(environ.get("SNOWFLAKE_HOME") or "~/.snowflake").expanduser()
    return home if home.exists() else PlatformDirs(appname="snowflake", appauthor=False).user_config_path


def default_connection_name(environ: Mapping[str, str]) -> str | None:
    """Return the name of the connection to use when none is named; None if the files define no such connection.

    Raises:
        UsageError: a file is broken, or readable by others.
    """
    connections, _ = _connections(environ)
    if not connections:
        return None
    configured = _load(config_directory(environ) / "config.toml").get("default_connection_name")
    name = environ.get("SNOWFLAKE_DEFAULT_CONNECTION_NAME") or configured or "default"
    return str(name) if name in connections else None


def read_connection(name: str, environ: Mapping[str, str]) -> tuple[dict[str, str], Path]:
    """Return one connection's fields under our names, empty ones left out, and the file it came from.

    Raises:
        ConnectionFailedError: there is no such connection.
        UsageError: a file is broken, or readable by others.
    """
    connections, path = _connections(environ)
    if name not in connections:
        message = f"There is no connection {name} in {path}."
        known = ", ".join(sorted(connections))
        raise ConnectionFailedError(
            message, hint=f"It has: {known}." if known else "Write it there, or use SNOWFLAKE_*."
        )
    entry = connections[name]
    if not isinstance(entry, dict):
        message = f"The connection {name} in {path} is not a table."
        raise UsageError(
            message, hint=f"Its heading must be [{name}] in connections.toml, [connections.{name}] in config.toml."
        )
    values: dict[str, str] = {}
    for key, value in cast("dict[str, Any]", entry).items():
        field = _FIELDS.get(key.lower())
        if field is not None and str(value).strip():
            values[field] = str(value)
    return values, path


def _connections(environ: Mapping[str, str]) -> tuple[dict[str, Any], Path]:
    """Return all connections and their file: connections.toml where it exists, else the table in config.toml."""
    directory = config_directory(environ)
    path = directory / "connections.toml"
    if path.exists():
        return _load(path), path
    path = directory / "config.toml"
    table = _load(path).get("connections", {})
    if not isinstance(table, dict):
        message = f"`connections` in {path} is not a table."
        raise UsageError(message)
    return cast("dict[str, Any]", table), path


def _load(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    _check_private(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {str(error).splitlines()[0]}."
        raise UsageError(message) from error
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}."
        raise UsageError(message) from error


def _check_private(path: Path) -> None:
    if os.name != "posix":
        return
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        message = f"Others than you can read or change {path} (mode {stat.S_IMODE(mode):04o}), which may hold secrets."
        raise UsageError(message, hint=f"Run: chmod 0600 {path}")
