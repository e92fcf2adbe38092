"""What the commands about key pairs share: where the private key is, and what it is encrypted with."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from theia_sf.errors import TheiaError, UsageError
from theia_sf.secret import Secret

if TYPE_CHECKING:
    from theia_sf.identity.key_pairs import Target
    from theia_sf.identity.key_store import KeyStore
    from theia_sf.snowflake.keys import PrivateKey
    from theia_sf.snowflake.settings import ConnectionSettings
    from theia_sf.snowflake.sign_in import SignIn

PASSPHRASE_VARIABLE: Final = "THEIA_SF_NEW_KEY_PASSPHRASE"  # noqa: S105 (a variable's name)

UserName = Annotated[str, typer.Argument(metavar="USER", help="Name of the Snowflake user.", show_default=False)]
KeyFileOption = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        help="File of the user's private key.",
        show_default="what USER signs in with, if that is you; for a new key, USER.p8",
    ),
]
CredentialsOption = Annotated[
    Path | None,
    typer.Option(
        "--into-credentials-file", help="Keep the private key in this .env, encrypted by KMS.", metavar="FILE"
    ),
]
KeyId = Annotated[
    str | None,
    typer.Option("--key-id", help="KMS key for --into-credentials-file.", show_default="that of the file"),
]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="File of the passphrase to encrypt the private key with.",
        show_default=f"{PASSPHRASE_VARIABLE}, or asked for",
    ),
]
PresentPassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help="File of the passphrase that opens the private key.",
        show_default=f"{PASSPHRASE_VARIABLE}, or that of the sign-in",
    ),
]
NoPassphrase = Annotated[bool, typer.Option("--no-passphrase", help="Leave the private key in its file unencrypted.")]
Bits = Annotated[
    int | None, typer.Option("--bits", help="Size of the RSA key: 2048, 3072 or 4096.", show_default="2048")
]
CurveName = Annotated[
    str | None,
    typer.Option("--curve", help="Make an EC key on P-256, P-384 or P-521.", show_default="an RSA key"),
]
NoSignIn = Annotated[
    bool, typer.Option("--no-sign-in", help="Do not try the key by signing in, as from here the user may not.")
]


@dataclass(frozen=True)
class Place:
    """Where a private key is or goes, as the flags say.

    Attributes:
        key_file: a file of its own.
        credentials_file: a KMS-encrypted `.env`.
        key_id: the KMS key for it.
    """

    key_file: Path | None
    credentials_file: Path | None
    key_id: str | None = None

    def is_named(self) -> bool:
        """Tell whether a flag names the place.

        Raises:
            UsageError: two do.
        """
        if self.key_file and self.credentials_file:
            message = "--key-file and --into-credentials-file name two places for one key."
            raise UsageError(message)
        return bool(self.key_file or self.credentials_file)


def place_in_use(settings: ConnectionSettings, sign_in: SignIn) -> Place | None:
    """Return where the private key is that the settings sign in with; None if it is none, or in a variable."""
    from theia_sf.credentials.file import default_file, open_file
    from theia_sf.snowflake.authenticators import KEY_PAIR

    if settings.authenticator != KEY_PAIR:
        return None
    if settings.private_key is None:
        return Place(settings.private_key_path, None)
    named = sign_in.credentials_file
    path = Path(named).expanduser() if named else default_file(os.environ)
    if path is not None and str(path) in settings.credentials_source and "private_key" in open_file(path).fields:
        return Place(None, path)
    return None


def store(place: Place, target: Target, new: Secret | None, old: Secret | None) -> KeyStore:
    """Return the place as something that keys can be put into.

    Args:
        place: where.
        target: whose key it is, and in which account.
        new: what a key in a file is encrypted with.
        old: what the present key in the file is encrypted with.
    """
    from theia_sf.identity.credentials_keys import CredentialsKey
    from theia_sf.identity.key_files import KeyFile

    if place.credentials_file:
        path, login_name = place.credentials_file.expanduser(), target.user.login_name
        return CredentialsKey(path, login_name, place.key_id, target.settings.account)
    assert place.key_file is not None  # noqa: S101 (a named place is one of the two)
    return KeyFile(place.key_file.expanduser(), new, old)


def find_store(
    target: Target, named: Place, sign_in: SignIn, new: Secret | None, *, keep: bool
) -> tuple[KeyStore, PrivateKey | None]:
    """Return where a user's key in use is, and the key itself if it is the one that the settings sign in with.

    Args:
        target: the user, and the settings of the one who is signed in.
        named: the place that flags name, if they do.
        sign_in: the flags about the sign-in.
        new: what a new key in a file is encrypted with.
        keep: whether it is encrypted as the present one is, instead.

    Raises:
        UsageError: no flag names a place, and the user does not sign in with a private key that is in one.
    """
    from theia_sf.identity.key_files import is_encrypted
    from theia_sf.identity.users import current_user

    settings = target.settings
    is_own = current_user(target.connection) == target.user.name
    place = named if named.is_named() else place_in_use(settings, sign_in) if is_own else None
    if place is None:
        message = f"It is not known where the private key of {target.user.name} is."
        raise UsageError(message, hint="Name it with --key-file or --into-credentials-file.")
    old = (settings.private_key_passphrase if is_own else None) or new
    if place.key_file and is_encrypted(place.key_file.expanduser()):
        if old is None:
            message = f"The private key in {place.key_file} is encrypted, and its passphrase is not known."
            raise UsageError(message, hint=f"Give it by --passphrase-file or {PASSPHRASE_VARIABLE}.")
        new = old if keep else new
    return store(place, target, new, old), private_key(settings) if is_own else None


def private_key(settings: ConnectionSettings) -> PrivateKey | None:
    """Return the private key that the settings sign in with; None if they sign in otherwise."""
    from theia_sf.snowflake.authenticators import KEY_PAIR
    from theia_sf.snowflake.connector_arguments import load_key

    return load_key(settings) if settings.authenticator == KEY_PAIR else None


def given_passphrase(passphrase_file: Path | None, no_passphrase: bool) -> Secret | None:
    """Return the passphrase for a new key that a file or a variable holds; None if neither does.

    Raises:
        UsageError: the file cannot be read or is empty; there is one, and `--no-passphrase`.
    """
    if passphrase_file is not None and no_passphrase:
        message = "--passphrase-file and --no-passphrase exclude each other."
        raise UsageError(message)
    if no_passphrase:
        return None
    if passphrase_file is not None:
        from theia_sf.snowflake.private_text import read_private

        text = read_private(passphrase_file.expanduser(), "passphrase file").decode(errors="replace").strip("\r\n")
        if not text:
            message = f"The passphrase file {passphrase_file} is empty."
            raise UsageError(message)
        return Secret(text)
    text = os.environ.get(PASSPHRASE_VARIABLE, "")
    return Secret(text) if text else None


def check_terminal() -> None:
    """Raise UsageError unless a passphrase can be asked for."""
    from theia_sf.cli.console import is_interactive

    if not is_interactive():
        message = "There is no terminal to ask for the private key's passphrase on."
        raise UsageError(message, hint=f"Set {PASSPHRASE_VARIABLE}, or use --passphrase-file or --no-passphrase.")


def ask_passphrase() -> Secret:
    """Ask for a passphrase, twice, without echo.

    Raises:
        TheiaError: it is empty, or the second is another one.
        InterruptedByUserError: the input ended.
    """
    from theia_sf.cli.console import ask_hidden

    first = ask_hidden("Passphrase for the new private key: ")
    if not first:
        message = "The passphrase is empty, so no key was made."
        raise TheiaError(message, hint="Use --no-passphrase to leave the private key unencrypted.")
    if ask_hidden("The same again: ") != first:
        message = "The two passphrases differ, so no key was made."
        raise TheiaError(message)
    return first
