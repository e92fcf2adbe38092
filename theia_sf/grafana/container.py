"""What is the same of Grafana's container under Docker Compose and in Kubernetes."""

from __future__ import annotations

from typing import Final

from packaging.version import Version

from theia_sf.credentials.grafana_source import PLUGIN
from theia_sf.grafana.datasource import SECRETS_FOLDER
from theia_sf.grafana.versions import OPTIONAL_PLUGINS, preinstalled

PORT: Final = 3000
DATA: Final = "/var/lib/grafana"
PROVISIONING: Final = "/etc/grafana/provisioning"
HOME: Final = "homepage.json"
HEALTH: Final = "/api/health"
ADMIN_PASSWORD: Final = "grafana_admin_password"  # noqa: S105 (a file's name)


def environment(plugin: Version) -> dict[str, str]:
    """Return Grafana's settings as variables; none of them holds a secret.

    The data source's plugin is installed before provisioning, and Grafana does not start without it. What is optional
    is installed while Grafana runs, so that it cannot keep it from starting.
    """
    return {
        "GF_PLUGINS_PREINSTALL_SYNC": preinstalled(plugin),
        "GF_PLUGINS_PREINSTALL": ",".join(OPTIONAL_PLUGINS),
        "GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS": PLUGIN,
        "GF_SECURITY_ADMIN_PASSWORD__FILE": f"{SECRETS_FOLDER}/{ADMIN_PASSWORD}",
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"{PROVISIONING}/dashboards/{HOME}",
    }
