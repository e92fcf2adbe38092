"""Flow records and counts as people read them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import typer

from theia_sf.cli.output import sanitize
from theia_sf.flows.choices import Action

if TYPE_CHECKING:
    from theia_sf.flows.records import Record

_COLOURS: Final = {Action.ALLOW: "green", Action.DROP: "red", Action.REJECT: "red", Action.NONE: None}
_OF_UUID: Final = 8  # characters; all of them are in the other formats


def size(number: int) -> str:
    """Return a number of bytes in decimal units, such as `1.2 MB`."""
    from rich.filesize import decimal

    return decimal(number)


def moment(time: datetime | None) -> str:
    """Return a time in UTC, to the second; nothing for None."""
    return "" if time is None else f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def short_uuid(uuid: str | None) -> str:
    """Return the first characters of a cluster's UUID, which tell the clusters of one database apart."""
    return (uuid or "")[:_OF_UUID]


def terminal_width() -> int:
    """Return how many characters fit into a line of stdout; a pipe or a file has no end of the line."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize


def in_colour() -> bool:
    """Tell whether stdout is a terminal whose user did not refuse colours (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def record_line(record: Record, *, cluster: bool, colour: bool = False) -> str:
    """Return one line: time, cluster if asked for, both ends, Service, bytes forth and back, action and policies."""
    shown = record.as_dict()
    port = f":{record.destination_port}" if record.destination_port else ""
    destination = f"[{shown['destination']}]" if port and ":" in shown["destination"] else shown["destination"]
    parts = [
        moment(record.ended),
        short_uuid(record.cluster_uuid) if cluster else "",
        f"{shown['source']} → {destination}{port}/{shown['protocol']}",
        f"({record.service})" if record.service else "",
        f"{size(int(record.bytes or 0))} ↔ {size(int(record.reverse_bytes or 0))}",
    ]
    action = record.action()
    coloured = typer.style(action.value, fg=_COLOURS[action]) if colour and _COLOURS[action] else action.value
    return "  ".join([*(one_line(part) for part in parts if part), coloured + one_line(_policies(shown))])


def _policies(shown: dict[str, Any]) -> str:
    named = [f"{way} {shown[f'{way}_policy']}" for way in ("ingress", "egress") if shown[f"{way}_policy"]]
    return f" by {', '.join(named)}" if named else ""


def one_line(text: str) -> str:
    """Return a text of a record without line ends, by which it could pass for more than one record."""
    return re.sub(r"\s", " ", sanitize(text))
