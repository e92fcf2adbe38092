"""Addresses of proxies, and the variables that lead to them."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from theia_sf.errors import UsageError
from theia_sf.proxy.client.environment import changes
from theia_sf.proxy.client.target import Target, of_config, parse_url
from theia_sf.proxy.config.model import ProxyConfig
from theia_sf.secret import Secret

REST = {
    "upstreams": {"first": {"identities": {"default": {}}}, "second": {"identities": {"default": {}}}},
    "users": "users.yaml",
    "store": {"sqlite": "s.db", "key_file": "k"},
    "audit": {"path": "audit"},
}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://proxy.example.com:8443", ("https", "proxy.example.com", 8443)),
        ("https://proxy.example.com/", ("https", "proxy.example.com", 443)),
        ("proxy.example.com:8443", ("https", "proxy.example.com", 8443)),
        ("https://[::1]:8443", ("https", "::1", 8443)),
        ("http://localhost:8080", ("http", "localhost", 8080)),
        ("http://127.0.0.1", ("http", "127.0.0.1", 80)),
        ("HTTPS://Proxy.Example.com", ("https", "proxy.example.com", 443)),
    ],
)
def test_addresses(url: str, expected: tuple[str, str, int]) -> None:
    assert parse_url(url) == expected


@pytest.mark.parametrize(
    "url",
    ["", "https://", "ftp://proxy", "https://alice@proxy", "https://proxy:99999", "https://proxy:x", "https://[::1",
     "https://proxy/production", "https://proxy?x=1"],
)  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError):
        parse_url(url)


@pytest.mark.parametrize("url", ["http://proxy.example.com", "http://10.0.0.1:80", "http://127.0.0.1.example.com"])
def test_a_token_does_not_travel_unencrypted(url: str) -> None:
    with pytest.raises(UsageError, match="must not travel unencrypted"):
        parse_url(url)


@pytest.mark.parametrize(
    ("listen", "url"),
    [
        ({}, "http://127.0.0.1:8443"),
        ({"port": 9000}, "http://127.0.0.1:9000"),
        ({"host": "0.0.0.0", "tls": {"certificate": "c", "key": "k"}}, "https://127.0.0.1:8443"),
        ({"host": "::", "tls": {"certificate": "c", "key": "k"}}, "https://[::1]:8443"),
        ({"public_url": "https://proxy.example.com"}, "https://proxy.example.com:443"),
    ],
)
def test_a_configuration_tells_where_its_proxy_is(listen: dict[str, object], url: str) -> None:
    found = of_config(ProxyConfig.model_validate({**REST, "listen": listen}))
    assert found.url == url
    assert found.account == "first"


def test_a_port_that_the_system_chooses_is_not_known() -> None:
    with pytest.raises(UsageError, match="does not tell the port"):
        of_config(ProxyConfig.model_validate({**REST, "listen": {"port": 0}}))


def told(**changed) -> Target:
    given = {"protocol": "https", "host": "proxy.example.com", "port": 8443, "user": "alice",
             "token": Secret("theia_token"), "token_file": Path("/t"), "ca_file": Path("/ca.pem")}  # fmt: skip
    return Target(**{**given, **changed})


def test_variables_name_the_file_of_the_token_and_take_other_credentials_away() -> None:
    environ = {"SNOWFLAKE_PASSWORD": "old", "SNOWFLAKE_ROLE": "ADMIN", "THEIA_SF_CONNECTION": "other", "HOME": "/h"}
    found = changes(told(), environ, Path("/bundle.pem"))
    assert tomllib.loads(found.pop("SNOWFLAKE_CONNECTIONS") or "") == {
        "theia-sf": {
            "account": "snowflake",
            "host": "proxy.example.com",
            "port": "8443",
            "protocol": "https",
            "authenticator": "PROGRAMMATIC_ACCESS_TOKEN",
            "user": "alice",
            "token_file_path": "/t",
        }
    }
    assert found == {
        "SNOWFLAKE_PASSWORD": None,
        "SNOWFLAKE_ROLE": None,
        "THEIA_SF_CONNECTION": None,
        "SNOWFLAKE_ACCOUNT": "snowflake",
        "SNOWFLAKE_HOST": "proxy.example.com",
        "SNOWFLAKE_PORT": "8443",
        "SNOWFLAKE_PROTOCOL": "https",
        "SNOWFLAKE_AUTHENTICATOR": "PROGRAMMATIC_ACCESS_TOKEN",
        "SNOWFLAKE_USER": "alice",
        "SNOWFLAKE_TOKEN_FILE_PATH": "/t",
        "SNOWFLAKE_DEFAULT_CONNECTION_NAME": "theia-sf",
        "REQUESTS_CA_BUNDLE": "/bundle.pem",
        "SSL_CERT_FILE": "/bundle.pem",
        "NODE_EXTRA_CA_CERTS": "/ca.pem",
    }


def test_the_token_itself_is_a_variable_only_when_asked_for() -> None:
    assert "theia_token" not in str(changes(told(), {}, None))
    found = changes(told(), {"SNOWFLAKE_TOKEN_FILE_PATH": "/old"}, None, show_secret=True)
    assert found["SNOWFLAKE_TOKEN"] == "theia_token"
    assert 'token = "theia_token"' in str(found["SNOWFLAKE_CONNECTIONS"])
    assert found["SNOWFLAKE_TOKEN_FILE_PATH"] is None


def test_an_http_proxy_does_not_stand_in_between_on_loopback() -> None:
    environ = {"https_proxy": "http://squid:3128", "NO_PROXY": "intranet"}
    found = changes(told(host="127.0.0.1"), environ, None)
    assert (found["NO_PROXY"], found["no_proxy"]) == ("intranet,127.0.0.1", "intranet,127.0.0.1")
    assert "NO_PROXY" not in changes(told(), environ, None)
