"""Write docs/commands.md and the help texts that the tests compare with, from the command line itself.

Run it after a change of a command or an option; `--check` only says whether that is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from theia_sf.cli.main import PROGRAM, app

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "commands.md"
HELP_FOLDER = ROOT / "tests" / "unit" / "cli" / "help"
WIDTH = 100

HEADER = """# Commands

This page is generated from the program by `tools/generate_commands_doc.py`. Exit codes are in
[exit-codes.md](exit-codes.md),
environment variables in [environment.md](environment.md), ways to sign in in [connections.md](connections.md).
"""


def commands() -> Iterator[tuple[str, str, Any]]:
    """Yield the full name, the help text at a fixed width, and the command of the program and of all its commands."""
    yield from _walk(typer.main.get_command(app), PROGRAM, None)


def _walk(command: Any, name: str, parent: Any) -> Iterator[tuple[str, str, Any]]:
    settings = {"terminal_width": WIDTH, "help_option_names": ["--help", "-h"]}
    context = command.context_class(command, info_name=name.rpartition(" ")[2], parent=parent, **settings)
    yield name, command.get_help(context) + "\n", command
    for child in getattr(command, "commands", {}).values():
        if not child.hidden:
            yield from _walk(child, f"{name} {child.name}", context)


def document() -> str:
    """Return docs/commands.md as it should be."""
    parts = [HEADER]
    for name, text, _ in commands():
        parts.append(f"## {name}\n\n```text\n{text}```\n")
    return "\n".join(parts)


def help_file(name: str) -> Path:
    """Return where the help text of a command is kept."""
    return HELP_FOLDER / (name.replace(" ", "_") + ".txt")


def main() -> int:
    """Write what is out of date, or with --check tell it; return 1 if something was out of date in a check."""
    wanted = {DOCUMENT: document()} | {help_file(name): text for name, text, _ in commands()}
    stale = [path for path, text in wanted.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    gone = [path for path in HELP_FOLDER.glob("*.txt") if path not in wanted]
    if "--check" in sys.argv:
        for path in [*stale, *gone]:
            sys.stderr.write(f"out of date: {path.relative_to(ROOT)}\n")
        return 1 if stale or gone else 0
    for path in gone:
        path.unlink()
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
