"""The Snowflake accounts behind the proxy, and whom it signs in as there."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from theia_sf.proxy.config.base import FilePath, RemotePort, Seconds, Section

SOURCES = ("connection", "credentials_file", "secret_id", "environment_prefix")


class Identity(Section):
    """One user of Snowflake's: where their credentials are.

    `connection`, `credentials_file`, `secret_id` and `environment_prefix` each name a place that has the settings; what
    stands beside them wins over it. Secrets stand in files, never in the configuration.

    Attributes:
        connection: a connection in Snowflake's connections.toml.
        credentials_file: the KMS-encrypted `.env`.
        secret_id: a secret in AWS Secrets Manager.
        environment_prefix: what stands before SNOWFLAKE_USER and the others in the proxy's environment; may be empty.
        private_key_passphrase_file, password_file, oauth_client_secret_file: files with nothing but that secret.
    """

    connection: str | None = None
    credentials_file: FilePath | None = None
    secret_id: str | None = None
    environment_prefix: str | None = None
    account: str | None = None
    user: str | None = None
    authenticator: str | None = None
    private_key_path: FilePath | None = None
    private_key_passphrase_file: FilePath | None = None
    token_file_path: FilePath | None = None
    password_file: FilePath | None = None
    oauth_client_id: str | None = None
    oauth_client_secret_file: FilePath | None = None
    oauth_token_request_url: str | None = None
    oauth_scope: str | None = None
    workload_identity_provider: str | None = None
    workload_identity_impersonation_path: tuple[str, ...] = ()
    workload_identity_aws_use_outbound_token: bool = False
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    schema_: Annotated[str | None, Field(alias="schema")] = None
    host: str | None = None
    port: RemotePort | None = None
    protocol: Literal["http", "https"] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        named = [name for name in SOURCES if getattr(self, name) is not None]
        if len(named) > 1:
            message = f"{named[0]} and {named[1]} both say where the credentials are; keep one"
            raise ValueError(message)
        return self


class Upstream(Section):
    """One account.

    Attributes:
        hosts: the host names by which clients reach it through the proxy; `/<name of the account>` before a path does
            the same, and so does the account that a driver sends, if it is the name of the account here.
        account, host, port, protocol: of all its identities that do not say otherwise.
        identities: name, as the policy uses it, to identity.
        connect_timeout: seconds until an unreachable account is given up.
        answer_timeout: seconds until the first byte of an answer, and between two of them. Snowflake lets nobody wait
            longer than 45 seconds: it then answers that the statement is still running.
        max_connections: connections to the account at one time, for statements and their results.
    """

    hosts: tuple[str, ...] = ()
    account: str | None = None
    host: str | None = None
    port: RemotePort | None = None
    protocol: Literal["http", "https"] | None = None
    identities: Annotated[dict[str, Identity], Field(min_length=1)]
    connect_timeout: Seconds = 10
    answer_timeout: Seconds = 120
    max_connections: Annotated[int, Field(gt=0)] = 200

    def identity(self, name: str) -> Identity:
        """Return an identity, completed with what is said of the whole account."""
        found = self.identities[name]
        keys = ("account",) if found.host is not None else ("account", "host", "port", "protocol")
        common = {key: getattr(self, key) for key in keys}
        missing = {key: value for key, value in common.items() if value is not None and getattr(found, key) is None}
        return found.model_copy(update=missing)
