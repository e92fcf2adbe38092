"""Grafana under Docker Compose."""

from __future__ import annotations

from typing import Any, Final

from packaging.version import Version

from theia_sf.grafana.container import DATA, HEALTH, PORT, PROVISIONING, environment
from theia_sf.grafana.datasource import SECRETS_FOLDER
from theia_sf.grafana.versions import IMAGE

ADDRESS: Final = "127.0.0.1"
_VOLUME: Final = "grafana"


def compose(plugin: Version, *, port: int, user: str | None) -> dict[str, Any]:
    """Return the compose file. Its paths are relative to its own folder.

    Args:
        plugin: the version of the data source's plugin.
        port: on this machine, for this machine alone.
        user: `UID:GID` that the container runs as, who must be the owner of the secrets; None leaves it to the image.
    """
    service: dict[str, Any] = {
        "image": IMAGE,
        "restart": "unless-stopped",
        "ports": [f"{ADDRESS}:{port}:{PORT}"],
        "environment": environment(plugin),
        # Folders, not files: a file that is mounted by itself stays the old one after it was replaced. SELinux lets the
        # container read what `z` labels; without SELinux it means nothing.
        "volumes": [
            f"{_VOLUME}:{DATA}",
            f"./provisioning/datasources:{PROVISIONING}/datasources:ro,z",
            f"./provisioning/dashboards:{PROVISIONING}/dashboards:ro,z",
            f"./secrets:{SECRETS_FOLDER}:ro,z",
        ],
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
        "healthcheck": {
            "test": ["CMD", "wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}{HEALTH}"],
            "interval": "30s",
            "timeout": "5s",
            "retries": 3,
            "start_period": "2m",
        },
    }
    if user is not None:
        # The secrets are for their owner alone, and the image's own user is another one.
        service["user"] = f"${{GRAFANA_USER:-{user}}}"
    return {"name": "theia-sf-grafana", "services": {"grafana": service}, "volumes": {_VOLUME: {}}}
