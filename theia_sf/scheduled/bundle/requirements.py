"""Which distributions the handler needs, in exactly the versions that are installed here and were tested together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from theia_sf.errors import TheiaError
from theia_sf.scheduled.bundle.target import PYTHON_VERSION, Architecture

# What the deployed modules import, by the name of the distribution; a test compares.
ROOTS: Final = (
    "boto3",
    "botocore",
    "coolname",
    "cryptography",
    "platformdirs",
    "python-dotenv",
    "pyyaml",
    "snowflake-connector-python",
)


def pinned(architectures: Iterable[Architecture]) -> list[str]:
    """Return a line `name==version` for every distribution that the handler needs, those needed by others included.

    boto3 is among them though Lambda's runtime has one: only so the versions belong together, whichever day the
    function starts, and know the calls of the newest sign-in (AWS advises the same:
    https://docs.aws.amazon.com/lambda/latest/dg/python-package.html).

    Raises:
        TheiaError: a distribution is not installed, so that there is no version to take.
    """
    lines: set[str] = set()
    for architecture in architectures:
        _add(ROOTS, _environment(architecture), lines, set())
    return sorted(lines)


def _add(names: Iterable[str], environment: Mapping[str, str], lines: set[str], seen: set[str]) -> None:
    for name in map(canonicalize_name, names):
        if name in seen:
            continue
        seen.add(name)
        try:
            installed = distribution(name)
        except PackageNotFoundError as error:
            message = f"The package {name}, which the function needs, is not installed here."
            raise TheiaError(message, hint="Install theia-sf again, with its dependencies.") from error
        lines.add(f"{name}=={installed.version}")
        wanted = map(Requirement, installed.requires or ())
        _add([one.name for one in wanted if _applies(one, environment)], environment, lines, seen)


def _applies(wanted: Requirement, environment: Mapping[str, str]) -> bool:
    return wanted.marker is None or wanted.marker.evaluate(dict(environment))


def _environment(architecture: Architecture) -> dict[str, str]:
    """Return what markers are evaluated against: the interpreter and the machine of Lambda, and no extra."""
    return {
        "extra": "",
        "implementation_name": "cpython",
        "implementation_version": f"{PYTHON_VERSION}.0",
        "os_name": "posix",
        "platform_machine": architecture.machine,
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{PYTHON_VERSION}.0",
        "python_version": PYTHON_VERSION,
        "sys_platform": "linux",
    }
