"""Whether a provisioned folder is ready, and how to start Grafana from it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from theia_sf.errors import UsageError
from theia_sf.grafana.compose import ADDRESS
from theia_sf.grafana.container import ADMIN_PASSWORD, PORT
from theia_sf.grafana.datasource import SECRET_FILES, Method
from theia_sf.grafana.files import COMPOSE, SECRETS
from theia_sf.grafana.folder import read_record
from theia_sf.grafana.secret_files import is_missing

# Which option of `grafana provision` names the file of the secret.
_FLAGS: Final = {
    Method.KEY_PAIR: "--private-key-path FILE",
    Method.ACCESS_TOKEN: "--token-file FILE",
    Method.PASSWORD: "--password-file FILE",
}


@dataclass(frozen=True)
class Opening:
    """How to get at Grafana.

    Attributes:
        command: starts it under Docker Compose.
        url: where it then is.
        user: Grafana's administrator.
        password_file: holds the administrator's first password.
        kubernetes: starts it in Kubernetes, instead.
    """

    command: str
    url: str
    user: str
    password_file: Path
    kubernetes: str


def opening(folder: Path) -> Opening:
    """Return how to start Grafana from a folder.

    Raises:
        UsageError: nothing was provisioned there, or a file that Grafana needs is missing, or open to others.
    """
    folder = folder.absolute()
    record = read_record(folder)
    provision = f"theia-sf grafana provision --output {shlex.quote(str(folder))}"
    if record is None:
        message = f"Grafana was not provisioned in {folder}."
        raise UsageError(message, hint=f"Run: {provision}")
    lost = [path for path in record.hashes if not (folder / path).is_file()]
    if lost:
        more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
        message = f"{folder / lost[0]}{more} is missing."
        raise UsageError(message, hint=f"Run: {provision}")
    method = record.settings.method
    secret, password = (folder / SECRETS / name for name in (SECRET_FILES[method], ADMIN_PASSWORD))
    if is_missing(secret):
        message = f"The secret that Grafana signs in to Snowflake with is missing: {secret}."
        raise UsageError(message, hint=f"Run: {provision} {_FLAGS[method]}")
    if is_missing(password):
        message = f"The password of Grafana's administrator is missing: {password}."
        raise UsageError(message, hint=f"Run: {provision}")
    quoted = shlex.quote(str(folder / COMPOSE))
    return Opening(
        command=f"docker compose -f {quoted} up -d",
        url=f"http://{_address(folder / COMPOSE)}",
        user="admin",
        password_file=password,
        kubernetes=f"kubectl apply --server-side -k {shlex.quote(str(folder))}",
    )


def _address(path: Path) -> str:
    """Host and port of the compose file, as somebody may have changed them in it."""
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
        published = str(content["services"]["grafana"]["ports"][0])
    except (OSError, yaml.YAMLError, KeyError, IndexError, TypeError) as error:
        message = f"{path} does not say where Grafana is."
        raise UsageError(message, hint="Provision again with --force.") from error
    host, _, port = published.removesuffix(f":{PORT}").rpartition(":")
    return f"{host if host not in {'', '0.0.0.0'} else ADDRESS}:{port}"  # noqa: S104 (compared with)
