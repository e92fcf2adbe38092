"""What of theia-sf is deployed: the handler and what it imports, without the command line, provisioning, sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import theia_sf

# Modules and packages of theia_sf; a test looks at their imports.
MODULES: Final = (
    "__init__.py",
    "errors.py",
    "logs.py",
    "petnames.py",
    "secret.py",
    "aws",
    "credentials",
    "detection",
    "flows",
    "identity/__init__.py",
    "identity/role_arns.py",
    "policies",
    "scheduled",
    "snowflake",
)
_LEFT_OUT: Final = ("scheduled/bundle", "scheduled/plan.py", "scheduled/schedules.py")
_KINDS: Final = frozenset({".py", ".sql"})


def function_files() -> dict[str, Path]:
    """Return the files of the function: name within the archive, and where it is."""
    root = Path(theia_sf.__file__).parent
    found: dict[str, Path] = {}
    for module in MODULES:
        place = root / module
        for path in (place,) if place.is_file() else place.rglob("*"):
            relative = path.relative_to(root).as_posix()
            if path.is_file() and path.suffix in _KINDS and not relative.startswith(_LEFT_OUT):
                found[f"theia_sf/{relative}"] = path
    return found
