"""Install the Snowflake drivers that the proxy is tested with: in other languages, and in other releases.

Run by `make clients`. They go into a cache folder outside of the repository; what is there already is left as it is,
unless its lock file has changed. Each version is pinned here, or by the lock file beside this module. A driver whose
language is not on this machine is left out, and its tests are skipped.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
JDBC: Final = "net.snowflake:snowflake-jdbc:4.4.1"
JDBC_SHA256: Final = "cb225d78ac10336669797dfef8588cffb7e3dae689f14120935831b1f6ba2709"
NEEDED: Final = {"node": ("node", "npm"), "go": ("go",), "jdbc": ("java", "mvn")}
"""The programs that install and run a client, beside Python and uv."""
RUN_BY: Final = {"node": "node", "jdbc": "java"}
"""The program that runs a client that is installed, where it needs one."""
PROGRAMS: Final = HERE.parents[1] / "tests/e2e/proxy/clients"


def folder(name: str) -> Path:
    """Return where a client is, or would be."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "theia-sf/clients" / name


def installed(name: str) -> bool:
    """Tell whether a client is there, as its lock file says."""
    stamp = folder(name) / ".installed"
    return stamp.is_file() and stamp.read_text() == _digest(name)


def absent(name: str) -> str | None:
    """Return why a client cannot be here, as the machine lacks programs for it; None if it can."""
    needed = (RUN_BY[name],) if name in RUN_BY else ()
    if not installed(name):
        needed = NEEDED.get(name, ())
    lacking = [program for program in needed if shutil.which(program) is None]
    if not lacking:
        return None
    return f"the client {name} needs {' and '.join(lacking)}, which this machine does not have"


def _inputs(name: str) -> list[Path]:
    return {
        "node": [HERE / "package.json", HERE / "package-lock.json"],
        "go": [HERE / "go.mod", HERE / "go.sum", PROGRAMS / "client.go"],
        "jdbc": [],
    }.get(name, [HERE / f"{name}.txt"])


def _digest(name: str) -> str:
    content = b"".join(path.read_bytes() for path in _inputs(name))
    return hashlib.sha256(content + (JDBC + JDBC_SHA256).encode() * (name == "jdbc")).hexdigest()


def _run(words: list[str], where: Path | None = None) -> None:
    done = subprocess.run(words, cwd=where, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no message"]
        message = f"{words[0]} did not work: {said[-1]}"
        raise RuntimeError(message)


def _python(name: str, to: Path) -> None:
    uv = shutil.which("uv") or str(HERE.parents[1] / ".venv-tools/bin/uv")
    _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(to)])
    python = str(to / "bin/python")
    _run([uv, "pip", "install", "--quiet", "--require-hashes", "--python", python, "-r", str(HERE / f"{name}.txt")])


def _node(name: str, to: Path) -> None:
    for path in _inputs(name):
        shutil.copy(path, to)
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], to)


def _go(name: str, to: Path) -> None:
    for path in _inputs(name):
        shutil.copy(path, to)
    _run(["go", "build", "-o", "client", "."], to)


def _jdbc(name: str, to: Path) -> None:  # noqa: ARG001 (as the others)
    _run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={JDBC}", f"-DoutputDirectory={to}"], to)
    (jar,) = to.glob("*.jar")
    if hashlib.sha256(jar.read_bytes()).hexdigest() != JDBC_SHA256:
        jar.unlink()
        message = f"{JDBC} is not the file that it was"
        raise RuntimeError(message)


CLIENTS: Final[dict[str, Callable[[str, Path], None]]] = {
    "python5": _python,
    "sqlalchemy": _python,
    "snow": _python,
    "jdbc": _jdbc,
    "node": _node,
    "go": _go,
}


def main() -> int:
    """Install what is missing; return 1 if one that could be here cannot be installed."""
    code = 0
    for name, install in CLIENTS.items():
        if reason := absent(name):
            sys.stderr.write(f"clients: left out, and its tests are skipped: {reason}\n")
            continue
        if installed(name):
            continue
        sys.stderr.write(f"clients: installing {name} (up to a few minutes)\n")
        to = folder(name)
        shutil.rmtree(to, ignore_errors=True)
        to.mkdir(parents=True)
        try:
            install(name, to)
        except (OSError, RuntimeError, ValueError) as error:
            sys.stderr.write(f"clients: {name}: {error}\n")
            code = 1
        else:
            (to / ".installed").write_text(_digest(name))
    return code


if __name__ == "__main__":
    sys.exit(main())
