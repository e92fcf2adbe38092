"""The options about signing in to Snowflake, which many commands share.

A command takes them all as one parameter::

    @with_sign_in
    def command(*, sign_in: SignIn, output: Output = OutputFormat.TABLE) -> None: ...
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any, Final

import typer

from theia_sf.cli import console
from theia_sf.cli.shared_options import expanded
from theia_sf.snowflake.passcodes import ASKER
from theia_sf.snowflake.sign_in import SignIn

_PARAMETER: Final = "sign_in"


def _option(flag: str, text: str, default: str | None = None, variable: str | None = None) -> Any:
    option = typer.Option(flag, help=text, show_default=default or False, envvar=variable)
    return Annotated[str | None, option]


# Field of SignIn -> its option, in the order of the help.
OPTIONS: Final[dict[str, Any]] = {
    "account": _option(
        "--account", "Snowflake account: ORG-ACCOUNT, locator with region, or full host.", "SNOWFLAKE_ACCOUNT"
    ),
    "user": _option("--user", "Snowflake user.", "SNOWFLAKE_USER"),
    "role": _option("--role", "Snowflake role.", "SNOWFLAKE_ROLE, or the user's default"),
    "authenticator": _option(
        "--authenticator",
        "How to sign in: snowflake_jwt, programmatic_access_token, workload_identity, externalbrowser and more.",
        "SNOWFLAKE_AUTHENTICATOR, or the safest that there is a secret for",
    ),
    "private_key_path": _option(
        "--private-key-path", "File of the private key to sign in with.", "SNOWFLAKE_PRIVATE_KEY_PATH"
    ),
    "token_file_path": _option("--token-file-path", "File of the token to sign in with.", "SNOWFLAKE_TOKEN_FILE_PATH"),
    "credentials_file": _option(
        "--credentials-file",
        "File with KMS-encrypted credentials to sign in with.",
        ".env, if it holds any",
        "THEIA_SF_CREDENTIALS_FILE",
    ),
    "connection": _option(
        "--connection",
        "Connection in Snowflake's connections.toml or config.toml to sign in with.",
        "the default connection",
        "THEIA_SF_CONNECTION",
    ),
    "secret_id": _option(
        "--secret-id",
        "Secret in AWS Secrets Manager to sign in with: name or ARN.",
        variable="THEIA_SF_SECRET_ID",
    ),
}


def with_sign_in(function: Callable[..., None]) -> Callable[..., None]:
    """Replace the parameter `sign_in: SignIn` of a command by the shared options, in the signature that Typer reads.

    While the command runs, a passcode that a login needs is asked for, where somebody sits at the terminal.

    A parameter of the command's own takes the place of the shared option of its name, which then is None in `SignIn`.

    Raises:
        TypeError: the command has no such parameter.
    """
    signing_in = expanded(function, _PARAMETER, SignIn, OPTIONS, _flags)

    @wraps(signing_in)
    def command(**given: Any) -> None:
        with asking_for_passcodes():
            signing_in(**given)

    return command


def _flags(**given: str | None) -> SignIn:
    return SignIn(**{name: value or None for name, value in given.items()})


@contextmanager
def asking_for_passcodes() -> Generator[None]:
    """Have logins that need a passcode ask for it, if stdin and stderr are a terminal."""
    token = ASKER.set(_ask_passcode if console.is_interactive() else None)
    try:
        yield
    finally:
        ASKER.reset(token)


def _ask_passcode(who: str) -> str:
    return console.ask_hidden(f"Passcode of {who} (nothing: confirm on the device): ").reveal()
