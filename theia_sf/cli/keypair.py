"""`theia-sf keypair`: key pairs of Snowflake users, made and exchanged without a failed sign-in in between."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theia_sf.cli import key_options, options
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.sign_in import SignIn, with_sign_in

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

    from theia_sf.identity.key_pairs import KeyPair

_MINUTE = 60  # seconds
# Seconds that the session does nothing while it waits. Snowflake ends one after four hours:
# https://docs.snowflake.com/en/user-guide/session-policies
_IDLE = 30 * _MINUTE
_MADE = {
    "user": "User",
    "slot": "Slot",
    "fingerprint": "Fingerprint",
    "private_key": "Private key",
    "signed_in": "Signed in with it",
    "old_fingerprint": "Old fingerprint",
    "old_private_key": "Old private key",
}
_SLOTS = {"slot": "Slot", "fingerprint": "Fingerprint", "set_at": "Set at", "in_use": "You sign in with it"}


@with_sign_in
def create(  # noqa: PLR0917 (Typer calls with keywords)
    name: key_options.UserName,
    key_file: key_options.KeyFileOption = None,
    into_credentials_file: key_options.CredentialsOption = None,
    key_id: key_options.KeyId = None,
    passphrase_file: key_options.PassphraseFile = None,
    no_passphrase: key_options.NoPassphrase = False,
    bits: key_options.Bits = None,
    curve: key_options.CurveName = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace a key that is there; a file is kept as FILE.old.")
    ] = False,
    no_sign_in: key_options.NoSignIn = False,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Make a key pair for a user: the private key into a file that only you can read, the public one to Snowflake.

    The public key goes into the first free one of the user's two slots; its fingerprint is compared, and the key
    tried by a sign-in. The onboard command needs an RSA key, as the Snowflake provider reads no others.
    """
    import shlex

    from theia_sf.cli.console import note
    from theia_sf.identity import key_pairs
    from theia_sf.identity.new_keys import maker
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.identifiers import fold
    from theia_sf.snowflake.settings import resolve

    make = maker(bits, curve)
    place = key_options.Place(key_file, into_credentials_file, key_id)
    if not place.is_named():
        place = key_options.Place(Path(f"{fold(name).lower().replace('/', '_')}.p8"), None)
    passphrase = key_options.given_passphrase(passphrase_file, no_passphrase)
    if passphrase is None and place.key_file and not no_passphrase:
        key_options.check_terminal()
    settings = resolve(sign_in)
    with session(settings, query_tag="theia-sf keypair create") as connection:
        target = key_pairs.read_target(connection, name, settings, check=not no_sign_in)
        if passphrase is None and place.key_file and not no_passphrase:
            passphrase = key_options.ask_passphrase()
        store = key_options.store(place, target, passphrase, None)
        made = key_pairs.create(target, store, make, replace=replace)
    _show(made, output)
    if place.key_file:
        login = shlex.quote(target.user.login_name)
        note(f"To sign in with it: SNOWFLAKE_USER={login} SNOWFLAKE_PRIVATE_KEY_PATH={shlex.quote(made.place)}")


@with_sign_in
def rotate(  # noqa: PLR0917 (Typer calls with keywords)
    name: key_options.UserName,
    key_file: key_options.KeyFileOption = None,
    into_credentials_file: key_options.CredentialsOption = None,
    key_id: key_options.KeyId = None,
    passphrase_file: key_options.PassphraseFile = None,
    no_passphrase: key_options.NoPassphrase = False,
    bits: key_options.Bits = None,
    curve: key_options.CurveName = None,
    retire_after: Annotated[
        float | None,
        typer.Option(
            "--retire-after",
            min=0,
            metavar="MINUTES",
            help="Wait, then end the old key.",
            show_default="it stays valid",
        ),
    ] = None,
    no_sign_in: key_options.NoSignIn = False,
    *,
    sign_in: SignIn,
    output: options.Output = OutputFormat.TABLE,
) -> None:
    """Exchange a user's private key for a new one, while programs go on signing in.

    The new public key goes into the user's free slot and is tried; then the private key is exchanged in its place in
    one step, encrypted as the old one was unless you say otherwise. The old key stays valid for programs that hold
    it in memory, until `theia-sf keypair retire USER` ends it.
    """
    from theia_sf.cli.console import note
    from theia_sf.identity import key_pairs
    from theia_sf.identity.new_keys import maker
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    make = maker(bits, curve)
    settings = resolve(sign_in)
    named = key_options.Place(key_file, into_credentials_file, key_id)
    passphrase = key_options.given_passphrase(passphrase_file, no_passphrase)
    with session(settings, query_tag="theia-sf keypair rotate") as connection:
        target = key_pairs.read_target(connection, name, settings, check=not no_sign_in)
        store, own = key_options.find_store(
            target, named, sign_in, passphrase, keep=passphrase is None and not no_passphrase
        )
        made = key_pairs.rotate(target, store, make, own)
        _show(made, output)
        if retire_after is None:
            note(
                "The old key is still valid. When every program has taken the new one: "
                f"theia-sf keypair retire {made.user} {made.option}"
            )
            return
        _wait(retire_after, connection)
        target = key_pairs.read_target(connection, name, settings, check=not no_sign_in)
        key_pairs.retire(target, store)
        note(f"The old key {made.old_fingerprint} is no longer valid.")


