"""What is recorded, where, and how surely."""

from __future__ import annotations

from typing import Literal

from theia_sf.proxy.config.base import FilePath, Section


class AuditConfig(Section):
    """The audit.

    Attributes:
        path: folder of the files.
        mode: `strict` hands out no result before its event is on disk, and refuses what cannot be recorded; `buffered`
            writes in the background.
    """

    path: FilePath
    mode: Literal["strict", "buffered"] = "strict"
