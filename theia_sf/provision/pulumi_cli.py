"""Finds the Pulumi CLI: on the PATH, where its installers put it, else by download."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from semver import VersionInfo

from theia_sf.errors import TheiaError

# The first CLI that streams its events over gRPC as the SDK wants them, and destroys inline programs:
# `_setup_event_log` and `_check_inline_support` in pulumi/automation/_stack.py.
MINIMUM = VersionInfo(3, 206, 0)
# What is downloaded where nothing is found, and what `make pulumi` builds.
PREFERRED = VersionInfo(3, 250, 0)
_VERSION_SECONDS = 60


@dataclass(frozen=True)
class PulumiCli:
    """A Pulumi binary and its version."""

    binary: Path
    version: VersionInfo


def version_of(binary: Path) -> VersionInfo | None:
    """The version a binary reports, or None where it is no working Pulumi CLI of a released version."""
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(  # noqa: S603  a fixed command of a binary named pulumi
            [str(binary), "version"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            check=True,
        )
        return VersionInfo.parse(done.stdout.strip().removeprefix("v"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def usable(version: VersionInfo | None) -> bool:
    """Whether a version works with the Automation API installed here: new enough, and of the same major."""
    return version is not None and version.major == MINIMUM.major and version >= MINIMUM


def installed() -> Iterator[Path]:
    """Every place a CLI may be, best first: the PATH, the preferred version, then the other versions, newest first."""
    on_path = shutil.which("pulumi")
    if on_path:
        yield Path(on_path)
    root = Path.home() / ".pulumi"
    yield root / "versions" / str(PREFERRED) / "bin" / "pulumi"
    others = [folder for folder in (root / "versions").glob("*") if VersionInfo.is_valid(folder.name)]
    others.sort(key=lambda folder: VersionInfo.parse(folder.name), reverse=True)
    yield from (folder / "bin" / "pulumi" for folder in others)
    yield root / "bin" / "pulumi"  # the shell installer of get.pulumi.com


def find() -> PulumiCli | None:
    """The first usable CLI on this machine, or None."""
    for binary in installed():
        if binary.is_file():
            version = version_of(binary)
            if version is not None and usable(version):
                return PulumiCli(binary, version)
    return None


def find_or_install(say: Callable[[str], None]) -> PulumiCli:
    """The first usable CLI on this machine; downloads one where there is none, saying so through `say`.

    Raises:
        TheiaError: there is none, and the download failed.
    """
    found = find()
    if found is not None:
        return found
    from pulumi.automation import PulumiCommand  # noqa: PLC0415  the SDK costs 0.6 s, a found CLI does not need it here

    say(f"No Pulumi CLI {MINIMUM} or newer found: downloading {PREFERRED} from get.pulumi.com (about 200 MB)")
    try:
        PulumiCommand.install(version=PREFERRED)
    except Exception as error:
        # The SDK lets through whatever urllib, the shell installer or the unpacking raise.
        msg = f"The Pulumi CLI is not installed, and {PREFERRED} could not be downloaded."
        hint = "Install it (https://www.pulumi.com/docs/install/), or run `make pulumi` in a checkout of theia-sf."
        raise TheiaError(msg, hint=hint) from error
    found = find()
    if found is None:
        msg = f"The downloaded Pulumi CLI {PREFERRED} does not run on this machine."
        raise TheiaError(msg, hint="See https://www.pulumi.com/docs/install/ for supported systems.")
    return found
