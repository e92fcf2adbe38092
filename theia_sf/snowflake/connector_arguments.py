"""The settings as arguments of snowflake-connector-python, for each way to sign in.

Names: its module `connection`. Two ways are given as objects of its module `auth`, as the connector keeps tokens for
them otherwise (on macOS and Windows without asking), and a kept token that Snowflake refuses costs a login.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from theia_sf.errors import ConnectionFailedError, UsageError
from theia_sf.secret import Secret
from theia_sf.snowflake import passcodes

if TYPE_CHECKING:
    from theia_sf.snowflake.settings import ConnectionSettings

APPLICATION: Final = "theia_sf"
_ROLE_ARN: Final = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/\S+")
LOGIN_TIMEOUT: Final = 30  # seconds in which an unreachable host is given up


def reveal(secret: Secret | None) -> str:
    """Return the value of a secret, for a library; empty if there is none."""
    return secret.reveal() if secret else ""


def load_key(settings: ConnectionSettings) -> Any:
    """Return the private key of the settings, as `theia_sf.snowflake.keys.PrivateKey`.

    Raises:
        UsageError: it cannot be read, or the passphrase is wrong.
    """
    from theia_sf.snowflake import keys  # noqa: PLC0415 (cryptography is needed for this way of signing in only)
    from theia_sf.snowflake.sources import VARIABLES_NAME  # noqa: PLC0415 (sources imports the table of these)

    source = settings.credentials_source
    name = "SNOWFLAKE_PRIVATE_KEY" if source in {"", "flags", VARIABLES_NAME} else source
    return keys.load_private_key(
        text=settings.private_key,
        path=settings.private_key_path,
        passphrase=settings.private_key_passphrase,
        name=name,
    )


def key_pair(settings: ConnectionSettings) -> dict[str, Any]:
    """SNOWFLAKE_JWT: the connector makes a JWT of a minute's life, signed with the key."""
    from theia_sf.snowflake import keys  # noqa: PLC0415 (as above)

    return {"private_key": keys.der(load_key(settings))}


def token(settings: ConnectionSettings) -> dict[str, Any]:
    """PROGRAMMATIC_ACCESS_TOKEN and OAUTH: the token as it is."""
    return {"token": reveal(settings.token)}


def oauth_client(settings: ConnectionSettings) -> dict[str, Any]:
    """OAUTH_CLIENT_CREDENTIALS: the connector asks the issuer for a token, in the role's scope if none is given."""
    url = settings.oauth_token_request_url or ""
    if not url.lower().startswith(("https://", "http://")):
        message = f"SNOWFLAKE_OAUTH_TOKEN_REQUEST_URL must be a URL, not {url!r}."
        raise UsageError(message, hint="It is the token endpoint of the identity provider: https://…/token.")
    return {
        "oauth_client_id": settings.oauth_client_id,
        "oauth_client_secret": reveal(settings.oauth_client_secret),
        "oauth_token_request_url": url,
        "oauth_scope": settings.oauth_scope or "",
    }


def workload_identity(settings: ConnectionSettings) -> dict[str, Any]:
    """WORKLOAD_IDENTITY: AWS by the process's own AWS credentials, OIDC by a token."""
    if settings.workload_identity_provider == "OIDC":
        if not settings.token:
            message = "To sign in to Snowflake by workload identity of OIDC, the token is missing."
            raise ConnectionFailedError(message, hint="Set SNOWFLAKE_TOKEN_FILE_PATH (or SNOWFLAKE_TOKEN).")
        return {"workload_identity_provider": "OIDC", "token": settings.token.reveal()}
    arguments: dict[str, Any] = {"workload_identity_provider": settings.workload_identity_provider}
    for arn in settings.workload_identity_impersonation_path:
        if not _ROLE_ARN.fullmatch(arn):
            message = f"{arn!r} in SNOWFLAKE_WORKLOAD_IDENTITY_IMPERSONATION_PATH is not the ARN of an IAM role."
            hint = "Give ARNs such as arn:aws:iam::123456789012:role/NAME, with commas between."
            raise UsageError(message, hint=hint)
    if settings.workload_identity_impersonation_path:
        arguments["workload_identity_impersonation_path"] = list(settings.workload_identity_impersonation_path)
    if settings.workload_identity_aws_use_outbound_token:
        arguments["workload_identity_aws_use_outbound_token"] = True
    return arguments


def browser(settings: ConnectionSettings) -> dict[str, Any]:
    """EXTERNALBROWSER: the connector opens the browser, and waits for what it is sent to."""
    from snowflake.connector.auth import AuthByWebBrowser  # noqa: PLC0415 (settings are read without it)

    way = AuthByWebBrowser(
        APPLICATION,
        protocol=settings.protocol,
        host=settings.hostname,
        port=str(settings.port),
        timeout=LOGIN_TIMEOUT,
    )
    return {"auth_class": way}


def password(settings: ConnectionSettings) -> dict[str, Any]:
    """SNOWFLAKE: a password alone."""
    return {"password": reveal(settings.password)}


def password_mfa(settings: ConnectionSettings) -> dict[str, Any]:
    """USERNAME_PASSWORD_MFA: with a passcode if there is one; else Snowflake asks the user's device."""
    from snowflake.connector.auth import AuthByUsrPwdMfa  # noqa: PLC0415 (settings are read without it)

    passcode = settings.passcode or passcodes.ask(settings.who)
    arguments = {"auth_class": AuthByUsrPwdMfa(reveal(settings.password), timeout=LOGIN_TIMEOUT)}
    return {**arguments, "passcode": passcode.reveal()} if passcode else arguments
