"""Everything that a sign-in to Snowflake can be told, each under one name, with the variables that set it.

The variables are those of snowflake-connector-python, the Snowflake CLI and the Snowflake provider of Pulumi, so that
one environment serves all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, cast

# Keys that SnowSQL's configuration file had, which Snowflake's tools still read.
_OLD_KEYS: Final = {
    "account": ("accountname",),
    "user": ("username",),
    "role": ("rolename",),
    "warehouse": ("warehousename",),
    "database": ("databasename", "dbname"),
    "schema": ("schemaname",),
}


class Part(StrEnum):
    """What a field belongs to; credentials and endpoint are each taken from one source as a whole."""

    ACCOUNT = "account"
    ENDPOINT = "endpoint"
    CREDENTIALS = "credentials"
    SESSION = "session"


@dataclass(frozen=True)
class Field:
    """One setting of a sign-in.

    Attributes:
        name: ours, that of `theia_sf.snowflake.settings.ConnectionSettings`.
        part: what it belongs to.
        secret: it must never be shown or stand in a file in clear.
        spellings: other SNOWFLAKE_* variables that are read for it, without their prefix.
    """

    name: str
    part: Part
    secret: bool = False
    spellings: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that set it, strongest first."""
        return tuple(f"SNOWFLAKE_{name.upper()}" for name in (self.name, *self.spellings))

    def value_in(self, variables: Mapping[str, str]) -> str | None:
        """Return what sets it among variables: the strongest that is not blank; None if none is."""
        return next((variables[name] for name in self.variables if variables.get(name, "").strip()), None)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of Snowflake's connections.toml, and of our secret in AWS Secrets Manager, that set it."""
        return (self.name, *self.spellings, *_OLD_KEYS.get(self.name, ()))

    @property
    def encrypted_variable(self) -> str:
        """The line of the KMS-encrypted `.env` that holds it."""
        return f"KMS_ENCRYPTED_{self.name.upper()}"


FIELDS: Final[dict[str, Field]] = {
    entry.name: entry
    for entry in (
        Field("account", Part.ACCOUNT),
        Field("user", Part.ACCOUNT),
        Field("authenticator", Part.CREDENTIALS),
        Field("password", Part.CREDENTIALS, secret=True),
        Field("passcode", Part.CREDENTIALS, secret=True),
        Field("private_key", Part.CREDENTIALS, secret=True, spellings=("private_key_raw",)),
        Field("private_key_path", Part.CREDENTIALS, spellings=("private_key_file",)),
        Field("private_key_passphrase", Part.CREDENTIALS, secret=True, spellings=("private_key_file_pwd",)),
        Field("token", Part.CREDENTIALS, secret=True),
        Field("token_file_path", Part.CREDENTIALS),
        Field("oauth_client_id", Part.CREDENTIALS),
        Field("oauth_client_secret", Part.CREDENTIALS, secret=True),
        Field("oauth_token_request_url", Part.CREDENTIALS),
        Field("oauth_scope", Part.CREDENTIALS),
        Field("workload_identity_provider", Part.CREDENTIALS),
        Field("workload_identity_impersonation_path", Part.CREDENTIALS),
        Field(
            "workload_identity_aws_use_outbound_token",
            Part.CREDENTIALS,
            spellings=("enable_aws_wif_outbound_token",),  # the connector's variable
        ),
        Field("role", Part.SESSION),
        Field("warehouse", Part.SESSION),
        Field("database", Part.SESSION),
        Field("schema", Part.SESSION),
        Field("host", Part.ENDPOINT),
        Field("port", Part.ENDPOINT),
        Field("protocol", Part.ENDPOINT),
    )
}
FIELD_OF_KEY: Final[dict[str, str]] = {key: entry.name for entry in FIELDS.values() for key in entry.keys}
# What proves who one is; the rest of the credentials only says how (authenticator) or completes it (a passphrase).
PROOFS: Final = frozenset(
    {
        "password",
        "private_key",
        "private_key_path",
        "token",
        "token_file_path",
        "oauth_client_id",
        "oauth_client_secret",
        "workload_identity_provider",
    }
)


def settings_in(entries: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings among the entries of a table in TOML or of an object in JSON.

    Returns:
        Field to value, as it would stand in a variable: a list as its items with commas between. Entries of other
        names, and those without a value, are left out.
    """
    known = {key: FIELD_OF_KEY.get(key.lower()) for key in entries}
    return {name: text for key, name in known.items() if name is not None and (text := _text(entries[key])).strip()}


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(_text(item) for item in cast("list[Any]", value))
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def of_part(part: Part) -> frozenset[str]:
    """Return the names of the fields that belong to a part."""
    return frozenset(entry.name for entry in FIELDS.values() if entry.part is part)
