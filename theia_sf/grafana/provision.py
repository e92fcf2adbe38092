"""Provision Grafana for a stack into a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from theia_sf.credentials.grafana_source import PLUGIN
from theia_sf.errors import UsageError
from theia_sf.grafana import folder as folders
from theia_sf.grafana.container import PORT
from theia_sf.grafana.datasource import Method, Reader
from theia_sf.grafana.files import files, secret_paths
from theia_sf.grafana.folder import Record, Written
from theia_sf.grafana.reader import choose
from theia_sf.grafana.secret_files import is_missing, plugin_key, read_secret, write_secrets
from theia_sf.grafana.versions import PLUGIN_VERSION, knows_access_tokens, parse_plugin_version
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import ServiceUser
from theia_sf.secret import Secret
from theia_sf.snowflake.keys import load_private_key
from theia_sf.snowflake.public_keys import public_text
from theia_sf.snowflake.settings import ConnectionSettings

_LOOPBACK: Final = ("127.", "localhost", "::1")


@dataclass(frozen=True)
class Options:
    """What the flags say; None is what was not given, and then what was given the last time.

    Attributes:
        folder: to provision into.
        user: whom Grafana signs in as.
        method: by what.
        private_key_path, token_file, password_file: the secret, in a file; at most one.
        passphrase: of the private key.
        plugin_version: of the data source's plugin.
        port: of Grafana on this machine.
        force: write into a folder, or over files, that are somebody's.
    """

    folder: Path
    user: str | None = None
    method: Method | None = None
    private_key_path: Path | None = None
    token_file: Path | None = None
    password_file: Path | None = None
    passphrase: Secret | None = None
    plugin_version: str | None = None
    port: int | None = None
    force: bool = False


@dataclass(frozen=True)
class Prepared:
    """The options, checked and completed without asking anybody.

    Attributes:
        options: those given.
        record: what was provisioned into the folder before.
        method: by what Grafana signs in.
        secret: in the form that Grafana reads; None if it was not given.
        public_key: of the private key given, as Snowflake takes it.
    """

    options: Options
    record: Record | None
    method: Method
    secret: Secret | None
    public_key: str | None

    def remembered(self, name: str) -> Any:
        """Return an option as given, else as given the last time."""
        given = getattr(self.options, name)
        return self.record.settings.get(name) if given is None and self.record else given


@dataclass(frozen=True)
class Provisioned:
    """What was done.

    Attributes:
        reader: whom Grafana signs in as.
        files: the paths written, but for the secrets.
        written: what happened besides.
        missing: files with a secret that are yet to be put there.
        warnings: what the user should know, one sentence each.
    """

    reader: Reader
    files: Sequence[str]
    written: Written
    missing: tuple[Path, ...]
    warnings: tuple[str, ...]


def prepare(options: Options) -> Prepared:
    """Check what can be checked on this machine, and read the secret.

    Raises:
        UsageError: the folder is not one to write into; the secret cannot be read; the flags contradict each other.
    """
    record = folders.read_record(options.folder)
    folders.check(options.folder, {}, record, force=options.force)
    if options.plugin_version is not None:
        parse_plugin_version(options.plugin_version)
    method, path = _method(options, record)
    if path is None:
        return Prepared(options, record, method, None, None)
    if method is not Method.KEY_PAIR:
        return Prepared(options, record, method, read_secret(path, method), None)
    key = load_private_key(path=path, passphrase=options.passphrase)
    return Prepared(options, record, method, plugin_key(key), public_text(key.public_key()))


def provision(
    prepared: Prepared,
    outputs: PipelineOutputs,
    users: Sequence[ServiceUser],
    settings: ConnectionSettings,
    *,
    onboard: str,
) -> Provisioned:
    """Write everything that Grafana needs into the folder.

    Args:
        prepared: the options.
        outputs: of the stack.
        users: its service users.
        settings: which account, and where it is.
        onboard: the command that onboards the stack, for hints.

    Raises:
        UsageError: there is no user to sign in as; a file in the folder was changed, or cannot be written.
        TheiaError: the stack is too old.
    """
    options, record = prepared.options, prepared.record
    moved = record is not None and record.settings.get("database") not in {None, outputs.database_name}
    user = options.user if moved else prepared.remembered("user")
    reader = choose(user, outputs, users, prepared.method, onboard)
    version = parse_plugin_version(prepared.remembered("plugin_version") or PLUGIN_VERSION)
    port = prepared.remembered("port") or PORT
    made = files(reader, settings, version, port=port, container_user=_container_user())
    folders.check(options.folder, made, record, force=options.force)
    recorded = {
        "database": reader.database,
        "method": prepared.method.value,
        "user": user,
        "plugin_version": prepared.remembered("plugin_version"),
        "port": port,
    }
    written = folders.write(options.folder, made, recorded, record)
    write_secrets(options.folder, prepared.method, prepared.secret)
    missing = [path for name in secret_paths(reader) if is_missing(path := options.folder / name)]
    warnings = _warnings(prepared, reader, users, settings)
    if prepared.method is Method.ACCESS_TOKEN and knows_access_tokens(version):
        warnings.append(
            f"Access tokens in a field of their own need version 2.2.0 of {PLUGIN}: check that it is published."
        )
    if moved and prepared.secret is None and not missing:
        warnings.append(
            f"The folder was provisioned for {record.settings['database'] if record else ''}, and now is for"
            f" {reader.database}: check that the secret in it is {reader.user}'s."
        )
    return Provisioned(reader, list(made), written, tuple(missing), tuple(warnings))


def _method(options: Options, record: Record | None) -> tuple[Method, Path | None]:
    """By what Grafana signs in, and the file of the secret."""
    flags = {
        Method.KEY_PAIR: ("--private-key-path", options.private_key_path),
        Method.ACCESS_TOKEN: ("--token-file", options.token_file),
        Method.PASSWORD: ("--password-file", options.password_file),
    }
    given = {method: (flag, path) for method, (flag, path) in flags.items() if path is not None}
    if len(given) > 1:
        names = " and ".join(flag for flag, _ in given.values())
        message = f"{names} exclude each other: Grafana's data source takes one way to sign in."
        raise UsageError(message)
    if not given:
        before = record.settings.get("method") if record else None
        return options.method or (Method(before) if before in set(Method) else Method.KEY_PAIR), None
    ((method, (flag, path)),) = given.items()
    if options.method not in {None, method}:
        message = f"{flag} is for --auth {method}, and --auth {options.method} was given."
        raise UsageError(message, hint="Leave out --auth: it follows from the file.")
    return method, path


def _warnings(
    prepared: Prepared, reader: Reader, users: Sequence[ServiceUser], settings: ConnectionSettings
) -> list[str]:
    found: list[str] = []
    own = {user.name: user for user in users}.get(reader.user)
    if own is None:
        found.append(f"{reader.user} is not a service user of the stack: it needs the role {reader.role}.")
    elif prepared.public_key is not None and own.public_key not in {None, prepared.public_key}:
        found.append(
            f"The private key is not of the pair that {reader.user} was onboarded with, which is right only if the key"
            " was rotated since."
        )
    if reader.method is Method.PASSWORD:
        found.append(
            "Snowflake refuses a password alone for service users, and more and more for everybody: prefer a key pair."
        )
    if settings.hostname.lower().startswith(_LOOPBACK):
        found.append(
            f"Snowflake is at {settings.hostname}, which in a container is the container itself: docs/grafana.md tells"
            " what to do."
        )
    return found


def _container_user() -> str | None:
    """The owner of what is written here; None where files have no numbered owner (Docker Desktop maps them)."""
    return f"{os.getuid()}:0" if os.name == "posix" else None
