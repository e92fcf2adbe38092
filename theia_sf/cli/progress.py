"""How an operation of the Pulumi engine looks while it runs: what onboard, offboard and plan show on stderr."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from theia_sf.cli import console

if TYPE_CHECKING:
    from rich.console import RenderableType

    from theia_sf.provision.progress import Note, ResourceEvent

# Pulumi's operations as what is going on, and as what has happened.
_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "refresh": "looking at"}
_DONE = {"create": "created", "update": "updated", "delete": "deleted", "replace": "replaced", "refresh": "looked at"}


class ProgressDisplay:
    """Shows an operation's progress on stderr while it runs: live on a terminal, else a line for each change.

    Call it with events, from any thread.
    """

    def __init__(self) -> None:
        self._underway: dict[tuple[str, str], tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._begun = time.monotonic()
        self._live = None
        if sys.stderr.isatty():
            from rich.live import Live

            self._live = Live(get_renderable=self._render, console=console.stderr, refresh_per_second=8, transient=True)

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, event: ResourceEvent | Note) -> None:
        """Takes one event."""
        from theia_sf.provision.progress import Note

        if isinstance(event, Note):
            self._say(event.text, console.warn if event.level == "warning" else console.note)
            return
        title = f"{_kind(event.type)} {event.name}"
        key = (event.urn, event.operation)
        with self._lock:
            if event.status == "started":
                self._underway[key] = (f"{_doing(event.operation)} {title}", time.monotonic())
                return
            self._underway.pop(key, None)
        if event.status == "failed":
            self._say(f"failed: {_doing(event.operation)} {title} ({event.seconds:.1f} s)", console.note)
        elif event.operation != "refresh":
            self._say(f"{_done(event.operation)} {title} ({event.seconds:.1f} s)", console.note)

    def _say(self, text: str, write: Callable[[str], None]) -> None:
        # Rich moves what is printed to stderr above the live part, as it has redirected the stream.
        write(text)

    def _render(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        now = time.monotonic()
        with self._lock:
            lines = [f"  {title} … {now - begun:.0f} s" for title, begun in self._underway.values()]
        lines = lines or [f"  working … {now - self._begun:.0f} s"]
        return Group(*(Text(line, no_wrap=True, overflow="ellipsis") for line in lines[:20]))


def _kind(resource_type: str) -> str:
    package, _, rest = resource_type.partition(":")
    return f"{package} {rest.rpartition(':')[2]}"


def _doing(operation: str) -> str:
    return _DOING.get(operation) or ("deleting the old" if operation.startswith("delete") else "making a new")


def _done(operation: str) -> str:
    return _DONE.get(operation) or ("deleted the old" if operation.startswith("delete") else "made a new")
