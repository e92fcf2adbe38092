"""The provisioned files as text: everything but the secrets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import PurePosixPath
from typing import Any, Final

import yaml
from packaging.version import Version

from theia_sf.grafana import compose as compose_file
from theia_sf.grafana import kubernetes
from theia_sf.grafana.container import ADMIN_PASSWORD
from theia_sf.grafana.datasource import SECRET_FILES, Reader, datasource
from theia_sf.snowflake.settings import ConnectionSettings

COMPOSE: Final = "compose.yaml"
KUSTOMIZATION: Final = "kustomization.yaml"
SECRETS: Final = "secrets"
_DATASOURCE: Final = "provisioning/datasources/snowflake.yaml"
_DASHBOARDS: Final = "provisioning/dashboards"
_PACKAGE: Final = "theia_sf_grafana"
_HEADER: Final = "# Written by `theia-sf grafana provision`, which writes it anew when it runs again.\n"

# Of a file, or of all in a folder.
_PURPOSES: Final = {
    COMPOSE: "Grafana under Docker Compose",
    KUSTOMIZATION: "Grafana in Kubernetes: kubectl apply --server-side -k",
    "kubernetes": "manifest",
    _DASHBOARDS: "dashboard",
    f"{_DASHBOARDS}/dashboards.yaml": "has Grafana read the dashboards",
    _DATASOURCE: "data source, without its secret",
    ".gitignore": "keeps the secrets out of Git",
}


def files(
    reader: Reader, settings: ConnectionSettings, plugin: Version, *, port: int, container_user: str | None
) -> dict[str, str]:
    """Return path to text of every file.

    Args:
        reader: whom Grafana signs in as.
        settings: which account, and where it is.
        plugin: the version of the data source's plugin.
        port: of Grafana on this machine, under Docker Compose.
        container_user: `UID:GID` that the container runs as; None leaves it to the image.
    """
    shown = dashboards()
    manifests = kubernetes.manifests(plugin, list(shown))
    secrets = secret_paths(reader)
    made: dict[str, Mapping[str, Any]] = {
        _DATASOURCE: datasource(reader, settings, plugin),
        COMPOSE: compose_file.compose(plugin, port=port, user=container_user),
        **manifests,
        KUSTOMIZATION: kubernetes.kustomization(list(manifests), [_DATASOURCE], list(shown), secrets),
    }
    return {
        **shown,
        **{path: _HEADER + _yaml(content) for path, content in made.items()},
        ".gitignore": f"/{SECRETS}/\n",
    }


def secret_paths(reader: Reader) -> Sequence[str]:
    """Return the paths of the files with the secrets that Grafana needs: Snowflake's, and its own administrator's."""
    return (f"{SECRETS}/{SECRET_FILES[reader.method]}", f"{SECRETS}/{ADMIN_PASSWORD}")


def dashboards() -> dict[str, str]:
    """Return path to text of the dashboards and of the file that makes Grafana read them."""
    folder = resources.files(_PACKAGE) / _DASHBOARDS
    found = sorted(folder.iterdir(), key=lambda file: file.name) if folder.is_dir() else []
    return {
        f"{_DASHBOARDS}/{file.name}": file.read_text(encoding="utf-8")
        for file in found
        if file.name.endswith((".json", ".yaml"))
    }


def purpose(path: str) -> str:
    """Return what one of the files is for."""
    return _PURPOSES.get(path) or _PURPOSES.get(str(PurePosixPath(path).parent), "")


class _Plain(yaml.SafeDumper):
    """YAML that says everything where it is read, without anchors and references to them."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (PyYAML asks for each value)
        return True


def _yaml(content: Mapping[str, Any]) -> str:
    return yaml.dump(dict(content), Dumper=_Plain, sort_keys=False, allow_unicode=True, width=1000)
