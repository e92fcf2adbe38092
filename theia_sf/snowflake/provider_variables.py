"""The settings as variables of the published Snowflake provider of Pulumi, for each way to sign in.

Names and meanings: the configuration schema of pulumi-snowflake 2.22. What the provider cannot do is refused here,
before the engine runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from theia_sf.errors import UsageError
from theia_sf.snowflake import passcodes
from theia_sf.snowflake.connector_arguments import load_key, reveal

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings


def key_pair(settings: ConnectionSettings) -> dict[str, str]:
    """The provider takes an unencrypted RSA key in PEM."""
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey  # noqa: PLC0415 (needed here only)

    from theia_sf.snowflake import keys  # noqa: PLC0415 (as above)

    key = load_key(settings)
    if not isinstance(key, RSAPrivateKey):  # the provider parses RSA keys only
        message = "The Snowflake provider for Pulumi signs in with RSA keys only, and this private key is an EC one."
        raise UsageError(message, hint="Give the user an RSA key as well (RSA_PUBLIC_KEY_2) and use it for onboard.")
    return {"SNOWFLAKE_PRIVATE_KEY": keys.pem(key)}


def token(settings: ConnectionSettings) -> dict[str, str]:
    """A programmatic access token or an OAuth token."""
    return {"SNOWFLAKE_TOKEN": reveal(settings.token)}


def oauth_client(settings: ConnectionSettings) -> dict[str, str]:
    """The provider asks the issuer for a token, as the connector does."""
    variables = {
        "SNOWFLAKE_OAUTH_CLIENT_ID": settings.oauth_client_id or "",
        "SNOWFLAKE_OAUTH_CLIENT_SECRET": reveal(settings.oauth_client_secret),
        "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL": settings.oauth_token_request_url or "",
    }
    return variables | ({"SNOWFLAKE_OAUTH_SCOPE": settings.oauth_scope} if settings.oauth_scope else {})


def workload_identity(settings: ConnectionSettings) -> dict[str, str]:
    """The provider proves the identity of the AWS credentials that the engine runs with, or takes an OIDC token."""
    hint = "Use another way to sign in for onboard, plan and offboard: a key pair, for example."
    if settings.workload_identity_impersonation_path:
        message = "The Snowflake provider for Pulumi cannot assume other roles on the way to its workload identity."
        raise UsageError(message, hint=f"Run it with credentials of the last role (AWS_PROFILE). {hint}")
    if settings.workload_identity_aws_use_outbound_token:
        message = "The Snowflake provider for Pulumi cannot prove an AWS identity by an outbound token."
        raise UsageError(message, hint=f"Let Snowflake know the role by its ARN. {hint}")
    variables = {"SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER": settings.workload_identity_provider or ""}
    return variables | ({"SNOWFLAKE_TOKEN": reveal(settings.token)} if settings.token else {})


def password(settings: ConnectionSettings) -> dict[str, str]:
    """A password alone."""
    return {"SNOWFLAKE_PASSWORD": reveal(settings.password)}


def password_mfa(settings: ConnectionSettings) -> dict[str, str]:
    """A password with a passcode; without one Snowflake asks the user's device."""
    passcode = settings.passcode or passcodes.ask(settings.who)
    return password(settings) | ({"SNOWFLAKE_PASSCODE": passcode.reveal()} if passcode else {})


def nothing(settings: ConnectionSettings) -> dict[str, str]:  # noqa: ARG001 (one signature for all)
    """The browser: the provider opens it by itself."""
    return {}
