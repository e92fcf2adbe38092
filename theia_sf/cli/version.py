"""`theia-sf version`."""

from __future__ import annotations

import typer

from theia_sf.cli.options import Output, OutputFormat


def version_fields() -> dict[str, str | None]:
    """Return version, commit (None when unknown), operating system, architecture and Python version."""
    import platform

    from theia_sf import __version__

    return {
        "version": __version__,
        "commit": _commit(),
        "os": platform.system().lower(),
        "arch": platform.machine(),
        "python": platform.python_version(),
    }


def version_line() -> str:
    """Return all of it on one line, as the table form prints it."""
    fields = version_fields()
    commit = f" ({fields['commit']})" if fields["commit"] else ""
    return f"theia-sf {fields['version']}{commit} {fields['os']}/{fields['arch']} python{fields['python']}"


def _commit() -> str | None:
    """Return the commit of a source checkout, with `.dirty` for uncommitted changes; None for an installed package."""
    import shutil
    import subprocess
    from pathlib import Path

    root = Path(__file__).parents[2]
    git = shutil.which("git")
    if git is None or not (root / ".git").exists():
        return None
    command = [git, "-C", str(root), "describe", "--always", "--dirty=.dirty", "--abbrev=12", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 (fixed words)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def version(output: Output = OutputFormat.TABLE) -> None:
    """Print the version of theia-sf, and what it runs on."""
    from theia_sf.cli.output import render, write

    if output is OutputFormat.TABLE:
        write(version_line())
    else:
        render(version_fields(), output)


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("version")(version)
