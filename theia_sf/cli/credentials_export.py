"""`theia-sf credentials export`: the values in clear, as other programs read them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from theia_sf.cli.credentials_use import CredentialsPath, decrypted
from theia_sf.credentials.exports import KEY_FILE_ENDING, Format
from theia_sf.errors import UsageError
from theia_sf.secret import Secret


def export(
    form: Annotated[Format, typer.Option("--format", help="The program that shall read it.")],
    credentials_file: CredentialsPath = None,
    output_file: Annotated[
        str | None, typer.Option("--output-file", metavar="FILE", help="New file to write, with mode 0600.")
    ] = None,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print the secrets in clear on stdout instead.")
    ] = False,
) -> None:
    """Decrypt the values and write them in clear, in the form that another program reads.

    snowsql is a connection for ~/.snowsql/config, connections-toml one for Snowflake's connections.toml, grafana a
    data source for Grafana's provisioning. A private key goes into a file of its own where the program wants that.
    """
    from theia_sf.cli import console
    from theia_sf.credentials import exports
    from theia_sf.snowflake.accounts import parse_account

    if bool(output_file) == show_secrets:
        message = "An export holds secrets in clear, so it must be said where they are to go."
        raise UsageError(message, hint="Give --output-file FILE, or --show-secrets to print them.")
    target = Path(output_file).expanduser() if output_file else None
    key_target = target.with_name(target.name + KEY_FILE_ENDING) if target else None
    _refuse_existing(target, key_target)
    file, values = decrypted(credentials_file)
    if "account" not in values:
        message = f"There is no account in {file.path}."
        raise UsageError(message, hint="Enter it with `theia-sf credentials encrypt`.")
    host = values["host"].reveal() if "host" in values else parse_account(values["account"].reveal()).host
    key_path = str(key_target.resolve()) if key_target else None
    made = exports.export(values, form, host=host, private_key=_private_key(values, form), key_path=key_path)
    if target is None or key_target is None:
        sys.stdout.write(made.text.reveal())
        sys.stdout.flush()
    else:
        if made.key is not None:
            _write_new(key_target, made.key)
        _write_new(target, made.text)
    for note in made.notes:
        console.note(note)


def _private_key(values: Mapping[str, Secret], form: Format) -> Secret | None:
    """The private key among the values as unencrypted PKCS#8 PEM, which every program reads."""
    if "private_key" not in values and "private_key_path" not in values:
        return None
    from theia_sf.grafana.secret_files import require_rsa
    from theia_sf.snowflake import keys

    path = Path(values["private_key_path"].reveal()).expanduser() if "private_key_path" in values else None
    key = keys.load_private_key(
        text=values.get("private_key"), path=path, passphrase=values.get("private_key_passphrase")
    )
    if form is Format.GRAFANA:
        require_rsa(key)
    return Secret(keys.pem(key))


def _refuse_existing(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and path.exists():
            message = f"{path} exists already."
            raise UsageError(message, hint="Name another file; an export never replaces one.")


def _write_new(path: Path, content: Secret) -> None:
    from theia_sf.cli import console
    from theia_sf.credentials import private_files

    private_files.replace(path, content.reveal().encode(), expected=None)
    console.note(f"Wrote {path}, which holds secrets in clear.")


def add_to(group: typer.Typer) -> None:
    """Add the command to the group `credentials`."""
    group.command("export")(export)
