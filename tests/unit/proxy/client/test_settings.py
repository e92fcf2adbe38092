"""What clients are told: by the drivers' own readers where there are any."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from theia_sf.proxy.client.clients import Client
from theia_sf.proxy.client.settings import settings
from theia_sf.proxy.client.target import Target
from theia_sf.secret import Secret

TOKEN = "theia_0123456789ab_" + "Az09_-" * 7 + "A"
BUNDLE = Path("/cache/my bundle.pem")


def target(**changed) -> Target:
    given = {
        "protocol": "https",
        "host": "proxy.example.com",
        "port": 8443,
        "account": "production",
        "user": "alice",
        "ca_file": Path("/profile/ca.pem"),
        "token_file": Path("/profile/token"),
        "token": Secret(TOKEN),
    }
    return Target(**{**given, **changed})


@pytest.mark.parametrize("client", Client)
@pytest.mark.parametrize("token_file", [None, Path("/profile/token")])
def test_the_token_is_shown_only_when_asked_for(client: Client, token_file: Path | None) -> None:
    silent = settings(client, target(token_file=token_file), BUNDLE)
    assert TOKEN not in f"{silent.text}{silent.values}{silent.notes}"
    told = settings(client, target(token_file=token_file), BUNDLE, show_secret=True)
    assert TOKEN in told.text
    assert TOKEN in str(told.values)


@pytest.mark.parametrize("client", Client)
def test_every_client_is_told_where_who_and_what_to_trust(client: Client) -> None:
    shown = settings(client, target(), BUNDLE)
    assert "proxy.example.com" in shown.text
    assert "8443" in shown.text
    assert "production" in shown.text
    assert "alice" in shown.text
    trusted = "/profile/ca.pem" if client in {Client.NODEJS, Client.JDBC, Client.DBEAVER, Client.DATAGRIP} else BUNDLE
    assert str(trusted) in " ".join(shown.notes)


@pytest.mark.parametrize("client", Client)
def test_without_certificates_of_ones_own_nothing_is_said_of_them(client: Client) -> None:
    notes = " ".join(settings(client, target(ca_file=None), None).notes)
    assert "pem" not in notes
    assert "trust" not in notes.lower()


@pytest.mark.parametrize("client", Client)
def test_a_user_who_is_not_known_is_not_made_up(client: Client) -> None:
    assert "<user>" in settings(client, target(user=""), BUNDLE).text


def test_the_connection_is_toml_that_names_the_tokens_file() -> None:
    (connection,) = tomllib.loads(settings(Client.SNOW, target(), BUNDLE).text).items()
    assert connection == (
        "theia-sf",
        {
            "account": "production",
            "host": "proxy.example.com",
            "port": "8443",
            "protocol": "https",
            "user": "alice",
            "authenticator": "PROGRAMMATIC_ACCESS_TOKEN",
            "token_file_path": "/profile/token",
        },
    )


@pytest.mark.parametrize("user", ['a"b', "a\\b", "ä@example.com", "x\x7fy"])
def test_toml_keeps_whatever_a_user_is_called(user: str) -> None:
    text = settings(Client.SNOW, target(user=user), BUNDLE).text
    assert tomllib.loads(text)["theia-sf"]["user"] == user


def test_python_gets_code_that_python_reads() -> None:
    text = settings(Client.PYTHON, target(user="o'brien"), BUNDLE).text
    compile(text, "example.py", "exec")
    assert """user="o'brien",""" in text


def test_nodejs_gets_an_object() -> None:
    text = settings(Client.NODEJS, target(), BUNDLE, show_secret=True).text
    told = json.loads(text.removeprefix("const connection = snowflake.createConnection(").removesuffix(");"))
    assert told["accessUrl"] == "https://proxy.example.com:8443"
    assert told["token"] == TOKEN


@pytest.mark.parametrize(("protocol", "expected"), [("https", None), ("http", ["http"])])
def test_go_gets_a_dsn(protocol: str, expected: list[str] | None) -> None:
    dsn = settings(Client.GO, target(user="a@b", protocol=protocol), BUNDLE, show_secret=True).text
    parts = urlsplit(f"//{dsn}")
    assert (parts.username, parts.hostname, parts.port) == ("a%40b", "proxy.example.com", 8443)
    query = parse_qs(parts.query)
    assert query["account"] == ["production"]
    assert query["token"] == [TOKEN]
    assert query.get("protocol") == expected


@pytest.mark.parametrize(("protocol", "off"), [("https", False), ("http", True)])
def test_jdbc_gets_a_url_without_the_secret(protocol: str, off: bool) -> None:
    shown = settings(Client.JDBC, target(protocol=protocol), BUNDLE, show_secret=True)
    assert TOKEN not in str(shown.values["url"])
    assert ("ssl=off" in str(shown.values["url"])) is off
    assert str(shown.values["url"]).startswith("jdbc:snowflake://proxy.example.com:8443/?account=production")


def test_an_ipv6_address_stands_in_brackets() -> None:
    assert "//[::1]:8443/" in settings(Client.DBEAVER, target(host="::1"), BUNDLE).text


def test_grafana_gets_a_data_source_whose_secret_is_a_file() -> None:
    (source,) = yaml.safe_load(settings(Client.GRAFANA, target(), BUNDLE).text)["datasources"]
    assert source["jsonData"]["account"] == "proxy.example.com:8443"
    assert source["jsonData"]["extraConfig"] == "account=production"
    assert source["secureJsonData"] == {"password": "$__file{/etc/grafana/theia-sf-token}"}


def test_odbc_says_that_it_cannot_do_without_tls() -> None:
    assert "plain HTTP" in " ".join(settings(Client.ODBC, target(protocol="http", ca_file=None), None).notes)
    assert "plain HTTP" not in " ".join(settings(Client.ODBC, target(), BUNDLE).notes)
