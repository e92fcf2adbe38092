"""What each client has to be told to reach the proxy, in the client's own words.

Sources: Snowflake's reference of each driver's parameters (docs.snowflake.com, "Drivers"), and the drivers' sources:
gosnowflake's dsn.go and connection_configuration.go, snowflake-jdbc's SnowflakeConnectString, snowflake-sdk's
connection_config.js, config_manager.py of the connector for Python.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote as percent
from urllib.parse import urlencode

from theia_sf.proxy.client import tools
from theia_sf.proxy.client.clients import Client
from theia_sf.proxy.client.environment import AUTHENTICATOR, CONNECTION, toml_value
from theia_sf.proxy.client.shown import PLACEHOLDER, USER, Request, Shown
from theia_sf.proxy.client.target import Target


def settings(client: Client, target: Target, bundle: Path | None, *, show_secret: bool = False) -> Shown:
    """Return what to tell a client.

    Args:
        client: which.
        target: the proxy, and the user.
        bundle: the certificates to trust, see `trust_bundle`.
        show_secret: put the access token in; otherwise the path of its file, or a placeholder.
    """
    token = target.token.reveal() if show_secret and target.token else None
    return _RENDERERS[client](Request(target, bundle, token))


def _snow(asked: Request) -> Shown:
    values = asked.connection()
    text = f"[{CONNECTION}]\n" + "\n".join(f"{name} = {toml_value(str(value))}" for name, value in values.items())
    notes = (
        "It is a connection for ~/.snowflake/connections.toml, a file of mode 0600.",
        f"Use it by: snow sql --connection {CONNECTION}",
        *asked.trust("Set REQUESTS_CA_BUNDLE={bundle}"),
    )
    return Shown(values, text, notes)


def _python(asked: Request) -> Shown:
    values = asked.connection()
    lines = "".join(f"    {key}={value!r},\n" for key, value in values.items())
    text = f"import snowflake.connector\n\nconnection = snowflake.connector.connect(\n{lines})"
    return Shown(values, text, asked.trust("Set REQUESTS_CA_BUNDLE={bundle}"))


def _nodejs(asked: Request) -> Shown:
    target = asked.target
    values: dict[str, str | int] = {
        "account": target.account,
        "accessUrl": target.url,
        **asked.user("username"),
        "authenticator": AUTHENTICATOR,
        "token": asked.shown_token,
    }
    text = f"const connection = snowflake.createConnection({json.dumps(values, indent=2, ensure_ascii=False)});"
    return Shown(values, text, asked.trust("Set NODE_EXTRA_CA_CERTS={ca}"))


def _go(asked: Request) -> Shown:
    target = asked.target
    parameters: dict[str, str] = {
        "account": target.account,
        "authenticator": AUTHENTICATOR,
        **({"protocol": "http"} if target.protocol == "http" else {}),
    }
    query = urlencode(parameters) + f"&token={percent(asked.token, safe='') if asked.token else PLACEHOLDER}"
    user = percent(target.user, safe="") if target.user else USER
    dsn = f"{user}@{target.netloc}/?{query}"
    return Shown({"dsn": dsn}, dsn, asked.trust("Set SSL_CERT_FILE={bundle}"))


_RENDERERS: Final[Mapping[Client, Callable[[Request], Shown]]] = {
    Client.SNOW: _snow,
    Client.PYTHON: _python,
    Client.JDBC: tools.jdbc,
    Client.DBEAVER: tools.dbeaver,
    Client.DATAGRIP: tools.datagrip,
    Client.ODBC: tools.odbc,
    Client.GRAFANA: tools.grafana,
    Client.NODEJS: _nodejs,
    Client.GO: _go,
}
