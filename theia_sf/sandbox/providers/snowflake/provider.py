"""The `snowflake` provider: configuration and the wording of errors."""

from __future__ import annotations

import json
import re
from typing import Any

from snowflake.connector.errors import Error

from theia_sf.sandbox.providers.properties import UNKNOWN, Properties
from theia_sf.sandbox.providers.resource import Provider, Resource
from theia_sf.sandbox.providers.snowflake.database import Database, Schema
from theia_sf.sandbox.providers.snowflake.execute import Execute
from theia_sf.sandbox.providers.snowflake.ingestion import Pipe, StageExternalS3
from theia_sf.sandbox.providers.snowflake.integrations import NotificationIntegration, StorageIntegrationAws
from theia_sf.sandbox.providers.snowflake.privileges import GrantPrivilegesToAccountRole
from theia_sf.sandbox.providers.snowflake.roles import AccountRole, GrantAccountRole
from theia_sf.sandbox.providers.snowflake.service_user import ServiceUser
from theia_sf.sandbox.providers.snowflake.session import Connection, Login, SnowflakeSession
from theia_sf.sandbox.providers.snowflake.task import Task
from theia_sf.sandbox.providers.snowflake.warehouse import Warehouse

_FEATURE = re.compile(r"snowflake_[a-z0-9_]+_(resource|datasource)")


class SnowflakeProvider(Provider[SnowflakeSession]):
    """The `snowflake` provider of the sandbox.

    Args:
        login: the sandbox's own user; an attached provider does not see the environment of the engine.
    """

    name = "snowflake"
    distribution = "pulumi-snowflake"

    def __init__(self, login: Login) -> None:
        super().__init__(
            [
                AccountRole,
                Database,
                Execute,
                GrantAccountRole,
                GrantPrivilegesToAccountRole,
                NotificationIntegration,
                Pipe,
                Schema,
                ServiceUser,
                StageExternalS3,
                StorageIntegrationAws,
                Task,
                Warehouse,
            ]
        )
        self._connection = Connection(login)

    def check_config(self, config: Properties) -> list[tuple[str, str]]:
        """A preview feature must look like one."""
        wrong = sorted(name for name in _features(config) if not _FEATURE.fullmatch(name))
        return [("previewFeaturesEnabled", f"expected preview features to be known, got {name}") for name in wrong]

    def configure(self, config: Properties) -> SnowflakeSession:
        """Sign in, as the published provider does at previews too."""
        self._connection.execute("SELECT 1")
        experiments = frozenset(_features(config, "experimentalFeaturesEnableds"))
        return SnowflakeSession(self._connection, frozenset(_features(config)), experiments)

    def explain(
        self, action: str, resource: type[Resource[SnowflakeSession]], object_id: str, error: Exception
    ) -> str | None:
        """A Snowflake error with its number, state and query, as the published provider shows it."""
        if isinstance(error, Error):
            return f"error {action} {getattr(resource, 'label', 'provider')} {object_id}: {error}"
        return super().explain(action, resource, object_id, error)

    def close(self) -> None:
        """Sign out."""
        self._connection.close()


def _features(config: Properties, key: str = "previewFeaturesEnabled") -> list[str]:
    given: Any = config.get(key, [])
    if given is UNKNOWN:
        return []
    return list(json.loads(given) if isinstance(given, str) else given)
