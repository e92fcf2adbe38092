from __future__ import annotations

import base64
import configparser
import tomllib

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from theia_sf.credentials.exports import Format, export
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

HOST = "org-acct.snowflakecomputing.com"
BASE = {"account": "ORG-ACCT", "user": "GRAFANA", "role": "ANTREA_READER", "warehouse": "WH", "database": "D"}
DER = bytes(range(256)) + b"\xfb\xff"
PEM = f"-----BEGIN PRIVATE KEY-----\n{base64.encodebytes(DER).decode()}-----END PRIVATE KEY-----\n"


def made(form: Format, key_path: str | None = None, **values: str):
    secrets = {name: Secret(value) for name, value in {**BASE, **values}.items()}
    key = Secret(PEM) if {"private_key", "private_key_path"} & values.keys() else None
    return export(secrets, form, host=HOST, private_key=key, key_path=key_path)


def test_a_connection_of_snowflakes_own_file() -> None:
    text = made(Format.CONNECTIONS_TOML, password='a"b\\c\x7fü\n$', port="8443").text.reveal()
    assert tomllib.loads(text) == {"theia-sf": {**BASE, "password": 'a"b\\c\x7fü\n$', "port": 8443}}


@example("true")
@example("1")
@given(st.text(st.characters(codec="utf-8"), min_size=1))
def test_any_password_survives_toml(password: str) -> None:
    text = made(Format.CONNECTIONS_TOML, password=password).text.reveal()
    assert tomllib.loads(text)["theia-sf"]["password"] == password


def test_workload_identity_in_toml() -> None:
    text = made(
        Format.CONNECTIONS_TOML,
        authenticator="WORKLOAD_IDENTITY",
        workload_identity_impersonation_path="arn:a, arn:b",
        workload_identity_aws_use_outbound_token="true",
    ).text.reveal()
    connection = tomllib.loads(text)["theia-sf"]
    assert connection["workload_identity_impersonation_path"] == ["arn:a", "arn:b"]
    assert connection["workload_identity_aws_use_outbound_token"] is True


@pytest.mark.parametrize("form", [Format.CONNECTIONS_TOML, Format.SNOWSQL])
def test_a_private_key_gets_a_file_of_its_own(form: Format) -> None:
    result = made(form, key_path="/x/y.p8", private_key="encrypted", private_key_passphrase="pass")
    assert result.key == Secret(PEM)
    text = result.text.reveal()
    assert "/x/y.p8" in text
    assert "SNOWFLAKE_JWT" in text
    assert "encrypted" not in text
    assert "pass" not in text
    with pytest.raises(UsageError, match="The private key needs a file of its own") as refused:
        made(form, private_key="encrypted")
    assert "--output-file" in (refused.value.hint or "")


def test_a_key_that_is_a_file_already_is_referred_to() -> None:
    result = made(Format.CONNECTIONS_TOML, private_key_path="/k.p8", private_key_passphrase="pass")
    connection = tomllib.loads(result.text.reveal())["theia-sf"]
    assert (connection["private_key_file"], connection["private_key_file_pwd"]) == ("/k.p8", "pass")
    assert result.key is None
    noted = made(Format.SNOWSQL, private_key_path="/k.p8", private_key_passphrase="pass")
    assert "pass" not in noted.text.reveal()
    assert "SNOWSQL_PRIVATE_KEY_PASSPHRASE" in noted.notes[0]


@pytest.mark.parametrize("password", ["plain", 'with "quotes"', "with 'quotes'", "with # and % and = and \\"])
def test_a_connection_of_snowsql(password: str) -> None:
    parser = configparser.RawConfigParser()
    parser.read_string(made(Format.SNOWSQL, password=password).text.reveal())
    section = dict(parser["connections.theia-sf"])
    assert section["password"][1:-1] == password
    assert section["password"][0] == section["password"][-1]
    assert section["password"][0] not in password
    assert section["accountname"] == '"ORG-ACCT"'
    assert section.keys() == {"accountname", "username", "password", "rolename", "warehousename", "dbname"}


def test_a_password_that_snowsql_cannot_quote_is_refused() -> None:
    with pytest.raises(UsageError, match="which SnowSQL's configuration cannot hold") as refused:
        made(Format.SNOWSQL, password="a\nb")
    assert refused.value.hint == "Use --format connections-toml."


def test_a_data_source_of_grafana() -> None:
    source = yaml.safe_load(made(Format.GRAFANA, password="a$b${c}").text.reveal())["datasources"][0]
    assert source["type"] == "michelin-snowflake-datasource"
    assert source["jsonData"]["account"] == HOST
    assert source["jsonData"]["username"] == "GRAFANA"
    assert source["jsonData"]["authMethod"] == "password"
    assert source["secureJsonData"] == {"password": "a$$b$${c}"}  # Grafana takes $$ for $


def test_grafana_gets_the_key_as_its_driver_decodes_it() -> None:
    source = yaml.safe_load(made(Format.GRAFANA, private_key="x").text.reveal())["datasources"][0]
    assert base64.urlsafe_b64decode(source["secureJsonData"]["privateKey"]) == DER
    assert source["jsonData"]["authMethod"] == "keyPair"


@pytest.mark.parametrize("values", [{}, {"password": "p", "token": "t"}])
def test_grafana_takes_one_way_to_sign_in(values: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="The data source takes one way to sign in"):
        made(Format.GRAFANA, **values)
