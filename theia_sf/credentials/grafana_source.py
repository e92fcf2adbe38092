"""A data source of Grafana's plugin michelin-snowflake-datasource 2.x, as data.

Its fields are those of the plugin's src/types.ts; pkg/snowflake.go puts them into the connection string of its driver,
gosnowflake.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

PLUGIN: Final = "michelin-snowflake-datasource"
NAME: Final = "Snowflake"
UID: Final = "P1DBD59F661D68B90"  # what every panel names, fixed so that renaming the data source breaks none

# Field of secureJsonData -> authMethod, by which the plugin's form knows what to show.
METHODS: Final = {"privateKey": "keyPair", "pat": "pat", "password": "password", "clientSecret": "oauth"}
_HTTPS_PORT: Final = 443


def data_source(settings: Mapping[str, str], secret: str, value: str) -> dict[str, Any]:
    """Return the whole provisioning file.

    Args:
        settings: of jsonData, but for authMethod.
        secret: the one field of secureJsonData; the plugin refuses two.
        value: what it holds, or where Grafana finds it: `$__file{…}`.
    """
    source = {
        "name": NAME,
        "uid": UID,
        "type": PLUGIN,
        "access": "proxy",
        "editable": False,
        "jsonData": {**settings, "authMethod": METHODS[secret]},
        "secureJsonData": {secret: value},
    }
    return {"apiVersion": 1, "datasources": [source]}


def connection(account: str, host: str, port: int = _HTTPS_PORT, protocol: str = "https") -> dict[str, str]:
    """Return the fields that say where Snowflake is: `account`, and `extraConfig` where that is not enough.

    The plugin writes `user@ACCOUNT?…&EXTRACONFIG`. Its driver takes ACCOUNT for a host if it ends in Snowflake's domain
    or names a port, and the first label of such a host for the account, unless a parameter says otherwise
    (ParseDSN in gosnowflake's dsn.go).

    Args:
        account: `ORG-ACCOUNT`, or a locator, with or without its region.
        host: where to connect to.
        port: of the host.
        protocol: http or https.
    """
    bare = account.partition(".")[0]
    extra: dict[str, str] = {}
    snowflake = ".snowflakecomputing." in host.lower()
    if not snowflake or host.lower().partition(".")[0] != bare.lower():
        extra["account"] = bare
    if protocol != "https":
        extra["protocol"] = protocol
    plain = snowflake and port == _HTTPS_PORT
    fields = {"account": literal(host if plain else f"{host}:{port}")}
    return fields | {"extraConfig": literal(urlencode(extra))} if extra else fields


def one_line_key(pem: str) -> str:
    """Return a key as the plugin hands it to its driver: base64url of PKCS#8 DER on one line, out of PKCS#8 PEM."""
    body = "".join(line for line in pem.splitlines() if not line.startswith("-----"))
    return body.replace("+", "-").replace("/", "_")


def literal(value: str) -> str:
    """Return a value that Grafana shall not look for variables in.

    Source: https://grafana.com/docs/grafana/latest/administration/provisioning/#use-environment-variables
    """
    return value.replace("$", "$$")
