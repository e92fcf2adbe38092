"""ZIP archives of which the same files always give the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

_TIME: Final = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_UNIX: Final = 3
_READABLE: Final = 0o100644 << 16  # a file that every user may read: Lambda runs a function as one of its own
_LEVEL: Final = 9


def write_zip(target: Path, files: Mapping[str, Path]) -> int:
    """Write an archive, replacing what is there once the new one is whole.

    Args:
        target: the archive.
        files: name within the archive, with slashes, and where the content is.

    Returns:
        How many bytes the files have, unpacked.
    """
    size = 0
    unfinished = target.with_name(f"{target.name}.part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _TIME)
            info.create_system = _UNIX
            info.external_attr = _READABLE
            info.compress_type = zipfile.ZIP_DEFLATED
            content = files[name].read_bytes()
            archive.writestr(info, content, compresslevel=_LEVEL)
            size += len(content)
    unfinished.replace(target)
    return size
