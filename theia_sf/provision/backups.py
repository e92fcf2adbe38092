"""Copies of the state from before each operation.

Pulumi keeps copies too (`.pulumi/backups`, `.json.bak`), but writes them after an operation or over one another, and
never clears them away. These are from before, named by time, and a bounded number.
"""

from __future__ import annotations

from datetime import UTC, datetime

from theia_sf.provision.backend import Backend

KEEP = 20


def back_up(backend: Backend, *, now: datetime | None = None, keep: int = KEEP) -> str | None:
    """Copies the state beside it and drops the oldest copies; returns the copy's key, None where there is no state."""
    content = backend.read_state()
    if content is None:
        return None
    stamp = (now or datetime.now(UTC)).strftime("%Y%m%dT%H%M%S.%fZ")
    key = f"{backend.backups_prefix}{stamp}.json"
    backend.write(key, content)
    for old in list(backend.keys(backend.backups_prefix))[:-keep]:
        backend.delete(old)
    return key


def remove_backups(backend: Backend) -> None:
    """Deletes every copy of a stack that is gone, the engine's own too."""
    engines = backend.state_key.replace("/stacks/", "/backups/").removesuffix(".json")
    for prefix in (backend.backups_prefix, f"{engines}/"):
        for key in list(backend.keys(prefix)):
            backend.delete(key)
    backend.delete(f"{backend.state_key}.bak")
