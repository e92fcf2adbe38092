"""The data source: one way to sign in, nothing secret in the file, names that panels can rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from theia_sf.credentials.grafana_source import UID, connection, data_source
from theia_sf.errors import UsageError
from theia_sf.grafana.datasource import Method, Reader, datasource
from theia_sf.grafana.versions import parse_plugin_version
from theia_sf.snowflake.settings import ConnectionSettings

PROVISIONING = Path(__file__).parents[3] / "grafana" / "theia_sf_grafana" / "provisioning"
BY_HAND = PROVISIONING / "datasources" / "snowflake.yaml"
SETTINGS = ConnectionSettings(account="ORG-ACCT", user="ADMIN", authenticator="SNOWFLAKE_JWT")


def made(method: Method = Method.KEY_PAIR, version: str = "2.1.0", **names: str) -> dict[str, Any]:
    given = {"user": "GRAFANA", "role": "R", "warehouse": "W", "database": "ANTREA_X", "schema": "THEIA"} | names
    content = datasource(Reader(method=method, **given), SETTINGS, parse_plugin_version(version))
    (source,) = content["datasources"]
    return source


def test_the_file_for_use_by_hand_is_the_same_data_source() -> None:
    names = ("account", "username", "role", "warehouse", "database")
    fields = {name: f"${{SNOWFLAKE_{name.upper()}}}" for name in names} | {"username": "${SNOWFLAKE_USER}"}
    key = "$__file{/etc/grafana/secrets/snowflake_key}"
    assert yaml.safe_load(BY_HAND.read_text()) == data_source(fields | {"schema": "THEIA"}, "privateKey", key)


def test_it_has_the_uid_that_the_panels_name() -> None:
    assert made()["uid"] == UID == "P1DBD59F661D68B90"
    assert made()["type"] == "michelin-snowflake-datasource"


@pytest.mark.parametrize(
    ("method", "version", "field", "auth_method", "file"),
    [
        (Method.KEY_PAIR, "2.1.0", "privateKey", "keyPair", "snowflake_key"),
        (Method.ACCESS_TOKEN, "2.1.0", "password", "password", "snowflake_token"),
        (Method.ACCESS_TOKEN, "2.2.0", "pat", "pat", "snowflake_token"),
        (Method.PASSWORD, "2.1.0", "password", "password", "snowflake_password"),
    ],
)
def test_it_signs_in_in_one_way_by_a_secret_in_a_file(
    method: Method, version: str, field: str, auth_method: str, file: str
) -> None:
    source = made(method, version)
    assert source["secureJsonData"] == {field: f"$__file{{/etc/grafana/secrets/{file}}}"}
    assert source["jsonData"]["authMethod"] == auth_method


def test_a_dollar_in_a_name_is_no_variable() -> None:
    assert made(user="GRAFANA$HOME")["jsonData"]["username"] == "GRAFANA$$HOME"


@pytest.mark.parametrize(
    ("account", "where", "expected"),
    [
        ("ORG-ACCT", ("org-acct.snowflakecomputing.com",), {"account": "org-acct.snowflakecomputing.com"}),
        (
            "xy12345.us-east-2.aws",
            ("xy12345.us-east-2.aws.snowflakecomputing.com",),
            {"account": "xy12345.us-east-2.aws.snowflakecomputing.com"},
        ),
        (
            "ORG-ACCT",
            ("org-acct.privatelink.snowflakecomputing.com",),
            {"account": "org-acct.privatelink.snowflakecomputing.com"},
        ),
        # The host has a hyphen where the account has an underscore, and the driver would sign for the wrong account.
        (
            "ORG-MY_ACCT",
            ("org-my-acct.snowflakecomputing.com",),
            {"account": "org-my-acct.snowflakecomputing.com", "extraConfig": "account=ORG-MY_ACCT"},
        ),
        # Without a port the driver would take the host for the name of an account.
        ("ORG-ACCT", ("proxy.example",), {"account": "proxy.example:443", "extraConfig": "account=ORG-ACCT"}),
        (
            "ORG-ACCT",
            ("127.0.0.1", 8085, "http"),
            {"account": "127.0.0.1:8085", "extraConfig": "account=ORG-ACCT&protocol=http"},
        ),
    ],
)
def test_the_driver_is_told_account_and_host(account: str, where: Any, expected: dict[str, str]) -> None:
    assert connection(account, *where) == expected


@pytest.mark.parametrize("text", ["1.9.1", "3.0.0", "latest", ""])
def test_a_version_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_plugin_version(text)
