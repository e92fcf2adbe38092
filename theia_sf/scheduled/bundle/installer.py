"""Install wheels for another machine into a folder, with uv or pip, whichever is here."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from theia_sf.errors import TheiaError, UsageError
from theia_sf.scheduled.bundle.target import PYTHON_VERSION, Architecture
from theia_sf.secret import redact

# The kinds of wheels that run there, the best first: pip must be told of each, uv of the newest.
_KINDS: Final = ("manylinux_2_28", "manylinux_2_17", "manylinux2014")
_TIME_LIMIT: Final = 600  # seconds
_FRAME: Final = re.compile("[\\u00d7\\u2500-\\u257f\\u25b6]")  # what uv draws around its messages
_CREDENTIALS: Final = re.compile(r"://[^/@\s]+@")  # of a package index, which its URL may hold


def install(requirements: Path, target: Path, architecture: Architecture) -> None:
    """Install what a requirements file names, and nothing else, from wheels for Lambda's Python on this machine.

    Args:
        requirements: lines of `name==version`.
        target: an empty folder.
        architecture: of the machine.

    Raises:
        UsageError: there is neither uv nor pip here.
        TheiaError: a wheel does not exist, or the package index was not reached.
    """
    command = [*installer_command(architecture), "--target", str(target), "--requirement", str(requirements)]
    try:
        done = subprocess.run(  # noqa: S603 (no shell, and nothing of the user's but paths)
            command, capture_output=True, text=True, timeout=_TIME_LIMIT, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        message = f"The packages for {architecture} were not there after {_TIME_LIMIT // 60} minutes."
        raise TheiaError(
            message, hint="Check the network, and the package index that pip is configured for."
        ) from error
    except OSError as error:
        message = f"{command[0]} cannot be run: {error.strerror}."
        raise TheiaError(message) from error
    if done.returncode:
        message = f"The packages for {architecture} could not be installed: {_reason(done.stderr)}"
        raise TheiaError(message, hint="Check the network, and the package index that pip is configured for.")


def installer_command(architecture: Architecture) -> list[str]:
    """Return the command that installs for Lambda's Python on this machine, up to where to and what.

    Raises:
        UsageError: there is neither uv nor pip here.
    """
    machine = architecture.machine
    common = ["--python-version", PYTHON_VERSION, "--no-deps"]
    uv = find_uv()
    if uv is not None:
        platform = ["--python-platform", f"{machine}-{_KINDS[0]}"]
        # uv wants an interpreter for what it does not use here; this one, not one that it would download
        return [
            uv,
            "pip",
            "install",
            "--quiet",
            "--python",
            sys.executable,
            *platform,
            *common,
            "--only-binary",
            ":all:",
        ]
    if importlib.util.find_spec("pip") is None:
        message = "Building the layer takes uv or pip, and neither is here."
        raise UsageError(message, hint="Install uv (https://docs.astral.sh/uv/), or pip into theia-sf's environment.")
    platforms = [word for kind in _KINDS for word in ("--platform", f"{kind}_{machine}")]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-compile"]
    return [*pip, *platforms, *common, "--only-binary=:all:"]


def find_uv() -> str | None:
    """Return the path of uv: on PATH, or the one that its Python package brings; None without."""
    on_path = shutil.which("uv")
    if on_path is not None or importlib.util.find_spec("uv") is None:
        return on_path
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.exists() else None


def _reason(stderr: str) -> str:
    """Return what an installer said last, on one line, without the credentials of an index."""
    lines = [re.sub("^error: ", "", line.strip(), flags=re.IGNORECASE) for line in _FRAME.sub("", stderr).splitlines()]
    told = [line for line in lines if line and not line.lower().startswith(("hint", "warning", "[notice"))]
    sentence = " ".join(told[:3] if told else ["no reason was given"])
    return redact(_CREDENTIALS.sub("://***@", " ".join(sentence.split()))).rstrip(".") + "."
