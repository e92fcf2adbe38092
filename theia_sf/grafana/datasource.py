"""How Grafana signs in to Snowflake: the data source as provisioned for one stack, without its secret."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from packaging.version import Version

from theia_sf.credentials.grafana_source import connection, data_source, literal
from theia_sf.grafana.versions import knows_access_tokens
from theia_sf.snowflake.settings import ConnectionSettings

SECRETS_FOLDER: Final = "/etc/grafana/secrets"  # in the container


class Method(StrEnum):
    """The values of `--auth`."""

    KEY_PAIR = "key-pair"
    ACCESS_TOKEN = "access-token"  # noqa: S105 (a way to sign in)
    PASSWORD = "password"  # noqa: S105 (as above)


# Method -> the file that holds its secret, in the folder `secrets`.
SECRET_FILES: Final = {
    Method.KEY_PAIR: "snowflake_key",
    Method.ACCESS_TOKEN: "snowflake_token",
    Method.PASSWORD: "snowflake_password",
}


@dataclass(frozen=True)
class Reader:
    """Whom Grafana signs in as, and what it reads.

    Attributes:
        user: as Snowflake stores it.
        role, warehouse, database, schema: of the stack.
        method: by what it signs in.
    """

    user: str
    role: str
    warehouse: str
    database: str
    schema: str
    method: Method


def datasource(reader: Reader, settings: ConnectionSettings, plugin: Version) -> dict[str, Any]:
    """Return the provisioning file of the data source; its secret is read from a file by Grafana itself.

    Args:
        reader: who reads what.
        settings: which account, and where it is.
        plugin: the version that the file is for.
    """
    names = {
        "username": reader.user,
        "role": reader.role,
        "warehouse": reader.warehouse,
        "database": reader.database,
        "schema": reader.schema,
    }
    where = connection(settings.account, settings.hostname, settings.port, settings.protocol)
    path = f"{SECRETS_FOLDER}/{SECRET_FILES[reader.method]}"
    fields = where | {name: literal(value) for name, value in names.items()}
    return data_source(fields, _field(reader.method, plugin), f"$__file{{{path}}}")


def _field(method: Method, plugin: Version) -> str:
    """The field of secureJsonData. Snowflake takes an access token in the place of a password, too:
    https://docs.snowflake.com/en/user-guide/programmatic-access-tokens"""
    if method is Method.KEY_PAIR:
        return "privateKey"
    return "pat" if method is Method.ACCESS_TOKEN and knows_access_tokens(plugin) else "password"