@with_sign_in
def retire(  # noqa: PLR0917 (as above)
    name: key_options.UserName,
    key_file: key_options.KeyFileOption = None,
    into_credentials_file: key_options.CredentialsOption = None,
    passphrase_file: key_options.PresentPassphraseFile = None,
    no_sign_in: key_options.NoSignIn = False,
    yes: options.Yes = False,
    *,
    sign_in: SignIn,
) -> None:
    """End the other key of a user than the one in use, after a rotation.

    The key in use is that of --key-file or --into-credentials-file, or the one that you sign in with as USER. It is
    tried first, so that the user never ends up without a key that works.
    """
    from theia_sf.cli.console import confirm, note
    from theia_sf.cli.output import write
    from theia_sf.identity import key_pairs
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.settings import resolve

    settings = resolve(sign_in)
    named = key_options.Place(key_file, into_credentials_file)
    passphrase = key_options.given_passphrase(passphrase_file, False)
    with session(settings, query_tag="theia-sf keypair retire") as connection:
        target = key_pairs.read_target(connection, name, settings, check=not no_sign_in)
        store, own = key_options.find_store(target, named, sign_in, passphrase, keep=True)
        other = key_pairs.slot_not_in_use(target.user, store, own)
        if other is None:
            note(f"{target.user.name} has no other key than the one in use.")
            return
        question = f"Programs that still sign in with {other.fingerprint} fail from then on. End this key?"
        confirm(question, yes=yes, needs_yes=True)
        key_pairs.retire(target, store, own)
    write(f"{other.name} of {target.user.name}, {other.fingerprint}, is no longer valid.")


@with_sign_in
def show(name: key_options.UserName, *, sign_in: SignIn, output: options.Output = OutputFormat.TABLE) -> None:
    """Show a user's two keys: fingerprints, since when, and which one you sign in with."""
    from theia_sf.cli.output import render
    from theia_sf.identity.key_slots import slots_of
    from theia_sf.identity.users import current_user, describe_user
    from theia_sf.snowflake.connect import session
    from theia_sf.snowflake.keys import fingerprint
    from theia_sf.snowflake.settings import resolve

    settings = resolve(sign_in)
    with session(settings, query_tag="theia-sf keypair show") as connection:
        user = describe_user(connection, name)
        own = key_options.private_key(settings) if current_user(connection) == user.name else None
    mine = fingerprint(own) if own else ""
    rows = [
        {
            "slot": slot.name,
            "fingerprint": slot.fingerprint,
            "set_at": slot.set_at,
            "in_use": slot.fingerprint == mine,
        }
        for slot in slots_of(user)
    ]
    render(rows, output, columns=_SLOTS)


def _wait(minutes: float, connection: SnowflakeConnection) -> None:
    import time

    from theia_sf.cli.console import working
    from theia_sf.identity.users import current_user

    end = time.monotonic() + minutes * _MINUTE
    with working(f"Waiting {minutes:g} minutes before the old key ends; until then Ctrl-C keeps it."):
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _IDLE))
            current_user(connection)


def _show(made: KeyPair, output: OutputFormat) -> None:
    from theia_sf.cli.console import note
    from theia_sf.cli.output import render

    result: dict[str, Any] = {
        "user": made.user,
        "slot": made.slot,
        "fingerprint": made.fingerprint,
        "private_key": made.place,
        "signed_in": made.signed_in,
        "old_fingerprint": made.old_fingerprint,
        "old_private_key": made.old_place,
    }
    render(result, output, columns={key: label for key, label in _MADE.items() if result[key] is not None})
    if made.resumed:
        note("This is the key of an earlier run that was interrupted.")
    if not made.signed_in:
        note("The key was not tried by signing in.")


def register(app: typer.Typer) -> None:
    """Add the commands to the program."""
    group = typer.Typer(no_args_is_help=True, help="Make and exchange the key pairs that Snowflake users sign in with.")
    group.command("create")(create)
    group.command("rotate")(rotate)
    group.command("retire")(retire)
    group.command("show")(show)
    app.add_typer(group, name="keypair")
