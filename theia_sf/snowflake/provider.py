"""The connection settings as variables for the published Snowflake provider of Pulumi.

Names and meanings: the configuration schema of pulumi-snowflake 2.22. The values go into the environment of the engine
and its plugins only, never into provider arguments, which end up in the stack's state.
"""

from __future__ import annotations

from typing import Final

from theia_sf.snowflake.authenticators import AUTHENTICATORS
from theia_sf.snowflake.settings import ConnectionSettings

# Emptied unless set below, so that a variable of the user's shell cannot mix another identity into these settings.
_CLEARED: Final = (
    "SNOWFLAKE_ACCOUNT",
    "SNOWFLAKE_ACCOUNT_NAME",
    "SNOWFLAKE_OAUTH_AUTHORIZATION_URL",
    "SNOWFLAKE_OAUTH_CLIENT_ID",
    "SNOWFLAKE_OAUTH_CLIENT_SECRET",
    "SNOWFLAKE_OAUTH_REDIRECT_URI",
    "SNOWFLAKE_OAUTH_SCOPE",
    "SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL",
    "SNOWFLAKE_ORGANIZATION_NAME",
    "SNOWFLAKE_PASSCODE",
    "SNOWFLAKE_PASSCODE_IN_PASSWORD",
    "SNOWFLAKE_PASSWORD",
    "SNOWFLAKE_PRIVATE_KEY",
    "SNOWFLAKE_PRIVATE_KEY_PASSPHRASE",
    "SNOWFLAKE_PROFILE",
    "SNOWFLAKE_ROLE",
    "SNOWFLAKE_TFC_WORKLOAD_IDENTITY_TOKEN_TAG",
    "SNOWFLAKE_TOKEN",
    "SNOWFLAKE_WAREHOUSE",
    "SNOWFLAKE_WORKLOAD_IDENTITY_ENTRA_RESOURCE",
    "SNOWFLAKE_WORKLOAD_IDENTITY_PROVIDER",
)


def provider_environment(settings: ConnectionSettings) -> dict[str, str]:
    """Return the variables that make the Snowflake provider sign in as `theia_sf.snowflake.connect` does.

    An empty value means: unset. An account that is not given as ORG-ACCOUNT is handed over as SNOWFLAKE_ACCOUNT, which
    the provider reads under its experiment PROVIDER_CONFIGURATION_ACCOUNT_FALLBACK.

    Raises:
        UsageError: the private key cannot be read; the provider cannot sign in this way.
    """
    account = settings.account_name
    authenticator = AUTHENTICATORS[settings.authenticator]
    variables = dict.fromkeys(_CLEARED, "")
    if account.organization and account.name:
        variables["SNOWFLAKE_ORGANIZATION_NAME"] = account.organization
        variables["SNOWFLAKE_ACCOUNT_NAME"] = account.name
    else:
        variables["SNOWFLAKE_ACCOUNT"] = account.account
    variables |= {
        "SNOWFLAKE_USER": settings.user,
        "SNOWFLAKE_AUTHENTICATOR": authenticator.provider_name or authenticator.name,
        "SNOWFLAKE_HOST": settings.hostname,
        "SNOWFLAKE_PORT": str(settings.port),
        "SNOWFLAKE_PROTOCOL": settings.protocol,
        **authenticator.variables(settings),
    }
    if settings.role:
        variables["SNOWFLAKE_ROLE"] = settings.role
    return variables
