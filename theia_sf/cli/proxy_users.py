"""`theia-sf proxy users`: who may use the proxy, and by which credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from theia_sf.cli import proxy_credentials
from theia_sf.cli.options import Output, Yes
from theia_sf.cli.output import OutputFormat
from theia_sf.cli.proxy_options import ConfigPath, configuration

if TYPE_CHECKING:
    from datetime import datetime

    from theia_sf.proxy.users.changes import Added
    from theia_sf.proxy.users.registry import User

_COLUMNS = {
    "name": "User",
    "groups": "Groups",
    "state": "State",
    "tokens": "Access tokens",
    "password": "Password",
    "public_keys": "Public keys",
    "certificate_names": "Certificates",
}
_ADDED = {"name": "User", "groups": "Groups", "token_id": "Access token", "expires": "Until"}

UserName = Annotated[str, typer.Argument(metavar="NAME", help="User of the proxy.")]


def add(  # noqa: PLR0917 (Typer calls with keywords)
    name: UserName,
    groups: Annotated[
        list[str] | None, typer.Option("--group", metavar="GROUP", help="Group of the policy; may be repeated.")
    ] = None,
    token: Annotated[
        bool | None,
        typer.Option("--token/--no-token", help="Make an access token.", show_default="unless there is another way"),
    ] = None,
    token_output: Annotated[
        Path | None,
        typer.Option(
            "--token-output", metavar="FILE", help="Write it into a new file of mode 0600.", show_default="stdout"
        ),
    ] = None,
    public_keys: Annotated[
        list[Path] | None,
        typer.Option("--public-key", metavar="FILE", help="Public key that signs their JWTs; may be repeated."),
    ] = None,
    password: Annotated[
        bool, typer.Option("--password", help="Ask for a password, for clients without tokens.")
    ] = False,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="File with the password.", show_default=False)
    ] = None,
    certificate_names: Annotated[
        list[str] | None,
        typer.Option(
            "--certificate-name", metavar="NAME", help="Name in their TLS client certificate; may be repeated."
        ),
    ] = None,
    expires: Annotated[
        str | None,
        typer.Option(
            "--expires", help="End of the new token and keys: 90d, or an RFC 3339 time.", show_default="never"
        ),
    ] = None,
    description: Annotated[
        str, typer.Option("--description", help="What the token or key is for.", show_default=False)
    ] = "",
    config: ConfigPath = None,
    output: Output = OutputFormat.TABLE,
) -> None:
    """Add a user, or another credential to a user who is there. A running proxy knows them within a second.

    The access token is shown once, alone on stdout, and kept nowhere: the registry has its hash. Clients send it as a
    programmatic access token, or in the place of a password.

    \b
    theia-sf proxy users add alice --group analysts --expires 90d
    theia-sf proxy users add grafana --group analysts --token-output grafana.token
    theia-sf proxy users add ci --group analysts --public-key ci.pub
    """
    loaded, _ = configuration(config)
    from theia_sf.errors import UsageError
    from theia_sf.proxy.users.changes import NewCredentials
    from theia_sf.proxy.users.changes import add as add_user
    from theia_sf.snowflake.public_keys import read_public_key

    keys = [read_public_key(path.expanduser()) for path in public_keys or ()]
    secret = proxy_credentials.password(name, password, password_file)
    others = bool(keys) or secret is not None or bool(certificate_names)
    wanted = token if token is not None else not others
    if token_output is not None and not wanted:
        message = "--token-output was given, but no token is made."
        raise UsageError(message, hint="Add --token.")
    if token_output is not None:
        proxy_credentials.check_new(token_output)
    new = NewCredentials(
        groups=groups or (),
        token=wanted,
        password=secret,
        public_keys=keys,
        certificate_names=certificate_names or (),
        expires=proxy_credentials.expiry(expires) if expires is not None else None,
        description=description,
    )
    made = add_user(loaded.users, name, new)
    _tell(made, token_output, new.expires, output)


def list_(config: ConfigPath = None, output: Output = OutputFormat.TABLE) -> None:
    """Show the users, their groups and their credentials; no secret is kept that could be shown."""
    loaded, _ = configuration(config)
    from theia_sf.cli.output import render
    from theia_sf.proxy.users import registry_file

    users = registry_file.read(loaded.users).users
    rows = [_row(name, user, output) for name, user in sorted(users.items())]
    render(rows, output, columns=_COLUMNS)


def revoke(
    name: UserName,
    credential: Annotated[
        str | None,
        typer.Option(
            "--credential",
            help="Only this one: ID of a token, fingerprint of a key, name of a certificate, or `password`.",
            show_default="the user, with all",
        ),
    ] = None,
    config: ConfigPath = None,
    yes: Yes = False,
) -> None:
    """Take away a user, or one credential of theirs. A running proxy knows it at the next request.

    The sessions of a user who is taken away end, and so do those that were begun with a credential. What Snowflake is
    already at for them goes on: `theia-sf proxy sessions end` cancels that, too.
    """
    loaded, _ = configuration(config)
    from theia_sf.cli import console
    from theia_sf.proxy.users.changes import revoke as revoke_user

    what = f"the user {name}" if credential is None else f"the credential {credential} of {name}"
    console.confirm(f"Take away {what}?", yes=yes, needs_yes=True)
    user = revoke_user(loaded.users, name, credential)
    if credential is None:
        count = len(user.tokens) + len(user.public_keys) + len(user.certificate_names) + bool(user.password)
        console.note(f"The user {name} is gone, with {count} credential{'' if count == 1 else 's'}.")
    else:
        console.note(f"The user {name} has no longer the credential {credential}; sessions begun with it are over.")


def _tell(made: Added, file: Path | None, expires: datetime | None, output: OutputFormat) -> None:
    from theia_sf.cli import console
    from theia_sf.cli.output import render, write

    who = f"The user {made.name} is {'new' if made.created else 'as before, with the new credential'}"
    console.note(f"{who}; groups: {', '.join(made.user.groups) or 'none'}.")
    if not made.user.groups:
        console.note("A policy that speaks of groups lets them do nothing: add --group.")
    shown: dict[str, Any] = {
        "name": made.name,
        "groups": list(made.user.groups),
        "token_id": made.token_id,
        "expires": expires,
    }
    if made.token is not None and file is not None:
        from theia_sf.credentials.private_files import replace

        replace(file.expanduser(), made.token.reveal().encode(), expected=None)  # no line feed: drivers take it all
        console.note(f"The access token is in {file}.")
    elif made.token is not None:
        console.note("This is the access token. It is not shown again:")
        if output is OutputFormat.TABLE:
            write(made.token.reveal())
            return
        shown["token"] = made.token.reveal()
    columns = {key: heading for key, heading in _ADDED.items() if shown[key]}
    render(shown, output, columns=columns)


def _row(name: str, user: User, output: OutputFormat) -> dict[str, Any]:
    from datetime import UTC, datetime

    from theia_sf.proxy.users.directory import in_force

    now = datetime.now(UTC)
    state = "disabled" if user.disabled else "active" if in_force(user.expires, now) else "expired"
    row: dict[str, Any] = {"name": name, "groups": list(user.groups), "state": state}
    if output is OutputFormat.TABLE:
        row["tokens"] = [_words(token.id, token.expires, now) for token in user.tokens]
        row["public_keys"] = [_words(key.fingerprint, key.expires, now) for key in user.public_keys]
    else:
        row["expires"] = user.expires
        row["tokens"] = [token.model_dump(mode="json", exclude={"hash"}) for token in user.tokens]
        row["public_keys"] = [
            {"fingerprint": key.fingerprint, **key.model_dump(mode="json", exclude={"key"})} for key in user.public_keys
        ]
    return row | {"password": user.password is not None, "certificate_names": list(user.certificate_names)}


def _words(credential: str, expires: datetime | None, now: datetime) -> str:
    if expires is None:
        return credential
    return f"{credential} ({'expired' if expires <= now else 'until'} {expires:%Y-%m-%d})"


def add_to(group: typer.Typer) -> None:
    """Add the commands to the group `proxy`."""
    users = typer.Typer(no_args_is_help=True, help="Users of the proxy and their credentials.")
    users.command("add")(add)
    users.command("list")(list_)
    users.command("revoke")(revoke)
    group.add_typer(users, name="users")
