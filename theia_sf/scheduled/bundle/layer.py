"""The layer: what the handler imports from others, for one machine."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from theia_sf.scheduled.bundle.archive import write_zip
from theia_sf.scheduled.bundle.installer import install
from theia_sf.scheduled.bundle.target import Architecture

_ROOT: Final = "python"  # where Lambda looks: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html

# Never read at run time: programs, byte code of another interpreter, tests, and the sources and type stubs of what is
# compiled. Licences and METADATA stay, the latter for `importlib.metadata`.
_FOLDERS: Final = frozenset({"bin", "__pycache__", "tests"})
_SUFFIXES: Final = frozenset({".pyc", ".pyi", ".pyx", ".pxd", ".c", ".cc", ".cpp", ".h", ".hpp"})
_INSTALLERS_NOTES: Final = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"})


def build_layer(target: Path, requirements: Path, architecture: Architecture) -> int:
    """Build the layer's archive.

    Args:
        target: the archive.
        requirements: what is to be in it, with exact versions.
        architecture: of the machine.

    Returns:
        How many bytes it has, unpacked.

    Raises:
        TheiaError: as `theia_sf.scheduled.bundle.installer.install`.
    """
    with tempfile.TemporaryDirectory(prefix="theia-sf-layer-") as folder:
        root = Path(folder)
        install(requirements, root, architecture)
        return write_zip(target, layer_files(root))


def layer_files(root: Path) -> dict[str, Path]:
    """Return what of an installation belongs into the layer: name within the archive, and where it is."""
    found: dict[str, Path] = {}
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        if path.is_file() and _is_wanted(relative):
            found[f"{_ROOT}/{relative.as_posix()}"] = path
    return found


def _is_wanted(path: Path) -> bool:
    if _FOLDERS & set(path.parts[:-1]) or path.suffix in _SUFFIXES or path.name == ".lock":
        return False
    return not (path.parent.suffix == ".dist-info" and path.name in _INSTALLERS_NOTES)
