"""Which Grafana and which plugins are provisioned, each pinned here alone."""

from __future__ import annotations

from typing import Final

from packaging.version import InvalidVersion, Version

from theia_sf.credentials.grafana_source import PLUGIN
from theia_sf.errors import UsageError

IMAGE: Final = "grafana/grafana:12.4.10"  # of the last minor release of 12; the dashboards are modelled for 11.6 on

# The newest release that is published. The plugin is not in Grafana's catalogue, so that it is installed by address.
PLUGIN_VERSION: Final = "2.1.0"
_ARCHIVE: Final = (
    "https://github.com/michelin/snowflake-grafana-datasource/releases/download/v{}/snowflake-grafana-datasource.zip"
)
_OLDEST: Final = Version("2.0.0")  # the first that takes the sign-in method by name
_ACCESS_TOKENS: Final = Version("2.2.0")  # from the plugin's CHANGELOG.md

# Signed, from Grafana's catalogue; only the panels that say so need it.
OPTIONAL_PLUGINS: Final = ("netsage-sankey-panel@1.1.4",)


def parse_plugin_version(text: str) -> Version:
    """Return the version of the data source's plugin that a flag names.

    Raises:
        UsageError: it is no version, or one that does not fit the data source.
    """
    try:
        version = Version(text.removeprefix("v"))
    except InvalidVersion as error:
        message = f"Not a version of Grafana's plugin: {text!r}."
        raise UsageError(message, hint=f"Write it as {PLUGIN_VERSION}.") from error
    if not _OLDEST <= version < Version("3"):
        message = f"Version {version} of {PLUGIN} does not fit the data source, which is for 2.x."
        raise UsageError(message, hint=f"Leave --plugin-version out for {PLUGIN_VERSION}.")
    return version


def knows_access_tokens(version: Version) -> bool:
    """Tell whether the plugin has a field for access tokens; before, they went where a password goes."""
    return version >= _ACCESS_TOKENS


def preinstalled(version: Version) -> str:
    """Return the data source's plugin as GF_PLUGINS_PREINSTALL_SYNC takes it: `id@version@url`.

    Source: processPreinstallPlugins in pkg/setting/setting_plugins.go of grafana/grafana.
    """
    return f"{PLUGIN}@{version}@{_ARCHIVE.format(version)}"
