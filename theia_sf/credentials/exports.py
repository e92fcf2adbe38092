"""Decrypted credentials in the forms that other programs read. What comes out is in clear."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from theia_sf.credentials import grafana_source
from theia_sf.errors import UsageError
from theia_sf.secret import Secret

CONNECTION: Final = "theia-sf"
KEY_FILE_ENDING: Final = ".p8"


class Format(StrEnum):
    """The values of `--format`."""

    SNOWSQL = "snowsql"
    CONNECTIONS_TOML = "connections-toml"
    GRAFANA = "grafana"


@dataclass(frozen=True)
class Export:
    """What to write.

    Attributes:
        text: the content of the file, with secrets in it.
        key: the content of the private key's own file, for programs that read keys from files only.
        notes: what else to do.
    """

    text: Secret
    key: Secret | None = None
    notes: tuple[str, ...] = ()


# Our field -> theirs. https://docs.snowflake.com/en/user-guide/snowsql-config
_SNOWSQL: Final = {
    "account": "accountname",
    "user": "username",
    "password": "password",
    "authenticator": "authenticator",
    "role": "rolename",
    "warehouse": "warehousename",
    "database": "dbname",
    "schema": "schemaname",
    "host": "host",
    "port": "port",
    "protocol": "protocol",
    "token": "token",
}
# Fields of our own that no driver knows under our name; the rest are written as they are called.
# https://docs.snowflake.com/en/developer-guide/python-connector/python-connector-connect
_TOML: Final = {"private_key_path": "private_key_file", "private_key_passphrase": "private_key_file_pwd"}
_FLAGS: Final = frozenset({"workload_identity_aws_use_outbound_token"})
_LISTS: Final = frozenset({"workload_identity_impersonation_path"})


def export(
    values: Mapping[str, Secret], form: Format, *, host: str, private_key: Secret | None, key_path: str | None
) -> Export:
    """Write credentials in the form of another program.

    Args:
        values: field to value.
        form: which program.
        host: the account's host.
        private_key: the private key, if `values` has one (as text or as a path), as unencrypted PKCS#8 PEM.
        key_path: where the private key's own file will be; None if there will be none.

    Raises:
        UsageError: the program cannot take these credentials, or not without a file for the private key.
    """
    if form is Format.GRAFANA:
        return Export(Secret(_grafana(values, host, private_key)))
    plain = {name: value.reveal() for name, value in values.items()}
    written = None
    if "private_key" in plain:
        if key_path is None:
            message = f"The private key needs a file of its own in the form {form.value}."
            raise UsageError(message, hint="Give --output-file; the key is written next to it.")
        written = private_key
        for name in ("private_key", "private_key_passphrase"):
            plain.pop(name, None)
        plain["private_key_path"] = key_path
    if "private_key_path" in plain:
        plain.setdefault("authenticator", "SNOWFLAKE_JWT")
    if form is Format.SNOWSQL:
        return Export(Secret(_snowsql(plain)), written, _snowsql_notes(plain))
    return Export(Secret(_toml(plain)), written)


def _snowsql(plain: Mapping[str, str]) -> str:
    lines = [f"{theirs} = {_quoted(plain[ours])}" for ours, theirs in _SNOWSQL.items() if ours in plain]
    if "private_key_path" in plain:
        lines.append(f"private_key_path = {_quoted(plain['private_key_path'])}")
    return "\n".join([f"[connections.{CONNECTION}]", *lines, ""])


def _snowsql_notes(plain: Mapping[str, str]) -> tuple[str, ...]:
    if "private_key_passphrase" not in plain:
        return ()
    return ("SnowSQL takes the passphrase of the key from the variable SNOWSQL_PRIVATE_KEY_PASSPHRASE alone.",)


def _quoted(value: str) -> str:
    """A value of SnowSQL's configuration, whose quotes know no escapes."""
    for quote in ('"', "'", '"""', "'''"):
        if quote not in value and "\n" not in value and not value.endswith(quote[0]):
            return f"{quote}{value}{quote}"
    message = "A value has quotes of both kinds or a line break, which SnowSQL's configuration cannot hold."
    raise UsageError(message, hint="Use --format connections-toml.")


def _toml(plain: Mapping[str, str]) -> str:
    lines: list[str] = []
    for name, value in plain.items():
        if name in _LISTS:
            written = "[" + ", ".join(_toml_string(item.strip()) for item in value.split(",")) + "]"
        elif name == "port" and value.isascii() and value.isdigit():
            written = str(int(value))
        elif name in _FLAGS and value.lower() in {"true", "false"}:
            written = value.lower()
        else:
            written = _toml_string(value)
        lines.append(f"{_TOML.get(name, name)} = {written}")
    return "\n".join([f"[{CONNECTION}]", *lines, ""])


def _toml_string(value: str) -> str:
    """A basic string of TOML: JSON's strings are such, but for DEL. https://toml.io/en/v1.0.0#string"""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _grafana(values: Mapping[str, Secret], host: str, private_key: Secret | None) -> str:
    """A data source of the plugin michelin-snowflake-datasource 2.x."""
    import yaml  # noqa: PLC0415 (where it is needed only)

    secrets = {
        "privateKey": Secret(grafana_source.one_line_key(private_key.reveal())) if private_key else None,
        "pat": values.get("token"),
        "password": values.get("password"),
        "clientSecret": values.get("oauth_client_secret"),
    }
    given = {name: value for name, value in secrets.items() if value}
    if len(given) != 1:
        message = "The data source takes one way to sign in: a private key, an access token, a password or OAuth."
        found = ", ".join(given) or "none of them"
        raise UsageError(message, hint=f"The file has {found}.")
    (kind,) = given
    ours = {
        "username": "user",
        "role": "role",
        "warehouse": "warehouse",
        "database": "database",
        "schema": "schema",
        "clientId": "oauth_client_id",
        "tokenEndpoint": "oauth_token_request_url",
    }
    settings = {"account": host}
    settings |= {
        theirs: grafana_source.literal(values[name].reveal()) for theirs, name in ours.items() if name in values
    }
    source = grafana_source.data_source(settings, kind, grafana_source.literal(given[kind].reveal()))
    return yaml.safe_dump(source, sort_keys=False, allow_unicode=True, width=1000)
