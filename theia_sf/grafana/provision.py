"""Provision Grafana for a stack into a folder."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from theia_sf.credentials.grafana_source import PLUGIN
from theia_sf.grafana import folder as folders
from theia_sf.grafana.datasource import Method, Reader
from theia_sf.grafana.files import files, secret_paths
from theia_sf.grafana.folder import Written
from theia_sf.grafana.reader import choose
from theia_sf.grafana.request import Prepared
from theia_sf.grafana.secret_files import is_missing, write_secrets
from theia_sf.grafana.versions import PLUGIN_VERSION, knows_access_tokens, parse_plugin_version
from theia_sf.provision.outputs import PipelineOutputs
from theia_sf.provision.request import ServiceUser
from theia_sf.snowflake.settings import ConnectionSettings

_LOOPBACK: Final = ("127.", "localhost", "::1")


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
    chosen = prepared.completed(outputs.database_name)
    reader = choose(chosen.user, outputs, users, prepared.method, onboard)
    version = parse_plugin_version(chosen.plugin_version or PLUGIN_VERSION)
    made = files(reader, settings, version, port=chosen.port, container_user=_container_user())
    folders.check(options.folder, made, record, force=options.force)
    written = folders.write(options.folder, made, chosen, record)
    write_secrets(options.folder, prepared.method, prepared.secret)
    missing = [path for name in secret_paths(reader) if is_missing(path := options.folder / name)]
    warnings = _warnings(prepared, reader, users, settings)
    if prepared.method is Method.ACCESS_TOKEN and knows_access_tokens(version):
        warnings.append(
            f"Access tokens in a field of their own need version 2.2.0 of {PLUGIN}: check that it is published."
        )
    before = prepared.before
    if before is not None and before.database != reader.database and prepared.secret is None and not missing:
        warnings.append(
            f"The folder was provisioned for {before.database}, and now is for {reader.database}: check that the secret"
            f" in it is {reader.user}'s."
        )
    return Provisioned(reader, list(made), written, tuple(missing), tuple(warnings))


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
