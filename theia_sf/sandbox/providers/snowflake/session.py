"""The configured `snowflake` provider: one connection to the local account, shared by all its resources."""
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# The connector's cursor is only partly typed.

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import snowflake.connector
from snowflake.connector.cursor import DictCursor
from snowflake.connector.errors import ProgrammingError

from theia_sf.sandbox.providers.resource import ProviderError

_MISSING = {2003, 2043}  # "… does not exist or not authorized", of an object and of what holds it


@dataclass(frozen=True)
class Login:
    """How the sandbox's own provider signs in: not with the credentials of the engine, which it cannot see."""

    account: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    role: str


class Connection:
    """A connection that opens on first use and again after it was lost; statements run one after the other."""

    def __init__(self, login: Login) -> None:
        self._login = login
        self._lock = threading.Lock()
        self._open: Any = None

    def execute(self, sql: str) -> list[dict[str, Any]]:
        """Run a statement and return its rows, with the column names in lower case.

        Raises:
            snowflake.connector.errors.Error: Snowflake refused it.
        """
        with self._lock:
            if self._open is None or self._open.is_closed():
                self._open = self._connect()
            with self._open.cursor(DictCursor) as cursor:
                cursor.execute(sql)
                rows = cast("list[Mapping[str, Any]]", cursor.fetchall())
        return [{key.lower(): value for key, value in row.items()} for row in rows]

    def close(self) -> None:
        """Sign out."""
        with self._lock:
            if self._open is not None and not self._open.is_closed():
                self._open.close()

    def _connect(self) -> Any:
        login = self._login
        return snowflake.connector.connect(
            account=login.account,
            user=login.user,
            password=login.password,
            role=login.role,
            host=login.host,
            port=login.port,
            protocol="http",
            application="theia-sf-sandbox-provider",
            session_parameters={"CLIENT_TELEMETRY_ENABLED": False},
            client_session_keep_alive=False,
        )


@dataclass(frozen=True)
class SnowflakeSession:
    """The connection, and the preview features and experiments that the provider's configuration enables."""

    connection: Connection
    preview_features: frozenset[str]
    experimental_features: frozenset[str] = frozenset()

    def execute(self, sql: str, operation: str, resource: str) -> list[dict[str, Any]]:
        """Run a statement, marked with the comment by which the published provider's use is counted."""
        usage = json.dumps({"json_schema_version": "1", "resource": resource, "operation": operation})
        return self.connection.execute(f"{sql} --terraform_provider_usage_tracking {usage}")

    def find(self, sql: str, resource: str) -> list[dict[str, Any]]:
        """The rows of a SHOW or DESCRIBE; none if what it looks at, or into, does not exist."""
        try:
            return self.execute(sql, "read", resource)
        except ProgrammingError as error:
            if error.errno in _MISSING:
                return []
            raise

    def require_feature(self, feature: str | None) -> None:
        """Refuse unless the provider's configuration enables a preview feature.

        Raises:
            ProviderError: it does not.
        """
        if feature is not None and feature not in self.preview_features:
            message = (
                f"{feature} is currently a preview feature, and must be enabled by adding {feature} to "
                "`preview_features_enabled` in the provider's configuration"
            )
            raise ProviderError(message)
