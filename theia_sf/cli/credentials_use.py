"""`theia-sf credentials check` and `run`: the decrypted values at work."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer

from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat
from theia_sf.errors import UsageError
from theia_sf.secret import Secret
from theia_sf.signals import handled

if TYPE_CHECKING:
    from theia_sf.credentials.file import CredentialsFile

_IGNORED_BY_PYTHON: Final = [getattr(signal, name) for name in ("SIGPIPE", "SIGXFSZ") if hasattr(signal, name)]
"""Signals that programs expect to die of."""
CredentialsPath = Annotated[
    str | None,
    typer.Option(
        "--credentials-file",
        envvar="THEIA_SF_CREDENTIALS_FILE",
        help="File with the encrypted values.",
        show_default=".env",
    ),
]


def file_path(named: str | None) -> Path:
    """The file that `--credentials-file` means."""
    from theia_sf.credentials.file import DEFAULT_NAME

    return Path(named or DEFAULT_NAME).expanduser()


def check(credentials_file: CredentialsPath = None, output: Output = OutputFormat.TABLE) -> None:
    """Decrypt the values, sign in to Snowflake with them, and say as whom."""
    from theia_sf.cli.output import render
    from theia_sf.credentials.environment import beside
    from theia_sf.snowflake.authenticators import AUTHENTICATORS
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.query import fetch_all
    from theia_sf.snowflake.settings import SignIn, resolve

    file, values = decrypted(credentials_file)
    elsewhere = {"THEIA_SF_CONNECTION", "THEIA_SF_SECRET_ID"}
    environ = {name: value for name, value in beside(values, os.environ).items() if name not in elsewhere}
    settings = resolve(SignIn(credentials_file=str(file.path)), environ)
    with _blaming(file), session(settings, query_tag="theia-sf credentials check") as connection:
        ((organization, account, user, role),) = fetch_all(
            connection,
            "SELECT CURRENT_ORGANIZATION_NAME(), CURRENT_ACCOUNT_NAME(), CURRENT_USER(), CURRENT_ROLE()",
        )
    result = {
        "account": f"{organization}-{account}",
        "user": user,
        "role": role,
        "authenticator": AUTHENTICATORS[settings.authenticator].title,
        "endpoint": settings.endpoint,
        "source": settings.source,
    }
    titles = ("Account", "User", "Role", "Signed in by", "Endpoint", "Source")
    render(result, output, columns=dict(zip(result, titles, strict=True)))


def run(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND", help="The command to run: a program and its arguments.")
    ],
    credentials_file: CredentialsPath = None,
) -> None:
    """Run a program with the decrypted values in its environment, as SNOWFLAKE_* variables.

    The program takes the place of theia-sf: it gets the signals, and its exit code is the one you see. SNOWFLAKE_*
    variables of the environment that the file has, or that are of another account, are not handed on; AWS_* lines of
    the file are, unless the environment says who you are for AWS.

    \b
    theia-sf credentials run -- snow sql -q 'SELECT CURRENT_USER()'
    """
    from theia_sf.credentials.environment import program_variables

    file, values = decrypted(credentials_file)
    _become(command, program_variables(file, values, os.environ))


def decrypted(named: str | None) -> tuple[CredentialsFile, dict[str, Secret]]:
    """Return the file that `--credentials-file` means, and its values; its AWS_* lines are applied.

    Raises:
        UsageError: there is no such file, it holds no value, or a damaged one.
        TheiaError: KMS does not decrypt a value.
    """
    from theia_sf.credentials.environment import values_of
    from theia_sf.credentials.file import apply_aws, open_file

    file = open_file(file_path(named))
    if not file.fields:
        message = f"{file.path} holds no encrypted value."
        raise UsageError(message, hint="`theia-sf credentials encrypt` writes them.")
    apply_aws(file)
    return file, values_of(file)


@contextmanager
def _blaming(file: CredentialsFile) -> Generator[None]:
    """Say of a refused sign-in where its values are: the error itself speaks of variables."""
    from theia_sf.snowflake.errors import LoginRefusedError

    try:
        yield
    except LoginRefusedError as error:
        where = f"The values are those of {file.path}: `theia-sf credentials encrypt` changes them."
        error.hint = f"{error.hint} {where}" if error.hint else where
        raise


def _become(command: list[str], variables: Mapping[str, str]) -> NoReturn:
    """Replace this process by the program, so that nothing stands between it and its caller."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        with handled(dict.fromkeys(_IGNORED_BY_PYTHON, signal.SIG_DFL)):  # again as before if no program is started
            os.execvpe(command[0], command, variables)  # noqa: S606 (the user's own command)
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}."
        raise UsageError(message) from error


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `credentials`."""
    group.command("check")(check)
    program = {"ignore_unknown_options": True, "allow_interspersed_args": False}
    group.command("run", context_settings=program)(run)
