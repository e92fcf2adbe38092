"""Snowflake's own connections.toml and config.toml: where they are, and one connection from them.

The rules of place and precedence are those of snowflake-connector-python (its modules sf_dirs and config_manager), so
that one file serves all of Snowflake's tools. Stricter here: a file that others can read is refused, as it may hold a
password.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from platformdirs import PlatformDirs

from theia_sf.credentials import private_files
from theia_sf.credentials.fields import settings_in
from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import redact


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
    return settings_in(cast("dict[str, Any]", entry)), path


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
        raise UsageError(message, hint="Each connection has a heading of its own: [connections.NAME].")
    return cast("dict[str, Any]", table), path


def _load(path: Path) -> dict[str, Any]:
    try:
        data, mode = private_files.read(path)
    except FileNotFoundError:
        return {}
    private_files.check_private(path, mode)
    try:
        return tomllib.loads(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        message = f"{path} is not valid TOML: it is not UTF-8."
        raise UsageError(message, hint="Save it in UTF-8, or name another folder in SNOWFLAKE_HOME.") from error
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not valid TOML: {redact(str(error).splitlines()[0])}."
        hint = "Values that are text stand in quotation marks, and each connection begins with its name in brackets."
        raise UsageError(message, hint=hint) from error
