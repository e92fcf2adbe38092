"""`theia-sf credentials`: the KMS-encrypted `.env` that commands sign in to Snowflake with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from theia_sf.cli import credentials_export, credentials_use
from theia_sf.cli.credentials_use import CredentialsPath, file_path
from theia_sf.cli.options import Output
from theia_sf.cli.output import OutputFormat

if TYPE_CHECKING:
    from theia_sf.credentials.update import Update

FromEnv = Annotated[bool, typer.Option("--from-env", help="Take the values from the SNOWFLAKE_* variables.")]
FromFile = Annotated[
    str | None,
    typer.Option(
        "--from-file", metavar="FILE", help="Take the values from a file of SNOWFLAKE_* lines or JSON; - is stdin."
    ),
]
KeyRegion = Annotated[
    str | None,
    typer.Option(
        "--region",
        help="Region of the KMS key.",
        show_default="that of its ARN, AWS_REGION, that of the file, us-west-2",
    ),
]

credentials = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Keep Snowflake credentials in a .env, encrypted by AWS KMS, and use them.",
)


@credentials.command()
def encrypt(  # noqa: PLR0917 (Typer calls with keywords)
    credentials_file: CredentialsPath = None,
    key_id: Annotated[
        str | None,
        typer.Option("--key-id", help="KMS key: ID, ARN or alias.", show_default="AWS_KMS_KEY_ID, or the file's"),
    ] = None,
    region: KeyRegion = None,
    from_env: FromEnv = False,
    from_file: FromFile = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Ask for the values to sign in with, and put them into the file, each encrypted under the KMS key.

    Asks for account, user, password (or the path of a private key file), role, warehouse, database and schema; Enter
    alone keeps what is there. All other lines of the file stay as they are; its mode becomes 0600. Either all values
    are written, or none.

    \b
    theia-sf credentials encrypt --key-id alias/snowflake
    """
    from theia_sf.cli import credentials_input
    from theia_sf.credentials import update

    path = file_path(credentials_file)
    file, _ = update.read_for_update(path)
    update.key_for(file, key_id, region)  # before seven questions are answered in vain
    values = credentials_input.read(from_env, from_file, file.fields)
    _report(update.put(path, values, key_id=key_id, region=region), output)


@credentials.command()
def show(credentials_file: CredentialsPath = None, output: Output = OutputFormat.TABLE) -> None:
    """Show which fields are encrypted, under which key and since when. Never a value; KMS is not asked.

    Exits with 1 if one of them is damaged, or cannot be what this file should hold.
    """
    from theia_sf.cli.output import render
    from theia_sf.credentials.cipher import check_key
    from theia_sf.credentials.fields import FIELDS
    from theia_sf.credentials.file import open_file
    from theia_sf.errors import ExitCode, TheiaError

    file = open_file(file_path(credentials_file))
    key = file.key_id(os.environ)
    rows: list[dict[str, object]] = []
    for name in (name for name in FIELDS if name in file.fields):
        row: dict[str, object] = {"field": name, "variable": FIELDS[name].encrypted_variable}
        try:
            token = file.token(name)
            row |= {"kms_key": token.key_arn, "encrypted_at": token.encrypted_at, "problem": None}
            check_key(name, token, key)
        except TheiaError as error:
            row = {"kms_key": None, "encrypted_at": None, **row, "problem": error.message}
        rows.append(row)
    columns = {"field": "Field", "kms_key": "KMS key", "encrypted_at": "Encrypted"}
    if any(row["problem"] for row in rows):
        columns["problem"] = "Problem"
    render(rows, output, columns=columns)
    _warn_of_clear_secrets(file.path)
    if any(row["problem"] for row in rows):
        raise typer.Exit(ExitCode.FAILED)


@credentials.command()
def rotate(  # noqa: PLR0917 (as above)
    credentials_file: CredentialsPath = None,
    key_id: Annotated[
        str | None,
        typer.Option("--key-id", help="The new KMS key: ID, ARN or alias.", show_default="the present one"),
    ] = None,
    region: KeyRegion = None,
    from_env: FromEnv = False,
    from_file: FromFile = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Encrypt all values anew: under another key, with new values in place of some, or both.

    With --key-id alone the values stay; else they are asked for, or read, as by encrypt. AWS_KMS_KEY_ID in the file is
    changed to the new key. Either all values are written, or none: until then the file is as it was.

    \b
    theia-sf credentials rotate --key-id alias/snowflake-2027
    """
    from theia_sf.cli import console, credentials_input
    from theia_sf.credentials import update
    from theia_sf.credentials.env_file import KEY_VARIABLE
    from theia_sf.credentials.file import open_file

    path = file_path(credentials_file)
    file = open_file(path)
    asked = key_id is None or from_env or from_file is not None
    values = credentials_input.read(from_env, from_file, file.fields) if asked else {}
    _report(update.rotate(path, values, key_id=key_id, region=region), output)
    pinned = os.environ.get(KEY_VARIABLE)
    if key_id and pinned and pinned != key_id:
        console.warn(
            f"{KEY_VARIABLE} in the environment still names {pinned}, which the values are not under any more."
        )


def _report(done: Update, output: OutputFormat) -> None:
    from theia_sf.cli import console
    from theia_sf.cli.output import render
    from theia_sf.credentials.fields import FIELDS
    from theia_sf.credentials.file import open_file
    from theia_sf.credentials.update import unknown_values

    if done.emptied:
        names = ", ".join(FIELDS[name].encrypted_variable for name in done.emptied)
        console.note(f"Emptied {names}: another way to sign in took its place.")
    unknown = unknown_values(open_file(done.path))
    if unknown:
        console.warn(f"{', '.join(unknown)} in {done.path} is no field of theia-sf, and was left as it is.")
    _warn_of_clear_secrets(done.path)
    rows = {
        "file": str(done.path),
        "kms_key": done.key_arn,
        "encrypted": list(done.encrypted),
        "kept": list(done.kept),
        "emptied": list(done.emptied),
    }
    titles = {"file": "File", "kms_key": "KMS key", "encrypted": "Encrypted", "kept": "Kept"}
    render(rows, output, columns=titles)


def _warn_of_clear_secrets(path: Path) -> None:
    from theia_sf.cli import console
    from theia_sf.credentials.file import open_file

    names = open_file(path).clear_secrets
    if names:
        console.warn(f"{', '.join(names)} in {path} holds a secret in clear; delete the line, as it is not read.")


def register(app: typer.Typer) -> None:
    """Add the command group to the program."""
    credentials_use.add_to(credentials)
    credentials_export.add_to(credentials)
    app.add_typer(credentials, name="credentials")
