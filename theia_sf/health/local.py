"""Checks of this machine: versions and the Pulumi CLI."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Final

from theia_sf import __version__
from theia_sf.health.check import Check, Verdict

_ENGINE_PACKAGES: Final = ("pulumi", "pulumi-aws", "pulumi-snowflake", "pulumi-random")
_CLIENT_PACKAGES: Final = ("boto3", "snowflake-connector-python")


def versions() -> Iterator[Check]:
    """Look at theia-sf, Python and the libraries."""
    libraries = ", ".join(f"{name} {version(name)}" for name in _CLIENT_PACKAGES)
    yield Check("theia-sf", Verdict.OK, f"{__version__}, Python {platform.python_version()}, {libraries}")


def pulumi() -> Iterator[Check]:
    """Look for Pulumi's SDKs and its CLI."""
    missing = [name for name in _ENGINE_PACKAGES if not _installed(name)]
    if missing:
        advice = "Install theia-sf with its extra: pip install 'theia-sf[provision]'."
        yield Check("Pulumi SDKs", Verdict.FAILED, f"not installed: {', '.join(missing)}", advice)
        return
    found = ", ".join(f"{name} {version(name)}" for name in _ENGINE_PACKAGES)
    yield Check("Pulumi SDKs", Verdict.OK, found)
    from theia_sf.provision.pulumi_cli import MINIMUM, find  # noqa: PLC0415 (needs a package of the extra)

    cli = find()
    if cli is None:
        advice = "onboard will download it; where it cannot, install it by hand or run `make pulumi` in a checkout."
        yield Check("Pulumi CLI", Verdict.WARNING, f"none of version {MINIMUM} or newer is installed", advice)
    else:
        yield Check("Pulumi CLI", Verdict.OK, f"{cli.version} ({cli.binary})")


def _installed(package: str) -> bool:
    try:
        version(package)
    except PackageNotFoundError:
        return False
    return True
