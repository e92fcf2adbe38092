"""The files that Grafana provisions dashboards from: one of JSON for each, and the provider that names their folder."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from theia_sf_dashboards.catalog import DASHBOARDS
from theia_sf_dashboards.dashboard import Dashboard

FOLDER = "theia-sf"
PATH = "/etc/grafana/provisioning/dashboards"
"""Where Grafana's own image looks for provisioned dashboards."""


def render(dashboard: Dashboard) -> str:
    """Return the JSON of a dashboard; the same dashboard gives the same bytes."""
    return json.dumps(dashboard.build(), cls=JSONEncoder, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def files() -> dict[str, str]:
    """Return the content of every file by its name."""
    return {f"{dashboard.name}.json": render(dashboard) for dashboard in DASHBOARDS} | {"dashboards.yaml": _provider()}


def stale(directory: Path) -> list[str]:
    """Return the names of files in a directory that are missing, differ, or belong to no dashboard (any more)."""
    wanted = files()
    there = {path.name: path.read_text(encoding="utf-8") for path in directory.iterdir() if path.is_file()}
    return sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))


def write(directory: Path) -> list[str]:
    """Write what is stale and delete what belongs to no dashboard; return the names of the files concerned."""
    wanted = files()
    changed = stale(directory)
    for name in changed:
        if name in wanted:
            (directory / name).write_text(wanted[name], encoding="utf-8", newline="\n")
        else:
            (directory / name).unlink()
    return changed


def _provider() -> str:
    provider = {
        "name": FOLDER,
        "orgId": 1,
        "folder": FOLDER,
        "type": "file",
        "disableDeletion": False,
        "allowUiUpdates": False,
        "options": {"path": PATH},
    }
    head = "# Written by `make dashboards`. A dashboard that is changed in Grafana is saved as a copy.\n"
    return head + yaml.safe_dump({"apiVersion": 1, "providers": [provider]}, sort_keys=False)
