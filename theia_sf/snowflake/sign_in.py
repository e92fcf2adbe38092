"""What a command's flags say about signing in to Snowflake."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SignIn:
    """The flags about the sign-in, as given; None is what was not given. They win over every other source.

    Attributes:
        account: ORG-ACCOUNT, a locator with region, or a full host name.
        user: the user's login name.
        role: None for the user's default role.
        warehouse: the warehouse to use.
        database: the database to use.
        authenticator: a name or alias of one of `theia_sf.snowflake.authenticators.AUTHENTICATORS`.
        private_key_path: file of the private key.
        token_file_path: file of the token.
        credentials_file: the KMS-encrypted `.env`.
        connection: name of a connection in Snowflake's connections.toml or config.toml.
        secret_id: name or ARN of a secret in AWS Secrets Manager.
    """

    account: str | None = None
    user: str | None = None
    role: str | None = None
    warehouse: str | None = None
    database: str | None = None
    authenticator: str | None = None
    private_key_path: str | None = None
    token_file_path: str | None = None
    credentials_file: str | None = None
    connection: str | None = None
    secret_id: str | None = None
